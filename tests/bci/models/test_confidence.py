"""Temperature and calibration error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.models.confidence import calibration_error, error_interval, fit_temperature, temper


def decisions(overconfidence: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return two-class probabilities, overconfident by a factor of the log odds."""
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


@pytest.mark.parametrize("overconfidence", [2.0, 4.0])
def test_the_interval_of_the_calibration_error_holds_the_true_one(overconfidence: float) -> None:
    everything, everyone = decisions(overconfidence)
    true = calibration_error(everything, everyone)
    parts = np.array_split(np.arange(4000), 40)
    intervals = [error_interval(everything[part], everyone[part], 200) for part in parts]
    assert np.mean([low <= true <= high for low, high in intervals]) >= 0.85
    for part, (low, high) in zip(parts, intervals, strict=True):
        assert low <= calibration_error(everything[part], everyone[part]) <= high
    assert error_interval(everything[parts[0]], everyone[parts[0]], 200) == intervals[0]


def test_an_honest_model_may_have_no_calibration_error_at_all() -> None:
    probabilities, truth = decisions(1.0, 40)
    low, high = error_interval(probabilities, truth)
    assert low < 0.02
    assert high > 0.1
