import numpy as np
from pytestqt.qtbot import QtBot

from bci.evaluation.spelling_curve import SpellingCurve
from gui.plots.repetitions import RepetitionsView


def test_the_heading_and_the_axis_fit_into_the_smallest_view(qtbot: QtBot) -> None:
    view = RepetitionsView()
    qtbot.addWidget(view)
    view.show_curve(SpellingCurve(np.arange(10), 10, 0.9, 5.0, 4.0, 20.0, 36))
    view.resize(view.minimumSize())
    view.show()
    view.grab()
    assert view.plotItem.geometry().width() <= view.width()
