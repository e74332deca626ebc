"""Figures of spelling that are stored in a model bundle."""

from pathlib import Path

import numpy as np
import pytest

from bci.errors import BundleError
from bci.evaluation.metrics import score_accuracy
from bci.evaluation.spelling import SpellingScore, wolpaw_bits
from bci.evaluation.spelling_curve import best_flicker, load_spelling_curve
from bci.models.bundle import load_bundle, save_bundle
from bci.training.time_course import TimeCourse
from tests.models import two_class_model, two_class_profile


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model that spelled 8 of 10 held-out symbols, half after one repetition."""
    runs, folder = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("models") / "speller"
    made = two_class_model(runs, two_class_profile())
    save_bundle(folder, made.card, made.arrays())
    hits = np.array(["right"] * 8 + ["wrong"] * 2)
    accuracy = score_accuracy(np.full(10, "right"), hits, chance=1 / 36)
    score = SpellingScore(accuracy, 2.5, np.array([5, 7, 8]), 10, 36, 6.0, ())
    card, arrays = load_bundle(folder)
    save_bundle(folder.with_name("spelled"), card, arrays | score.arrays())
    return folder.with_name("spelled")


def test_the_curve_of_a_bundle_is_what_was_scored(stored: Path) -> None:
    curve = load_spelling_curve(stored)
    assert curve is not None
    assert curve.right.tolist() == [5, 7, 8]
    assert (curve.n, curve.n_symbols, curve.needed) == (10, 36, 3)
    assert curve.accuracy == pytest.approx(0.8)
    assert curve.chars_per_min == pytest.approx(10 * 0.6)
    assert curve.itr_bits_per_min == pytest.approx(10 * wolpaw_bits(0.8, 36))


def test_a_model_of_another_task_has_none(stored: Path) -> None:
    assert load_spelling_curve(stored.with_name("speller")) is None


def test_a_damaged_curve_is_refused_in_a_sentence(stored: Path) -> None:
    card, arrays = load_bundle(stored)
    broken = stored.with_name("broken")
    save_bundle(broken, card, arrays | {"spelling.right": np.array([5, 70, 8])})
    with pytest.raises(BundleError, match="the curve over repetitions is damaged"):
        load_spelling_curve(broken)


def test_the_best_flicker_weighs_its_length_against_its_accuracy() -> None:
    seconds, accuracy = np.array([0.5, 1.0, 4.0]), np.array([0.4, 0.9, 0.95])
    course = TimeCourse(seconds, accuracy, np.array([40, 40, 40]))
    best = best_flicker(course, 8)
    assert best is not None
    assert (best.seconds, best.selections_per_min) == (1.0, 30.0)
    assert best.bits_per_min == pytest.approx(30 * wolpaw_bits(0.9, 8))
