"""What the dashboard calls decided is what the engine decides."""

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bci.decisions import DecisionEvent
from bci.lsl.predictions import ReceivedPrediction
from bci.messages import EngineStatus
from gui.decision_rule import DecisionRule
from gui.engine_shown import EngineShown
from gui.headline import NO_DECISION, NO_PREDICTION, NOT_SURE
from gui.main_window import MainWindow
from gui.situation import delay_text
from gui.transcript import Transcript

CLASSES = ("left", "right")


def likely(share: float, taken: float = 0.0) -> ReceivedPrediction:
    """A window that finds left so likely."""
    shares = np.array([share, 1 - share], dtype=np.float32)
    return ReceivedPrediction(taken, shares, 0.001, 0.002, 0.003, 0.004)


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
def engine(window: MainWindow) -> EngineShown:
    return window.engine


def test_the_threshold_is_that_of_the_engine_whatever_it_was_started_with(
    window: MainWindow, engine: EngineShown
) -> None:
    window.feed.predictions_came.emit([likely(0.8)])
    assert engine.decision.decision == "left"
    # Another model was handed to the engine, with a threshold of its own.
    window.feed.status_came.emit(status(decision_threshold=0.9, evidence_s=0.0))
    assert engine.decision.decision == NOT_SURE
    window.feed.predictions_came.emit([likely(0.95)])
    assert engine.decision.decision == "left"
    # An engine of an earlier version says nothing of it.
    window.feed.status_came.emit(status())
    assert engine.history.rule.threshold == 0.9


def test_with_evidence_it_is_the_engine_that_decides_and_no_window(
    window: MainWindow, engine: EngineShown
) -> None:
    window.feed.status_came.emit(status(decision_threshold=0.7, evidence_s=1.0))
    window.feed.predictions_came.emit([likely(0.99)])
    assert engine.decision.decision == NO_DECISION
    window.feed.decisions_came.emit([onset("right", 5.0), onset("left", 7.0)])
    window.feed.predictions_came.emit([likely(0.1)])
    assert engine.decision.decision == "left"
    engine.rule.now = 10.2
    assert engine.rule.beside(0.1) == "for 3 s"
    window.feed.decisions_came.emit([DecisionEvent("offset", None, 0.5, 11.0, "left")])
    window.feed.predictions_came.emit([likely(0.99)])
    assert engine.decision.decision == NOT_SURE
    window.feed.predictions_came.emit([likely(0.99)])
    window.feed.engine_alive.emit(False)
    assert engine.decision.decision == NO_PREDICTION


def test_decisions_of_another_engine_are_forgotten(window: MainWindow, engine: EngineShown) -> None:
    window.feed.status_came.emit(status(decision_threshold=0.7, evidence_s=1.0))
    window.feed.decisions_came.emit([onset("left", 5.0)])
    window.feed.engine_found.emit(("foot", "hand"), False)
    window.feed.predictions_came.emit([likely(0.99)])
    assert engine.decision.decision == NO_DECISION


def test_words_over_several_windows_are_those_that_the_engine_decided(qtbot: QtBot) -> None:
    transcript = Transcript(None, 0.7)
    transcript.begin(CLASSES)
    transcript.rule = DecisionRule(0.7, evidence_s=1.0)
    assert not transcript.add(likely(0.99))
    assert transcript.decide(onset("right", 5.0))
    assert [said.word for said in transcript.said] == ["right"]
    assert not transcript.decide(DecisionEvent("offset", None, None, 5.5, "right"))
    # From single windows they are not written twice.
    transcript.rule = DecisionRule(0.7)
    assert not transcript.decide(onset("left", 6.0))


def test_how_much_later_evidence_is_stands_beside_the_delay_of_the_filters() -> None:
    both = status(filter_delay_s=0.045, evidence_delay_s=0.45)
    assert delay_text(both) == "+45 ms filters, +450 ms evidence"
    assert delay_text(status(evidence_delay_s=1.95)) == "+1.9 s evidence"
    one = status(filter_delay_s=0.045, evidence_delay_s=0.0)
    assert delay_text(one) == "+45 ms filter delay"
