"""Figures of spelling: bits after Wolpaw, and rates with their assumptions."""

from pathlib import Path

import numpy as np
import pytest

from bci.evaluation.metrics import score_accuracy
from bci.evaluation.spelling import (
    SpelledRun,
    SpellingScore,
    score_spelling,
    why_unscored,
    wolpaw_bits,
)
from bci.signals import Marker
from bci.spelling.from_settings import Speller
from bci.spelling.replay import TimedPrediction, find_selections
from tests.spelled import spelling_profile

SPELLER = Speller(spelling_profile(max_repetitions=2))


def score(n_right: int, n: int, right: tuple[int, ...]) -> SpellingScore:
    hits = np.array(["right"] * n_right + ["wrong"] * (n - n_right))
    accuracy = score_accuracy(np.full(n, "right"), hits, chance=1 / 36)
    return SpellingScore(accuracy, 2.0, np.array(right), n, 36, 6.0, ())


def copied(text: str, share: float, rng: np.random.Generator) -> SpelledRun:
    """Return a run with two repetitions per symbol, and a share of right predictions."""
    markers, predictions, time = [], [], 0.0
    code, grid = SPELLER.code, SPELLER.grid
    delay_s = SPELLER.windows(("nontarget", "target"), 125.0).delay_s
    for number, symbol in enumerate(text, 1):
        markers.append(Marker(time, f"selection/{number}/{symbol}"))
        time += 2.0
        for group in (*range(12), *range(12)):
            is_target = bool(code.groups[group, grid.number(symbol)])
            markers.append(Marker(time, f"{'target' if is_target else 'nontarget'}/{group}"))
            p = 0.9 if is_target == (rng.random() < share) else 0.1
            predictions.append(TimedPrediction(time + delay_s, np.array([1 - p, p])))
            time += 0.16
    return SpelledRun(markers, predictions)


def test_bits_are_wolpaws() -> None:
    # Wolpaw et al. 2002: 36 symbols carry 5.17 bits, and no bits at chance.
    assert wolpaw_bits(1.0, 36) == pytest.approx(np.log2(36))
    assert wolpaw_bits(0.9, 2) == pytest.approx(0.531, abs=1e-3)
    assert wolpaw_bits(1 / 36, 36) == 0.0


def test_characters_a_minute_are_those_of_a_text_without_errors() -> None:
    assert score(10, 10, (5, 10)).chars_per_min == pytest.approx(10.0)
    assert score(9, 10, (5, 9)).chars_per_min == pytest.approx(8.0)
    assert score(4, 10, (2, 4)).chars_per_min == 0.0


def test_needed_repetitions_are_those_of_four_right_symbols_in_five() -> None:
    assert score(9, 10, (4, 8, 9)).needed == 2
    assert score(7, 10, (4, 6, 7)).needed is None


def test_copied_symbols_are_scored_over_all_runs_and_repetitions() -> None:
    rng = np.random.default_rng(0)
    windows = SPELLER.windows(("nontarget", "target"), 125.0)
    found = score_spelling(SPELLER, windows, [copied("BCI", 1.0, rng), copied("EEG", 1.0, rng)])
    assert found is not None
    assert (found.n, found.accuracy.value) == (6, 1.0)
    assert found.right.tolist() == [6, 6]
    noise = score_spelling(SPELLER, windows, [copied("ABCDEFGH", 0.5, rng)])
    assert noise is not None
    assert noise.accuracy.value < 0.4


def test_selections_of_another_code_are_left_out() -> None:
    run = copied("A", 1.0, np.random.default_rng(0))
    fewer = SpelledRun([m for m in run.markers if not m.label.endswith("/11")], run.predictions)
    windows = SPELLER.windows(("nontarget", "target"), 125.0)
    assert score_spelling(SPELLER, windows, [fewer]) is None
    assert why_unscored(SPELLER, fewer.markers).startswith(
        "symbols are not scored: 11 groups flash in the recording, 12 in the speller's grid"
    )
    assert why_unscored(SPELLER, run.markers) == ""


def test_a_selection_that_was_broken_off_is_none() -> None:
    run = copied("AB", 1.0, np.random.default_rng(0))
    at = next(k for k, m in enumerate(run.markers) if m.label == "selection/2/B")
    broken = [*run.markers[: at + 5], Marker(run.markers[at + 4].time + 0.01, "interrupted")]
    assert [each.target for each in find_selections(broken)] == ["A"]


def test_priors_follow_the_symbols_that_stand(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("ABC " * 9)
    speller = Speller(spelling_profile(max_repetitions=2, text=str(tmp_path / "text.txt")))
    windows = speller.windows(("nontarget", "target"), 125.0)
    run = copied("AABBC", 1.0, np.random.default_rng(0))
    begins = [marker.time for marker in run.markers if marker.label.startswith("selection/")]
    # The first A was undone; the first B had no prediction. With noise the prior decides.
    markers = sorted([*run.markers, Marker(begins[1] - 0.1, "undo")], key=lambda each: each.time)
    blank = [
        TimedPrediction(each.taken, np.array([0.5, 0.5]))
        for each in run.predictions
        if not begins[2] < each.taken - windows.delay_s < begins[3]
    ]
    found = score_spelling(speller, windows, [SpelledRun(markers, blank)])
    assert found is not None
    assert [symbol for _, symbol, _ in found.selections[1:]] == ["A", "B", "C"]


def test_a_prior_leaves_out_characters_of_longer_symbols(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("AB " * 9)
    settings = {"symbols": ("A", "B", "YES", "NO"), "text": str(tmp_path / "text.txt")}
    speller = Speller(spelling_profile(**settings))
    assert int(speller.prior("YESA").argmax()) == 1
