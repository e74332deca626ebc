"""Where a model looks: a head for each class, coloured between the electrodes."""

from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.training.class_patterns import ClassPattern
from gui.calibration.result import placed
from gui.plots.head import flatten, grid
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip

_PIXELS = 180
# Bands of colour: their edges are contours, by which values can be compared.
_BANDS = 6
_MOST_HEADS, _MOST_A_ROW = 8, 4
_MOST_NAMES = 3
_NEAR = 0.02


class PatternView(QWidget):
    """Orange where a channel's power rises with the class, blue where it falls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.patterns: tuple[ClassPattern, ...] = ()
        self.setMinimumSize(300, 210)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            tip(
                "Where the signal itself changes (patterns), not what the decoder multiplies it "
                "by (filters). Attention of a network tells how much, not which way."
            )
        )

    def set_patterns(self, patterns: tuple[ClassPattern, ...]) -> None:
        self.patterns = patterns
        told = [f"{p.label}: {', '.join(strongest(p))}" for p in patterns]
        self.setAccessibleName("Strongest channels; " + "; ".join(told))
        self.update()

    @property
    def _is_signed(self) -> bool:
        return any(bool((pattern.weights < 0).any()) for pattern in self.patterns)

    @property
    def legend(self) -> str:
        if not self.patterns:
            return "This decoder has no map of its channels."
        n = len(self.patterns)
        first = f" (first {_MOST_HEADS} of {n} classes)" if n > _MOST_HEADS else ""
        if self._is_signed:
            return f"What each class changes: orange + power rises, blue \u2212 falls{first}"
        return f"How much the network attends to each channel{first}"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        legend = painter.fontMetrics().elidedText(
            self.legend, Qt.TextElideMode.ElideRight, self.width() - 24
        )
        painter.drawText(QRectF(14, 7, self.width() - 20, 18), 0, legend)
        shown = self.patterns[:_MOST_HEADS]
        if not shown:
            return
        n_rows = ceil(len(shown) / _MOST_A_ROW)
        a_row = ceil(len(shown) / n_rows)
        width, height = self.width() / a_row, (self.height() - 30) / n_rows
        radius = min(width / 2 - 20, (height - 64) / 2)
        largest = max(float(np.abs(pattern.weights).max()) for pattern in shown) or 1.0
        for k, pattern in enumerate(shown):
            row, column = divmod(k, a_row)
            centre = QPointF((column + 0.5) * width, 44 + row * height + radius)
            self._paint_head(painter, pattern, centre, radius, largest)
            under = QRectF(centre.x() - width / 2, centre.y() + radius + 6, width, 18)
            painter.setPen(self.theme.colour("text"))
            middle = Qt.AlignmentFlag.AlignHCenter
            painter.drawText(under, middle, pattern.label)
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(under.translated(0, 17), middle, ", ".join(strongest(pattern)))

    def _paint_head(
        self,
        painter: QPainter,
        pattern: ClassPattern,
        centre: QPointF,
        radius: float,
        largest: float,
    ) -> None:
        channels = placed(pattern)
        places = flatten(channels) or grid(len(channels))
        at = np.array(list(places.values()))
        values = pattern.weights[list(places)].astype(np.float64) / largest
        painter.save()
        outline = QPainterPath()
        outline.addEllipse(centre, radius, radius)
        painter.setClipPath(outline)
        image = self._image(spread_over_head(at, values))
        painter.drawImage(
            QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius), image
        )
        painter.restore()
        painter.setPen(QPen(self.theme.colour("dim"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        top = centre - QPointF(0, radius)
        nose = QPointF(0, -8)
        painter.drawLine(top - QPointF(8, -1), top + nose)
        painter.drawLine(top + QPointF(8, 1), top + nose)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("text"))
        for x, y in at:
            painter.drawEllipse(centre + QPointF(x, -y) * radius, 1.6, 1.6)

    def _image(self, values: NDArray[np.float64]) -> QImage:
        low, none, high = map(self._rgb, ("accent", "panel", "warning"))
        strength = (np.round(_BANDS * np.clip(np.abs(values), 0, 1)) / _BANDS)[..., None]
        ends = np.where(values[..., None] > 0, high, low)
        rgb = np.ascontiguousarray(none + strength * (ends - none)).astype(np.uint8)
        height, width = values.shape
        image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        return image.copy()

    def _rgb(self, name: str) -> NDArray[np.float64]:
        colour = self.theme.colour(name)
        return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def strongest(pattern: ClassPattern) -> list[str]:
    """The channels with the largest weights, the largest first: ``C3 +``, with its way."""
    order = np.argsort(-np.abs(pattern.weights))[:_MOST_NAMES]
    signed = bool((pattern.weights < 0).any())
    ways = [(" \u2212" if pattern.weights[k] < 0 else " +") * signed for k in order]
    return [f"{pattern.ch_names[k]}{way}" for k, way in zip(order, ways, strict=True)]


def spread_over_head(at: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values between electrodes, weighed by the inverse cube of the distance.

    Parameters
    ----------
    at : ndarray, shape (n, 2)
        Places on a head of radius 1, y to the nose.
    values : ndarray, shape (n,)

    Returns
    -------
    image : ndarray, shape (n_pixels, n_pixels)
        Rows from the nose backwards.
    """
    line = np.linspace(-1, 1, _PIXELS)
    x, y = np.meshgrid(line, -line)
    away = (x[..., None] - at[:, 0]) ** 2 + (y[..., None] - at[:, 1]) ** 2
    weights = (away + _NEAR) ** -1.5
    return np.asarray((weights * values).sum(axis=2) / weights.sum(axis=2))
