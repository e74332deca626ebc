import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from bci.head.top_view import PIXELS
from bci.quality.channel_quality import State
from bci.signals import Channel
from gui.plots.head_map import Electrode, HeadMap
from gui.spectrum.map_page import MapPage
from gui.theme import DARK, LIGHT
from tests.gui.gallery import simulated

CAP = tuple(Channel(name, "eeg", "uV") for name in ("Fz", "C3", "C4", "Pz"))


@pytest.fixture
def head(qtbot: QtBot) -> HeadMap:
    head = HeadMap("Powers", ("channel", "power (dB)"))
    qtbot.addWidget(head)
    head.resize(400, 400)
    head.set_channels(CAP)
    head.show_electrodes(
        [
            Electrode(k, channel.name, about=f"{channel.name}: {k} dB", cells=(channel.name, k))
            for k, channel in enumerate(CAP)
        ]
    )
    head.show()
    head.grab()
    return head


def test_an_electrode_is_read_and_clicked_where_it_is_drawn(head: HeadMap, qtbot: QtBot) -> None:
    assert head.read(QPointF(*head.places[1])) == "C3: 1 dB"
    assert head.read(QPointF(0.9, 0.9)) == ""
    with qtbot.waitSignal(head.clicked) as clicked:
        qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=head.place_px(2).toPoint())
    assert clicked.args == [2]


def test_its_numbers_are_copied_as_csv(head: HeadMap) -> None:
    assert head.csv() == "channel,power (dB)\nFz,0\nC3,1\nC4,2\nPz,3\n"


def test_the_nose_is_up_and_left_is_left(head: HeadMap) -> None:
    front, left, right, back = (head.place_px(k) for k in range(4))
    assert front.y() < left.y() < back.y()
    assert left.x() < front.x() < right.x()


def test_a_picture_is_drawn_with_the_nose_up(head: HeadMap) -> None:
    picture = np.zeros((PIXELS, PIXELS))
    picture[0] = 5.0
    head.add_scale(pg.colormap.get("viridis"))
    head.show_picture(picture, 0.0, 5.0)
    assert head.picture.isVisible()
    # Row 0 of an image item lies at the smallest y.
    assert head.picture.image[-1].tolist() == [5.0] * PIXELS
    assert tuple(head.picture.levels) == (0.0, 5.0)
    head.clear_values()
    assert not head.picture.isVisible()
    assert head.electrodes == ()


def test_marks_have_the_shape_and_colour_of_their_state(head: HeadMap) -> None:
    for theme in (DARK, LIGHT):
        head.theme = theme
        head.show_electrodes([Electrode(0, state=State.BAD), Electrode(1, state=State.GOOD)])
        bad, good = head._marks.points()
        assert bad.pen().color() == theme.quality_colour(State.BAD)
        assert good.brush().color() == theme.quality_colour(State.GOOD)
        assert bad.symbol() != good.symbol()


def test_channels_that_have_no_place_are_left_out(head: HeadMap) -> None:
    head.set_channels((*CAP, Channel("AUX")))
    head.show_electrodes([Electrode(0), Electrode(4)])
    assert [e.channel for e in head.electrodes] == [0]
    assert head.has_head


def test_a_map_names_the_strongest_electrode_and_crosses_those_left_out(qtbot: QtBot) -> None:
    view = MapPage()
    qtbot.addWidget(view)
    view.set_stream(simulated.INFO)
    assert view.hint == "measuring ..."
    view.show_map(simulated.alpha_map())
    assert view.hint == ""
    assert view.strongest == "O2"
    assert view.words.text().startswith("most: O2, ")
    view.set_left_out(frozenset({"C3"}))
    crossed = [e.channel for e in view.head.electrodes if e.is_crossed]
    assert [simulated.NAMES[k] for k in crossed] == ["C3"]
    assert "O2," in view.head.csv()
    view.set_stream(simulated.INFO)
    assert view.head.csv() == "channel,power (dB)\n"
