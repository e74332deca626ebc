"""Temperature, calibration error, and thresholds that keep a promise at rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.confidence import (
    calibration_error,
    choose_threshold,
    false_positives,
    fit_temperature,
    temper,
)


def decisions(overconfidence: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Two-class probabilities that are right as often as their honest version says."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, n)
    honest = 1 / (1 + np.exp(-logits))
    truth = (rng.uniform(size=n) < honest).astype(int)
    stated = 1 / (1 + np.exp(-overconfidence * logits))
    return np.column_stack([1 - stated, stated]), truth


@pytest.mark.parametrize("overconfidence", [0.5, 1.0, 4.0])
def test_the_temperature_undoes_over_and_underconfidence(overconfidence: float) -> None:
    probabilities, truth = decisions(overconfidence)
    temperature = fit_temperature(probabilities, truth)
    assert temperature == pytest.approx(overconfidence, rel=0.1)
    assert calibration_error(temper(probabilities, temperature), truth) < 0.03
    if overconfidence == 4.0:
        assert calibration_error(probabilities, truth) > 0.1


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=6), st.floats(0.05, 20))
def test_tempering_keeps_the_order_and_the_sum(odds: list[float], temperature: float) -> None:
    probabilities = np.array(odds) / np.sum(odds)
    tempered = temper(probabilities, temperature)
    assert tempered.sum() == pytest.approx(1)
    order = np.argsort(probabilities, kind="stable")
    assert (np.diff(tempered[order]) >= -1e-12).all()


def test_only_rises_at_rest_are_false_positives() -> None:
    confidence = np.array([0.5, 0.9, 0.95, 0.5, 0.9, 0.5, 0.9])
    in_rest = np.array([True, True, True, True, False, True, True])
    assert false_positives(confidence, in_rest, 0.8) == 2


def test_the_threshold_is_the_lowest_that_keeps_the_rate() -> None:
    rng = np.random.default_rng(1)
    runs = [(0.5 + 0.5 * rng.beta(1, 6, 3000), np.ones(3000, dtype=bool)) for _ in range(2)]
    threshold = choose_threshold(runs, 0.1, 2.0)
    assert threshold is not None
    at, below = (
        sum(false_positives(*run, c) for run in runs) / 10.0 for c in (threshold, threshold - 0.005)
    )
    assert at <= 2.0 < below
    assert choose_threshold([(np.empty(0), np.empty(0, dtype=bool))], 0.1, 2.0) is None


def test_a_decoder_that_is_always_sure_has_no_threshold() -> None:
    confidence = np.where(np.arange(3000) % 20 < 10, 0.9999, 0.6)
    assert choose_threshold([(confidence, np.ones(3000, dtype=bool))], 0.1, 2.0) is None
