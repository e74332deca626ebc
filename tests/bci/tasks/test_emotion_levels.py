import numpy as np
import pytest

from bci.errors import RecordingError
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
