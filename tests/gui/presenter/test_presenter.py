"""The presenter with a real window, in memory, and real markers on LSL."""

import time
import uuid
from collections.abc import Iterator, Sequence

import pytest
from pylsl import local_clock
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from pytestqt.qtbot import QtBot

from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker, is_frame_note
from bci.stimulus.frame_labels import dropped_label, summaries
from bci.stimulus.frames import Frame, PacedBy
from gui.presenter.presenter import HIDDEN, Presenter
from gui.presenter.stimulus_window import is_presenting
from tests.gui.keys import strike, type_in
from tests.streams import find, wait_until

LONG = 15_000


class Flashes:
    """A scene that sends a marker every tenth frame, and stores its calls."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.painted: list[float] = []
        self.swaps: list[tuple[float, float, tuple[str, ...]]] = []
        self.holds_up = 0.0  # delay of the next frame, in seconds

    def advance(self, frame: Frame) -> Sequence[str]:
        self.frames.append(frame)
        held_up, self.holds_up = self.holds_up, 0.0
        time.sleep(held_up)
        return (f"flash/{len(self.frames)}",) if len(self.frames) % 10 == 0 else ()

    def paint(self, painter: QPainter, size: QSize) -> None:
        grey = 255 * (len(self.frames) % 2)
        painter.fillRect(0, 0, size.width(), size.height(), 0xFF000000 | grey)
        self.painted.append(local_clock())

    def shown(self, time: float, labels: Sequence[str]) -> None:
        self.swaps.append((time, local_clock(), tuple(labels)))


@pytest.fixture
def scene() -> Flashes:
    return Flashes()


@pytest.fixture
def presenter(qtbot: QtBot, scene: Flashes) -> Iterator[Presenter]:
    presenter = Presenter(scene, None)
    presenter.open(full_screen=False)
    qtbot.waitUntil(lambda: len(scene.swaps) > 2, timeout=LONG)
    yield presenter
    presenter.retire()


def test_markers_are_stamped_between_the_painting_and_the_report_of_their_frame(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    name = f"cues-{uuid.uuid4().hex[:8]}"
    outlet = MarkerOutlet(name, name)
    inlet = MarkerInlet(find(name))
    wait_until(lambda: outlet.has_consumers)
    presenter.outlet = outlet
    sent: list[Marker] = []
    presenter.marked.connect(sent.append)
    qtbot.waitUntil(lambda: len(sent) >= 4, timeout=LONG)
    presenter.close()
    received: list[Marker] = []
    wait_until(lambda: received.extend(inlet.pull(0.1)) or len(received) >= len(sent))
    inlet.close()
    outlet.close()
    assert [marker.label for marker in received] == [marker.label for marker in sent]
    shown = {
        label: (painted, swap, reported)
        for painted, (swap, reported, labels) in zip(scene.painted, scene.swaps, strict=True)
        for label in labels
    }
    for marker in sent:
        painted, swap, reported = shown[marker.label]
        assert marker.time == swap
        assert painted <= marker.time <= reported


def test_dropped_frames_are_counted_and_marked_and_in_the_summary(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    sent: list[Marker] = []
    presenter.marked.connect(sent.append)
    presenter.begin_log()
    before = len(scene.frames)
    scene.holds_up = 6.2 * 1 / presenter.refresh_hz
    qtbot.waitUntil(lambda: len(scene.frames) > before + 20, timeout=LONG)
    summary = presenter.end_log()
    counted = scene.frames[before:]
    assert summary.dropped >= 5
    assert summary.is_marked
    # Every period since then had a frame or was dropped; the newest may be counted as dropped.
    periods = counted[-1].number - counted[0].number + 1
    assert len(counted) + 5 <= periods <= len(counted) + summary.dropped
    notes = [marker.label for marker in sent if is_frame_note(marker.label)]
    marked = sum(int(label.split("/")[-1]) for label in notes[:-1])
    assert all(label.startswith(dropped_label(0)[:-1]) for label in notes[:-1])
    assert marked == summary.dropped
    (read,) = summaries(sent)
    assert (read.shown, read.dropped, read.late) == (summary.shown, summary.dropped, summary.late)


def test_frames_without_a_run_are_not_marked(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    sent: list[Marker] = []
    presenter.marked.connect(sent.append)
    scene.holds_up = 0.1
    before = len(scene.swaps)
    qtbot.waitUntil(lambda: len(scene.swaps) > before + 5, timeout=LONG)
    assert not [marker for marker in sent if is_frame_note(marker.label)]


def test_without_vertical_sync_the_presenter_reports_its_timer_and_jitter(
    qtbot: QtBot, presenter: Presenter
) -> None:
    presenter.close()
    with qtbot.waitSignal(presenter.paced, timeout=LONG):
        presenter.open(full_screen=False)
        assert presenter.note == "The refresh rate of the screen is being measured."
    assert presenter.paced_by is PacedBy.TIMER
    assert presenter.note.startswith("No vertical sync: a timer paces the frames, 60.0 Hz, jitter ")


def test_a_hidden_window_is_reported_and_drops_nothing(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    first = len(scene.frames)
    presenter.close()
    presenter.open(full_screen=False)  # clears the log
    assert presenter.window is not None
    qtbot.waitUntil(lambda: presenter.log.frames > 3, timeout=LONG)
    with qtbot.waitSignal(presenter.trouble, timeout=LONG) as told:
        presenter.window.hide()
    assert told.args == [HIDDEN]
    assert not is_presenting()
    shown, dropped, n_frames = presenter.log.frames, presenter.log.dropped, len(scene.frames)
    wait_until(lambda: local_clock() > scene.swaps[-1][0] + 0.2)
    qtbot.wait(1)
    assert presenter.log.frames == shown
    presenter.window.show()
    qtbot.waitUntil(lambda: presenter.log.frames > shown, timeout=LONG)
    assert is_presenting()
    # The first frame after the pause takes the next number.
    since = scene.frames[n_frames].number - scene.frames[first].number
    assert since == shown + dropped


def test_a_frame_that_falls_due_in_a_hidden_window_reports_it_once(
    qtbot: QtBot, presenter: Presenter
) -> None:
    qtbot.waitUntil(lambda: presenter.log.frames > 3, timeout=LONG)
    told: list[str] = []
    presenter.trouble.connect(told.append)
    assert presenter.window is not None
    presenter.window.hide()
    # As if the timer fires before the window system's event.
    presenter._timer.stop()
    presenter._on_due()
    qtbot.wait(1)
    assert told == [HIDDEN]


def test_keys_come_once_and_closing_by_the_person_is_reported(
    qtbot: QtBot, presenter: Presenter
) -> None:
    keys: list[tuple[int, str]] = []
    presenter.key_pressed.connect(lambda key, text: keys.append((key, text)))
    type_in(presenter.window, "7 ")
    strike(presenter.window, Qt.Key.Key_Escape)
    assert [(key, text.strip("\x1b")) for key, text in keys] == [
        (Qt.Key.Key_7, "7"), (Qt.Key.Key_Space, " "), (Qt.Key.Key_Escape, ""),
    ]  # fmt: skip
    assert presenter.window is not None
    with qtbot.waitSignal(presenter.closed, timeout=LONG):
        presenter.window.close()
    assert not presenter.is_open


def test_a_scene_that_closes_the_presenter_in_a_frame_is_not_painted_any_more(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    class Last(Flashes):
        def advance(self, _frame: Frame) -> Sequence[str]:
            presenter.close()
            return ("never",)

    sent: list[Marker] = []
    presenter.marked.connect(sent.append)
    last = presenter.scene = Last()
    qtbot.waitUntil(lambda: not presenter.is_open, timeout=LONG)
    assert last.painted == []
    assert "never" not in [marker.label for marker in sent]


def test_a_presenter_that_was_closed_can_be_opened_again(
    qtbot: QtBot, presenter: Presenter, scene: Flashes
) -> None:
    presenter.close()
    number = scene.frames[-1].number
    presenter.open(full_screen=True)
    before = len(scene.swaps)
    qtbot.waitUntil(lambda: len(scene.swaps) > before + 2, timeout=LONG)
    assert scene.frames[-1].number > number
