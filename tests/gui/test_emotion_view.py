from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from bci.levels import LevelGrid
from bci.lsl.predictions import ReceivedPrediction
from gui.emotion import EmotionView
from gui.headline import fitting_pixels
from gui.level_course import LevelCourse, true_levels
from gui.main_window import MainWindow
from gui.theme import DARK, LIGHT

GRID = LevelGrid(("valence", "arousal"))


def probabilities(valence: int, arousal: int, sure: float = 0.9) -> np.ndarray:
    by_axis = np.full((2, 5), (1 - sure) / 4)
    by_axis[0, valence - 1] = by_axis[1, arousal - 1] = sure
    return GRID.joint(by_axis)


def prediction(taken: float, valence: int, arousal: int, sure: float = 0.9) -> ReceivedPrediction:
    shares = probabilities(valence, arousal, sure).astype(np.float32)
    return ReceivedPrediction(taken, shares, 0.0, 0.0, 0.0, 0.0)


def test_the_smoothing_is_as_far_behind_as_it_says() -> None:
    course = LevelCourse(GRID, delay_s=2.0)
    # A level that rises slowly and steadily is shown as it was two seconds before.
    for k in range(300):
        low = probabilities(1, 1, 1.0) * (1 - k / 300) + probabilities(5, 1, 1.0) * k / 300
        course.add(k * 0.1, low)
    slope = 4 / 30  # levels a second
    behind = (1 + 4 * 299 / 300 - course.steps[-1].expected[0]) / slope
    assert behind == pytest.approx(course.delay_s, abs=0.1)


def test_the_smoothing_does_not_depend_on_how_often_it_is_told() -> None:
    often, seldom = LevelCourse(GRID), LevelCourse(GRID)
    for course, step in ((often, 0.1), (seldom, 0.5)):
        course.add(0.0, probabilities(1, 1))
        for time in np.arange(step, 4.01, step):
            course.add(time, probabilities(5, 4))
    assert often.steps[-1].expected == pytest.approx(seldom.steps[-1].expected)
    assert often.levels == (5, 4)


def test_after_a_break_it_begins_anew() -> None:
    course = LevelCourse(GRID)
    course.add(0.0, probabilities(1, 1, 1.0))
    course.add(10.0, probabilities(5, 2, 1.0))
    assert course.steps[-1].expected == (5.0, 2.0)
    course.reset()
    assert course.levels == ()
    assert course.confidence == 0.0


def test_a_cue_has_levels_and_rest_has_none() -> None:
    assert true_levels(GRID, "valence-2/arousal-5") == (2, 5)
    assert true_levels(GRID, "valence-2/arousal-6") == ()
    assert true_levels(GRID, None) == ()


def test_what_is_decided_is_said_in_words(qtbot: QtBot) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    assert not view.set_classes(("left", "right"))
    assert view.set_classes(GRID.classes)
    assert view.decision == "no prediction"
    view.show_prediction(prediction(0.0, 2, 4))
    assert view.decision == "valence 2, arousal 4"
    view.show_cue("valence-1/arousal-4")
    assert view.sentence == "true: valence 1, arousal 4"
    view.show_cue(None)
    assert view.sentence == "true levels: none now"
    view.show_prediction(prediction(10.0, 2, 4, sure=0.25))
    assert view.decision == "not sure"
    view.show_prediction(None)
    assert view.decision == "no prediction"


def test_letters_shrink_until_both_axes_are_read_whole(qtbot: QtBot) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    font = QFont(view.font())
    font.setBold(True)
    said = "valence 3, arousal 5  24 %"
    font.setPixelSize(fitting_pixels(font, said, 310, 22))
    assert QFontMetricsF(font).horizontalAdvance(said) <= 310
    assert fitting_pixels(font, "no", 310, 22) == 22
    assert fitting_pixels(font, 50 * said, 310, 22) == 15


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_true_level_and_the_point_are_drawn(qtbot: QtBot, theme, tmp_path: Path) -> None:
    view = EmotionView(threshold=0.12)
    qtbot.addWidget(view)
    view.theme = theme
    view.resize(338, view.height())
    view.set_classes(GRID.classes)
    empty = view.grab().toImage()
    for k in range(20):
        view.show_prediction(prediction(0.5 * k, 1 + k // 5, 5 - k // 5, 0.6))
    pointed = view.grab().toImage()
    view.show_cue("valence-4/arousal-2")
    assert len({image.constBits().tobytes() for image in (empty, pointed)}) == 2
    assert view.grab().toImage() != pointed


def test_the_window_shows_the_plane_for_levels_and_bars_for_others(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(threshold=0.12)
    feed = window.feed
    feed.engine_found.emit(GRID.classes, True)
    feed.engine_alive.emit(True)
    assert window.engine.emotion.isVisible()
    assert window.engine.level_history.isVisible()
    assert not window.decision.isVisible()
    feed.predictions_came.emit([prediction(1.0, 3, 5)])
    assert window.engine.emotion.decision == "valence 3, arousal 5"
    feed.engine_found.emit(("left", "right"), True)
    feed.engine_alive.emit(True)
    assert window.decision.isVisible()
    assert not window.engine.emotion.isVisible()
