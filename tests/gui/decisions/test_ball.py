from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.class_bars import BallCourse, ClassBars
from gui.main_window import MainWindow
from tests.gui.conftest import NO_DEVICES
from tests.gui.published import received


def prediction(taken: float, left: float) -> ReceivedPrediction:
    shares = np.array([left, 1 - left], dtype=np.float32)
    return received(taken, shares, ("left", "right"), 0.7)


def test_ball_moves_towards_the_likelier_class_and_back() -> None:
    course = BallCourse()
    assert course.place == 0.0
    course.add(0.0, 0.1, 0.9)
    places = []
    for k in range(1, 60):
        course.add(k / 10, 0.1, 0.9)
        places.append(course.place)
    assert all(later > earlier for earlier, later in pairwise(places))
    # It settles at the difference of the probabilities: 90 % - 10 %.
    assert places[-1] == pytest.approx(0.8, abs=0.01)
    for k in range(60, 120):
        course.add(k / 10, 0.5, 0.5)
    assert abs(course.place) < 0.01


def test_a_single_window_moves_the_ball_little_however_sure_it_is() -> None:
    course = BallCourse()
    course.add(0.0, 0.5, 0.5)
    course.add(0.1, 1.0, 0.0)
    assert -0.4 < course.place < 0.0
    # A time stamp that jumps does not matter either.
    course.add(-50.0, 0.0, 1.0)
    assert -0.4 < course.place < 0.0


def test_the_ball_begins_in_the_middle_when_predictions_stop(qtbot: QtBot) -> None:
    view = ClassBars()
    qtbot.addWidget(view)
    view.resize(338, 160)
    view.set_classes(("left", "right"))
    view.set_ball(True)
    for k in range(30):
        view.show_prediction(prediction(k / 10, 0.05))
    assert view.ball.course.place > 0.8
    ball = view.grab().toImage()
    view.set_ball(False)
    assert view.grab().toImage() != ball
    view.show_prediction(None)
    assert view.ball.course.place == 0.0


def test_ball_is_hollow_until_the_engine_decides(qtbot: QtBot) -> None:
    view = ClassBars()
    qtbot.addWidget(view)
    view.resize(338, 160)
    view.set_classes(("left", "right"))
    view.set_ball(True)
    colours = []
    for decision in (Decision("left", 0.6), Decision(None, 0.6), None):
        view.show_prediction(replace(prediction(0.0, 0.6), decision=decision))
        (ball,) = view.ball.ball.points()
        assert ball.pos().x() == view.ball.course.place
        colours.append(ball.brush().color())
    decided, *others = colours
    assert decided == view.theme.class_colour(0)
    assert all(colour == view.theme.colour("panel") for colour in others)


def test_the_ball_is_for_two_classes_and_is_remembered(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    toggle = window.decision.findChildren(QToolButton)[0]
    window.decision.set_classes(("left", "right", "rest"))
    assert not toggle.isVisible()
    window.decision.set_classes(("left", "right"))
    assert toggle.isVisible()
    toggle.click()
    assert window.decision.has_ball
    window.close()
    assert open_window(bci=NO_DEVICES).decision.has_ball


def test_the_window_stays_720_high_with_any_number_of_classes(
    open_window: Callable[..., MainWindow],
) -> None:
    window = open_window(bci=NO_DEVICES)
    for n in (2, 4, 7):
        window.engine._on_engine(tuple(f"class {k}" for k in range(n)), True)
        window.decision.show_prediction(
            ReceivedPrediction(0.0, np.full(n, 1 / n, dtype=np.float32), 0, 0, 0, 0)
        )
        window.resize(1280, 720)
        assert window.minimumSizeHint().height() <= 720, n
