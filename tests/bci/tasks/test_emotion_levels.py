import numpy as np
import pytest
from sklearn.metrics import f1_score

from bci.errors import RecordingError
from bci.evaluation.level_measures import level_measures, macro_f1, seq2hr
from bci.evaluation.measures import measures
from bci.tasks.emotion_levels import LevelGrid, expected_levels, grid_for, grid_of

GRID = LevelGrid(("valence", "arousal"))
RNG = np.random.default_rng(0)


def by_axis(n: int) -> np.ndarray:
    return RNG.dirichlet(np.ones(5), size=(n, 2))


def test_classes_are_all_combinations_sorted() -> None:
    assert len(GRID.classes) == 25
    assert GRID.classes == tuple(sorted(GRID.classes))
    assert grid_of(GRID.classes) == GRID
    assert grid_of(LevelGrid(("a", "b", "c"), 3).classes) == LevelGrid(("a", "b", "c"), 3)


@pytest.mark.parametrize(
    "classes",
    [
        ("left", "right"), GRID.classes[:-1], GRID.classes[::-1], (), ("a-1/b-1",) * 4,
        LevelGrid(("a", "a"), 2).classes, ("word-1", "word-2", "word-3", "word-4"),
    ],
)  # fmt: skip
def test_other_classes_are_no_grid(classes: tuple[str, ...]) -> None:
    assert grid_of(classes) is None


def test_labels_that_are_no_levels_are_named() -> None:
    assert grid_for(np.array(["valence-2/arousal-4", "valence-1/arousal-1"])) == GRID
    for labels, message in (
        (["left"], "'left' is no level on two axes"),
        (["valence-6/arousal-1"], "not a level from 1 to 5"),
        (["arousal-1/valence-1", "valence-1/arousal-1"], "on each of arousal, valence"),
    ):
        with pytest.raises(RecordingError, match=message):
            grid_for(np.array(labels))


@pytest.mark.parametrize("grid", [GRID, LevelGrid(("a", "b", "c"), 3)])
def test_joint_probabilities_keep_those_of_each_axis(grid: LevelGrid) -> None:
    each = RNG.dirichlet(np.ones(grid.n_levels), size=(7, len(grid.axes)))
    joint = grid.joint(each)
    assert joint.shape == (7, len(grid.classes))
    np.testing.assert_allclose(grid.by_axis(joint), each)
    best = np.array(grid.classes)[joint.argmax(axis=1)]
    np.testing.assert_array_equal(grid.numbers(best), each.argmax(axis=2))


def test_expected_levels_count_from_one() -> None:
    levels = expected_levels(np.array([[0.5, 0.5, 0, 0, 0], [0, 0, 0, 0, 1.0]]))
    np.testing.assert_allclose(levels, [1.5, 5.0])


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


def test_macro_f1_is_sklearns() -> None:
    truth, decided = RNG.integers(0, 5, 200), RNG.integers(0, 4, 200)
    assert macro_f1(truth, decided, 5) == pytest.approx(f1_score(truth, decided, average="macro"))
    few = truth % 2
    assert macro_f1(few, few, 5) == 1.0


def test_a_perfect_decoder_is_told_from_chance_on_both_axes() -> None:
    truth = np.resize(GRID.classes, 50)
    far = np.abs(GRID.numbers(truth)[:, :, None] - np.arange(5))
    sure = 0.1**far / (0.1**far).sum(axis=2, keepdims=True)
    found = {m.name: m for m in measures(GRID.classes, GRID.joint(sure), truth)}
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
        found = level_measures(GRID, GRID.joint(by_axis(50)), truth)
        p_values.append([m.p_value for m in found if not m.name.endswith("accuracy")])
        for m in found:
            assert abs(m.value - m.chance) < 0.35
    assert 0.3 < np.mean(p_values) < 0.7
