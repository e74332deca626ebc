"""Latency of predictions by stage, lost samples, and drift of the signal."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QSizePolicy, QWidget

from bci.messages import EngineStatus
from gui.decisions.headline import set_style
from gui.decisions.timing.latency_figures import N_BINS, STAGES, LatencyFigures, notes
from gui.decisions.timing.rejections import EXPLAINED
from gui.plots.axis import Axis, caption_font
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags
from gui.processes.status_line import delay_text
from gui.widgets.labels import ElidedLabel, plain, tip
from gui.widgets.layouts import as_widget, column_of, named, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import counted

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
_TITLE, _SHORT_TITLE, _TITLE_GAP_PX = "latency to prediction", "latency", 8
_MIN_HEIGHT, _HISTOGRAM_PX, _FIGURE_PX, _BAR_PX = 120, 46, 20, 12
# Least height of the histogram with words, in pixels; below it they would cover the bars.
_WORDS_FROM_PX = 50


class LatencyHistogram(Plot):
    """Histogram of the last minute's latencies; the last bin includes all longer ones."""

    def __init__(self) -> None:
        super().__init__(
            "Latency of the last minute", Axis("bottom", write=self._write), zoom=(True, False)
        )
        self.counts, self.end = np.zeros(N_BINS, dtype=np.int64), 1.0
        self.bars = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None)
        self.addItem(self.bars)
        self._words = Tags(self, (1, 0))

    def _write(self, ms: float) -> str:
        # The unit is written at 0, which always has a number; the end has one at few ranges only.
        return f"{ms:g}+ ms" if ms >= self.end else f"{ms:g}" if ms else "0 ms"

    def show_histogram(self, counts: np.ndarray, end: float) -> None:
        """Show ``counts``, the predictions per bin; bins span 0 to ``end`` ms."""
        self.counts, self.end = counts, end
        # Half of the first and of the last number lies beyond the axis.
        width_of = QFontMetrics(caption_font()).horizontalAdvance
        first, last = (width_of(self._write(ms)) // 2 + 4 for ms in (0.0, end))
        self.plotItem.layout.setContentsMargins(first, 0, last, 0)
        self.set_home((0.0, end), (0.0, max(1.0, float(counts.max()))))
        self.refresh()

    def draw(self) -> None:
        edges = self._edges()
        least = 0.04 * self.counts.max()
        self.bars.setOpts(
            x0=edges[:-1], x1=edges[1:] - 0.1 * (edges[1] - edges[0]),
            y0=np.zeros(N_BINS), y1=np.where(self.counts > 0, np.maximum(self.counts, least), 0),
            brush=self.theme.colour("trace"),
        )  # fmt: skip
        words = counted(int(self.counts.sum()), "prediction")
        place = self.end, max(1.0, float(self.counts.max()))
        has_room = self.plotItem.vb.height() > _WORDS_FROM_PX
        self._words.show([Tag(*place, words, self.theme.colour("dim"))] if has_room else [])

    def _edges(self) -> np.ndarray:
        return np.linspace(0.0, self.end, N_BINS + 1)

    def numbers(self) -> Table:
        edges = self._edges()
        rows = zip(edges[:-1].tolist(), edges[1:].tolist(), self.counts.tolist(), strict=True)
        return Table(("from (ms)", "to (ms)", "predictions"), rows)

    def read(self, place: QPointF) -> str:
        k = int(place.x() / self.end * N_BINS)
        if not 0 <= k < N_BINS:
            return ""
        low, high = self._edges()[k : k + 2]
        return f"{low:.3g} to {high:.3g} ms: {counted(int(self.counts[k]), 'prediction')}"


class LatencyView(Themed, QWidget):
    """Latency from sample to prediction: newest, median and 99th percentile.

    Median and percentile are of the last minute. Below are the share of each stage, a histogram,
    rejected windows and lost samples. If the model measures it, the drift of the signal from the
    calibration is shown. Stages and histogram are hidden if they do not fit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.status: EngineStatus | None = None
        self.has_engine = True
        self.figures = LatencyFigures()
        self.histogram = LatencyHistogram()
        self.title, self.delay = named(ElidedLabel(_TITLE), "dim"), named(QLabel(), "dim")
        self.values = [named(QLabel("-"), "plain") for _ in range(3)]
        self.legend = [named(QLabel(), "plain") for _ in STAGES]
        self.rejected, self.lost, self.drift = (plain(named(QLabel(), "plain")) for _ in range(3))
        for label in (self.rejected, self.lost):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._head, self.stages = self._lay_out_head(), self._lay_out_stages()
        foot = row_of((self.lost, 1), self.drift)
        foot.setAlignment(self.drift, Qt.AlignmentFlag.AlignBottom)
        parts = self._head, self.stages, (self.histogram, 1), (None, 0), self.rejected, foot
        column = column_of(*parts, margins=(14, 8, 14, 8), spacing=2)
        column.setSizeConstraint(QBoxLayout.SizeConstraint.SetNoConstraint)
        self.setLayout(column)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_MIN_HEIGHT)
        self.setAccessibleName("Latency and losses")
        self.setToolTip(tip(f"{_STAGES_EXPLAINED}\n\n{EXPLAINED}"))
        self.refresh()

    def _lay_out_head(self) -> QGridLayout:
        grid = QGridLayout()
        self.title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        grid.addLayout(row_of((self.title, 1), self.delay), 0, 0, 1, 3)
        grid.setVerticalSpacing(0)
        for k, name in enumerate(("now", "median", "99th percentile")):
            grid.addWidget(self.values[k], 1, k)
            grid.addWidget(named(QLabel(name), "dim"), 2, k)
            grid.setColumnStretch(k, 1)
        return grid

    def _lay_out_stages(self) -> QWidget:
        """Make a bar with one part per stage, as wide as its share, and the names."""
        self.parts = [QLabel() for _ in STAGES]
        for part in self.parts:
            part.setFixedHeight(_BAR_PX)
        self.stage_bar = row_of(*self.parts, spacing=0)
        names = row_of(*((label, 1) for label in self.legend))
        return as_widget(column_of(self.stage_bar, names, margins=(0, 2, 0, 0), spacing=2))

    def apply_theme(self) -> None:
        self.refresh()

    def advance(self, now: float) -> None:
        """Update the figures with new predictions; ``now`` is on the LSL clock.

        They change at most twice a second, so that they can be read.
        """
        if self.figures.advance(now):
            self.refresh()

    def set_engine(self, alive: bool) -> None:
        """Set whether an engine runs; without one no losses are shown."""
        self.has_engine = alive
        self.refresh()

    def show_status(self, status: EngineStatus) -> None:
        """Show the counts of losses, the delays and the drift in an engine's status."""
        self.status = status
        self._write_notes()
        self._fit()

    def refresh(self) -> None:
        self._write_figures()
        self._write_stages()
        self.histogram.show_histogram(*self.figures.histogram())
        self._write_notes()
        self._fit()

    def _write_notes(self) -> None:
        status = self.status if self.has_engine else None
        self.delay.setText(delay_text(self.status))
        labels = self.rejected, self.lost, self.drift
        for label, (text, is_wrong) in zip(labels, notes(status), strict=True):
            label.setText(text)
            label.setVisible(bool(text))
            set_style(label, f"color: {self.theme.warning if is_wrong else self.theme.dim};")

    def _write_figures(self) -> None:
        totals, texts = self.figures.totals, ["-"] * 3
        if len(totals):
            p50, p99 = np.percentile(totals, [50, 99])
            now = f"{totals[-1]:.1f} ms" if self.has_engine else "-"
            texts = [now, f"{p50:.1f} ms", f"{p99:.1f} ms"]
        for label, text in zip(self.values, texts, strict=True):
            label.setText(text)
            set_style(label, f"font-size: {_FIGURE_PX}px;")

    def _write_stages(self) -> None:
        stages = self.figures.stages
        each = zip(self.legend, STAGES, stages.tolist(), self.theme.stages, strict=True)
        for k, (label, name, ms, colour) in enumerate(each):
            self.stage_bar.setStretch(k, max(1, round(1000 * ms / max(stages.sum(), 1e-9))))
            set_style(self.parts[k], f"background: {colour};")
            spent = f"<br>&nbsp;&nbsp; {ms:.1f} ms" if len(self.figures.totals) else ""
            label.setText(
                f'<span style="color: {colour}">\u25a0</span> '
                f'<span style="color: {self.theme.dim}">{name}</span>{spent}'
            )

    def _fit(self) -> None:
        """Shorten the title, and hide the stages and the histogram, if they do not fit."""
        width = self.width() - 28
        beside = width - self.delay.sizeHint().width() - _TITLE_GAP_PX
        is_short = self.title.fontMetrics().horizontalAdvance(_TITLE) > beside
        self.title.setText(_SHORT_TITLE if is_short else _TITLE)
        texts = [label for label in (self.rejected, self.lost) if label.text()]
        parts = sum(label.heightForWidth(width) for label in texts) + self._head.sizeHint().height()
        # Less the margins and the spaces between the parts.
        room = self.height() - 16 - 2 * 5 - parts
        needed = self.stages.sizeHint().height()
        self.stages.setVisible(room >= needed)
        has_bars = bool(len(self.figures.totals))
        self.histogram.setVisible(has_bars and room >= needed + _HISTOGRAM_PX)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        # The view fits into any height.
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()
