"""A replay is shown as one, and cannot be calibrated on by mistake."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from bci.lsl.metadata import from_lsl, to_lsl
from bci.lsl.outlet import SignalOutlet
from gui.main_window import MainWindow
from gui.processes.child import Command
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info

OpenWindow = Callable[..., MainWindow]
LONG = 15_000
# A program that reports a stream, and ends on request.
STREAMS = (
    """print('{{"event":"streaming","stream":"{0}","n_channels":8,"sfreq":250}}', flush=True)"""
)
SOURCE = f"{STREAMS}; import time; time.sleep(60)"


@contextmanager
def replaying(name: str, replayed: bool = True) -> Iterator[None]:
    outlet = SignalOutlet(replace(eeg_info(4, 250.0, name), simulated=False, replayed=replayed))
    try:
        yield
    finally:
        outlet.close()


@pytest.mark.parametrize("replayed", [True, False])
def test_a_stream_s_description_reports_that_it_is_replayed(replayed: bool) -> None:
    assert from_lsl(to_lsl(replace(eeg_info(4), replayed=replayed))).replayed is replayed


def test_a_replay_has_a_badge_and_a_live_stream_has_none(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    with replaying(name):
        window = open_window(bci=NO_DEVICES)
        qtbot.waitUntil(window.badge.isVisible, timeout=LONG)
        assert window.badge.text() == "REPLAY"
        assert "(replay)" in window.windowTitle()
        listed = window.connecting
        qtbot.waitUntil(
            lambda: any(s.name == name and s.replayed for s in listed.streams), timeout=LONG
        )


def test_a_calibration_on_a_replay_is_refused_with_alternatives(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    with replaying(name):
        window = open_window(bci=NO_DEVICES)
        qtbot.waitUntil(lambda: window.situation.signal_alive, timeout=LONG)
        window.header.buttons["calibrate"].click()
        guided = window.calibrating.window
        assert guided is not None
        notice = guided.pages.notice
        assert notice.isVisible()
        assert name in notice.text.text()
        assert "cannot follow your cues" in notice.text.text()
        guided.setup.subject.setText("07")
        guided.setup.next.click()
        assert guided.signals.isVisible()
        assert not guided.signals.start.isEnabled()
        assert notice.isVisible()
        window.docks["connect"].hide()
        notice.headset.click()
        assert window.connect_panel.isVisible()
        guided.close()


def test_the_simulator_takes_the_place_of_the_replay(
    open_window: OpenWindow, qtbot: QtBot, name: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    connection = window.connecting.connection
    connection.open(Command("replay", (sys.executable, "-c", SOURCE.format("film"))))
    qtbot.waitUntil(lambda: connection.stream == "film", timeout=LONG)
    wanted: list[str] = []
    window.connect_panel.device_wanted.connect(lambda device, _: wanted.append(device))
    window.connecting.use_simulator()
    qtbot.waitUntil(lambda: wanted == ["simulator"], timeout=LONG)


@pytest.mark.parametrize("stream", ["eeg", "battery"])
def test_a_disconnect_that_the_user_pressed_is_no_problem_of_any_of_its_streams(
    open_window: OpenWindow, qtbot: QtBot, name: str, stream: str
) -> None:
    window = open_window(bci=NO_DEVICES)
    source = f"{STREAMS.format(f'{name}-eeg')}; {SOURCE.format(f'{name}-battery')}"
    connection = window.connecting.connection
    connection.open(Command("synthetic", (sys.executable, "-c", source)))
    qtbot.waitUntil(lambda: len(connection.streams) == 2, timeout=LONG)
    window.situation.stream_name = f"{name}-{stream}"
    window.connect_panel.disconnect_wanted.emit()
    window.signal.set_alive(False)
    assert not window.banner.isVisible()
    qtbot.waitUntil(lambda: not connection.is_active, timeout=LONG)
    # Another source takes its place before the loss of its stream is noticed.
    connection.open(Command("other", (sys.executable, "-c", SOURCE.format("other"))))
    window.signal.set_alive(False)
    assert not window.banner.isVisible()
