import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.emotion_levels import LevelGrid
from bci.tasks.smoothed_levels import LevelCourse
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.history import HistoryView, LevelHistory

HIGH, LOW = 0.9, 0.1


def prediction(taken: float, first: float) -> ReceivedPrediction:
    shares = np.array([first, 1 - first], dtype=np.float32)
    return ReceivedPrediction(taken, shares, 0.001, 0.002, 0.003, 0.004)


@pytest.fixture
def view(qtbot: QtBot) -> HistoryView:
    view = HistoryView(DecisionRule(0.7))
    qtbot.addWidget(view)
    view.set_classes(("left", "right"))
    view.resize(640, view.height())
    view.show()
    return view


def drawn(view: HistoryView, ago: float, k: int = 0) -> float:
    """Return the drawn probability of class ``k``, ``ago`` seconds ago; NaN in a gap."""
    x, y = view.curves[k].getData()
    return float(y[np.argmin(np.abs(x + ago))])


@pytest.mark.parametrize("per_s", [5, 50, 500])
def test_the_line_is_where_the_shares_were(view: HistoryView, per_s: int) -> None:
    times = np.arange(0, 30, 1 / per_s)
    view.add([prediction(t, HIGH if t < 15 else LOW) for t in times])
    view.advance(30.0)
    assert drawn(view, 25.0) == pytest.approx(HIGH)
    assert drawn(view, 5.0) == pytest.approx(LOW)
    assert drawn(view, 5.0, 1) == pytest.approx(HIGH)
    # A point for each pixel is enough, however many predictions there are.
    assert len(view.curves[0].getData()[0]) <= 2 * 900 + 4


def test_a_single_decision_among_many_predictions_is_seen(view: HistoryView) -> None:
    times = np.arange(0, 30, 0.01)
    view.add([prediction(t, HIGH if k == 1501 else 0.5) for k, t in enumerate(times)])
    view.advance(30.0)
    assert view.curves[0].getData()[1].max() == pytest.approx(HIGH)


def test_the_line_does_not_flicker_while_it_moves(view: HistoryView) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 30, 0.01)
    view.add([prediction(t, p) for t, p in zip(times, rng.uniform(size=len(times)), strict=True)])
    view.advance(30.0)
    x, y = view.curves[0].getData()
    view.advance(30.123)
    moved_x, moved_y = view.curves[0].getData()
    np.testing.assert_array_equal(moved_y, y)
    np.testing.assert_allclose(moved_x, x - 0.123)


def name_pixels(view: HistoryView, first: float) -> int:
    """Count the pixels at the right of now in the colour of the first class."""
    view.add([prediction(view.now + k / 10, first) for k in range(300)])
    view.advance(view.now + 30.0)
    picture = view.grab().toImage()
    left = view.plotItem.vb.mapViewToScene(QPointF(0.0, 0.0)).x() + 3
    wanted = view.theme.class_colour(0)
    places = np.ndindex(picture.height(), int(picture.width() - left))
    found = [picture.pixelColor(int(left) + x, y) for y, x in places]
    return sum(abs(c.blue() - wanted.blue()) + abs(c.red() - wanted.red()) < 60 for c in found)


def test_a_name_is_whole_above_another(view: HistoryView) -> None:
    view.set_classes(("gypq", "right"))
    alone = name_pixels(view, LOW)
    assert alone > 5
    assert name_pixels(view, 0.51) >= 0.95 * alone


def test_where_no_prediction_came_is_a_hole(view: HistoryView) -> None:
    view.add([prediction(t, HIGH) for t in np.arange(0, 10, 0.1)])
    view.add([prediction(t, HIGH) for t in np.arange(20, 30, 0.1)])
    view.show_rejected(15.0, "gap")
    view.advance(30.0)
    (hole,) = view.holes()
    assert hole == (pytest.approx(9.9), pytest.approx(20.0))
    assert drawn(view, 25.0) == pytest.approx(HIGH)
    x, y = view.curves[0].getData()
    (at,) = np.flatnonzero(np.isnan(y))
    assert -20.2 < x[at] <= -10.0
    assert [tag.text for tag in view.reasons.shown] == ["gap"]


def test_what_is_older_than_can_be_seen_is_forgotten(view: HistoryView) -> None:
    for minute in range(30):
        view.add([prediction(60 * minute + s, HIGH) for s in range(60)])
    assert len(view.times) <= 61


def test_a_cue_that_began_before_the_span_is_named_within_it(view: HistoryView) -> None:
    view.add_cue(60.0, "left")
    view.advance(100.0)
    (name,) = view.cue_names.shown
    assert name.text == "left"
    assert -30.0 < name.x < 0.0


def test_with_evidence_a_triangle_marks_each_decision(view: HistoryView) -> None:
    view.rule = DecisionRule(0.7, evidence_s=1.0)
    view.add([prediction(t, HIGH) for t in np.arange(0, 30, 0.1)])
    view.add_decisions(
        [DecisionEvent("onset", "left", 0.9, 10.0), DecisionEvent("offset", None, None, 20.0)]
    )
    view.advance(30.0)
    assert view.decision_marks.getData()[0].tolist() == [-20.0]
    assert not view.threshold_line.isVisible()
    assert any("decided" in tag.text for tag in view.names.shown)


def test_the_numbers_and_the_value_under_the_mouse_are_the_predictions(view: HistoryView) -> None:
    view.add([prediction(0.0, HIGH), prediction(1.0, LOW)])
    view.advance(1.0)
    first, *rows = view.csv().splitlines()
    assert first == "time (s),p(left),p(right)"
    assert [float(row.split(",")[1]) for row in rows] == pytest.approx([HIGH, LOW])
    assert view.read(QPointF(-1.0, 0.5)) == "-1.0 s: left 90 %"
    assert view.read(QPointF(-10.0, 0.5)) == ""


GRID = LevelGrid(("valence", "arousal"))


def levels(valence: int, arousal: int) -> np.ndarray:
    by_axis = np.full((2, 5), 0.0)
    by_axis[0, valence - 1] = by_axis[1, arousal - 1] = 1.0
    return GRID.joint(by_axis)


def test_smoothed_levels_are_lines_and_the_true_ones_dashed(qtbot: QtBot) -> None:
    course = LevelCourse(GRID)
    view = LevelHistory(course)
    qtbot.addWidget(view)
    view.resize(640, view.height())
    view.show()
    for time in (0.0, 1.0, 2.0, 10.0):
        course.add(time, levels(2, 4))
    view.add_cue(5.0, "valence-3/arousal-3")
    view.advance(10.0)
    x, y = view.curves[0].getData()
    # After a break a new line begins.
    np.testing.assert_array_equal(x, [-10.0, -9.0, -8.0, np.nan, 0.0])
    np.testing.assert_array_equal(y, [2.0, 2.0, 2.0, np.nan, 2.0])
    (first, _), (second, _) = (curve.getData()[1] for curve in view.true_curves)
    assert second < 3.0 < first
    assert [tag.text for tag in view.names.shown] == ["arousal", "valence", "- - true"]
    assert view.read(QPointF(-9.2, 3.0)) == "-9.2 s: valence 2.0, arousal 4.0"
    assert view.csv().splitlines()[:2] == ["time (s),valence,arousal", "0.0,2.0,4.0"]


def test_the_threshold_line_is_where_it_is_decided(view: HistoryView) -> None:
    assert view.threshold_line.value() == 0.7
    view.rule = DecisionRule(0.9)
    view.advance(40.0)
    assert view.threshold_line.value() == 0.9


def test_states_are_a_band_and_held_back_ones_are_named(view: HistoryView) -> None:
    view.add([prediction(t, HIGH) for t in np.arange(0, 30, 0.1)])
    view.add_state(0.5, None, False)
    assert not view.states.is_shown
    for half_second in range(1, 61):
        is_held = half_second > 40
        view.add_state(half_second / 2, 2 if is_held else 1, is_held)
    view.advance(30.0)
    assert [tag.text for tag in view.states.names.shown] == ["state 1", "state 2: suppressed"]
    np.testing.assert_allclose(view.states.bars.opts["x0"], [-30.0, -10.0])
    np.testing.assert_allclose(view.states.bars.opts["x1"], [-10.0, 0.0])
    view.set_classes(("left", "right"))
    assert not view.states.is_shown
