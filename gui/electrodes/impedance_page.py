"""Electrode impedances on a head, where a board measures them."""

from math import isfinite

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.quality.channel_quality import ChannelQuality, Limits, State
from bci.types import StreamInfo
from gui.electrodes.quality_marks import paint_mark
from gui.plots.head import flatten, grid, paint_head
from gui.theme import CAPTION_PX, DARK, Theme

_LIST, _LINE = 190.0, 22.0
_MOST_NUMBERS = 40
_WORDS = {State.GOOD: "good", State.DOUBTFUL: "high", State.BAD: "too high"}
_VCENTRE = Qt.AlignmentFlag.AlignVCenter


def impedance_state(kohm: float) -> State:
    """Good, high or too high, by the limits that judge the signal's quality too."""
    doubtful, bad = Limits().impedance_kohm
    return State.BAD if kohm > bad else State.DOUBTFUL if kohm > doubtful else State.GOOD


class ImpedancePage(QWidget):
    """Each electrode's kiloohms where it lies, and a list with the highest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.kohm: dict[int, float] = {}
        self._names: tuple[str, ...] = ()
        self._places: dict[int, tuple[float, float]] = {}
        self._has_head = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Impedances")

    def set_stream(self, info: StreamInfo) -> None:
        """Another stream, of whose impedances nothing is known yet."""
        self._names = info.ch_names
        self._places = flatten(info.channels)
        self._has_head = bool(self._places)
        if not self._has_head:
            self._places = grid(info.n_channels)
        self.kohm = {}
        self.update()

    def set_quality(self, channels: list[ChannelQuality]) -> bool:
        """Take what was measured in the last second; whether there is anything to show."""
        self.kohm = {
            k: channel.impedance_kohm
            for k, channel in enumerate(channels)
            if isfinite(channel.impedance_kohm)
        }
        self.setAccessibleDescription("; ".join(self.lines[:5]))
        self.update()
        return bool(self.kohm)

    @property
    def lines(self) -> list[str]:
        """``F4 620 kOhm, too high``, the highest first."""
        return [f"{self._names[k]} {self._said(k)}" for k in self._highest_first()]

    def _said(self, k: int) -> str:
        return f"{self.kohm[k]:.0f} kOhm, {_WORDS[impedance_state(self.kohm[k])]}"

    def _highest_first(self) -> list[int]:
        return sorted(self.kohm, key=lambda k: -self.kohm[k])

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.kohm:
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, "no impedances are measured"
            )
            return
        room = QRectF(0, 6, self.width() - _LIST, self.height() - 42.0)
        radius = min(room.width() / 2.3, room.height() / 2.3)
        middle = QPointF(room.center().x(), room.center().y() + radius * 0.06)
        if self._has_head:
            paint_head(painter, QPen(self.theme.colour("dim"), 1.5), middle, radius)
        for k in self.kohm:
            if k in self._places:
                x, y = self._places[k]
                self._paint_electrode(painter, middle + QPointF(x, -y) * radius, k)
        self._paint_list(painter)
        self._paint_legend(painter)

    def _paint_electrode(self, painter: QPainter, at: QPointF, k: int) -> None:
        paint_mark(painter, self.theme, impedance_state(self.kohm[k]), at, 6.0)
        if len(self.kohm) > _MOST_NUMBERS:
            return
        centre = Qt.AlignmentFlag.AlignCenter
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("dim"))
        # The head's outline does not go through a name.
        half = painter.fontMetrics().horizontalAdvance(self._names[k]) / 2 + 1
        above = QRectF(at.x() - half, at.y() - 26, 2 * half, 18)
        painter.fillRect(above, self.theme.colour("panel"))
        painter.drawText(above, centre, self._names[k])
        self._font(painter, CAPTION_PX, bold=True)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(QRectF(at.x() + 11, at.y() - 9, 60, 18), _VCENTRE, f"{self.kohm[k]:.0f}")

    def _paint_list(self, painter: QPainter) -> None:
        left, top, width = self.width() - _LIST, 10.0, _LIST - 12
        self._font(painter, CAPTION_PX, bold=True)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(QRectF(left, top, width, 20), _VCENTRE, "impedance (kOhm)")
        self._font(painter, CAPTION_PX)
        order = self._highest_first()
        fitting = max(1, int((self.height() - top - 70) // _LINE))
        shown = order if len(order) <= fitting else order[: fitting - 1]
        for row, k in enumerate(shown):
            y = top + 26 + row * _LINE
            paint_mark(
                painter, self.theme, impedance_state(self.kohm[k]), QPointF(left + 6, y + 9), 5
            )
            painter.setPen(self.theme.colour("text"))
            box = QRectF(left + 20, y, width - 20, 18)
            name = painter.fontMetrics().elidedText(
                self._names[k], Qt.TextElideMode.ElideMiddle, round(width - 70)
            )
            painter.drawText(box, _VCENTRE, name)
            painter.drawText(box, _VCENTRE | Qt.AlignmentFlag.AlignRight, f"{self.kohm[k]:.0f}")
        if len(shown) < len(order):
            painter.setPen(self.theme.colour("dim"))
            box = QRectF(left + 20, top + 26 + len(shown) * _LINE, width - 20, 18)
            painter.drawText(box, _VCENTRE, f"and {len(order) - len(shown)} lower")

    def _paint_legend(self, painter: QPainter) -> None:
        doubtful, bad = Limits().impedance_kohm
        ranges = {
            State.GOOD: f"good: to {doubtful:g} kOhm",
            State.DOUBTFUL: f"high: to {bad:g} kOhm",
            State.BAD: f"too high: above {bad:g} kOhm",
        }
        self._font(painter, CAPTION_PX)
        x, y = 20.0, self.height() - 26.0
        for state, text in ranges.items():
            paint_mark(painter, self.theme, state, QPointF(x, y + 9), 5)
            painter.setPen(self.theme.colour("text"))
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(x + 12, y, width + 2, 18), _VCENTRE, text)
            x += width + 40

    def _font(self, painter: QPainter, pixels: int, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        font.setBold(bold)
        painter.setFont(font)
