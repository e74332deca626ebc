"""A head seen from above: outline, electrodes, and values between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot, sqrt
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QToolTip

from bci.head.top_view import Places, Values, flatten, in_rows
from bci.quality.channel_quality import State
from bci.signals import Channel
from gui.plots.axis import ColourScale
from gui.plots.plot import Plot, Table
from gui.plots.quality_marks import SHAPES, is_filled, mark_pen
from gui.plots.tags import Tag, Tags
from gui.theme import CAPTION_PX
from gui.widgets.labels import tip

_NEAR_PX = 14.0
_MAX_NAMES = 40
_ACROSS, _ALONG = (-1.22, 1.22), (-1.12, 1.24)


@dataclass(frozen=True, slots=True)
class Electrode:
    """One drawn electrode: the mark of its ``state``, or a dot if that is None."""

    channel: int
    label: str = ""  # written below it
    value: str = ""  # written at its right
    state: State | None = None
    colour: QColor | None = None  # of dot and label; None for the theme's text colour
    size: float | None = None  # in pixels; None to depend on the size of the head
    is_crossed: bool = False  # whether a cross marks the channel as left out
    # The fields below are not drawn, but shown under the mouse or copied.
    about: str = field(default="", compare=False)  # the readout under the mouse
    tip: str = field(default="", compare=False)
    cells: tuple[object, ...] = field(default=(), compare=False)  # the row in the copied numbers


class HeadMap(Plot):
    """Channels at their places on the head, or in rows if no place is known.

    ``columns`` are the names of an electrode's ``cells`` in the copied numbers. Electrodes have
    labels if the radius of the head is at least ``min_named_px`` pixels.
    """

    clicked = Signal(int)  # channel

    def __init__(self, title: str, columns: tuple[str, ...], min_named_px: float = 0.0) -> None:
        super().__init__(title, grid=False)
        self.places: Places = {}
        self.electrodes: tuple[Electrode, ...] = ()
        self.has_head = True
        self._columns = columns
        self._min_named_px = min_named_px
        self._outline = QGraphicsPathItem(_head_path())
        self.picture = _RoundImage()
        self._marks = pg.ScatterPlotItem()
        self._labels, self._values = Tags(self, z=1.5), Tags(self, (0.0, 0.5), bold=True, z=3)
        self._scale: ColourScale | None = None
        for z, item in enumerate((self.picture, self._outline, self._marks)):
            item.setZValue(z)
            self.addItem(item)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setAspectLocked(True)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.set_home(_ACROSS, _ALONG)
        self.set_channels(())

    def set_channels(self, channels: Sequence[Channel]) -> None:
        """Set the channels and their places, without values."""
        placed = flatten(channels)
        self.places = placed or in_rows(len(channels))
        self.has_head = bool(placed) or not channels
        self._outline.setVisible(self.has_head)
        self.clear_values()

    def add_scale(self, colours: pg.ColorMap) -> None:
        """Draw pictures in ``colours``, with a colour scale beside the head."""
        self._scale = ColourScale(self, self.picture, colours)
        self._scale.hide()

    def set_scale_label(self, text: str) -> None:
        if self._scale is not None:
            style = {"color": self.theme.dim, "font-size": f"{CAPTION_PX}px"}
            self._scale.axis.setLabel(text, **style)

    def show_electrodes(self, electrodes: Sequence[Electrode]) -> None:
        """Draw ``electrodes``, the last ones on top; those without a place are omitted."""
        shown = tuple(e for e in electrodes if e.channel in self.places)
        is_same = shown == self.electrodes
        self.electrodes = shown
        if not is_same:
            self.refresh()

    def show_picture(self, picture: Values, low: float, high: float) -> None:
        """Draw ``picture``, values between the electrodes, shape (n, n), nose up.

        ``low`` and ``high`` are the values at the ends of the colour scale.
        """
        self.picture.setImage(picture[::-1], autoLevels=False, levels=(low, high))
        self.picture.setRect(QRectF(-1, -1, 2, 2))
        self.picture.show()
        if self._scale is not None:
            self._scale.setLevels((low, high))
            self._scale.show()

    def show_hint(self, text: str) -> None:
        """Show ``text`` in place of the head; empty text shows the head."""
        self.hint, self.is_blank = text, bool(text)

    def clear_values(self) -> None:
        """Remove picture and electrodes, so that only the outline is left."""
        self.picture.hide()
        if self._scale is not None:
            self._scale.hide()
        self.show_electrodes(())

    @property
    def radius_px(self) -> float:
        """The radius of the head on the screen, in pixels."""
        return 1.0 / max(float(self.getViewBox().viewPixelSize()[0]), 1e-9)

    def place_px(self, channel: int) -> QPointF:
        """Return the place of a channel in this widget, in pixels."""
        scene = self.getViewBox().mapViewToScene(QPointF(*self.places[channel]))
        return QPointF(self.mapFromScene(scene))

    def electrode_at(self, place: QPointF) -> Electrode | None:
        """Return the electrode nearest to ``place`` on the head; None beyond 14 pixels."""
        away = [
            (hypot(x - place.x(), y - place.y()), k)
            for k, (x, y) in enumerate(self.places[e.channel] for e in self.electrodes)
        ]
        if not away or min(away)[0] * self.radius_px > _NEAR_PX:
            return None
        return self.electrodes[min(away)[1]]

    def numbers(self) -> Table:
        return Table(self._columns, [e.cells for e in self.electrodes if e.cells])

    def read(self, place: QPointF) -> str:
        found = self.electrode_at(place)
        return found.about if found else ""

    def draw(self) -> None:
        dim = self.theme.colour("dim")
        self._outline.setPen(self.pen(dim, 1.5))
        if self._scale is not None:
            self._scale.apply_theme(self.theme)
        radius = self._mark_radius()
        self._marks.setData([self._spot(each, radius) for each in self.electrodes])
        labels: list[Tag] = []
        values: list[Tag] = []
        if len(self.electrodes) <= _MAX_NAMES and self.radius_px >= self._min_named_px:
            text, panel = self.theme.colour("text"), self.theme.colour("panel")
            # Labels have a background, so that the head's outline does not cross them.
            ground = None if self.picture.isVisible() else panel
            for each in self.electrodes:
                x, y = self.places[each.channel]
                # Near the edge a label is shifted inwards, off the outline.
                lean = (0.5 + 0.3 * x, -0.15)
                if each.label:
                    labels.append(Tag(x, y, each.label, each.colour or dim, ground, lean))
                if each.value:
                    values.append(Tag(x, y, f"  {each.value}", each.colour or text))
        self._labels.show(labels)
        self._values.show(values)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.getViewBox().mapSceneToView(self.mapToScene(event.pos()))
            found = self.electrode_at(place)
            if found and found.tip:
                QToolTip.showText(event.globalPos(), tip(found.tip), self)
                return True
        return bool(super().viewportEvent(event))

    def _on_click(self, event: Any) -> None:
        place = self.getViewBox().mapSceneToView(event.scenePos())
        found = self.electrode_at(place)
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.clicked.emit(found.channel)

    def _mark_radius(self) -> float:
        size = min(1.4, self.radius_px / 58)
        return min(5.5, max(2.0, 30 / sqrt(max(1, len(self.places))))) * size

    def _spot(self, each: Electrode, radius: float) -> dict[str, Any]:
        symbol: QPainterPath | str = "o"
        pen, brush = QPen(Qt.PenStyle.NoPen), each.colour or self.theme.colour("text")
        if each.is_crossed:
            symbol, pen = SHAPES[State.BAD], QPen(self.theme.colour("dim"), 2.0)
        elif each.state is not None:
            symbol = SHAPES[each.state]
            pen = mark_pen(self.theme, each.state, radius)
            filled = is_filled(each.state)
            brush = self.theme.quality_colour(each.state) if filled else QColor(0, 0, 0, 0)
        # The width of a cosmetic pen is in pixels of the screen, whatever its scale.
        pen.setCosmetic(True)
        pen.setWidthF(pen.widthF() * self.devicePixelRatioF())
        return {
            "pos": self.places[each.channel], "size": each.size or 2 * radius, "symbol": symbol,
            "pen": pen, "brush": brush,
        }  # fmt: skip


class _RoundImage(pg.ImageItem):
    """An image that is clipped to the outline of the head and interpolated."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")

    def paint(self, painter: QPainter, *options: object) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inside = QPainterPath()
        inside.addEllipse(self.boundingRect())
        painter.setClipPath(inside, Qt.ClipOperation.IntersectClip)
        super().paint(painter, *options)
        painter.restore()


def _head_path() -> QPainterPath:
    """Return a circle of radius 1 with nose and ears, the nose towards positive y."""
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 1.0, 1.0)
    path.moveTo(-0.145, 0.99)
    path.lineTo(0, 1.145)
    path.lineTo(0.145, 0.99)
    for side, start in ((-1, 90), (1, -90)):
        box = QRectF(side * 1.015 - 0.064, -0.16, 0.128, 0.32)
        path.arcMoveTo(box, start)
        path.arcTo(box, start, 180)
    return path
