import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.history import HistoryView

HIGH, LOW = 0.9, 0.1


def prediction(taken: float, first: float) -> ReceivedPrediction:
    shares = np.array([first, 1 - first], dtype=np.float32)
    return ReceivedPrediction(taken, shares, 0.001, 0.002, 0.003, 0.004)


@pytest.fixture
def view(qtbot: QtBot) -> HistoryView:
    view = HistoryView()
    qtbot.addWidget(view)
    view.resize(640, view.height())
    view.set_classes(("left", "right"))
    view.resize(640, view.height())
    return view


def rows_of_line(view: HistoryView, picture: QImage, ago: float) -> list[int]:
    """Rows, from the bottom, of the first class's colour in the column of so long ago."""
    colour = view.theme.class_colour(0).rgb()
    column = round(view._x(view.now - ago))
    height = picture.height()
    return [height - y for y in range(height) if picture.pixel(column, y) == colour]


@pytest.mark.parametrize("per_s", [5, 50, 500])
def test_the_line_is_where_the_shares_were(view: HistoryView, per_s: int) -> None:
    times = np.arange(0, 30, 1 / per_s)
    view.add([prediction(t, HIGH if t < 15 else LOW) for t in times])
    view.now = 30.0
    picture = view.grab().toImage()
    before, after = (rows_of_line(view, picture, ago) for ago in (25.0, 5.0))
    assert min(before) - max(after) > 45


def test_a_single_decision_among_many_predictions_is_seen(view: HistoryView) -> None:
    times, pictures = np.arange(0, 30, 0.01), []
    for high in (None, 1501):
        view.set_classes(("left", "right"))
        view.resize(640, view.height())
        view.add([prediction(t, HIGH if k == high else 0.5) for k, t in enumerate(times)])
        view.now = 30.0
        pictures.append(view.grab().toImage().copy(0, 12, 640, 35))
    assert pictures[0] != pictures[1]


def test_the_line_does_not_flicker_while_it_moves(view: HistoryView) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 30, 0.01)
    view.add([prediction(t, p) for t, p in zip(times, rng.uniform(size=len(times)), strict=True)])
    per_s = (view._right - 52) / 30
    pictures = []
    for pixels in (0, 4):
        view.now = 30.0 + pixels / per_s
        pictures.append(view.grab().toImage().copy(100 - pixels, 14, 400, 60))
    one, moved = (np.array(p.constBits()).reshape(60, -1) for p in pictures)
    assert np.mean(one == moved) > 0.97


def test_where_no_prediction_came_is_a_hole(view: HistoryView) -> None:
    view.add([prediction(t, HIGH) for t in np.arange(0, 10, 0.1)])
    view.add([prediction(t, HIGH) for t in np.arange(20, 30, 0.1)])
    view.now = 30.0
    (hole,) = view._holes()
    assert hole == (pytest.approx(9.9), pytest.approx(20.0))
    picture = view.grab().toImage()
    assert rows_of_line(view, picture, 25.0)
    assert not rows_of_line(view, picture, 15.0)


def test_what_is_older_than_can_be_seen_is_forgotten(view: HistoryView) -> None:
    for minute in range(30):
        view.add([prediction(60 * minute + s, HIGH) for s in range(60)])
    assert len(view._times) <= 61


def test_a_cue_that_began_before_the_span_is_named_within_it(
    view: HistoryView, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, QRectF] = {}
    draw = QPainter.drawText

    def note(painter: QPainter, box: QRectF, *rest: object) -> None:
        written[str(rest[-1])] = QRectF(box)
        draw(painter, box, *rest)

    monkeypatch.setattr(QPainter, "drawText", note)
    view.add_cue(60.0, "left")
    view.advance(100.0)
    view.grab()
    assert written["left"].left() >= written["cue"].right()
