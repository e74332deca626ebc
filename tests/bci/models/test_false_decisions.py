"""False decisions at rest: their count, the bound of their rate, and the threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.models.false_decisions import (
    Commands,
    RestRate,
    choose_threshold,
    crossed_rate,
    false_decisions,
    independent_after,
    minutes_needed,
    rest_rate,
    upper_bound,
)

HOP_S = 0.1
LASTING = 25


def commands(
    confidence: list[float] | np.ndarray,
    in_rest: list[bool] | np.ndarray | None = None,
    number: list[int] | None = None,
) -> Commands:
    n = len(confidence)
    return Commands(
        np.array(confidence),
        np.zeros(n, dtype=np.int64) if number is None else np.array(number),
        np.ones(n, dtype=bool) if in_rest is None else np.array(in_rest, dtype=bool),
    )


def rest_with(rate_per_min: float, minutes: float, seed: int) -> Commands:
    """Return rest whose confidence exceeds 0.9 at a Poisson rate, for one prediction."""
    rng = np.random.default_rng(seed)
    n = round(minutes * 60 / HOP_S)
    confidence = np.full(n, 0.4)
    # Every other prediction at most, so that no two rises run together.
    rises = rng.uniform(size=n // 2) < 2 * rate_per_min * HOP_S / 60
    confidence[::2][rises] = rng.uniform(0.9, 0.99, rises.sum())
    return commands(confidence)


def test_only_decisions_at_rest_are_false() -> None:
    confidence = [0.5, 0.9, 0.95, 0.5, 0.9, 0.5, 0.9]
    in_rest = [True, True, True, True, False, True, True]
    assert false_decisions(commands(confidence, in_rest), 0.8, LASTING) == 2


def test_a_decision_that_is_held_into_rest_is_false_there() -> None:
    in_rest = [False, False, True, True, False, True]
    assert false_decisions(commands([0.9] * 6, in_rest), 0.8, LASTING) == 2


def test_a_change_from_one_command_to_another_is_another_false_decision() -> None:
    run = commands([0.9] * 6, number=[0, 0, 1, 1, 0, 0])
    assert false_decisions(run, 0.8, LASTING) == 3


def test_no_command_is_no_false_decision() -> None:
    run = commands([0.9, 0.0, 0.9], number=[0, -1, 0])
    assert false_decisions(run, 0.0, LASTING) == 2


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (25, 1), (26, 2), (50, 2), (600, 24)])
def test_a_decoder_that_is_always_sure_is_never_quiet(n: int, expected: int) -> None:
    assert false_decisions(commands([0.999] * n), 0.8, LASTING) == expected


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.7, 0.9]), st.booleans(), st.integers(0, 1))))
def test_as_many_are_counted_as_by_going_through_one_by_one(
    predictions: list[tuple[float, bool, int]],
) -> None:
    counted, last, since = 0, None, 0
    for confidence, in_rest, number in predictions:
        if confidence < 0.8 or not in_rest:
            last = None
            continue
        since = since + 1 if number == last else 0
        counted += since % 3 == 0
        last = number
    columns = list(zip(*predictions, strict=True)) or [(), (), ()]
    run = Commands(
        np.array(columns[0], dtype=float), np.array(columns[2], dtype=int),
        np.array(columns[1], dtype=bool),
    )  # fmt: skip
    assert false_decisions(run, 0.8, 3) == counted


def test_evidence_and_windows_last_until_no_sample_is_shared() -> None:
    assert independent_after(400, 16) == 25
    assert independent_after(401, 16) == 26
    assert independent_after(400, 16, n_windows=10) == 34


def test_the_bound_is_the_exact_one_of_poisson() -> None:
    assert upper_bound(0, 1.0) == pytest.approx(2.996, abs=1e-3)
    assert upper_bound(3, 2.0) == pytest.approx(7.754 / 2, abs=1e-3)
    assert RestRate(1, 2.0).per_min == 0.5
    assert minutes_needed(2.0) == pytest.approx(1.498, abs=1e-3)


def test_the_threshold_is_the_lowest_whose_bound_keeps_the_limit() -> None:
    rng = np.random.default_rng(1)
    runs = [commands(0.5 + 0.5 * rng.beta(1, 6, 3000)) for _ in range(2)]
    threshold = choose_threshold(runs, HOP_S, 2.0, LASTING)
    assert threshold is not None
    at, below = (rest_rate(runs, HOP_S, c, LASTING) for c in (threshold, threshold - 0.005))
    assert at.minutes == pytest.approx(10.0)
    assert at.bound_per_min <= 2.0 < below.bound_per_min
    assert choose_threshold([commands([], [])], HOP_S, 2.0, LASTING) is None
    assert choose_threshold([], HOP_S, 2.0, LASTING) is None


def test_too_few_minutes_have_a_threshold_without_a_false_decision() -> None:
    confidence = np.full(300, 0.5)
    confidence[[100, 200]] = (0.8, 0.9)
    run = commands(confidence)
    threshold = choose_threshold([run], HOP_S, 2.0, LASTING)
    assert threshold == 0.905
    rate = rest_rate([run], HOP_S, threshold, LASTING)
    assert (rate.count, rate.minutes) == (0, pytest.approx(0.5))
    assert rate.bound_per_min > 2.0


@pytest.mark.parametrize("lasting_sure", [1, 10, 3000])
def test_a_decoder_that_is_often_sure_has_no_threshold(lasting_sure: int) -> None:
    confidence = np.where(np.arange(3000) % 20 < lasting_sure, 0.9999, 0.6)
    assert choose_threshold([commands(confidence)], HOP_S, 2.0, LASTING) is None


def test_the_promise_holds_for_rest_that_the_threshold_was_not_chosen_on() -> None:
    """The true rate of thresholds below 0.99 is near the limit, so the choice can err."""
    broken = 0
    for seed in range(100):
        chosen = choose_threshold([rest_with(2.5, 4.0, seed)], HOP_S, 2.0, LASTING)
        if chosen is not None and chosen <= 0.5:
            broken += 1
        if chosen is not None:
            # Confidences of rises are uniform from 0.9 to 0.99.
            true = 2.5 * np.clip((0.99 - chosen) / 0.09, 0, 1)
            broken += true > 2.0
    assert broken <= 10


def test_the_rate_of_a_run_is_reported_at_the_threshold_of_the_others() -> None:
    quiet = commands(np.full(2400, 0.6))
    loud = commands(np.where(np.arange(2400) % 100 == 0, 0.8, 0.6))
    both = crossed_rate([quiet, loud], HOP_S, 2.0, LASTING)
    # At the quiet run's threshold, 0.605, the loud run has 24; at the loud run's, it has none.
    assert both == RestRate(24, pytest.approx(8.0))
    short = commands(np.full(300, 0.6))
    assert crossed_rate([quiet, short], HOP_S, 2.0, LASTING) is None
    assert crossed_rate([quiet], HOP_S, 2.0, LASTING) is None
    assert crossed_rate([], HOP_S, 2.0, LASTING) is None
