"""A silent or lost source is shown in every view until it sends again."""

import time
from collections.abc import Callable

import pytest
from pylsl import local_clock

from bci.messages import EngineStatus
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.signals import Marker
from gui.main_window import MainWindow
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
GOOD = [ChannelQuality(f"E{k}", State.GOOD, "", *[0.0] * 7) for k in range(1, 5)]


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    """Return a window that shows a stream of four channels."""
    window = open_window(bci=NO_DEVICES, cue_of=lambda label: label if label == "left" else None)
    window.feed.signal_found.emit(SignalFound(eeg_info(4, 250.0), RingBuffer(5000, 4)))
    window.feed.signal_alive.emit(True)
    window.feed.quality_came.emit(GOOD)
    return window


def test_a_frozen_source_is_shown_in_every_view_and_forgotten_when_it_sends_again(
    window: MainWindow,
) -> None:
    window.calibrating.open()
    assert window.calibrating.window is not None
    page = window.calibrating.window.signals
    # The signal that the reader of a stream emits.
    window.feed.signal_silent.emit(time.time() - 2.0)
    window.feed.quality_came.emit([])
    assert window.scope.trouble.startswith("no samples since ")
    for view in (window.quality, page.head):
        assert view.headline.startswith("No samples since ")
    assert page.verdict.text().startswith("No samples since ")
    assert window.quality_state.text() == ""
    for text in (window.tabs.spectrum.over, window.tabs.map.over):
        assert text.text().startswith("no samples since ")

    window.feed.signal_silent.emit(None)
    window.feed.quality_came.emit(GOOD)
    assert window.scope.trouble == ""
    assert len(window.quality.channels) == 4
    assert "channels" in page.verdict.text()
    window.calibrating.window.close()


def test_a_source_that_goes_is_lost_and_not_silent(window: MainWindow) -> None:
    window.feed.signal_alive.emit(False)
    assert window.scope.trouble.startswith("signal lost")
    assert window.quality.headline == "No signal now"


def test_the_cue_ends_where_the_signal_does(window: MainWindow) -> None:
    window.feed.markers_came.emit([Marker(local_clock(), "left")])
    assert window.decision.cue == "left"
    window.feed.signal_alive.emit(False)
    assert window.decision.cue is None
    assert window.history._cues[-1][1] is None


@pytest.mark.parametrize("decoded", ["other", "amp"])
def test_a_silent_stream_ends_its_own_cue_and_no_other(
    open_window: OpenWindow, decoded: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.situation.stream_name, window.situation.engine_alive = "amp", True
    window.links._on_status(EngineStatus(state="running", model="me", stream=decoded))
    window.engine.decision.show_cue("left")
    window.signal.set_silent(1000.0)
    assert window.engine.decision.cue == ("left" if decoded == "other" else None)
