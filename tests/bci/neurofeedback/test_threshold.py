"""Thresholds: the share of windows that pass them, and their changes."""

import numpy as np
import pytest

from bci.neurofeedback.baseline import Baseline
from bci.neurofeedback.reward import RewardRule
from bci.neurofeedback.threshold import make_threshold
from bci.profiles.neurofeedback import Neurofeedback, RewardSettings

HOP_S = 0.1
BASELINE = Baseline(
    protocol="test", windows=100, clean=100, mean=5.0, sd=2.0,
    quantiles=tuple(np.linspace(0.0, 10.0, 101).tolist()),
)  # fmt: skip


def protocol(direction: str = "up", **threshold: object) -> Neurofeedback:
    return Neurofeedback.model_validate(
        {
            "feature": {"kind": "band_power", "sites": ["O1"], "band_hz": [8, 12]},
            "direction": direction,
            "threshold": threshold,
        }
    )


def test_fixed_threshold_is_its_value_or_beyond_the_baseline() -> None:
    assert make_threshold(protocol(kind="fixed", value=7.5), BASELINE).value == 7.5
    assert make_threshold(protocol(kind="fixed", baseline_sd=0.5), BASELINE).value == 6.0
    down = protocol("down", kind="fixed", baseline_sd=0.5)
    assert make_threshold(down, BASELINE).value == 4.0


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("rate", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("skewed", [False, True])
def test_adaptive_threshold_reaches_the_success_rate(
    direction: str, rate: float, skewed: bool
) -> None:
    threshold = make_threshold(protocol(direction, success_rate=rate, time_s=30), BASELINE)
    sign = 1 if direction == "up" else -1
    rng = np.random.default_rng(1)
    value, passed = 0.0, []
    for _ in range(round(1200 / HOP_S)):
        # Neighbouring windows overlap, so their features are alike.
        value = 0.9 * value + np.sqrt(1 - 0.9**2) * rng.standard_normal()
        shown = 9.0 + (2 * np.exp(0.6 * value) if skewed else 2 * value)
        success = sign * (shown - threshold.value) > 0
        threshold.move(bool(success), HOP_S)
        passed.append(success)
    after = passed[round(120 / HOP_S) :]
    assert np.mean(after) == pytest.approx(rate, abs=0.02)


def test_staircase_steps_where_success_is_high_or_low() -> None:
    wanted = protocol(kind="staircase", success_rate=0.5, step_every_s=2, step_sd=0.25)
    threshold = make_threshold(wanted, BASELINE)
    start = threshold.value
    assert start == 5.0

    def run(n_successes: int) -> float:
        for k in range(20):
            threshold.move(k < n_successes, HOP_S)
        return threshold.value

    assert run(18) == start + 0.5
    assert run(11) == start + 0.5
    assert run(2) == start


def test_reward_comes_after_the_hold_and_not_before_the_refractory_time_is_over() -> None:
    rule = RewardRule(RewardSettings(hold_s=0.3, refractory_s=1.0), HOP_S)
    at = [k / 10 for k in range(30) if rule(True, k / 10)]
    assert at == [0.3, 1.3, 2.3]
    assert not any(rule(k % 3 > 0, 5 + k / 10) for k in range(30))


def test_gap_of_the_signal_is_no_time_beyond_the_threshold() -> None:
    rule = RewardRule(RewardSettings(hold_s=0.3, refractory_s=0.0), HOP_S)
    assert not rule(True, 0.0)
    assert [rule(True, 5 + k / 10) for k in range(5)] == [False, False, False, True, True]
