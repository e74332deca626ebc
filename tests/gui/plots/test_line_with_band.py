"""The learning curve of a training."""

import csv

from pytestqt.qtbot import QtBot

from bci.messages import PointEvent
from gui.plots.line_with_band import CurveView


def point(n: int, accuracy: float, with_base: bool) -> PointEvent:
    low, high = accuracy - 0.1, accuracy + 0.1
    return PointEvent(
        trials_per_class=n, accuracy=accuracy, low=low, high=high, chance=0.5, trials=2 * n,
        with_base=with_base,
    )  # fmt: skip


def test_the_numbers_of_a_learning_curve_have_both_lines(qtbot: QtBot) -> None:
    curve = CurveView()
    qtbot.addWidget(curve)
    for n in (5, 10):
        curve.add_point(point(n, 0.6, False))
        curve.add_point(point(n, 0.7, True))
    rows = [row.values() for row in csv.DictReader(curve.csv().splitlines())]
    both = [(n, accuracy, other) for n, accuracy, *_, other in rows]
    assert both == [("5.0", "0.7", "yes"), ("10.0", "0.7", "yes"), ("5.0", "0.6", "no"),
                    ("10.0", "0.6", "no")]  # fmt: skip
