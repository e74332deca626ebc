"""Events of ``bci evaluate --json``: scores survive them, and invalid ones are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bci.cli.evaluation_events import evaluated, predicted
from bci.decisions import Decision
from bci.errors import MessageError
from bci.evaluation.metrics import Accuracy, Measure
from bci.evaluation.pseudo_online import Evaluation, TrialDecision, _decision
from bci.messages import EvaluationEvent, Figure, read_event
from bci.signals import Prediction
from bci.training.epochs import JudgedWindow, Trial

RESULT = Evaluation(
    recording="run-02_ieeg.fif", model="me", simulated=True, interpolated=("C3",),
    classes=("a", "b"), trial_accuracy=Accuracy(0.5, 0.01, 0.99, 2, 0.5, 0.75), kappa=0.1,
    confusion=[[1, 0], [1, 0]], window_accuracy=0.6, window_chance=0.5, window_p_value=0.2,
    n_windows=40, itr_bits_per_min=0.0, threshold=0.7, seconds_to_correct=None, trials_reached=0,
    trials_without_window=1, false_positives_per_min=None, rest_min=0.0, windows_rejected=3,
    evidence_s=1.0, evidence_delay_s=0.45,
    measures=(Measure("top-5", 0.8, 0.25, 0.001), Measure("mean rank", 3.0, 20.5, 0.01)),
    prior_accuracy=Accuracy(1.0, 0.2, 1.0, 2, 0.5, 0.25),
    trials=[
        TrialDecision("a", 2.0, 2.5, 6.0, "a", 0.9, "b"),
        TrialDecision("b", 8.0, 8.5, 12.0, None, None),
    ],
)  # fmt: skip


def test_score_is_read_as_it_was_made() -> None:
    read = read_event(evaluated(RESULT, learnt_from=True).line())
    assert isinstance(read, EvaluationEvent)
    assert read.learnt_from
    for name in ("recording", "model", "simulated", "interpolated", "classes", "kappa"):
        assert getattr(read, name) == getattr(RESULT, name)
    for name in ("window_accuracy", "threshold", "trials_without_window", "evidence_delay_s"):
        assert getattr(read, name) == getattr(RESULT, name)
    assert read.trial_accuracy.model_dump() == RESULT.trial_accuracy.__dict__
    assert read.confusion == ((1, 0), (1, 0))
    assert read.measures[1] == Figure(name="mean rank", value=3.0, chance=20.5, p_value=0.01)
    first, second = read.trials
    assert (first.label, first.onset, first.decision, first.with_prior) == ("a", 2.0, "a", "b")
    assert (second.stop, second.decision, second.confidence) == (12.0, None, None)


def test_confidence_that_rounding_takes_above_1_can_be_sent() -> None:
    sure = Prediction(("a", "b"), np.array([1.0 + 2e-16, 0.0]), 0, 100, 3.0)
    assert sure.confidence > 1.0
    decision = _decision(Trial("a", "a", 2.0, 2.5, 6.0), sure, None)
    event = evaluated(replace(RESULT, trials=[decision]), learnt_from=False)
    assert event.trials[0].confidence == 1.0


def test_figure_that_is_not_defined_is_null() -> None:
    one_class = replace(RESULT, kappa=float("nan"))
    assert json.loads(evaluated(one_class, False).line())["kappa"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"measures": [["top-5", 0.8, 0.25]]},
        {"measures": None},
        {"confusion": [[1, 0]]},
        {"confusion": [[1, 0], [1, -1]]},
        {"trial_accuracy": 0.5},
        {"trials": [{"label": "a"}]},
        {"threshold": 1.5},
        {"version": 2},
    ],
)
def test_what_is_no_score_is_refused(changes: dict[str, object]) -> None:
    given = json.loads(evaluated(RESULT, False).line())
    with pytest.raises(MessageError):
        read_event(json.dumps(given | changes))


@pytest.mark.parametrize("decision", [Decision("b", 0.1 + 0.2), Decision(None, 1 / 3), None])
def test_window_is_read_to_the_last_digit(decision: Decision | None) -> None:
    shares = np.random.default_rng(0).dirichlet([1.0, 1.0])
    window = JudgedWindow(Prediction(("a", "b"), shares, 0, 100, 1 / 7), decision, 0.1, None)
    read = read_event(predicted("run.fif", window).line())
    assert read.probabilities == tuple(shares)
    assert (read.start, read.time) == (0.1, 1 / 7)
    assert read.label == window.prediction.label
    carried = None if read.confidence is None else Decision(read.decision, read.confidence)
    assert carried == decision
