"""The pacing of frames, on simulated screens, since tests have none with vertical sync."""

import time
from collections.abc import Iterator
from math import ceil, nan

import pytest
from pylsl import local_clock
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter, QWindow
from pytestqt.qtbot import QtBot

from bci.stimulus.frames import PacedBy
from gui.presenter.canvas import OpenGlCanvas, Paint
from gui.presenter.presenter import BROKEN, Presenter, pace_of
from gui.presenter.scene import BlankScene

LONG = 15_000
PERIOD = 1 / 60


class SimulatedScreen:
    """Paints into memory; a swap waits for the next period of a screen, or returns at once."""

    can_sync = True

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self.is_broken = False
        self._image = QImage(64, 64, QImage.Format.Format_RGB32)

    def present(self, paint: Paint) -> float:
        if self.is_broken:
            return nan
        painter = QPainter(self._image)
        paint(painter, QSize(64, 64))
        painter.end()
        if self.period_s:
            now = local_clock()
            time.sleep(ceil(now / self.period_s) * self.period_s - now)
        return float(local_clock())


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> SimulatedScreen:
    screen = SimulatedScreen(PERIOD)

    def open_one(window: QWindow) -> SimulatedScreen:
        window.create()
        return screen

    monkeypatch.setattr(OpenGlCanvas, "open", open_one)
    return screen


@pytest.fixture
def presenter(screen: SimulatedScreen) -> Iterator[Presenter]:
    presenter = Presenter(BlankScene(), None)
    yield presenter
    presenter.retire()


def test_a_swap_that_waits_paces_the_frames(qtbot: QtBot, presenter: Presenter) -> None:
    with qtbot.waitSignal(presenter.paced, timeout=LONG):
        presenter.open(full_screen=False)
    assert presenter.paced_by is PacedBy.VERTICAL_SYNC
    assert presenter.note.startswith("Frames follow the screen's vertical sync, ")
    assert presenter.refresh_hz == pytest.approx(60, rel=0.1)


def test_a_swap_that_returns_at_once_leaves_the_pace_to_a_timer(
    qtbot: QtBot, screen: SimulatedScreen, presenter: Presenter
) -> None:
    screen.period_s = 0.0
    with qtbot.waitSignal(presenter.paced, timeout=LONG):
        presenter.open(full_screen=False)
    assert presenter.paced_by is PacedBy.TIMER
    assert presenter.note.startswith("No vertical sync: a timer paces the frames, 60.0 Hz")


def test_a_swap_that_waits_no_longer_is_noticed(
    qtbot: QtBot, screen: SimulatedScreen, presenter: Presenter
) -> None:
    with qtbot.waitSignal(presenter.paced, timeout=LONG):
        presenter.open(full_screen=False)
    presenter.begin_log()
    with qtbot.waitSignal(presenter.paced, timeout=LONG):
        screen.period_s = 0.0
    assert presenter.paced_by is PacedBy.TIMER
    assert presenter.end_log().paced_by is PacedBy.TIMER


def test_a_driver_that_stops_is_reported_and_another_window_can_be_opened(
    qtbot: QtBot, screen: SimulatedScreen, presenter: Presenter
) -> None:
    presenter.open(full_screen=False)
    before = presenter.window
    with qtbot.waitSignal(presenter.trouble, timeout=LONG) as told:
        screen.is_broken = True
    assert told.args == [BROKEN]
    screen.is_broken = False
    presenter.open(full_screen=False)
    assert presenter.window is not before
    qtbot.waitUntil(lambda: presenter.log.frames > 2, timeout=LONG)


@pytest.mark.parametrize(
    ("interval_s", "hz", "paced_by"),
    [
        (1 / 59.94, 59.94, PacedBy.VERTICAL_SYNC),
        (2 / 60, 60, PacedBy.VERTICAL_SYNC),
        (0.002, 60, PacedBy.TIMER),
        (0.025, 60, PacedBy.TIMER),
    ],
)
def test_the_pacemaker_follows_from_the_usual_interval(
    interval_s: float, hz: float, paced_by: PacedBy
) -> None:
    period_s, found = pace_of(interval_s, PERIOD)
    assert found is paced_by
    assert 1 / period_s == pytest.approx(hz)
