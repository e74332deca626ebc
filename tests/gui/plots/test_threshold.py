"""Where it is decided, and why it is not, can be read whole."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from gui.decisions.decision_rule import DecisionRule
from gui.decisions.headline import NO_PREDICTION, paint_headline
from gui.decisions.history import HistoryView
from gui.decisions.rejections import REASONS
from gui.plots.threshold_line import paint_threshold
from gui.theme import DARK

_WIDTH, _HEIGHT = 338, 60


def blank() -> QImage:
    image = QImage(_WIDTH, _HEIGHT, QImage.Format.Format_RGB32)
    image.fill(DARK.colour("panel"))
    return image


def inked_columns(image: QImage) -> list[int]:
    """Where anything was drawn."""
    pixels = np.frombuffer(bytes(image.constBits()), dtype=np.uint32).reshape(_HEIGHT, _WIDTH)
    return np.flatnonzero((pixels != DARK.colour("panel").rgb()).any(axis=0)).tolist()


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 1.0])
def test_the_words_at_a_threshold_stay_beside_the_bars_however_low_or_high_it_is(
    qtbot: QtBot, threshold: float
) -> None:
    image = blank()
    painter = QPainter(image)
    paint_threshold(painter, DARK, QRectF(100, 5, 168, 25), DecisionRule(threshold))
    painter.end()
    columns = inked_columns(image)
    assert min(columns) >= 99
    assert max(columns) < _WIDTH - 8
    # The words are as long wherever they stand.
    assert max(columns) - min(columns) > 100


@pytest.mark.parametrize("why", REASONS.values())
def test_why_there_is_no_prediction_is_never_cut_off(qtbot: QtBot, why: str) -> None:
    image = blank()
    painter = QPainter(image)
    box = QRectF(14, 6, _WIDTH - 28, 40)
    paint_headline(painter, DARK, box, NO_PREDICTION, DARK.colour("text"), "", why)
    needed = painter.fontMetrics().horizontalAdvance(f"signal not used: {why}")
    painter.end()
    assert needed <= box.width()
    columns = inked_columns(image)
    # All of it is there, up to its last letter.
    assert abs(max(columns) - (box.left() + needed)) < 6


def test_the_history_shows_from_where_on_it_was_decided(qtbot: QtBot) -> None:
    view = HistoryView(0.6)
    qtbot.addWidget(view)
    view.set_classes(("left", "right"))
    view.show()
    assert view.threshold_line.value() == 0.6
    view.rule = DecisionRule(0.9)
    view.advance(40.0)
    assert view.threshold_line.value() == 0.9
