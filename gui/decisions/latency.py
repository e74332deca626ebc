"""How late predictions are, by stage, what was lost on the way, and how far the signal drifted."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from bci.models.drift import BEYOND
from gui.decisions.rejections import EXPLAINED, REASONS, rejected
from gui.decisions.status_line import delay_text
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import tip
from gui.widgets.units import counted, round_up

STAGES = ("arrive", "filter", "decode", "publish")

# Fields of the status that count losses, and what each is called; what is zero is left out.
LOST = {
    "lost_samples": "samples",
    "gaps": "gaps",
    "clock_jumps": "clock jumps",
    "reconnects": "reconnections",
    "non_finite": "non-finite values",
}
# Every start has windows that the filters' transient reaches: nothing is wrong then.
_SETTLING, _GAP = REASONS["rejected_settling"], REASONS["rejected_gap"]
_SPAN_S = 60.0
_MOST = 12_000
_FRAME_S = 0.25
_N_BINS = 26
# The longest that fits beside the delays.
_TITLES = ("latency: from sample to prediction", "latency to prediction", "latency")
_STAGES_EXPLAINED = """How long after its last sample was taken a prediction is published.
arrive: from the device to here
filter: cleaning the signal
decode: the model
publish: to whoever listens
filter delay: the filters add this much on top
evidence: a decision over several windows comes this much later still
99th percentile: one prediction in a hundred is later

The histogram shows the last minute.

Drift: how far the recent signal is from the calibration. 1 is the largest distance between its
runs. Beyond 1.5, look at the electrodes or calibrate again."""
# Where there is less room than they need, stages and histogram are left out.
_LEAST_HEIGHT, _STAGES = 120, 50.0
_LEAST_BARS = 18.0  # pixels; lower, a histogram says nothing


class LatencyView(QWidget):
    """Sample-to-prediction latency of the last minute: now, median, 99th percentile.

    Below, the stages that it is spent in, how it is distributed, what was lost on the way, and how
    far the signal is from what the model was calibrated on, where the model can tell.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.status: EngineStatus | None = None
        self.has_engine = True
        self._waiting: list[ReceivedPrediction] = []
        self._shown = -np.inf
        # When each was taken, in seconds, and when each of its stages ended, in ms after that.
        self._rows = np.zeros((0, 5))
        self._totals = np.zeros(0)
        self._stages = np.zeros(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setAccessibleName("Latency and losses")
        self.setToolTip(tip(f"{_STAGES_EXPLAINED}\n\n{EXPLAINED}"))

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Take these in; `advance` counts and shows them."""
        self._waiting += predictions

    def advance(self, now: float) -> None:
        """Show what came, as often as figures can be read; ``now`` on the LSL clock."""
        if not self._waiting or abs(now - self._shown) < _FRAME_S:
            return
        self._shown = now
        new = np.array([_row(p) for p in self._waiting]).reshape(-1, 5)
        self._waiting.clear()
        rows = np.concatenate([self._rows, new[np.isfinite(new).all(axis=1)]])[-_MOST:]
        if len(rows):
            self._rows = rows[np.abs(rows[:, 0] - rows[-1, 0]) < _SPAN_S]
            self._totals = self._rows[:, -1]
            spent = np.diff(self._rows[:, 1:], axis=1, prepend=0.0)
            self._stages = np.maximum(spent, 0.0).mean(axis=0)
        self.update()

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs: what was late before it went is not late now."""
        self.has_engine = alive
        self.update()

    def show_status(self, status: EngineStatus) -> None:
        """Show the loss counters, the delays and the drift of an engine's status."""
        self.status = status
        self.update()

    @property
    def delay_text(self) -> str:
        """``+45 ms filter delay``; empty where none is known."""
        return delay_text(self.status)

    @property
    def _lost(self) -> dict[str, int]:
        """Losses by name; what is zero is left out."""
        counts = {name: getattr(self.status, field, 0) for field, name in LOST.items()}
        return {name: n for name, n in counts.items() if n}

    @property
    def median_ms(self) -> float | None:
        """Median latency of the last minute; None before the first prediction."""
        return float(np.median(self._totals)) if len(self._totals) else None

    @property
    def lost_text(self) -> str:
        """``lost: 7 samples, 2 gaps``; what is zero is left out."""
        if self.status is None or not self.has_engine:
            return "no engine reports losses"
        lost = [
            f"{n:,} {name.removesuffix('s') if n == 1 else name}" for name, n in self._lost.items()
        ]
        return f"lost: {', '.join(lost)}" if lost else "no samples lost"

    @property
    def rejected_text(self) -> str:
        """``windows not used: gap (12); skipped: 2``; what is zero is left out."""
        if self.status is None or not self.has_engine:
            return ""
        windows = self.status.windows
        why = ", ".join(f"{reason} ({n:,})" for reason, n in rejected(windows).items() if n)
        skipped = f"skipped: {windows.skipped:,}" if windows.skipped else ""
        if not why:
            return f"all windows used; {skipped}" if skipped else "all windows used, none skipped"
        return "; ".join(filter(None, (f"windows not used: {why}", skipped)))

    @property
    def drift(self) -> float | None:
        """Distance of the signal from the calibration; None where it is not measured."""
        return self.status.drift if self.status is not None else None

    @property
    def drift_text(self) -> str:
        """``drift 0.8 of 1.5``; empty where it is not measured."""
        if self.drift is None or not self.has_engine:
            return ""
        return f"drift {self.drift:.1f} of {BEYOND}"

    def histogram(self) -> tuple[NDArray[np.int64], float]:
        """How many predictions of the last minute fall in each bin, and where the last one ends.

        The first bin begins at 0; whatever is later than the end is counted in the last. In ms.
        """
        if not len(self._totals):
            return np.zeros(_N_BINS, dtype=np.int64), 1.0
        end = round_up(1.1 * float(np.percentile(self._totals, 99)))
        counts, _ = np.histogram(np.clip(self._totals, 0, end), _N_BINS, (0, end))
        return counts, end

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        head = QRectF(14, 8, self.width() - 28, 18)
        room = head.width() - painter.fontMetrics().horizontalAdvance(f"{self.delay_text}  ")
        fitting = (t for t in _TITLES if painter.fontMetrics().horizontalAdvance(t) <= room)
        painter.drawText(head, 0, next(fitting, ""))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight, self.delay_text)
        self._paint_numbers(painter)
        top = self._paint_counts(painter)
        if top - 76 >= _STAGES:
            self._paint_stages(painter)
        self._paint_histogram(painter, QRectF(14, 130, self.width() - 28, top - 130 - 8))

    def _paint_numbers(self, painter: QPainter) -> None:
        figures = ("-", "-", "-")
        if len(self._totals):
            p50, p99 = np.percentile(self._totals, [50, 99])
            now = f"{self._totals[-1]:.1f}" if self.has_engine else "-"
            figures = (now, f"{p50:.1f}", f"{p99:.1f}")
        width = self.width() - 28
        places = (0.0, 0.31, 0.62, 1.0)  # the last has the longest name
        font = QFont(self.font())
        for k, (name, figure) in enumerate(
            zip(("now", "median", "99th percentile"), figures, strict=True)
        ):
            font.setPixelSize(20)
            painter.setFont(font)
            painter.setPen(self.theme.colour("text"))
            text = figure if figure == "-" else f"{figure} ms"
            left, column = 14 + places[k] * width, (places[k + 1] - places[k]) * width
            painter.drawText(QRectF(left, 28, column, 28), 0, text)
            font.setPixelSize(CAPTION_PX)
            painter.setFont(font)
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(QRectF(left, 52, column, 18), 0, name)

    def _paint_stages(self, painter: QPainter) -> None:
        total = float(self._stages.sum())
        width, x = self.width() - 28.0, 14.0
        for k, stage in enumerate(self._stages):
            length = width * stage / total if total else 0.0
            painter.fillRect(QRectF(x, 76, length, 12), QColor(self.theme.stages[k]))
            x += length
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        column = width / 4
        for k, (name, stage) in enumerate(zip(STAGES, self._stages, strict=True)):
            left = 14 + k * column
            painter.fillRect(QRectF(left, 95, 9, 9), QColor(self.theme.stages[k]))
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(QRectF(left + 13, 90, column - 13, 18), 0, name)
            if len(self._totals):
                painter.setPen(self.theme.colour("text"))
                painter.drawText(QRectF(left + 13, 107, column - 13, 18), 0, f"{stage:.1f} ms")

    def _paint_counts(self, painter: QPainter) -> float:
        """At the bottom; returns where the text begins."""
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        lost = self.has_engine and bool(self._lost)
        bottom = self.height() - 8.0
        for text, wrong in (
            (self.rejected_text, self._wasted(lost)),
            (self.lost_text, lost),
        ):
            painter.setPen(self.theme.colour("warning" if wrong else "dim"))
            flags = Qt.TextFlag.TextWordWrap
            room = QRectF(14, 0, self.width() - 28, 60)
            high = painter.boundingRect(room, flags, text).height() if text else 0.0
            bottom -= high
            painter.drawText(QRectF(14, bottom, self.width() - 28, high + 2), flags, text)
            bottom -= 4 if text else 0
        return self._paint_drift(painter, bottom)

    def _wasted(self, lost: bool) -> bool:
        """Whether windows gave no prediction for a reason that a person should look at."""
        if self.status is None:
            return False
        # Without a loss, a gap is where a replay began again.
        harmless = (_SETTLING,) if lost else (_SETTLING, _GAP)
        counts = rejected(self.status.windows)
        watched = (n for reason, n in counts.items() if reason not in harmless)
        return any(watched) or bool(self.status.windows.skipped)

    def _paint_drift(self, painter: QPainter, bottom: float) -> float:
        """At the right of what was lost where there is room, else above it."""
        metrics = painter.fontMetrics()
        both = metrics.horizontalAdvance(f"{self.lost_text}  {self.drift_text}")
        if not self.drift_text:
            return bottom
        top = bottom + 4 if both <= self.width() - 28 else bottom - metrics.height()
        is_far = self.drift is not None and self.drift > BEYOND
        painter.setPen(self.theme.colour("warning" if is_far else "dim"))
        room = QRectF(14, top, self.width() - 28, metrics.height() + 2)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, self.drift_text)
        return min(bottom, top)

    def _paint_histogram(self, painter: QPainter, room: QRectF) -> None:
        bars = room.adjusted(0, 0, 0, -18)
        if not len(self._totals) or bars.height() < _LEAST_BARS:
            return
        counts, end = self.histogram()
        width = bars.width() / len(counts)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("trace"))
        for k, count in enumerate(counts.tolist()):
            # Even a single one can be seen.
            high = max(2.0, count / counts.max() * bars.height()) if count else 0.0
            left = bars.left() + k * width
            painter.drawRect(QRectF(left, bars.bottom() - high, width - 1, high))
        painter.setPen(QPen(self.theme.colour("line"), 1.0))
        painter.drawLine(bars.bottomLeft(), bars.bottomRight())
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        words = QRectF(bars.left(), bars.bottom() + 1, bars.width(), 18)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, "0")
        said = f"{counted(len(self._totals), 'prediction')}"
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, said)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, f"{end:g} ms +")


def _row(p: ReceivedPrediction) -> tuple[float, ...]:
    stages = (p.arrived_s, p.filtered_s, p.decoded_s, p.published_s)
    return p.taken, *(1000 * until for until in stages)
