import numpy as np
import pytest

from bci.tasks.emotion_levels import LevelGrid
from bci.tasks.smoothed_levels import LevelCourse, true_levels

GRID = LevelGrid(("valence", "arousal"))


def probabilities(valence: int, arousal: int, sure: float = 0.9) -> np.ndarray:
    by_axis = np.full((2, 5), (1 - sure) / 4)
    by_axis[0, valence - 1] = by_axis[1, arousal - 1] = sure
    return GRID.joint(by_axis)


def test_the_smoothing_has_the_stated_delay() -> None:
    course = LevelCourse(GRID, delay_s=2.0)
    # A level that rises steadily is shown with a delay of two seconds.
    for k in range(300):
        low = probabilities(1, 1, 1.0) * (1 - k / 300) + probabilities(5, 1, 1.0) * k / 300
        course.add(k * 0.1, low)
    slope = 4 / 30  # levels per second
    behind = (1 + 4 * 299 / 300 - course.steps[-1].expected[0]) / slope
    assert behind == pytest.approx(course.delay_s, abs=0.1)


def test_the_smoothing_does_not_depend_on_the_rate_of_updates() -> None:
    often, seldom = LevelCourse(GRID), LevelCourse(GRID)
    for course, step in ((often, 0.1), (seldom, 0.5)):
        course.add(0.0, probabilities(1, 1))
        for time in np.arange(step, 4.01, step):
            course.add(time, probabilities(5, 4))
    assert often.steps[-1].expected == pytest.approx(seldom.steps[-1].expected)
    assert often.by_axis is not None
    assert (often.by_axis.argmax(axis=1) + 1).tolist() == [5, 4]


def test_after_a_break_it_begins_again() -> None:
    course = LevelCourse(GRID)
    course.add(0.0, probabilities(1, 1, 1.0))
    course.add(10.0, probabilities(5, 2, 1.0))
    assert course.steps[-1].expected == (5.0, 2.0)
    course.reset()
    assert course.by_axis is None


def test_a_cue_has_levels_and_rest_has_none() -> None:
    assert true_levels(GRID, "valence-2/arousal-5") == (2, 5)
    assert true_levels(GRID, "valence-2/arousal-6") == ()
    assert true_levels(GRID, None) == ()
