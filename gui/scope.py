"""The scope: all channels, scrolling, drawn once per new column of pixels."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.filters import SosFilter, highpass
from bci.ring import RingBuffer
from bci.types import Marker, StreamInfo
from gui.amounts import round_up, with_unit
from gui.channel_names import ChannelNames
from gui.envelope import extremes
from gui.theme import DARK, Theme

TIME_BASES_S = (2.0, 5.0, 10.0, 20.0, 30.0)
_GUTTER = 72
_CUTOFF_HZ = 0.5
_PAGE = 64


class Scope(QWidget):
    """Scrolling traces of a stream.

    New samples are high-passed at 0.5 Hz (for the display only), reduced to the smallest and
    largest value of each column of pixels, and drawn into a pixmap that is shifted to the left:
    the cost of a frame is that of its new columns. Up and Down change the gain, Left and Right
    the time base, Page Up and Page Down the channels shown.
    """

    view_changed = Signal()  # gain, time base or page

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.theme: Theme = DARK
        self.time_base_s = 10.0
        self.gain = 0.0  # of the channels' unit, a row high; 0 until it is chosen
        self.n_samples = 0
        self.live = True
        self._info: StreamInfo | None = None
        self._markers: list[Marker] = []
        self._first_channel = 0
        self._pixmap = QPixmap()
        self.names = ChannelNames(self)

    def set_stream(self, info: StreamInfo, ring: RingBuffer) -> None:
        """Show another stream."""
        self._info, self._ring = info, ring
        self._sfreq = info.sfreq or 100.0
        self._cutoff_hz = min(_CUTOFF_HZ, self._sfreq / 20)
        sos = highpass(self._cutoff_hz, self._sfreq)
        self._filter = SosFilter(sos, info.n_channels, self._sfreq)
        self._shown = RingBuffer(ring.capacity, info.n_channels)
        self._cursor = ring.oldest
        self._markers.clear()
        self._first_channel = 0
        self.names.set_quality([])
        self.gain = 0.0
        self.n_samples = 0
        self._redraw()
        self.view_changed.emit()

    def set_live(self, live: bool) -> None:
        """Whether the stream is there; if not, the picture says that it stands still."""
        self.live = live
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self.theme = self.names.theme = theme
        self._redraw()

    def add_markers(self, markers: list[Marker]) -> None:
        """Markers to draw where their time is."""
        self._markers = [*self._markers, *markers][-200:]
        self.update()

    def set_time_base(self, seconds: float) -> None:
        self.time_base_s = seconds
        self._redraw()
        self.view_changed.emit()

    def set_gain(self, amplitude: float) -> None:
        """How much of the channel's unit the height of its row stands for."""
        self.gain = float(np.clip(amplitude, 1e-18, 1e12))
        self._redraw()
        self.view_changed.emit()

    def step_time_base(self, way: int) -> None:
        """Show more (+1) or less (-1) time."""
        k = TIME_BASES_S.index(self.time_base_s) + way
        self.set_time_base(TIME_BASES_S[max(0, min(k, len(TIME_BASES_S) - 1))])

    def step_gain(self, way: int) -> None:
        """Draw the traces larger (+1) or smaller (-1)."""
        if self.gain > 0:
            self.set_gain(self.gain * 1.5**-way)

    def step_page(self, way: int) -> None:
        """Show the next (+1) or the previous (-1) channels."""
        if self._info is None:
            return
        last = (self._info.n_channels - 1) // _PAGE * _PAGE
        self._first_channel = max(0, min(self._first_channel + way * _PAGE, last))
        self._redraw()
        self.view_changed.emit()

    @property
    def gain_text(self) -> str:
        """What the height of a row stands for."""
        if self._info is None or self.gain == 0.0:
            return "-"
        unit = self._info.channels[self._first_channel].unit
        return f"{with_unit(self.gain, unit)} a row"

    @property
    def page_text(self) -> str:
        """Which channels are shown; empty where all are."""
        if self._info is None or self._info.n_channels <= _PAGE:
            return ""
        shown = self._channels()
        return f"channels {shown.start + 1}-{shown.stop} of {self._info.n_channels}"

    @property
    def note(self) -> str:
        """What is done to the signal for the display only."""
        return "" if self._info is None else f"display high-pass {self._cutoff_hz:g} Hz"

    def advance(self) -> None:
        """Take in what is new in the ring and draw it; once a frame."""
        if self._info is None:
            return
        got = self._ring.read(self._cursor)
        n = len(got.data)
        if not n:
            return
        data, times = got.data.copy(), got.timestamps.copy()
        if not self._ring.still_holds(got.first):
            self._cursor = self._ring.end
            return
        self._cursor = got.first + n
        self.n_samples += n
        self._high_pass(data, got.first)
        self._shown.write(data, times, max(got.first, self._shown.end))
        if self.gain == 0.0:
            if self._shown.end - self._shown.oldest < self._sfreq:
                return
            self._choose_gain()
        self._draw_new_columns()
        # The names beside stay as they are.
        self.update(_GUTTER, 0, self._plot_width(), self._plot_height())

    def _high_pass(self, data: NDArray[np.float32], first: int) -> None:
        lost = np.logical_not(np.isfinite(data).all(axis=1))
        if not lost.any():
            self._filter.process(data, first)
            return
        edges = np.flatnonzero(np.diff(lost)) + 1
        for part in np.split(np.arange(len(data)), edges):
            if lost[part[0]]:
                self._filter.reset()
                data[part] = np.nan
            else:
                self._filter.process(data[part[0] : part[-1] + 1], first + int(part[0]))

    def _choose_gain(self) -> None:
        data = self._shown.latest(round(2 * self._sfreq)).data
        self.set_gain(round_up(4 * float(np.nanmedian(np.nanstd(data, axis=0)))))

    # Columns of pixels are counted from the stream's first sample, so that the same sample is
    # always drawn in the same column, whenever it is drawn.
    def _column(self, index: float) -> int:
        return int(index // self._per_column)

    @property
    def _per_column(self) -> float:
        return self.time_base_s * self._sfreq / max(1, self._plot_width())

    def _plot_width(self) -> int:
        return max(1, self.width() - _GUTTER)

    def _plot_height(self) -> int:
        return max(1, self.height())

    def _channels(self) -> range:
        assert self._info is not None
        return range(self._first_channel, min(self._info.n_channels, self._first_channel + _PAGE))

    def _redraw(self) -> None:
        """Draw everything anew: another size, gain, time base, theme or page."""
        ratio = self.devicePixelRatioF()
        size = QRect(0, 0, self._plot_width(), self._plot_height()).size()
        self._pixmap = QPixmap(size * ratio)
        self._pixmap.setDevicePixelRatio(ratio)
        self._pixmap.fill(self.theme.colour("panel"))
        self.names.setGeometry(0, 0, _GUTTER, self._plot_height())
        if self._info is not None:
            self.names.set_names(tuple(self._info.ch_names[c] for c in self._channels()))
        if self._info is not None and self.gain > 0:
            self._drawn = self._column(self._shown.end) - self._plot_width()
            self._draw_new_columns()
        # The names beside stay as they are.
        self.update(_GUTTER, 0, self._plot_width(), self._plot_height())

    def _draw_new_columns(self) -> None:
        newest = self._column(self._shown.end)
        n_new = min(newest - self._drawn, self._plot_width())
        if n_new <= 0:
            return
        width, height = self._plot_width(), self._plot_height()
        ratio = self._pixmap.devicePixelRatio()
        if n_new < width:
            self._pixmap.scroll(-round(n_new * ratio), 0, self._pixmap.rect())
        low, high, columns = extremes(self._shown, newest - n_new, newest, self._per_column)
        channels = self._channels()
        row = height / len(channels)
        centres = row * (np.arange(len(channels)) + 0.5)
        scale = row / self.gain
        x = width - newest + columns
        top = np.clip(centres - high[:, channels] * scale, 0, height)
        bottom = np.clip(centres - low[:, channels] * scale, 0, height)
        gone = np.isnan(top).any(axis=1)
        lines = [
            QLineF(px, a, px, b + 0.7)
            for px, tops, bottoms in zip(x[~gone], top[~gone], bottom[~gone], strict=True)
            for a, b in zip(tops.tolist(), bottoms.tolist(), strict=True)
        ]
        # An error between here and end() would leave the pixmap locked: nothing may fail.
        painter = QPainter(self._pixmap)
        fresh = QRectF(width - n_new, 0, n_new, height)
        painter.fillRect(fresh, self.theme.colour("panel"))
        for column in x[gone]:
            painter.fillRect(QRectF(column, 0, 1, height), self.theme.colour("lost"))
        painter.setPen(QPen(self.theme.colour("trace"), 1.0))
        painter.drawLines(lines)
        painter.end()
        self._drawn = newest

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if self._info is None:
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "waiting for a signal ...")
            return
        painter.drawPixmap(QPointF(_GUTTER, 0), self._pixmap)
        self._paint_markers(painter)
        if not self.live:
            self._paint_tag(painter, _GUTTER + 8, "signal lost: the picture stands still", 24)

    def _paint_markers(self, painter: QPainter) -> None:
        end, newest = self._shown.end, self._shown.latest(1).timestamps
        if not len(newest):
            return
        width = self._plot_width()
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        for marker in self._markers:
            index = end - 1 - (float(newest[0]) - marker.time) * self._sfreq
            x = width - (end - index) / self._per_column
            if not 0 <= x <= width:
                continue
            painter.setPen(QPen(self.theme.colour("warning"), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(_GUTTER + x, 0, _GUTTER + x, self._plot_height()))
            self._paint_tag(painter, _GUTTER + x + 3, marker.label[:16])

    def _paint_tag(self, painter: QPainter, x: float, label: str, y: float = 2) -> None:
        box = QRectF(x, y, painter.fontMetrics().horizontalAdvance(label) + 6, 15)
        painter.fillRect(box, self.theme.colour("panel"))
        painter.setPen(self.theme.colour("warning"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        match event.key():
            case Qt.Key.Key_Up:
                self.step_gain(1)
            case Qt.Key.Key_Down:
                self.step_gain(-1)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self.step_time_base(1 if event.key() == Qt.Key.Key_Right else -1)
            case Qt.Key.Key_PageUp | Qt.Key.Key_PageDown:
                self.step_page(1 if event.key() == Qt.Key.Key_PageDown else -1)
            case _:
                super().keyPressEvent(event)
