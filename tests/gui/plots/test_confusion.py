import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from gui.plots.confusion import ConfusionView
from gui.theme import LIGHT


@pytest.fixture
def view(qtbot: QtBot) -> ConfusionView:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(420, 260)
    view.set_counts(("left", "right"), [[17, 3], [4, 16]])
    view.show()
    qtbot.waitExposed(view)
    view.refresh()
    return view


def test_a_cell_is_as_strong_as_its_share_of_the_row(view: ConfusionView) -> None:
    assert view.cells.image.tolist() == [[0.85, 0.15], [0.2, 0.8]]
    assert [tag.text for tag in view.right.shown] == ["17", "16"]
    assert [tag.text for tag in view.wrong.shown] == ["3", "4"]
    # Numbers are readable on strong cells and on faint ones.
    inks = {tag.colour.name() for tag in (*view.right.shown, *view.wrong.shown)}
    assert len(inks) == 2
    view.theme = LIGHT
    assert len({tag.colour.name() for tag in (*view.right.shown, *view.wrong.shown)}) == 2


def test_the_mouse_reads_a_cell_and_the_numbers_are_copied(view: ConfusionView) -> None:
    assert view.read(QPointF(1.0, 0.0)) == "asked left, decided right: 3 (15 %)"
    assert view.read(QPointF(2.6, 0.0)) == ""
    assert view.csv().splitlines() == [
        "asked,decided left,decided right",
        "left,17,3",
        "right,4,16",
    ]


def test_cells_without_room_have_no_numbers(view: ConfusionView) -> None:
    names = tuple(f"word {k}" for k in range(20))
    view.set_counts(names, [[int(i == j) for j in range(20)] for i in range(20)])
    assert view.right.shown == view.wrong.shown == []
    assert view.read(QPointF(3.0, 3.0)) == "asked word 3, decided word 3: 1 (100 %)"


def test_too_many_classes_are_named_in_place_of_the_matrix(view: ConfusionView) -> None:
    view.set_counts(tuple(map(str, range(200))), [])
    assert view.hint_label.isVisible()
    assert view.hint == "200 classes: too many to show"
