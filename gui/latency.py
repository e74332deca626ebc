"""How late predictions are, by stage, and what was lost on the way."""

from collections import deque

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.lsl.predictions import ReceivedPrediction
from gui.amounts import round_up
from gui.theme import DARK, Theme

STAGES = ("arrive", "filter", "decode", "publish")

# Status keys and what they are called, in the order shown.
COUNTS = (
    ("lost_samples", "samples lost"),
    ("gaps", "gaps"),
    ("clock_jumps", "clock jumps"),
    ("reconnects", "reconnections"),
    ("non_finite", "values not finite"),
    ("windows_rejected_gap", "windows rejected: gap"),
    ("windows_rejected_settling", "windows rejected: filters settling"),
    ("windows_rejected_non_finite", "windows rejected: not finite"),
    ("windows_rejected_artifact", "windows rejected: large swing"),
    ("windows_skipped", "windows skipped: decoder late"),
)
_ALWAYS = ("lost_samples", "windows_skipped")
# Every start has windows that the filters' transient reaches: nothing is wrong then.
_HARMLESS = ("windows_rejected_settling",)
_SPAN_S = 30.0
_CHART_HEIGHT = 70


class LatencyView(QWidget):
    """Sample-to-prediction latency: now, median, 99th percentile, and where it is spent.

    Below, what was lost, and the latency of each prediction of the last half minute.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.counts: dict[str, int] = {}
        self._totals: deque[float] = deque(maxlen=600)
        self._times: deque[float] = deque(maxlen=600)
        self._stages = np.zeros(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(170)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        for p in predictions:
            until = np.array([p.arrived_s, p.filtered_s, p.decoded_s, p.published_s])
            if not np.isfinite(until).all():
                continue
            self._stages = np.maximum(np.diff(until, prepend=0.0), 0.0) * 1000
            self._totals.append(1000 * p.published_s)
            self._times.append(p.taken)
        self.update()

    def show_counts(self, status: dict[str, object]) -> None:
        """Take the loss counters out of an engine's status."""
        counts = {}
        for key, _ in COUNTS:
            value = status.get(key)
            counts[key] = value if isinstance(value, int) else 0
        self.counts = counts
        self.update()

    @property
    def median_ms(self) -> float | None:
        """Median latency of the last predictions; None before the first."""
        return float(np.median(self._totals)) if self._totals else None

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, 8, self.width() - 28, 18), 0, "sample to prediction")
        self._paint_numbers(painter)
        self._paint_stages(painter)
        self._paint_chart(painter, self._paint_counts(painter) + 12)

    def _paint_numbers(self, painter: QPainter) -> None:
        figures = ("-", "-", "-")
        if self._totals:
            p50, p99 = np.percentile(self._totals, [50, 99])
            figures = (f"{self._totals[-1]:.1f}", f"{p50:.1f}", f"{p99:.1f}")
        column = (self.width() - 28) / 3
        font = QFont(self.font())
        for k, (name, figure) in enumerate(zip(("now", "p50", "p99"), figures, strict=True)):
            font.setPixelSize(20)
            painter.setFont(font)
            painter.setPen(self.theme.colour("text"))
            text = f"{figure} ms" if self._totals else figure
            painter.drawText(QRectF(14 + k * column, 28, column, 28), 0, text)
            font.setPixelSize(11)
            painter.setFont(font)
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(QRectF(14 + k * column, 54, column, 14), 0, name)

    def _paint_stages(self, painter: QPainter) -> None:
        total = float(self._stages.sum())
        width, x = self.width() - 28.0, 14.0
        for k, stage in enumerate(self._stages):
            length = width * stage / total if total else 0.0
            painter.fillRect(QRectF(x, 76, length, 12), QColor(self.theme.stages[k]))
            x += length
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        column = width / 4
        for k, (name, stage) in enumerate(zip(STAGES, self._stages, strict=True)):
            left = 14 + k * column
            painter.fillRect(QRectF(left, 96, 8, 8), QColor(self.theme.stages[k]))
            painter.setPen(self.theme.colour("dim"))
            text = f"{name} {stage:.1f}" if self._totals else name
            painter.drawText(QRectF(left + 12, 92, column - 12, 16), 0, text)

    def _paint_counts(self, painter: QPainter) -> float:
        """Returns where the counts end."""
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        top = 118.0
        if not self.counts:
            painter.setPen(self.theme.colour("dim"))
            box = QRectF(14, top, self.width() - 28, 17)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, "no engine has reported losses yet")
            return top + 18
        for key, name in COUNTS:
            count = self.counts.get(key, 0)
            if not count and key not in _ALWAYS:
                continue
            worth_a_look = count and key not in _HARMLESS
            painter.setPen(self.theme.colour("warning" if worth_a_look else "dim"))
            box = QRectF(14, top, self.width() - 28, 17)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, name)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"{count:,}")
            top += 18
        return top

    def _paint_chart(self, painter: QPainter, top: float) -> None:
        left, right, bottom = 14.0, self.width() - 14.0, self.height() - 26.0
        top = max(top, bottom - 160)
        if not self._totals or bottom - top < _CHART_HEIGHT:
            return
        shown = [
            (time - self._times[-1], total)
            for time, total in zip(self._times, self._totals, strict=True)
            if time > self._times[-1] - _SPAN_S
        ]
        highest = round_up(max(total for _, total in shown))
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        align = Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, top, right - left, 14), align, f"{highest:g} ms")
        align = Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(left, top, right - left, 14), align, "each prediction")
        painter.drawText(QRectF(left, bottom + 5, right - left, 14), align, "now")
        painter.drawText(QRectF(left, bottom + 5, 80, 14), 0, f"-{_SPAN_S:.0f} s")
        painter.setPen(QPen(self.theme.colour("line"), 1.0))
        painter.drawLine(QPointF(left, bottom), QPointF(right, bottom))
        painter.drawLine(QPointF(left, top + 16), QPointF(right, top + 16))
        painter.setPen(QPen(self.theme.colour("trace"), 2.5, c=Qt.PenCapStyle.RoundCap))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = bottom - top - 16
        painter.drawPoints(
            [
                QPointF(right + ago / _SPAN_S * (right - left), bottom - total / highest * height)
                for ago, total in shown
            ]
        )
