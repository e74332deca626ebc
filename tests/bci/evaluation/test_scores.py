import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from bci.evaluation.measures import ranks
from bci.evaluation.scores import (
    confusion,
    information_transfer_rate,
    kappa,
    score_accuracy,
    shuffled_labels,
)
from bci.training.card import score_card


def test_accuracy_comes_with_its_exact_interval_and_chance() -> None:
    truth = np.array(["a"] * 8 + ["b"] * 12)
    accuracy = score_accuracy(truth, np.array(["a"] * 8 + ["b"] * 6 + ["a"] * 6))
    assert accuracy.value == 0.7
    assert accuracy.chance == 0.6
    # Clopper-Pearson for 14 of 20, from the beta quantiles.
    assert (accuracy.low, accuracy.high) == pytest.approx((0.4572, 0.8811), abs=1e-4)
    assert accuracy.p_value == pytest.approx(0.2500, abs=1e-3)


def test_information_transfer_is_the_mutual_information_of_cues_and_decisions() -> None:
    truth = np.resize(["left", "right"], 400)
    assert information_transfer_rate(truth, truth, 4.0) == pytest.approx(15.0, abs=0.1)
    swapped = np.where(truth == "left", "right", "left")
    assert information_transfer_rate(truth, swapped, 4.0) == pytest.approx(15.0, abs=0.1)
    four = np.resize(["a", "b", "c", "d"], 400)
    assert information_transfer_rate(four, four, 60.0) == pytest.approx(2.0, abs=0.02)
    # Nine of ten right in either class: 1 - H(0.1) bits, as Wolpaw's formula has it.
    mostly = truth.copy()
    mostly[:40] = swapped[:40]
    assert information_transfer_rate(truth, mostly, 60.0) == pytest.approx(0.531, abs=0.005)


@pytest.mark.parametrize("n_rare", [0, 156, 478])
def test_a_decoder_that_always_says_the_same_transfers_no_information(n_rare: int) -> None:
    truth = np.array(["target"] * n_rare + ["other"] * (957 - n_rare))
    assert information_transfer_rate(truth, np.full(957, "other"), 0.8) == 0.0


@pytest.mark.parametrize("n_classes", [2, 8, 61])
def test_guessing_transfers_next_to_no_information(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"word {i}" for i in range(n_classes)])
    truth, guessed = (
        names[np.resize(np.arange(n_classes), 122)],
        names[rng.integers(0, n_classes, 122)],
    )
    assert information_transfer_rate(truth, guessed, 60.0) < 0.1


def test_decisions_are_at_chance_only_where_shuffled_labels_do_as_well() -> None:
    truth = np.array(["target"] * 156 + ["other"] * 801)
    useful = truth.copy()
    useful[:48] = "other"
    useful[156:422] = "target"
    card = score_card(truth, useful, ("other", "target"), "folds")
    # Naming the most frequent class always would be right more often, and tell nothing.
    assert card.accuracy < card.chance
    assert card.p_value > 0.99
    assert not card.at_chance
    same = score_card(truth, np.full(957, "other"), ("other", "target"), "folds")
    assert same.at_chance
    balanced = np.resize(["left", "right"], 40)
    assert not score_card(balanced, balanced, ("left", "right"), "folds").at_chance


def test_kappa_and_confusion_are_by_class() -> None:
    truth = np.array(["a", "a", "b", "b"])
    decided = np.array(["a", "b", "b", "b"])
    assert kappa(truth, decided) == pytest.approx(0.5)
    assert confusion(truth, decided, ("a", "b")) == [[1, 1], [0, 2]]
    assert np.isnan(kappa(np.array(["a", "a"]), np.array(["a", "a"])))


def test_kappa_and_confusion_of_many_classes_are_sklearns() -> None:
    rng = np.random.default_rng(0)
    # One class is never true, another never decided.
    truth, decided = rng.choice(list("abcd"), 60), rng.choice(list("bcde"), 60)
    assert kappa(truth, decided) == pytest.approx(cohen_kappa_score(truth, decided))
    expected = confusion_matrix(truth, decided, labels=list("abcde"))
    assert confusion(truth, decided, tuple("abcde")) == expected.tolist()


def test_accuracy_by_window_is_tested_by_trial() -> None:
    # 4 trials of 100 windows each, all right: only 1 shuffle in 6 can be as good.
    decided = np.array([[100, 0], [100, 0], [0, 100], [0, 100]])
    chance, p_value = shuffled_labels(decided, np.array([0, 0, 1, 1]))
    assert chance == pytest.approx(0.5, abs=0.03)
    assert p_value == pytest.approx(1 / 6, abs=0.03)
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 60)
    assert shuffled_labels(rng.multinomial(20, [0.5, 0.5], 60), truth)[1] > 0.05
    right = np.where(truth[:, None] == [0, 1], 13, 7)
    assert shuffled_labels(right, truth)[1] < 0.001


def test_ranks_of_the_right_class_carry_how_likely_they_are_by_guessing() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 12, 60)
    guessed = rng.dirichlet(np.ones(12), 60)
    known = guessed + 0.1 * np.eye(12)[numbers]
    assert all(measure.p_value > 0.05 for measure in ranks(guessed, numbers, 12))
    assert all(measure.p_value < 1e-6 for measure in ranks(known, numbers, 12))
    nothing = ranks(np.full((60, 12), 1 / 12), numbers, 12)
    assert [measure.p_value for measure in nothing] == [1.0, 1.0]


def test_ranks_among_few_of_the_classes_are_judged_by_those_few() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3, 0, 0, 0, 0, 0]] * 4 + [[0.125] * 8] * 4)
    top_5, median_rank = ranks(probabilities, np.zeros(8, dtype=int), np.array([3] * 4 + [8] * 4))
    assert top_5.chance == pytest.approx((1 + 5 / 8) / 2)
    assert median_rank.chance == pytest.approx((2 + 4.5) / 2)
    assert median_rank.value == pytest.approx((3 + 4.5) / 2)
