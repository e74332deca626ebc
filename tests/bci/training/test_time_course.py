"""Accuracy by the time in a trial."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from bci.errors import BundleError
from bci.models.bundle import ARRAYS, load_card, save_bundle
from bci.training.calibrate import calibrate
from bci.training.epochs import Epochs
from bci.training.time_course import load_time_course, right_by_place, time_course
from bci.training.trial_decisions import DecidedEpochs
from decoders import create
from tests.bci.training.test_calibrate import PROFILE, run


class ByMean:
    """A decoder that decides ``up`` if a window's mean is above 0."""

    classes = ("down", "up")

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        up = float(window.mean() > 0)
        return np.array([1 - up, up])


def late_effect(n_trials: int = 8, n_places: int = 5) -> Epochs:
    """Return windows that depend on the class from the third of a trial."""
    labels = np.resize(["up", "down"], n_trials).repeat(n_places)
    places = np.tile(np.arange(n_places), n_trials)
    means = np.where((labels == "down") & (places >= 2), -1.0, 1.0)
    windows = np.ones((len(labels), 2, 4)) * means[:, None, None]
    trials = np.arange(n_trials).repeat(n_places)
    return Epochs(windows.astype(np.float32), labels, trials, np.zeros(len(labels), np.int64))


def test_the_course_rises_when_the_effect_begins() -> None:
    course = time_course(
        right_by_place(DecidedEpochs(ByMean(), late_effect())), first_s=1.5, hop_s=0.5
    )
    assert course.seconds.tolist() == [1.5, 2.0, 2.5, 3.0, 3.5]
    assert course.accuracy.tolist() == [0.5, 0.5, 1.0, 1.0, 1.0]
    assert course.trials.tolist() == [8] * 5


def test_places_that_few_trials_reach_are_left_out() -> None:
    whole = late_effect()
    few = whole.only((np.arange(len(whole.labels)) % 5 < 4) | (whole.trials == 0))
    assert len(time_course(right_by_place(DecidedEpochs(ByMean(), few)), 1.0, 0.1).seconds) == 4


def test_long_trials_are_thinned_evenly() -> None:
    places = {place for place, _ in right_by_place(DecidedEpochs(ByMean(), late_effect(2, 240)))}
    assert places == set(range(0, 240, 10))


def test_a_bundle_keeps_the_course_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    made = calibrate([run(tmp_path, 0)], PROFILE, lambda: create("log-power"), "m")
    model = tmp_path / "model"
    save_bundle(model, made.card, made.decoder.arrays() | made.patterns)
    course = load_time_course(model)
    assert course is not None
    # A window of 1 s that begins 0.5 s after the cue.
    assert course.seconds[0] == pytest.approx(1.5, abs=0.01)
    assert course.accuracy[-1] > 0.8
    arrays = load((model / ARRAYS).read_bytes())
    arrays["course.accuracy"] = arrays["course.accuracy"][:-1]
    save_bundle(tmp_path / "damaged", load_card(model), arrays)
    with pytest.raises(BundleError, match="time course is damaged"):
        load_time_course(tmp_path / "damaged")
