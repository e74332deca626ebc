"""The headline: decisions and reasons are not cut off."""

import pytest
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from gui.decisions.headline import NO_PREDICTION, Headline
from gui.decisions.timing.rejections import REASONS
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.theme import DARK

_WIDTH = 310


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 1.0])
def test_the_words_at_a_threshold_stay_beside_the_bars(qtbot: QtBot, threshold: float) -> None:
    view = ProbabilityBars("Probabilities")
    qtbot.addWidget(view)
    view.set_rows(2, 30)
    view.resize(_WIDTH, view.height())
    view.show()
    bars = [Bar("left", 0.4, DARK.colour("accent")), Bar("right", 0.6, DARK.colour("accent"))]
    view.show_bars(DARK, bars, threshold, "decides above 70 % over 1 s")
    words = view.words.sceneBoundingRect()
    assert words.left() >= 0
    assert words.right() <= _WIDTH


@pytest.mark.parametrize("why", REASONS.values())
def test_why_there_is_no_prediction_is_never_cut_off(qtbot: QtBot, why: str) -> None:
    headline = Headline()
    qtbot.addWidget(headline)
    headline.resize(_WIDTH, headline.height())
    headline.write(DARK, NO_PREDICTION, DARK.colour("text"), "", why)
    headline.show()
    label = headline.why
    assert label.isVisible()
    assert QFontMetricsF(label.font()).horizontalAdvance(label.text()) <= label.width()
