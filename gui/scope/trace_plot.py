"""The scope's plot: traces, their axes, markers and cursor."""

from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui.plots.plot import Plot, Table
from gui.scope.axes import TIME_HEIGHT, ChannelAxis, TimeAxis
from gui.scope.overlay import STRIP, MarkerLines, ScaleBar, TraceCursor
from gui.scope.trace_image import TraceImage
from gui.scope.trace_layout import ShownTraces

Markers = list[tuple[float, str]]  # index of the sample, label


class TracePlot(Plot):
    """A plot of traces; a frame costs only its new columns of pixels.

    The mouse reads the trace under it; a drag measures from its start. The owner handles the wheel
    by `turned`.
    """

    resized = Signal()
    turned = Signal(int)  # turn of the wheel: +1 for later, -1 for earlier
    reset_wanted = Signal()
    # False while the base class's constructor applies the theme, before this class's parts exist.
    _is_built = False

    def __init__(self, owner: QWidget) -> None:
        self.names, self.time_axis = ChannelAxis(), TimeAxis()
        super().__init__(
            "Signal traces", self.time_axis, self.names, grid=False, zoom=(False, False)
        )
        self.setParent(owner)
        self.setFocusProxy(owner)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setOptimizationFlag(self.OptimizationFlag.DontAdjustForAntialiasing)
        # Opaque, since the scene's background covers the whole viewport.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.plotItem.layout.setContentsMargins(0, STRIP, 0, 0)
        self.image, self.markers, self.scale_bar = TraceImage(), MarkerLines(), ScaleBar()
        self.image.setParentItem(self.plotItem.vb)
        self.image.setZValue(-1)
        for item in (self.markers, self.scale_bar):
            item.setParentItem(self.plotItem)
        self.cursor = TraceCursor(self)
        self.notice = self._overlay(Qt.AlignmentFlag.AlignLeft)
        self.plotItem.vb.invertY()
        self.plotItem.vb.sigResized.connect(self.resized)
        self._shown: ShownTraces | None = None
        # Rectangles of the traces with the strip above them, and of the strip alone.
        self._room = self._strip = QRect()
        self._mouse: QPointF | None = None  # place of the mouse in the scene
        self._start: tuple[int, int] | None = None  # sample and channel at the start of a drag
        self._is_built = True
        self._dress()

    @property
    def size_px(self) -> tuple[int, int]:
        """The width and height of the traces' picture, in pixels."""
        room = self.plotItem.vb.rect()
        return max(1, int(room.width())), max(1, int(room.height()))

    def make_room_for(self, names: tuple[str, ...]) -> None:
        """Set the size of the axes, since pyqtgraph gives hidden axes no space."""
        self.names.make_room_for(names)
        self.time_axis.setHeight(TIME_HEIGHT)
        self.plotItem.layout.invalidate()
        self.plotItem.layout.activate()

    def set_notice(self, text: str) -> None:
        """Write ``text`` over the picture; empty text removes it."""
        self.notice.setText(text)
        self.notice.adjustSize()
        self.notice.move(int(self.names.width()) + 8, int(STRIP) + 6)
        self.notice.setVisible(bool(text))

    def redraw(self, traces: ShownTraces, markers: Markers) -> None:
        """Draw everything again, after a change of size, gain, time base, theme or page."""
        layout, image, seconds = traces.layout, self.image, traces.seconds
        image.clear(layout.width, layout.height, self.devicePixelRatioF())
        image.sweep = layout.sweep
        self.names.set_names(traces.ch_names)
        self.time_axis.show_time(seconds)
        right = seconds if layout.sweep else -traces.signal.seconds_back
        rows = 0, max(1, len(layout.channels))
        self.setRange(xRange=(right - seconds, right), yRange=rows, padding=0)
        corner = self.plotItem.vb.pos()
        room = QRectF(corner.x(), corner.y() - STRIP, layout.width, layout.height + STRIP)
        self.markers.set_room(room)
        self._room = room.toRect()
        self._strip = QRect(self._room.topLeft(), QSize(layout.width, int(STRIP)))
        self.draw_new(traces, markers)
        self.viewport().update()

    def draw_new(self, traces: ShownTraces, markers: Markers) -> None:
        self._shown = traces
        if self.image.draw_new(traces.signal.ring, traces.layout):
            self.show_markers(markers)
            if self._mouse is not None:
                self._on_mouse(self._mouse)

    def show_markers(self, markers: Markers) -> None:
        """Show the markers that lie within the shown span."""
        if self._shown is None:
            return
        layout, before = self._shown.layout, bool(self.markers.shown)
        within = [(layout.x(index), label) for index, label in markers if layout.shows(index)]
        self.markers.show_at(within)
        # Not updated by the items themselves, which would also paint the axes.
        has_labels = before or within
        room = self._room if has_labels else self._room.adjusted(0, self._strip.height(), 0, 0)
        self.viewport().update(room)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        # A frame paints only the traces and the markers over them. Qt itself would visit each item
        # of the scene, which takes longer than painting these.
        is_frame = self._room.contains(event.rect()) and not self.is_blank
        if not is_frame or self.cursor.is_shown:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.fillRect(self._strip, self.theme.colour("panel"))
        for item in (self.image, self.markers, self.scale_bar):
            painter.resetTransform()
            painter.translate(item.scenePos())
            item.paint(painter)
        painter.end()

    # Overridden methods of the base class: theme, numbers, reading

    def _dress(self) -> None:
        super()._dress()
        if not self._is_built:
            return
        for item in (self.image, self.markers, self.scale_bar):
            item.theme = self.theme
        self.cursor.apply_theme(self.theme)
        self.notice.setStyleSheet(
            f"background: {self.theme.panel}; color: {self.theme.warning}; padding: 1px 4px;"
        )

    def numbers(self) -> Table:
        if self._shown is None:
            return Table((), ())
        return Table(self._shown.columns, self._shown.rows())

    def reset(self) -> None:
        self.reset_wanted.emit()

    def read(self, _place: QPointF) -> str:
        """Return the value under the mouse, or its change since the start of a drag."""
        now = start = None
        if self._shown is not None and self._mouse is not None and len(self._shown.layout.channels):
            at = self.plotItem.vb.mapFromScene(self._mouse)
            now = self._shown.reading_at(at.x(), at.y())
            if self._start is not None:
                start = self._shown.reading(*self._start)
        self.cursor.show(now, start)
        if now is None:
            return ""
        return now.text_since(start) if start else now.text

    def _on_mouse(self, at: QPointF) -> None:
        self._mouse = at
        if not self.plotItem.vb.sceneBoundingRect().contains(at):
            self.cursor.show(None, None)
        super()._on_mouse(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        at = self.plotItem.vb.mapFromScene(event.position())
        inside = self.plotItem.vb.rect().contains(at)
        if event.button() == Qt.MouseButton.LeftButton and inside and self._shown is not None:
            layout = self._shown.layout
            if len(layout.channels):
                self._start = layout.sample_at(at.x()), layout.channel_at(at.y())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        # pyqtgraph's scene drops moves within 10 ms of the last, even the final one.
        self._on_mouse(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._start = None
        self._on_mouse(event.position())
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        # A double click does not reset, since measuring needs many clicks; the menu resets.
        self.mousePressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        # A right click on a name hides the channel, so it opens no menu.
        names = self.names.sceneBoundingRect()
        if isinstance(event, QContextMenuEvent) and names.contains(event.pos()):
            return True
        return bool(super().viewportEvent(event))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.angleDelta().y():
            self.turned.emit(-1 if event.angleDelta().y() > 0 else 1)

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._mouse = None
        self.cursor.show(None, None)
