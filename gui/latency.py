"""How late predictions are, by stage, and what was lost on the way."""

from collections import deque

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.lsl.predictions import ReceivedPrediction
from gui.theme import DARK, Theme, class_colour

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
    ("windows_skipped", "windows skipped: decoder late"),
)
_ALWAYS = ("lost_samples", "windows_skipped")


class LatencyView(QWidget):
    """Sample-to-prediction latency: now, median, 99th percentile, and where it is spent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.counts: dict[str, int] = {}
        self._totals: deque[float] = deque(maxlen=600)
        self._stages = np.zeros(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(170)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        for p in predictions:
            until = np.array([p.arrived_s, p.filtered_s, p.decoded_s, p.published_s])
            self._stages = np.maximum(np.diff(until, prepend=0.0), 0.0) * 1000
            self._totals.append(1000 * p.published_s)
        self.update()

    def show_counts(self, status: dict[str, object]) -> None:
        """Take the loss counters out of an engine's status."""
        counts = {}
        for key, _ in COUNTS:
            value = status.get(key)
            counts[key] = value if isinstance(value, int) else 0
        self.counts = counts
        self.update()

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
        self._paint_counts(painter)

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
            painter.fillRect(QRectF(x, 76, length, 12), class_colour(k))
            x += length
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        column = width / 4
        for k, (name, stage) in enumerate(zip(STAGES, self._stages, strict=True)):
            left = 14 + k * column
            painter.fillRect(QRectF(left, 96, 8, 8), class_colour(k))
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(QRectF(left + 12, 92, column - 12, 16), 0, f"{name} {stage:.1f}")

    def _paint_counts(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        top = 118.0
        for key, name in COUNTS:
            count = self.counts.get(key, 0)
            if not count and key not in _ALWAYS:
                continue
            painter.setPen(self.theme.colour("warning" if count else "dim"))
            box = QRectF(14, top, self.width() - 28, 17)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, name)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"{count:,}")
            top += 18
