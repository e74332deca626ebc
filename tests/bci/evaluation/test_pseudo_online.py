"""Pseudo-online scores: false decisions at rest, commands at cues, information transferred."""

from pathlib import Path

import numpy as np
import pytest

from bci.evaluation.pseudo_online import Evaluation, evaluate
from bci.profiles.profile import Profile
from bci.training.calibrate import calibrate
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "decoder": {"name": "log-power"},
    }
)


class Always:
    """A decoder that returns the same probabilities for every window."""

    classes = ("left", "right")

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = np.array(probabilities)

    def fit(self, *_: object, **__: object) -> None:
        """Learn nothing."""

    def predict_proba(self, _window: np.ndarray) -> np.ndarray:
        return self.probabilities

    def arrays(self) -> dict[str, np.ndarray]:
        return {"probabilities": self.probabilities}


def scored(tmp_path: Path, threshold: float, *probabilities: float) -> Evaluation:
    runs = [
        stored(two_class_recording(n_trials=12, seed=seed), tmp_path / f"{seed}.bin")
        for seed in (1, 2, 3)
    ]
    made = calibrate(runs[:2], PROFILE, lambda: Always(*probabilities), "always")
    return evaluate(made.card, Always(*probabilities), runs[2], threshold)


def test_a_constant_decoder_has_false_positives_and_transfers_nothing(
    tmp_path: Path,
) -> None:
    result = scored(tmp_path, 0.9, 0.95, 0.05)
    # One in each of the twelve rests of 2 s, which contain no second independent window.
    assert result.false_positives == 12
    assert result.false_positives_per_min == pytest.approx(12 / result.rest_min)
    assert result.false_positives_bound > result.false_positives_per_min
    assert result.itr_bits_per_min == 0.0
    assert (result.cues, result.cues_decided, result.cues_right) == (12, 12, 6)
    assert result.trials_reached == 6


def test_a_decoder_below_the_threshold_decides_nothing(tmp_path: Path) -> None:
    result = scored(tmp_path, 0.9, 0.8, 0.2)
    assert result.false_positives == 0
    assert result.false_positives_bound == pytest.approx(3.0 / result.rest_min, rel=0.01)
    assert (result.cues, result.cues_decided, result.cues_right) == (12, 0, 0)
