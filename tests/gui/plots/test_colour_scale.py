import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot

from gui.plots.axis import ColourScale
from gui.plots.plot import Plot
from gui.theme import LIGHT


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    plot = Plot("Image")
    qtbot.addWidget(plot)
    return plot


def test_colours_get_lighter_with_the_value_and_the_numbers_follow(plot: Plot) -> None:
    image = pg.ImageItem(np.arange(12.0).reshape(3, 4))
    plot.addItem(image)
    scale = ColourScale(plot, image)
    red, green, blue = scale.colorMap().getLookupTable(nPts=50)[:, :3].T
    assert (np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > 0).all()
    scale.setLevels((-20.0, 10.0))
    assert tuple(image.getLevels()) == (-20.0, 10.0)
    assert scale.axis.range == [-20.0, 10.0]
    scale.apply_theme(LIGHT)
    assert scale.axis.textPen().color() == LIGHT.colour("dim")
