from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pylsl import local_clock
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.emotion_levels import LevelGrid
from gui.decisions.emotion_plane import EmotionView
from gui.decisions.headline import fitting_pixels
from gui.decisions.smoothed_levels import LevelCourse, true_levels
from gui.main_window import MainWindow
from gui.theme import DARK, LIGHT
from tests.gui.published import LONG, Published, received

GRID = LevelGrid(("valence", "arousal"))


def probabilities(valence: int, arousal: int, sure: float = 0.9) -> np.ndarray:
    by_axis = np.full((2, 5), (1 - sure) / 4)
    by_axis[0, valence - 1] = by_axis[1, arousal - 1] = sure
    return GRID.joint(by_axis)


def prediction(taken: float, valence: int, arousal: int, sure: float = 0.9) -> ReceivedPrediction:
    shares = probabilities(valence, arousal, sure).astype(np.float32)
    return received(taken, shares, GRID.classes, 0.12)


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
    assert often.by_axis is not None
    assert (often.by_axis.argmax(axis=1) + 1).tolist() == [5, 4]


def test_after_a_break_it_begins_anew() -> None:
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


def test_dot_is_hollow_where_the_engine_decides_nothing(qtbot: QtBot) -> None:
    view = EmotionView()
    qtbot.addWidget(view)
    view.set_classes(GRID.classes)
    pictures = []
    for decision in (Decision(GRID.classes[0], 0.9), Decision(None, 0.9), None):
        view.show_prediction(replace(prediction(0.0, 2, 4), decision=decision))
        middle = view._place(QRectF(34, 42, 146, 146), *view.course.steps[-1].expected).toPoint()
        pictures.append(view.grab().toImage().pixelColor(middle))
    decided, *others = pictures
    assert decided == DARK.colour("accent")
    assert all(colour != decided for colour in others)


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


def test_it_needs_no_more_room_than_the_smallest_screen_has(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(threshold=0.12)
    window.feed.engine_found.emit(GRID.classes, True)
    assert window.minimumSizeHint().height() <= 720


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


def test_levels_come_over_the_network_into_the_window(
    open_window: Callable[..., MainWindow], qtbot: QtBot, name: str
) -> None:
    published = Published(name, GRID.classes, "emotion", threshold=0.12)
    window = open_window(
        markers=published.markers,
        cue_of=lambda label: label if label in GRID.classes else None,
        threshold=0.12,
    )
    view = window.engine.emotion
    decided: list[str] = []
    window.feed.predictions_came.connect(lambda _: decided.append(view.decision))
    published.wait_for_listeners(qtbot)
    qtbot.waitUntil(view.isVisible, timeout=LONG)
    assert window.engine.level_history.isVisible()
    assert not window.decision.isVisible()

    now = local_clock()
    published.cue(now, "valence-2/arousal-5")
    qtbot.waitUntil(lambda: view.sentence == "true: valence 2, arousal 5", timeout=LONG)
    # So far apart that the smoothing begins anew with the second.
    for taken, sure in ((now - 10, 0.9), (now, 0.25)):
        n = len(decided)
        published.predict(taken, probabilities(2, 4, sure).astype(np.float32))
        qtbot.waitUntil(lambda n=n: len(decided) == n + 1, timeout=LONG)
    assert decided == ["valence 2, arousal 4", "not sure"]
    first, _ = window.engine.level_history.course.steps
    # As the clocks' offset is estimated; the other is ten seconds later.
    assert first.time == pytest.approx(now - 10, abs=1.0)
    assert first.expected == pytest.approx((2.125, 3.875))
    published.cue(local_clock(), "rest")
    qtbot.waitUntil(lambda: view.sentence == "true levels: none now", timeout=LONG)
    published.reject()
    qtbot.waitUntil(lambda: view.why == "large swings", timeout=LONG)
    # The course stays when the engine is gone; the levels do not stand as the present ones.
    published.end_engine()
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=LONG)
    assert window.decision.isVisible()
    assert view.decision == "no prediction"
    assert len(window.engine.level_history.course.steps) == 2
    published.close()
