"""Evidence of flashes: a posterior by Bayes' rule, with lost or late predictions."""

import numpy as np
import pytest

from bci.errors import ProfileError
from bci.spelling.codes import row_column
from bci.spelling.errors import ErrorRule, wrong_probability
from bci.spelling.flash_evidence import FlashEvidence, FlashWindows, log_ratio
from bci.spelling.posterior import Posterior, Selection, Stopping, uniform
from bci.spelling.symbols import SymbolGrid

GRID = SymbolGrid(tuple("ABCDEFGHI"), 3)
CODE = row_column(GRID)
WINDOWS = FlashWindows(target=1, delay_s=0.8, slack_s=0.06)
SOA_S = 0.15


def evidence(stopping: Stopping | None = None) -> FlashEvidence:
    never = stopping or Stopping(2.0, 100, 100)
    return FlashEvidence(CODE, uniform(9), never, WINDOWS)


def flash(into: FlashEvidence, n_repetitions: int) -> list[tuple[float, int]]:
    """Show the groups in order; return the time and group of each flash."""
    flashes = [(SOA_S * k, k % 6) for k in range(6 * n_repetitions)]
    for time, group in flashes:
        into.shown(time, f"flash/{group}")
    return flashes


def of_target(p: float) -> np.ndarray:
    return np.array([1 - p, p], dtype=np.float32)


def test_the_posterior_is_bayes_rule_over_all_flashes() -> None:
    given = evidence()
    flashes = flash(given, 2)
    shares = np.random.default_rng(0).uniform(0.1, 0.9, len(flashes)).astype(np.float32)
    for (time, _), share in zip(flashes, shares, strict=True):
        given.received(time + 0.8, of_target(share))

    likelihood = np.ones(9)
    for (_, group), share in zip(flashes, shares.astype(float), strict=True):
        likelihood *= np.where(CODE.groups[group], share, 1 - share)
    np.testing.assert_allclose(given.posterior, likelihood / likelihood.sum(), rtol=1e-5)


def test_a_prior_decides_between_symbols_of_equal_evidence() -> None:
    prior = np.array([0.7, 0.3])
    posterior = Posterior(prior)
    posterior.add(np.array([-3.0, -3.0]))
    np.testing.assert_allclose(posterior.probabilities, prior)


def test_only_whole_repetitions_count_so_that_arrival_changes_nothing() -> None:
    """The verdict is bit-identical if predictions arrive in time or all at the end."""
    rng = np.random.default_rng(1)
    shares = rng.uniform(0.2, 0.8, 60) + 0.15 * CODE.groups[np.arange(60) % 6, 4]
    in_time, at_end = evidence(Stopping(0.8, 1, 10)), evidence(Stopping(0.8, 1, 10))
    flashes = flash(at_end, 10)
    for k, (time, group) in enumerate(flashes):
        in_time.shown(time, f"flash/{group}")
        if k >= 5:
            in_time.received(flashes[k - 5][0] + 0.8, of_target(shares[k - 5]))
    for k in range(55, 60):
        in_time.received(flashes[k][0] + 0.8, of_target(shares[k]))
    for (time, _), share in zip(flashes, shares, strict=True):
        at_end.received(time + 0.8, of_target(share))

    assert in_time.verdict is not None
    assert at_end.verdict is not None
    assert in_time.verdict.n_updates == at_end.verdict.n_updates < 10
    assert in_time.verdict.probabilities.tobytes() == at_end.verdict.probabilities.tobytes()


def test_a_lost_prediction_is_left_out_and_counted() -> None:
    given = evidence(Stopping(2.0, 1, 2))
    flashes = flash(given, 2)
    for k, (time, group) in enumerate(flashes):
        if k != 3:
            given.received(time + 0.8, of_target(0.8 if CODE.groups[group, 4] else 0.2))
    verdict = given.verdict
    assert verdict is not None
    assert GRID.symbols[verdict.number] == "E"
    assert given.n_missing == 1
    assert verdict.n_flashes == 11


def test_without_any_prediction_there_is_no_verdict() -> None:
    given = evidence(Stopping(0.9, 1, 1))
    flash(given, 1)
    assert given.give_up() is None
    assert given.received(77.0, of_target(0.9)) is None


def test_a_selection_stops_when_sure_or_at_the_maximum() -> None:
    sure = np.array([5.0, 0.0])
    early, late = (
        Selection(uniform(2), Stopping(0.95, 2, 9)),
        Selection(uniform(2), Stopping(0.95, 1, 3)),
    )
    assert early.update(sure) is None
    verdict = early.update(sure)
    assert verdict is not None
    assert (verdict.number, verdict.n_updates) == (0, 2)
    assert early.update(-100 * sure) is verdict
    for _ in range(2):
        assert late.update(np.zeros(2)) is None
    assert late.update(np.zeros(2)) is not None


def test_one_flash_alone_never_decides() -> None:
    assert log_ratio(np.array([0.0, 1.0]), 1) == 6.0
    assert log_ratio(np.array([1.0, 0.0]), 1) == -6.0
    assert log_ratio(np.array([0.5, 0.5]), 1) == 0.0


def test_a_model_of_other_classes_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"left, right; .*calibrate one with the profile p300"):
        FlashWindows.of(("left", "right"), 0.0, 0.8, 0.16)


def test_an_error_potential_weighs_against_how_sure_the_selection_was() -> None:
    assert wrong_probability(0.5, 0.0) == pytest.approx(0.5)
    assert wrong_probability(0.99, 2.0) < 0.1
    rule = ErrorRule(0.5)
    assert rule.undoes(0.6, 2.0)
    assert not rule.undoes(0.99, 2.0)
