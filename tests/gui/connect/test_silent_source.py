"""A source that is there and sends nothing: every view of the signal says so, until it sends."""

from collections.abc import Callable

import pytest
from pylsl import local_clock
from pytestqt.qtbot import QtBot

from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import EngineStatus
from bci.types import Marker
from gui.main_window import MainWindow
from gui.workers.stream_readers import _Silence
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise
from tests.streams import send

SFREQ = 250.0
WAIT_MS = 15_000


def test_a_frozen_source_is_said_in_every_view_and_forgotten_when_it_sends_again(
    qtbot: QtBot, open_window: Callable[..., MainWindow], name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, SFREQ, name))
    window = open_window(bci=NO_DEVICES)
    window.calibrating.open()
    assert window.calibrating.window is not None
    page = window.calibrating.window.signals
    qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=WAIT_MS)
    start = send(outlet, noise(1500, 4))
    qtbot.waitUntil(lambda: window.scope.trouble.startswith("no samples since "), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.quality.channels, timeout=WAIT_MS)
    for view in (window.quality, page.head):
        assert view.headline.startswith("No samples since ")
    assert page.verdict.text().startswith("No samples since ")
    assert window.quality_state.text() == ""
    for text in (window.tabs.spectrum.over, window.tabs.map.over):
        assert text.text().startswith("no samples since ")
    assert not window.grab().isNull()

    send(outlet, noise(1500, 4), first=1500, start=start)
    qtbot.waitUntil(lambda: window.scope.trouble == "", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(window.quality.channels) == 4, timeout=WAIT_MS)
    assert "channels" in page.verdict.text() or "channel" in page.verdict.text()
    window.calibrating.window.close()
    outlet.close()


def test_a_source_that_goes_is_lost_and_not_silent(
    qtbot: QtBot, open_window: Callable[..., MainWindow], name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, SFREQ, name))
    window = open_window(bci=NO_DEVICES)
    qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=WAIT_MS)
    send(outlet, noise(500, 4))
    qtbot.waitUntil(lambda: window.scope.n_samples >= 500, timeout=WAIT_MS)
    outlet.close()
    qtbot.waitUntil(lambda: window.scope.trouble.startswith("signal lost"), timeout=WAIT_MS)
    assert window.quality.headline == "No signal now"


def test_the_cue_ends_where_the_signal_does(
    qtbot: QtBot, open_window: Callable[..., MainWindow], name: str
) -> None:
    outlet = SignalOutlet(eeg_info(4, SFREQ, name))
    markers = MarkerOutlet(f"{name}-markers", name)
    window = open_window(
        bci=NO_DEVICES,
        markers=StreamQuery(name=f"{name}-markers"),
        cue_of=lambda label: label if label == "left" else None,
    )
    known = window.situation
    qtbot.waitUntil(lambda: known.signal_alive and markers.has_consumers, timeout=WAIT_MS)
    markers.push(Marker(local_clock(), "left"))
    cues = window.history._cues
    qtbot.waitUntil(lambda: "left" in [cue for _, cue in cues], timeout=WAIT_MS)
    outlet.close()
    qtbot.waitUntil(lambda: window.decision.cue is None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: cues[-1][1] is None, timeout=WAIT_MS)
    markers.close()


def test_an_irregular_stream_is_never_silent_and_a_slow_one_has_its_time() -> None:
    assert not _Silence(0.0).changes(heard=False)
    assert _Silence(0.0)._allowed_s == float("inf")
    assert _Silence(0.5)._allowed_s == 6.0
    assert _Silence(250.0)._allowed_s == 1.5


@pytest.mark.parametrize("decoded", ["other", "amp"])
def test_a_silent_stream_ends_its_own_cue_and_no_other(
    open_window: Callable[..., MainWindow], decoded: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.situation.stream_name, window.situation.engine_alive = "amp", True
    window.links._on_status(EngineStatus(state="running", model="me", stream=decoded))
    window.engine.decision.show_cue("left")
    window.signal.set_silent(1000.0)
    assert window.engine.decision.cue == ("left" if decoded == "other" else None)
