"""A spelling run on a real presenter: keys, engine, failures and markers."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import ReceivedPrediction
from bci.signals import Marker
from bci.spelling.run import Selected, SpellingState
from gui.paradigms.controller import spelled_message
from gui.paradigms.plan import SpellingPlan
from gui.paradigms.spelling_run import SpellingRun
from gui.presenter.presenter import Presenter
from gui.presenter.scene import BlankScene
from tests.gui.paradigms.spelling import CLASSES, SFREQ, quick_plan

LONG = 20_000


def shortest_plan(text: str, feedback_s: float = 0.05) -> SpellingPlan:
    """Return a plan whose selections take half a second."""
    return quick_plan("p300", text, True, feedback_s, 1, flash_s=0.017, target_s=0.05)


class Opened:
    """A run in a window, with an engine that is always right."""

    def __init__(self, qtbot: QtBot, plan: SpellingPlan) -> None:
        self.presenter = Presenter(BlankScene(), None)
        self.run = SpellingRun(plan, self.presenter, "Look at the symbol.", SFREQ)
        self.labels: list[str] = []
        self.selected: list[Selected] = []
        self.answers = True
        self._plan, self._qtbot = plan, qtbot
        self.run.marked.connect(self._on_marked)
        self.run.selected.connect(self.selected.append)
        self.run.begin(None, (), full_screen=False)
        qtbot.waitUntil(lambda: self.presenter.log.frames > 2, timeout=LONG)

    def press(self, key: Qt.Key) -> None:
        self._qtbot.keyClick(self.presenter.window, key)

    def start(self) -> None:
        self.run.set_engine(CLASSES)
        self.press(Qt.Key.Key_Space)
        self._qtbot.waitUntil(lambda: self.run.state is not SpellingState.READY, timeout=LONG)

    def _on_marked(self, marker: Marker) -> None:
        if not marker.label.startswith("frames/dropped"):
            self.labels.append(marker.label)
        kind = marker.label.partition("/")[0]
        if kind in CLASSES and self.answers:
            share = 0.95 if kind == "target" else 0.05
            taken = marker.time + self._plan.profile.pipeline.window_s - 1 / SFREQ
            shares = np.array([1 - share, share], dtype=np.float32)
            prediction = ReceivedPrediction(taken, shares, 0.0, 0.0, 0.0, 0.0)
            # Sent after the run itself has received the flash.
            QTimer.singleShot(0, self.presenter, lambda: self.run.receive([prediction]))


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Opened]:
    one = Opened(qtbot, shortest_plan("B"))
    yield one
    one.run.abort()


def test_a_run_waits_for_an_engine_and_then_for_a_key(opened: Opened) -> None:
    opened.press(Qt.Key.Key_Space)
    assert "No engine decodes." in opened.run.sentence
    opened.run.set_engine(CLASSES)
    assert opened.run.sentence == "Look at the symbol."
    assert opened.labels == []


def test_a_copied_text_ends_with_its_count(opened: Opened, qtbot: QtBot) -> None:
    opened.start()
    qtbot.waitUntil(lambda: opened.run.is_complete, timeout=LONG)
    (selected,) = opened.selected
    assert (selected.symbol, selected.target, selected.text) == ("B", "B", "B")
    assert "1 of 1 symbol right (chance 2.8 %)" in opened.run.sentence
    assert opened.labels[:2] == ["frames/stimulus/unmeasured", "selection/1/B"]
    assert opened.labels[-1].startswith("frames/run/")
    message = spelled_message(selected, opened.run.plan.grid.symbols)
    assert message.change == "selected"
    assert next(iter(message.candidates)) == "B"
    over: list[None] = []
    opened.run.over.connect(lambda: over.append(None))
    opened.press(Qt.Key.Key_Escape)
    assert over == [None]
    assert not opened.presenter.is_open


def test_an_engine_that_goes_pauses_the_run_and_is_waited_for(opened: Opened) -> None:
    opened.start()
    opened.run.set_engine(())
    assert "No engine decodes." in opened.run.sentence
    assert opened.run.state is SpellingState.READY
    opened.press(Qt.Key.Key_Space)
    assert opened.run.state is SpellingState.READY
    opened.run.set_engine(CLASSES)
    assert "The run can be resumed" in opened.run.sentence


def test_an_engine_that_goes_before_the_run_leaves_its_begin_as_it_was(opened: Opened) -> None:
    for classes in (CLASSES, (), CLASSES):
        opened.run.set_engine(classes)
    assert opened.run.sentence == "Look at the symbol."


def test_flashes_without_predictions_are_counted_and_the_run_continues(
    opened: Opened, qtbot: QtBot
) -> None:
    opened.answers = False
    opened.start()
    shown = opened.run.shown
    assert shown is not None
    shown.run.timing = replace(shown.run.timing, wait_s=0.05)
    qtbot.waitUntil(lambda: bool(opened.selected), timeout=LONG)
    assert opened.selected[0].symbol is None
    assert opened.run.tally.n_missing == 12
    assert opened.run.tally.lost == "12 flashes without a prediction."
    # The same symbol is the target again.
    qtbot.waitUntil(lambda: "selection/2/B" in opened.labels, timeout=LONG)


def test_backspace_takes_the_last_symbol_back(qtbot: QtBot) -> None:
    opened = Opened(qtbot, shortest_plan("BC", feedback_s=60.0))
    opened.start()
    qtbot.waitUntil(lambda: len(opened.selected) == 1, timeout=LONG)
    opened.press(Qt.Key.Key_Backspace)
    assert [(each.symbol, each.undone) for each in opened.selected] == [("B", False), ("B", True)]
    assert opened.selected[-1].text == ""
    assert "undo" in opened.labels
    opened.run.abort()


def test_closing_the_window_in_mid_run_ends_it(opened: Opened) -> None:
    over: list[None] = []
    opened.run.over.connect(lambda: over.append(None))
    opened.start()
    assert opened.presenter.window is not None
    opened.presenter.window.close()
    assert over == [None]
    assert "interrupted" in opened.labels
    assert "Nothing was selected" in opened.run.summary


def test_a_detected_error_takes_the_symbol_back(qtbot: QtBot) -> None:
    opened = Opened(qtbot, shortest_plan("BC", feedback_s=60.0))
    opened.start()
    qtbot.waitUntil(lambda: len(opened.selected) == 1, timeout=LONG)
    # A response to an earlier feedback changes nothing.
    opened.run.receive_response(opened.selected[0].began, 6.0)
    assert len(opened.selected) == 1
    opened.run.receive_response(opened.selected[0].ended + 0.8, 6.0)
    assert [(each.symbol, each.undone) for each in opened.selected] == [("B", False), ("B", True)]
    assert "undo" in opened.labels
    assert spelled_message(opened.selected[-1], ()).change == "undone"
    assert len(opened.run.tally.selections) == 1
    opened.run.abort()


def test_a_flicker_is_confirmed_by_a_key_before_anything_flickers(qtbot: QtBot) -> None:
    opened = Opened(qtbot, quick_plan("ssvep", "A"))
    opened.run.set_engine(tuple("ABCDEFGH"))
    assert "seizures" in opened.run.sentence
    opened.press(Qt.Key.Key_Space)
    assert "seizures" in opened.run.sentence
    assert opened.run.state is SpellingState.READY
    opened.press(Qt.Key.Key_Y)
    assert opened.run.sentence == "Look at the symbol."
    opened.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "flicker/A" in opened.labels, timeout=LONG)
    opened.press(Qt.Key.Key_Escape)
    assert opened.labels[-2:-1] == ["interrupted"] or "interrupted" in opened.labels
    assert not opened.presenter.is_open


def test_a_model_without_the_symbols_is_refused_in_a_sentence(qtbot: QtBot) -> None:
    opened = Opened(qtbot, quick_plan(text="A"))
    opened.run.set_engine(("left", "right"))
    opened.press(Qt.Key.Key_Space)
    assert "a speller needs a model with the classes target and nontarget" in opened.run.sentence
    opened.run.abort()
