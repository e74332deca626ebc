import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import rankdata
from sklearn.metrics import (
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    recall_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from bci.evaluation.metrics import (
    binomial_p,
    class_scores,
    confusion,
    exact_interval,
    extra_measures,
    information_transfer_rate,
    kappa,
    level_measures,
    macro_f1,
    rank_of_truth,
    ranks,
    score_accuracy,
    seq2hr,
    shuffled_labels,
)
from bci.tasks.emotion_levels import LevelGrid
from bci.training.card import score_card

GRID = LevelGrid(("valence", "arousal"))
RNG = np.random.default_rng(0)


def test_accuracy_comes_with_its_exact_interval_and_chance() -> None:
    truth = np.array(["a"] * 8 + ["b"] * 12)
    accuracy = score_accuracy(truth, np.array(["a"] * 8 + ["b"] * 6 + ["a"] * 6))
    assert accuracy.value == 0.7
    assert accuracy.chance == 0.6
    # Clopper-Pearson for 14 of 20, from the beta quantiles.
    assert (accuracy.low, accuracy.high) == pytest.approx((0.4572, 0.8811), abs=1e-4)
    assert accuracy.p_value == pytest.approx(0.2500, abs=1e-3)


def rare_targets(n: int = 600, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return labels with one target in six, and probabilities related to them."""
    rng = np.random.default_rng(4)
    truth = np.resize(["target", *["nontarget"] * 5], n)
    odds = np.where(truth == "target", effect, 0.0) + rng.normal(0, 1, n)
    p = 1 / (1 + np.exp(-odds.round(1)))
    return truth, np.column_stack([1 - p, p])


def test_rare_targets_are_scored_by_balanced_accuracy_and_auc() -> None:
    truth, probabilities = rare_targets()
    classes = ("nontarget", "target")
    balanced, auc = extra_measures(classes, probabilities, truth)
    decided = np.array(classes)[probabilities.argmax(axis=1)]
    assert balanced.value == pytest.approx(recall_score(truth, decided, average="macro"))
    assert auc.value == pytest.approx(roc_auc_score(truth == "target", probabilities[:, 1]))
    assert (balanced.name, auc.name) == ("balanced accuracy", "AUC")
    assert (balanced.chance, auc.chance) == pytest.approx((0.5, 0.5), abs=0.01)
    assert balanced.p_value == auc.p_value == 0.001
    # By accuracy alone, this model is worse than always deciding for nontargets.
    score = score_card(truth, decided, classes, "")
    assert score.accuracy < score.chance
    assert score.p_value > 0.9
    assert not score.at_chance


def test_always_the_frequent_class_is_at_chance_and_transfers_nothing() -> None:
    truth, _ = rare_targets()
    always = np.tile([0.9, 0.1], (len(truth), 1))
    balanced, auc = extra_measures(("nontarget", "target"), always, truth)
    assert (balanced.value, auc.value) == (0.5, 0.5)
    assert balanced.p_value == auc.p_value == 1.0
    decided = np.full(len(truth), "nontarget")
    assert score_card(truth, decided, ("nontarget", "target"), "").at_chance
    assert information_transfer_rate(truth, decided, 1.0) == 0.0


def test_guesses_that_follow_the_frequencies_are_at_chance() -> None:
    truth, _ = rare_targets()
    decided = np.random.default_rng(0).permutation(truth)
    score = score_card(truth, decided, ("nontarget", "target"), "")
    assert score.accuracy > 0.65
    assert score.at_chance


def test_classes_of_about_equal_size_have_no_further_figures() -> None:
    truth = np.array(["left"] * 23 + ["right"] * 22)
    assert extra_measures(("left", "right"), np.full((45, 2), 0.5), truth) == ()


def test_information_transfer_is_the_mutual_information_of_cues_and_decisions() -> None:
    truth = np.resize(["left", "right"], 400)
    assert information_transfer_rate(truth, truth, 4.0) == pytest.approx(15.0, abs=0.1)
    swapped = np.where(truth == "left", "right", "left")
    assert information_transfer_rate(truth, swapped, 4.0) == pytest.approx(15.0, abs=0.1)
    four = np.resize(["a", "b", "c", "d"], 400)
    assert information_transfer_rate(four, four, 60.0) == pytest.approx(2.0, abs=0.02)
    # Nine of ten right in either class: 1 - H(0.1) bits, by Wolpaw's formula.
    mostly = truth.copy()
    mostly[:40] = swapped[:40]
    assert information_transfer_rate(truth, mostly, 60.0) == pytest.approx(0.531, abs=0.005)


@pytest.mark.parametrize("n_rare", [0, 156, 478])
def test_a_constant_decoder_transfers_no_information(n_rare: int) -> None:
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
    # Always naming the most frequent class would be right more often, without information.
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


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_scores_of_random_labels_are_sklearns(n: int, n_classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # One more class can be decided than ever is true.
    numbers = rng.integers(0, n_classes, n), rng.integers(0, n_classes + 1, n)
    names = np.array(list("abcdefg"))[: n_classes + 1]
    truth, decided = (names[each] for each in numbers)
    expected = confusion_matrix(truth, decided, labels=names)
    assert confusion(truth, decided, tuple(names)) == expected.tolist()
    if len(set(truth)) > 1:
        assert kappa(truth, decided) == pytest.approx(cohen_kappa_score(truth, decided))
    # Over the levels that occur, as sklearn does without a list of labels.
    f1 = f1_score(*numbers, average="macro")
    assert macro_f1(*numbers, n_classes + 1) == pytest.approx(f1)
    shares = {s.name: s.right / s.asked for s in class_scores(zip(truth, decided, strict=True))}
    true_names = sorted(shares)
    recalls = recall_score(truth, decided, labels=true_names, average=None)
    assert shares == pytest.approx(dict(zip(true_names, recalls, strict=True)))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 40), st.floats(0.01, 0.99))
def test_an_interval_and_a_p_value_are_scipys_beta_and_binomial(
    n: int, right: int, chance: float
) -> None:
    right = min(right, n)
    low = stats.beta.ppf(0.025, right, n - right + 1) if right else 0.0
    high = stats.beta.ppf(0.975, right + 1, n - right) if right < n else 1.0
    assert exact_interval(right, n) == pytest.approx((low, high), abs=1e-9)
    assert binomial_p(right, n, chance) == pytest.approx(stats.binom.sf(right - 1, n, chance))


@settings(max_examples=40, deadline=None)
@given(st.integers(6, 12), st.integers(0, 2**32 - 1))
def test_ranks_of_random_probabilities_are_sklearns(n_classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), 30)
    truth = rng.integers(0, n_classes, 30)
    top_5, _ = ranks(probabilities, truth, n_classes)
    expected = top_k_accuracy_score(truth, probabilities, k=5, labels=range(n_classes))
    assert top_5.value == pytest.approx(expected)
    negated = rankdata(-probabilities, axis=1)[np.arange(30), truth]
    np.testing.assert_allclose(rank_of_truth(probabilities, truth), negated)


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


def test_seq2hr_counts_the_true_level_beside_a_neighbour() -> None:
    scores = np.array(
        [
            [0.1, 0.5, 0.3, 0.1, 0.0],  # best two 1, 2
            [0.1, 0.3, 0.5, 0.1, 0.0],  # best two 2, 1
            [0.5, 0.1, 0.4, 0.0, 0.0],  # best two 0, 2
            [0.0, 0.0, 0.1, 0.4, 0.5],  # best two 4, 3
        ]
    )
    assert seq2hr(scores, np.array([1, 1, 0, 2])).tolist() == [True, True, False, False]


def test_a_perfect_decoder_is_distinguished_from_chance_on_both_axes() -> None:
    truth = np.resize(GRID.classes, 50)
    far = np.abs(GRID.numbers(truth)[:, :, None] - np.arange(5))
    sure = 0.1**far / (0.1**far).sum(axis=2, keepdims=True)
    found = {m.name: m for m in extra_measures(GRID.classes, GRID.joint(sure), truth)}
    assert found["valence, accuracy"].value == 1.0
    assert found["valence, accuracy"].chance == 0.2
    assert found["arousal, macro F1"].value == 1.0
    assert found["arousal, mean absolute error"].value < 0.3 < 1
    assert found["arousal, mean absolute error"].chance == pytest.approx(1.5, abs=0.2)
    assert found["valence, Seq2HR"].value == 1.0
    assert all(m.p_value <= 0.001 for m in found.values())


@pytest.mark.slow
def test_guessing_is_no_better_than_its_chance() -> None:
    p_values = []
    for _ in range(20):
        truth = RNG.permutation(np.resize(GRID.classes, 50))
        found = level_measures(GRID, GRID.joint(RNG.dirichlet(np.ones(5), size=(50, 2))), truth)
        p_values.append([m.p_value for m in found if not m.name.endswith("accuracy")])
        for m in found:
            assert abs(m.value - m.chance) < 0.35
    assert 0.3 < np.mean(p_values) < 0.7
