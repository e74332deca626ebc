"""The start, the repetition and the end of decisions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bci.decisions import Decision, DecisionEvent, RunningDecision, decide
from bci.signals import Prediction

THRESHOLD = 0.7


def decided(label: str, confidence: float, time: float = 0.0) -> Prediction:
    """Return a window's prediction of three classes, with its decision."""
    classes = ("left", "right", "foot")
    shares = [confidence if name == label else (1 - confidence) / 2 for name in classes]
    return Prediction(classes, np.array(shares), 0, 1, time)


def events(*decisions: Prediction, at_cues: bool = False) -> list[DecisionEvent]:
    running = RunningDecision()
    made = [running.add(decide(each, THRESHOLD), each.taken, at_cues) for each in decisions]
    return [event for event in made if event is not None]


def test_decision_has_an_onset_a_change_and_an_offset() -> None:
    got = events(
        decided("left", 0.8, 1.0), decided("left", 0.9, 2.0), decided("right", 0.75, 3.0),
        decided("right", 0.6, 4.0), decided("foot", 0.5, 5.0), decided("right", 0.7, 6.0),
    )  # fmt: skip
    assert got == [
        DecisionEvent("onset", "left", 0.8, 1.0),
        DecisionEvent("onset", "right", 0.75, 3.0),
        DecisionEvent("offset", None, 0.6, 4.0, "right"),
        DecisionEvent("onset", "right", 0.7, 6.0),
    ]


def test_same_word_at_the_next_cue_is_a_repeat() -> None:
    cues = (decided("left", 0.8, 1.0), decided("left", 0.9, 2.0), decided("left", 0.5, 3.0))
    assert [event.event for event in events(*cues, at_cues=True)] == ["onset", "repeat", "offset"]


def test_end_without_a_decision_is_no_event() -> None:
    running = RunningDecision()
    assert running.end(1.0) is None
    running.add(Decision("left", 0.9), 1.0)
    assert running.end(2.0) == DecisionEvent("offset", None, None, 2.0, "left")
    assert running.end(3.0) is None


@given(st.lists(st.tuples(st.sampled_from(["left", "right", "foot"]), st.floats(0.4, 1.0))))
def test_client_that_follows_the_events_never_holds_what_is_not_decided(
    windows: list[tuple[str, float]],
) -> None:
    running, held = RunningDecision(), None
    for label, confidence in windows:
        window = decided(label, confidence)
        if event := running.add(decide(window, THRESHOLD), window.taken):
            held = event.label
        assert held == (window.label if window.confidence >= THRESHOLD else None)


def test_window_decides_at_the_threshold_and_not_below_it() -> None:
    assert decide(decided("left", 0.7), THRESHOLD) == Decision("left", 0.7)
    assert decide(decided("left", 0.69), THRESHOLD) == Decision(None, 0.69)
    assert decide(None, THRESHOLD) is None


def test_decision_ends_where_the_evidence_is_no_longer_whole() -> None:
    running = RunningDecision()
    running.add(Decision("left", 0.9), 1.0)
    assert running.add(None, 2.0) == DecisionEvent("offset", None, None, 2.0, "left")
    assert running.add(None, 3.0) is None
