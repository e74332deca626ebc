import socket
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from bci.lsl.inlet import InletStats
from bci.messages import EngineStatus
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from gui.electrodes.state_mark import StateMark
from gui.main_window import MainWindow
from gui.processes.status_line import DashboardStatus
from gui.scope.scope_panel import ScopePanel
from gui.theme import DARK, LIGHT, Theme
from gui.workers.stream_readers import SignalFound
from tests.gui.conftest import NO_DEVICES
from tests.signals import eeg_info, noise

_CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def test_one_mark_shows_the_state_of_all() -> None:
    situation = DashboardStatus("type 'EEG'")
    assert situation.state(0.0) == State.BAD
    situation.signal_alive, situation.stream_name = True, "amp"
    situation.count_samples(100, 10.0)
    assert situation.state(10.5) == State.GOOD
    assert situation.state(15.0) == State.DOUBTFUL
    situation.count_samples(200, 15.0)
    situation.engine_alive, situation.status_at = True, 15.0
    told = EngineStatus(state="running", stream="amp", model="me", lost_samples=12)
    situation.status = told
    assert situation.state(15.1) == State.DOUBTFUL
    assert situation.sentence(15.1, 2.0) == "amp is decoded by me, 2.0 ms late, 12 samples lost"
    situation.status = told.model_copy(update={"lost_samples": 0})
    assert situation.state(15.1) == State.GOOD


def test_a_stream_of_another_computer_is_marked() -> None:
    situation = DashboardStatus("", "amp", "lab-2", signal_alive=True)
    assert "amp from lab-2 is shown" in situation.sentence(0.0, None)
    situation.hostname = socket.gethostname()
    assert "amp is shown" in situation.sentence(0.0, None)


def test_a_click_or_a_key_acknowledges_the_losses_and_the_log_keeps_them(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(bci=NO_DEVICES)
    window.signal.set_signal(SignalFound(eeg_info(4), RingBuffer(5000, 4)))
    stats = InletStats(1000, 12, 1, 0, 0, 250.0, 0.0, 0.0, 1e-4, float("nan"))
    window.signal.set_stats(stats)
    assert "lost 12 samples at" in window.log.toPlainText()
    qtbot.mouseClick(window.state_mark, Qt.MouseButton.LeftButton)
    assert window.situation.acknowledged == {"shown": 12}
    window.signal.set_stats(replace(stats, lost_samples=13, gaps=2))
    assert "lost 1 sample at" in window.log.toPlainText()
    with qtbot.waitActive(window, timeout=5_000):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_L, _CTRL_SHIFT)
    qtbot.waitUntil(lambda: window.situation.acknowledged == {"shown": 13}, timeout=5_000)


def test_each_state_has_a_shape_of_its_own(qtbot: QtBot) -> None:
    mark = StateMark()
    qtbot.addWidget(mark)
    shapes = []
    for state in State:
        mark.show_state(state)
        picture = mark.grab().toImage()
        ground = picture.pixel(0, 0)
        shapes.append(bytes(picture.pixel(x, y) != ground for y in range(20) for x in range(30)))
    assert len(set(shapes)) == len(State)


def test_the_banner_goes_by_escape(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = open_window(bci=NO_DEVICES)
    with qtbot.waitActive(window, timeout=5_000):
        window.activateWindow()
    window.show_problem("Something is wrong; do this.")
    assert window.banner.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=5_000)


@pytest.fixture
def panel(qtbot: QtBot) -> ScopePanel:
    panel = ScopePanel()
    qtbot.addWidget(panel)
    panel.resize(600, 300)
    ring = RingBuffer(5000, 4)
    ring.write(noise(5000, 4), np.arange(5000) / 250.0, 0)
    panel.scope.set_stream(eeg_info(4), ring)
    panel.show()
    panel.scope.advance()
    return panel


def colours(panel: ScopePanel) -> set[str]:
    """Return the colours of the traces, without the names beside them."""
    picture = panel.scope.grab().toImage()
    return {
        QColor(picture.pixel(x, y)).name()
        for x in range(80, picture.width(), 2)
        for y in range(picture.height())
    }


def test_a_trace_has_the_colour_of_its_channels_quality(panel: ScopePanel) -> None:
    bad, doubtful = (DARK.quality_colour(s).name() for s in (State.BAD, State.DOUBTFUL))
    assert not {bad, doubtful} & colours(panel)
    states = {"E2": State.DOUBTFUL, "E3": State.BAD}
    panel.scope.set_quality(
        [
            ChannelQuality(n, states.get(n, State.GOOD), "", 10, 0.1, 3, 5, 0.2, 0.8, 5.0)
            for n in ("E1", "E2", "E3", "E4")
        ]
    )
    assert {bad, doubtful} <= colours(panel)
    panel.scope.set_quality([])
    assert not {bad, doubtful} & colours(panel)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_pause_looks_pressed_when_it_is(panel: ScopePanel, theme: Theme) -> None:
    panel.setStyleSheet(theme.style_sheet())
    corner = panel.pause.rect().center().x(), 4

    def ground() -> str:
        return panel.pause.grab().toImage().pixelColor(*corner).name()

    assert ground() == QColor(theme.panel).name()
    panel.scope.toggle_pause()
    assert ground() == QColor(theme.accent).name()
    panel.scope.toggle_pause()
    assert ground() == QColor(theme.panel).name()
