"""Probability bars: their values, the text under the mouse, and the line's text."""

import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from gui.decisions.decision_rule import DecisionRule
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.theme import DARK, LIGHT, Theme

BARS = (
    Bar("left", 0.9, DARK.class_colour(0), mark="\u2713", figure="0.27"),
    Bar("a name that is much too long", 0.1, DARK.class_colour(1)),
)


def shown(qtbot: QtBot, rule: DecisionRule, theme: Theme = DARK) -> ProbabilityBars:
    view = ProbabilityBars("Probabilities")
    qtbot.addWidget(view)
    view.set_rows(len(BARS), 30)
    view.resize(310, view.height())
    view.show()
    view.show_bars(theme, BARS, rule.threshold, rule.words, not rule.evidence_s)
    return view


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 0.99])
def test_words_at_the_threshold_stay_in_the_view_however_low_or_high_it_is(
    qtbot: QtBot, threshold: float
) -> None:
    view = shown(qtbot, DecisionRule(threshold))
    words = view.words.sceneBoundingRect()
    assert words.left() >= 0
    assert words.right() <= view.width()
    assert view.words.toPlainText() == f"decides above {100 * threshold:.3g} %"
    assert view.threshold.value() == threshold
    # The line itself is at the threshold.
    line = view.plotItem.vb.mapViewToScene(QPointF(threshold, 0)).x()
    bars = view.plotItem.vb.sceneBoundingRect()
    assert line == pytest.approx(bars.left() + threshold * bars.width(), abs=1)


def test_bars_of_single_windows_have_no_line_where_evidence_decides(qtbot: QtBot) -> None:
    assert shown(qtbot, DecisionRule(0.7)).threshold.isVisible()
    view = shown(qtbot, DecisionRule(0.7, evidence_s=1.0))
    assert not view.threshold.isVisible()
    assert view.words.toPlainText() == "decides above 70 % over 1 s"


def test_the_mouse_reads_a_bar_and_the_numbers_are_copied(qtbot: QtBot) -> None:
    view = shown(qtbot, DecisionRule(0.7))
    assert view.read(QPointF(0.5, 0.2)) == "left: 90.0 %"
    assert view.read(QPointF(0.5, 7.0)) == ""
    assert view.csv().splitlines()[:2] == ["class,probability", "left,0.9"]


def test_bars_do_not_zoom(qtbot: QtBot) -> None:
    view = shown(qtbot, DecisionRule(0.7))
    assert view.plotItem.vb.mouseEnabled() == [False, False]


def test_bars_are_drawn_in_both_themes(qtbot: QtBot) -> None:
    dark, light = (shown(qtbot, DecisionRule(0.7), theme).grab() for theme in (DARK, LIGHT))
    assert dark.toImage() != light.toImage()
