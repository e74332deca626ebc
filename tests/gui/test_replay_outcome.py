"""The answer of ``bci evaluate --json``, as the replay understands it."""

import json
from dataclasses import asdict

import pytest

from bci.bundle import MeasureCard
from bci.evaluation import Evaluation, TrialDecision
from bci.scores import Accuracy, Measure
from gui.replay.outcome import Outcome, parse_outcome
from gui.replay.steps import Step

RESULT = Evaluation(
    recording="run-02_ieeg.fif", model="me", simulated=True, interpolated=(), classes=("a", "b"),
    trial_accuracy=Accuracy(0.5, 0.01, 0.99, 2, 0.5, 0.75), kappa=0.0, confusion=[[1, 0], [1, 0]],
    window_accuracy=0.6, window_chance=0.5, window_p_value=0.2, n_windows=40,
    itr_bits_per_min=0.0, threshold=0.7, seconds_to_correct=None, trials_reached=0,
    trials_without_window=1, false_positives_per_min=None, rest_min=0.0, windows_rejected=3,
    measures=(Measure("top-5", 0.8, 0.25, 0.001), Measure("mean rank", 3.0, 20.5, 0.01)),
    trials=[
        TrialDecision("a", 2.0, 2.5, 6.0, "a", 0.9, "b"),
        TrialDecision("b", 8.0, 8.5, 12.0, None, None),
    ],
)  # fmt: skip


def answer(*results: dict[str, object]) -> bytes:
    return json.dumps(results).encode()


def test_all_that_is_shown_of_an_evaluation_comes_out_of_its_answer() -> None:
    assert parse_outcome(answer(asdict(RESULT))) == Outcome(
        model="me", simulated=True, classes=("a", "b"), accuracy=0.5, low=0.01, high=0.99, n=2,
        chance=0.5, p_value=0.75, confusion=((1, 0), (1, 0)), without_window=1,
        steps=(Step("a", 2.0, 6.0, "a", 0.9), Step("b", 8.0, 12.0, None, None)),
        measures=(
            MeasureCard(name="top-5", value=0.8, chance=0.25, p_value=0.001),
            MeasureCard(name="mean rank", value=3.0, chance=20.5, p_value=0.01),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"measures": [["top-5", 0.8, 0.25]]},
        {"measures": None},
        {"confusion": [[1, 0]]},
        {"trial_accuracy": 0.5},
        {"trials": [{"label": "a"}]},
    ],
)
def test_what_is_no_such_answer_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not the answer of an evaluation"):
        parse_outcome(answer(asdict(RESULT) | changes))
    with pytest.raises(ValueError, match="not the answer of an evaluation"):
        parse_outcome(answer(asdict(RESULT), asdict(RESULT)))
