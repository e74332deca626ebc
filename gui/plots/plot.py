"""The base class of all plots: zoom, pan, reset, read, copy, save."""

from html import escape
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget

from gui.plots.axis import Axis
from gui.plots.export import Table as Table
from gui.plots.export import as_csv, save_png, save_svg
from gui.theme import CAPTION_PX
from gui.widgets.layouts import column_of, is_seen
from gui.widgets.themed import Themed

PICTURES = "PNG picture (*.png);;SVG drawing (*.svg)"
_HEADING_PX = 24
Range = tuple[float, float]


class Plot(Themed, pg.PlotWidget):
    """A pyqtgraph plot in the theme's colours, with mouse actions and a context menu.

    The wheel zooms, dragging pans, and a double click resets. The value under the mouse is shown.
    The context menu resets the view, copies the numbers as CSV and saves the picture.

    A subclass overrides `draw`, which updates its pyqtgraph items, and `numbers`. It overrides
    `read` if the text under the mouse should not be the two coordinates. It calls `refresh` when
    its state changes. While `is_blank` is True, `hint` is shown instead of the plot.

    Parameters
    ----------
    title : str
        Name of the plot for screen readers, and of its saved files.
    bottom, left : Axis, optional
        The horizontal and the vertical axis, on any side. None hides the axis.
    grid : bool
        Whether a line is drawn at each number of the left axis.
    zoom : tuple of bool
        Whether the mouse changes the range of x, and that of y.
    """

    # The range of x that a user chose, here or in a linked plot; None for each plot's own.
    x_chosen = Signal(object)
    # Whether a vertical line is drawn at the mouse while a value is read.
    has_hairline = False

    def __init__(
        self,
        title: str,
        bottom: Axis | None = None,
        left: Axis | None = None,
        grid: bool = True,
        zoom: tuple[bool, bool] = (True, True),
    ) -> None:
        self.axes = (bottom, left)
        shown = {axis.orientation: axis for axis in self.axes if axis is not None}
        super().__init__(axisItems=dict(shown), enableMenu=False)
        self.title = title
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for side in ("top", "bottom", "left", "right"):
            self.plotItem.showAxis(side, side in shown)
        if grid and left is not None:
            left.setGrid(255)
            # The grid is drawn behind all items.
            left.setZValue(-1)
        self.plotItem.hideButtons()
        self.plotItem.disableAutoRange()
        self.plotItem.layout.setContentsMargins(8, 8, 12, 6)
        self.setMouseEnabled(*zoom)
        self._home: tuple[Range, Range] = ((0.0, 1.0), (0.0, 1.0))
        self._linked: Range | None = None
        self._is_zoomed = self._is_blank = False
        self._heading = self.readout = ""
        self.hint_label = self._overlay(Qt.AlignmentFlag.AlignCenter)
        self.hint_label.setWordWrap(True)
        self.setLayout(column_of(self.hint_label, margins=(14, 0, 14, 0)))
        self.tag = self._overlay(Qt.AlignmentFlag.AlignCenter)
        self.hairline = pg.InfiniteLine(angle=90)
        self.hairline.hide()
        self.addItem(self.hairline, ignoreBounds=True)
        self.plotItem.vb.sigRangeChangedManually.connect(self._on_zoomed)
        self.scene().sigMouseMoved.connect(self._on_mouse)
        # Marks and texts with sizes in pixels depend on the size of the plot.
        self.plotItem.vb.sigResized.connect(self.refresh)
        self._add_menu()
        self._dress()

    def _overlay(self, align: Qt.AlignmentFlag) -> QLabel:
        """Make a label over the plot that is not part of saved pictures."""
        label = QLabel(self, textFormat=Qt.TextFormat.PlainText, alignment=align)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.hide()
        return label

    def _add_menu(self) -> None:
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, slot in (
            ("Reset view", self.reset),
            ("Copy numbers (CSV)", self.copy_numbers),
            ("Save picture ...", self._ask_where),
        ):
            action = QAction(text, self)
            action.triggered.connect(slot)
            self.addAction(action)

    def draw(self) -> None:
        """Update the items to the state, in the theme's colours; for subclasses."""

    def numbers(self) -> Table:
        """Return the numbers that are shown now; for subclasses."""
        return Table((), ())

    def read(self, place: QPointF) -> str:
        """Return the text for ``place``, in the plot's units; empty to show none."""
        values = zip(self.axes, (place.x(), place.y()), strict=True)
        return ", ".join(axis.text_of(value) for axis, value in values if axis is not None)

    def pen(self, colour: QColor | str, width: float, **style: Any) -> QPen:
        """Return a pen of ``width`` logical pixels; pyqtgraph does not scale pens itself."""
        return pg.mkPen(colour, width=width * self.devicePixelRatioF(), **style)

    def apply_theme(self) -> None:
        self._dress()
        self.refresh()

    def refresh(self) -> None:
        """Draw if the plot is visible; a hidden plot is drawn when it is shown."""
        if is_seen(self):
            self.draw()

    @property
    def hint(self) -> str:
        return str(self.hint_label.text())

    @hint.setter
    def hint(self, hint: str) -> None:
        self.hint_label.setText(hint)

    @property
    def is_blank(self) -> bool:
        return self._is_blank

    @is_blank.setter
    def is_blank(self, blank: bool) -> None:
        self._is_blank = blank
        self.hint_label.setVisible(blank)
        # Made transparent, since hidden axes would be laid out without space for their numbers.
        self.plotItem.setOpacity(0.0 if blank else 1.0)

    def set_heading(self, heading: str) -> None:
        """Set the plain text above the plot; empty text removes it."""
        self.set_heading_html(escape(heading))

    def set_heading_html(self, markup: str) -> None:
        """Set the text above the plot as HTML, for colours; empty text removes it."""
        self._heading = markup
        style = {"color": self._theme.dim, "size": f"{CAPTION_PX}px", "justify": "left"}
        self.plotItem.setTitle(markup or None, **style)
        if markup:
            self.plotItem.layout.setRowFixedHeight(0, _HEADING_PX)

    def set_home(self, x: Range, y: Range) -> None:
        """Set the ranges to show now and after a reset; a user's zoom stays until then."""
        if (x, y) == self._home:
            return
        self._home = (x, y)
        if not self._is_zoomed:
            self._show_home()

    def reset(self) -> None:
        """Undo the zoom of this plot and of linked plots."""
        self._is_zoomed = False
        self._link(None)
        self._show_home()

    def _show_home(self) -> None:
        x, y = self._home
        self.setRange(xRange=self._linked or x, yRange=y, padding=0, disableAutoRange=False)

    def link_across(self, other: "Plot") -> None:
        """Link two plots: both show the range of x that a user chooses in one of them."""
        for one, follower in ((self, other), (other, self)):
            one.x_chosen.connect(follower.follow_across)

    def follow_across(self, chosen: Range | None) -> None:
        """Show the range of x that was chosen in another plot; None for the own range."""
        if chosen != self._linked:
            self.setXRange(*(chosen or self._home[0]), padding=0)
            self._link(chosen)

    def _link(self, chosen: Range | None) -> None:
        if chosen != self._linked:
            self._linked = chosen
            self.x_chosen.emit(chosen)

    def copy_numbers(self) -> None:
        """Copy the numbers to the clipboard as CSV."""
        QGuiApplication.clipboard().setText(self.csv())

    def csv(self) -> str:
        """Return the numbers as CSV, with the column names in the first line."""
        return as_csv(self.numbers())

    def save_picture(self, file: Path) -> None:
        """Save the shown picture, as SVG if the file name ends in ``.svg``, else as PNG.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self.hairline.hide()
        save = save_svg if file.suffix.lower() == ".svg" else save_png
        if not save(self, file):
            raise OSError(f"{file}: cannot be written")

    def _ask_where(self) -> None:
        name = self.title.lower().replace(" ", "-")
        chosen, kind = QFileDialog.getSaveFileName(self, "Save picture", f"{name}.png", PICTURES)
        if not chosen:
            return
        file = Path(chosen)
        if file.suffix.lower() not in (".png", ".svg"):
            file = file.with_name(file.name + (".svg" if "svg" in kind else ".png"))
        try:
            self.save_picture(file)
        except OSError as error:
            self._show_tag(f"not saved: {error}", QPointF(self.rect().center()))

    def _dress(self) -> None:
        theme = self._theme
        self.setBackground(theme.colour("panel"))
        for axis in filter(None, self.axes):
            axis.apply_theme(theme)
        if self._heading:
            self.set_heading_html(self._heading)
        self.hairline.setPen(self.pen(theme.colour("dim"), 1))
        self.hint_label.setStyleSheet(f"background: transparent; color: {theme.dim};")
        self.tag.setStyleSheet(
            f"background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line};"
            " padding: 1px 5px;"
        )

    def _on_zoomed(self, _enabled: Any) -> None:
        self._is_zoomed = True
        low, high = self.plotItem.vb.viewRange()[0]
        self._link((low, high))

    def _on_mouse(self, at: QPointF) -> None:
        view = self.plotItem.vb
        self.readout = ""
        if not self._is_blank and view.sceneBoundingRect().contains(at):
            place = view.mapSceneToView(at)
            self.readout = self.read(place)
            self.hairline.setValue(place.x())
        self.hairline.setVisible(self.has_hairline and bool(self.readout))
        self._show_tag(self.readout, at)

    def _show_tag(self, text: str, at: QPointF) -> None:
        self.tag.setText(text)
        self.tag.setVisible(bool(text))
        self.tag.adjustSize()
        # Place the text beside the mouse, inside the plot.
        x = at.x() + 14 if at.x() + 14 + self.tag.width() < self.width() else at.x() - 14
        left = x if x > at.x() else x - self.tag.width()
        top = min(max(0.0, at.y() - 24), self.height() - self.tag.height())
        self.tag.move(round(max(0.0, left)), round(top))

    def sizeHint(self) -> QSize:  # noqa: N802
        # QGraphicsView's own size hint would be the size of its scene.
        return QSize(260, 150)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, 40)

    def close(self) -> bool:
        """Close as a QWidget; pyqtgraph's own method removes all items, which crashes Qt."""
        return QWidget.close(self)

    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().mouseDoubleClickEvent(event)
        self.reset()

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.readout = ""
        self.tag.hide()
        self.hairline.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        # Keys are left to the window; pyqtgraph would move the view.
        event.ignore()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        # Changes of a hidden plot were not drawn.
        self.draw()
