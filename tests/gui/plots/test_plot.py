"""The mouse actions and the menu of all plots."""

import csv
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags, spread
from gui.theme import DARK, LIGHT


class Ramp(Plot):
    """A line from 0 to 10."""

    def __init__(self) -> None:
        super().__init__("A Ramp", Axis("bottom", "time (s)"), Axis("left", "height (m)"))
        self.line = pg.PlotCurveItem(np.arange(11.0), np.arange(11.0))
        self.addItem(self.line)
        self.set_home((0.0, 10.0), (0.0, 10.0))

    def draw(self) -> None:
        self.line.setPen(self.theme.colour("accent"))

    def numbers(self) -> Table:
        x, y = self.line.getData()
        return Table(("time (s)", "height (m)"), zip(x, y, strict=True))


@pytest.fixture
def plot(qtbot: QtBot) -> Ramp:
    plot = Ramp()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    qtbot.waitExposed(plot)
    plot.grab()
    return plot


def chosen(plot: Plot, text: str) -> None:
    """Choose an entry of the context menu."""
    (action,) = (action for action in plot.actions() if action.text() == text)
    action.trigger()


def middle(plot: Plot) -> QPoint:
    return plot.mapFromScene(plot.plotItem.vb.sceneBoundingRect().center())


def turn_wheel(plot: Plot) -> None:
    at = QPointF(middle(plot))
    event = QWheelEvent(
        at, plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)


def shown(plot: Plot) -> tuple[float, float]:
    rect = plot.viewRect()
    return rect.left(), rect.right()


def test_linked_plots_show_the_same_range_across(plot: Ramp, qtbot: QtBot) -> None:
    other, third = Ramp(), Ramp()
    for one in (other, third):
        qtbot.addWidget(one)
    plot.link_across(other)
    other.link_across(third)
    turn_wheel(plot)
    assert shown(plot)[1] - shown(plot)[0] < 9.0
    for one in (other, third):
        assert shown(one) == pytest.approx(shown(plot))
    # A new own range changes only the y axis of a linked plot.
    third.set_home((0.0, 20.0), (0.0, 5.0))
    assert shown(third) == pytest.approx(shown(plot))
    assert third.viewRect().height() == pytest.approx(5.0)
    chosen(other, "Reset view")
    assert shown(plot) == shown(other) == pytest.approx((0.0, 10.0))
    assert shown(third) == pytest.approx((0.0, 20.0))


def test_the_wheel_zooms_and_the_menu_and_a_double_click_reset(plot: Ramp, qtbot: QtBot) -> None:
    assert shown(plot) == pytest.approx((0.0, 10.0))
    for reset in (
        lambda: chosen(plot, "Reset view"),
        lambda: qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=middle(plot)),
    ):
        turn_wheel(plot)
        left, right = shown(plot)
        assert 0.0 < left < right < 10.0
        # A new range does not end the zoom.
        plot.set_home((0.0, 10.0), (0.0, 12.0))
        assert shown(plot) == pytest.approx((left, right))
        reset()
        assert shown(plot) == pytest.approx((0.0, 10.0))
        plot.set_home((0.0, 10.0), (0.0, 10.0))


def test_the_value_under_the_mouse_is_read_in_the_axes_units(plot: Ramp, qtbot: QtBot) -> None:
    assert plot.readout == ""
    qtbot.mouseMove(plot.viewport(), middle(plot))
    qtbot.waitUntil(lambda: plot.readout != "")
    x, y = (float(value) for value in plot.readout.split(", "))
    assert (x, y) == pytest.approx((5.0, 5.0), abs=0.1)
    plot.is_blank = True
    plot.scene().sigMouseMoved.emit(QPointF(middle(plot)))
    assert plot.readout == ""


def test_the_menu_copies_the_numbers_as_csv(plot: Ramp) -> None:
    chosen(plot, "Copy numbers (CSV)")
    first, *rows = csv.reader(QGuiApplication.clipboard().text().splitlines())
    assert first == ["time (s)", "height (m)"]
    assert [float(row[1]) for row in rows] == list(range(11))


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_menu_saves_the_picture(
    plot: Ramp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    offered: list[str] = []

    def choose(_parent: object, _title: str, name: str, kinds: str) -> tuple[str, str]:
        offered.append(name)
        return str(tmp_path / "mine"), next(k for k in kinds.split(";;") if suffix in k)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    chosen(plot, "Save picture ...")
    assert offered == ["a-ramp.png"]
    file = tmp_path / f"mine.{suffix}"
    if suffix == "svg":
        assert "<svg" in file.read_text(encoding="utf-8")
    else:
        image = QImage(str(file))
        assert image.pixelColor(1, 1) == DARK.colour("panel")


def test_a_picture_that_cannot_be_saved_is_reported(
    plot: Ramp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no/folder.png", "no/folder.svg"):
        file = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (file, ""))
        chosen(plot, "Save picture ...")
        assert plot.tag.text().startswith("not saved: ")


def test_a_plot_changes_its_theme_with_all_that_is_in_it(plot: Ramp) -> None:
    plot.theme = LIGHT
    assert plot.line.opts["pen"].color() == LIGHT.colour("accent")
    assert plot.backgroundBrush().color() == LIGHT.colour("panel")
    plot.set_heading("1 < 2")
    plot.theme = DARK
    assert "1 &lt; 2" in plot.plotItem.titleLabel.text


def test_a_hint_stands_in_place_of_the_plot(plot: Ramp) -> None:
    plot.hint = "no engine"
    assert plot.plotItem.opacity() == 1.0
    plot.is_blank = True
    assert plot.plotItem.opacity() == 0.0
    assert plot.hint_label.isVisible()


def test_a_plot_that_was_blank_has_room_for_its_numbers(qtbot: QtBot) -> None:
    plot = Plot("", Axis("bottom"), Axis("left"))
    qtbot.addWidget(plot)
    plot.is_blank = True
    plot.resize(400, 300)
    plot.show()
    plot.theme = LIGHT
    plot.is_blank = False
    plot.grab()
    bottom, left = plot.axes
    assert bottom is not None
    assert left is not None
    assert bottom.height() > 15
    assert left.width() > 25


def test_tags_are_replaced_all_at_once(plot: Ramp) -> None:
    tags, ink = Tags(plot), DARK.colour("text")
    tags.show([Tag(1.0, 1.0, "one", ink), Tag(2.0, 2.0, "two", ink)])
    items = [item for item in plot.plotItem.items if isinstance(item, pg.TextItem)]
    tags.show([Tag(3.0, 1.0, "three", ink)])
    seen = [item for item in items if item.isVisible()]
    assert [(item.toPlainText(), item.pos().x()) for item in seen] == [("three", 3.0)]


def test_names_are_shifted_until_none_is_over_another() -> None:
    assert spread([0.9, 0.5, 0.1], 0.1, 0.0, 1.0) == [0.9, 0.5, 0.1]
    assert spread([0.5, 0.5, 0.5], 0.1, 0.0, 1.0) == pytest.approx([0.5, 0.4, 0.3])
    assert spread([0.1, 0.05, 0.0], 0.1, 0.0, 1.0) == pytest.approx([0.2, 0.1, 0.0])
