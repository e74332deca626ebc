"""The dashboard shows the engine's decisions, by the engine's rule."""

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.decisions import Decision, DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from gui.decisions.decision_view import CueWindows
from gui.decisions.engine_views import EngineViews
from gui.decisions.headline import NO_DECISION, NO_PREDICTION, UNDECIDED
from gui.decisions.transcript import TranscriptView
from gui.main_window import MainWindow
from gui.processes.status_line import delay_text

CLASSES = ("left", "right")
UNSURE = Decision(None, 0.6)


def sent(decision: Decision | None, share: float = 0.5, taken: float = 0.0) -> ReceivedPrediction:
    """Return a prediction with the probability ``share`` of left, and a decision."""
    shares = np.array([share, 1 - share], dtype=np.float32)
    return ReceivedPrediction(taken, shares, 0.001, 0.002, 0.003, 0.004, decision=decision)


def status(**fields: float) -> EngineStatus:
    return EngineStatus.model_validate({"state": "running", "model": "me", **fields})


def onset(label: str, time: float) -> DecisionEvent:
    return DecisionEvent("onset", label, 0.8, time)


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    window = open_window(threshold=0.7)
    window.feed.engine_found.emit(CLASSES, False)
    window.feed.engine_alive.emit(True)
    return window


@pytest.fixture
def engine(window: MainWindow) -> EngineViews:
    return window.engine


@pytest.mark.parametrize(
    ("decision", "words"),
    [(Decision("right", 0.8), "right"), (UNSURE, UNDECIDED), (None, NO_DECISION)],
)
def test_decision_is_the_engine_s_whatever_the_probabilities_are(
    window: MainWindow, engine: EngineViews, decision: Decision | None, words: str
) -> None:
    # The single window has a high probability of left.
    window.feed.predictions_came.emit([sent(decision, share=0.99)])
    assert engine.decision.decision == words
    window.feed.engine_alive.emit(False)
    assert engine.decision.decision == NO_PREDICTION


def test_threshold_is_that_of_the_engine_whatever_it_was_started_with(
    window: MainWindow, engine: EngineViews
) -> None:
    # The engine got another model, with another threshold.
    window.feed.status_came.emit(status(decision_threshold=0.9, evidence_s=0.0))
    assert engine.history.rule.threshold == engine.decision.rule.threshold == 0.9
    # An engine of an earlier version reports no rule.
    window.feed.status_came.emit(status())
    assert engine.history.rule.threshold == 0.9


def test_confidence_stands_beside_a_decision_and_with_evidence_how_long_it_holds(
    window: MainWindow, engine: EngineViews
) -> None:
    rule = engine.rule
    assert rule.beside(Decision("left", 0.83)) == "83 %"
    assert rule.beside(UNSURE) == "60 %"
    assert rule.beside(None) == ""
    window.feed.status_came.emit(status(decision_threshold=0.7, evidence_s=1.0))
    window.feed.decisions_came.emit([onset("right", 5.0), onset("left", 7.0)])
    rule.now = 10.2
    assert rule.beside(Decision("left", 0.83)) == "for 3 s"
    # Decisions of another engine are forgotten.
    window.feed.engine_found.emit(("foot", "hand"), False)
    assert rule.beside(Decision("foot", 0.9)) == ""


def test_words_of_sliding_windows_are_the_onsets_of_the_engine(qtbot: QtBot) -> None:
    view = TranscriptView(None)
    qtbot.addWidget(view)
    view.set_classes(CLASSES)
    view.add([sent(Decision("left", 0.99))])
    view.add_decisions([onset("right", 5.0), DecisionEvent("offset", None, None, 5.5, "right")])
    assert [(said.word, said.confidence) for said in view.entries] == [("right", 0.8)]


def test_words_at_cues_are_the_decisions_of_their_windows(qtbot: QtBot) -> None:
    view = TranscriptView(CueWindows(1.0))
    qtbot.addWidget(view)
    view.set_classes(CLASSES)
    for k, decision in enumerate((Decision("right", 0.8), UNSURE, None)):
        view.add([sent(decision, 0.99, taken=3.0 * k)])
    view.add_decisions([onset("left", 9.0)])
    assert [said.word for said in view.entries] == ["right", None, None]
    assert view.tally.text() == "2 undecided"


def test_how_much_later_evidence_is_stands_beside_the_delay_of_the_filters() -> None:
    both = status(filter_delay_s=0.045, evidence_delay_s=0.45)
    assert delay_text(both) == "+45 ms filters, +450 ms evidence"
    assert delay_text(status(evidence_delay_s=1.95)) == "+1.9 s evidence"
    one = status(filter_delay_s=0.045, evidence_delay_s=0.0)
    assert delay_text(one) == "+45 ms filter delay"


def test_a_state_that_holds_decisions_back_is_named(
    window: MainWindow, engine: EngineViews
) -> None:
    window.feed.status_came.emit(status(signal_state=2, held_back=True))
    assert engine.rule.words == "suppressed in this state of the signal"
    window.feed.status_came.emit(status(signal_state=1, decision_threshold=0.7))
    assert engine.rule.words == "decides above 70 %"
