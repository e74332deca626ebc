"""A confusion matrix: rows are the true classes, columns the decided ones."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF

from gui.plots.axis import Axis, caption_font
from gui.plots.plot import Plot, Table
from gui.plots.tags import Tag, Tags
from gui.theme import CAPTION_PX
from gui.widgets.labels import tip

MATRIX = "asked \u2193  decided \u2192"
# Least size of a cell, in pixels, for its number and for a name beside it; smaller cells are only
# read by the mouse.
_NUMBERED_PX, _NAMED_PX = 26.0, 14.0
_NAMES_PX, _MAX_PX = 84.0, 20
# Opacity of a cell with no trial of its row, and of a cell with all of them.
_FAINT, _STRONG = 0.08, 0.85


class ConfusionView(Plot):
    """A matrix of counts; opacity is the share of the row, and the diagonal is framed."""

    def __init__(self) -> None:
        self._names = Axis("top"), Axis("left")
        super().__init__("Confusion matrix", *self._names, grid=False)
        self.classes: tuple[str, ...] = ()
        self.counts: list[list[int]] = []
        self.setMinimumSize(240, 150)
        self.plotItem.invertY(True)
        self.cells = pg.ImageItem(axisOrder="row-major", levels=(0.0, 1.0))
        self._gaps = pg.PlotCurveItem(connect="pairs")
        self._frames = pg.PlotCurveItem(connect="pairs")
        for item in (self.cells, self._gaps, self._frames):
            self.addItem(item)
        for axis in self._names:
            axis.setStyle(tickLength=0)
        self.right, self.wrong = Tags(self, bold=True), Tags(self)
        self.set_heading(MATRIX)
        self.is_blank = True

    def set_counts(self, classes: tuple[str, ...], counts: list[list[int]]) -> None:
        """Show ``counts``, one row per true class; empty if there are too many classes."""
        self.classes, self.counts = classes, counts
        self.hint = f"{len(classes)} classes: too many to show" if classes else ""
        self.is_blank = not counts
        rows = [
            f"{name}: {', '.join(f'{n} {c}' for n, c in zip(row, classes, strict=False))}"
            for name, row in zip(classes, counts, strict=False)
        ]
        self.setAccessibleName("Confusion matrix; " + "; ".join(rows))
        self.setToolTip(tip("\n".join(("Asked classes, and the decisions:", *rows))))
        # Slightly larger than the cells, so that the frames are not cut off.
        span = (-0.52, len(classes) - 0.48)
        self.set_home(span, span)
        self.refresh()

    def draw(self) -> None:
        if not self.counts:
            return
        n = len(self.classes)
        shares = self.shares()
        self.cells.setImage(shares, autoLevels=False, lut=self._colours())
        self.cells.setRect(QRectF(-0.5, -0.5, n, n))
        edges = np.repeat(np.arange(0.5, n - 1), 2)
        ends = np.resize((-0.5, n - 0.5), len(edges))
        self._gaps.setData(np.concatenate([edges, ends]), np.concatenate([ends, edges]))
        self._gaps.setPen(self.pen(self.theme.colour("panel"), 2))
        self._frames.setData(*_squares(n))
        self._frames.setPen(self.pen(self.theme.colour("text"), 1.5))
        self._write_names()
        self._write_counts(shares)

    def shares(self) -> np.ndarray:
        """Return the share of each row per decided class, shape (n_classes, n_classes)."""
        counts = np.array(self.counts, dtype=np.float64)
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def _colours(self) -> np.ndarray:
        """Return shades of one hue, unlike any class, for shares from 0 to 1."""
        colour = self.theme.colour("trace")
        table = np.full((256, 4), [colour.red(), colour.green(), colour.blue(), 0], np.uint8)
        table[:, 3] = 255 * np.linspace(_FAINT, _STRONG, 256)
        return table

    @property
    def _cell_px(self) -> tuple[float, float]:
        view, n = self.plotItem.vb, max(1, len(self.classes))
        return view.width() / n, view.height() / n

    def _write_names(self) -> None:
        metrics = QFontMetricsF(caption_font())
        across, high = self._cell_px
        elide = Qt.TextElideMode.ElideRight
        above, beside = self._names
        for axis, px, room in ((above, _NUMBERED_PX, across), (beside, _NAMED_PX, _NAMES_PX)):
            short = [metrics.elidedText(name, elide, room - 4) for name in self.classes]
            axis.setTicks([list(enumerate(short)) if min(across, high) >= px else []])

    def _write_counts(self, shares: np.ndarray) -> None:
        across, high = self._cell_px
        right: list[Tag] = []
        wrong: list[Tag] = []
        if min(across, high) >= _NUMBERED_PX:
            for i, row in enumerate(self.counts):
                for j, count in enumerate(row):
                    tag = Tag(j, i, str(count), self._ink(float(shares[i, j])))
                    (right if i == j else wrong).append(tag)
        for tags, shown in ((self.right, right), (self.wrong, wrong)):
            tags.set_pixels(max(CAPTION_PX, min(_MAX_PX, int(0.34 * high))))
            tags.show(shown)

    def _ink(self, share: float) -> QColor:
        """Return black or white, whichever is readable on a cell."""
        over, under = self.theme.colour("trace"), self.theme.colour("panel")
        opacity = _FAINT + (_STRONG - _FAINT) * share
        mixed = [
            opacity * a + (1 - opacity) * b
            for a, b in zip(over.getRgbF()[:3], under.getRgbF()[:3], strict=True)  # type: ignore[index]
        ]
        light = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2]
        # This grey has the same contrast to black and to white: 4.6 to 1, as WCAG defines it.
        return QColor("black" if light > 0.46 else "white")

    def numbers(self) -> Table:
        rows = ([name, *row] for name, row in zip(self.classes, self.counts, strict=False))
        return Table(("asked", *(f"decided {name}" for name in self.classes)), rows)

    def read(self, place: QPointF) -> str:
        i, j = round(place.y()), round(place.x())
        n = len(self.classes)
        if not (0 <= i < n and 0 <= j < n):
            return ""
        share = 100 * float(self.shares()[i, j])
        names = f"asked {self.classes[i]}, decided {self.classes[j]}"
        return f"{names}: {self.counts[i][j]} ({share:.0f} %)"


def _squares(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the ``n`` diagonal cells, as pairs of points, x and y."""
    corners = np.array([(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 1), (0, 0)])
    points = (np.arange(n)[:, None, None] - 0.5 + corners).reshape(-1, 2)
    return points[:, 0], points[:, 1]
