"""Marks of channel quality, which differ in shape as well as in colour."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from bci.quality.channel_quality import State
from gui.theme import Theme
from gui.widgets.labels import tip


def _disc() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    return path


def _triangle() -> QPainterPath:
    path = QPainterPath(QPointF(0, -0.6))
    path.lineTo(0.6, 0.48)
    path.lineTo(-0.6, 0.48)
    path.closeSubpath()
    return path


def _cross() -> QPainterPath:
    path = QPainterPath(QPointF(-0.45, -0.45))
    path.lineTo(0.45, 0.45)
    path.moveTo(-0.45, 0.45)
    path.lineTo(0.45, -0.45)
    return path


SHAPES = {
    State.GOOD: _disc(),
    State.DOUBTFUL: _triangle(),
    State.BAD: _cross(),
    State.NOT_JUDGED: _disc(),
}
"""The shape of each state, about 1 in diameter; filled or outlined, see `is_filled`."""


def mark_pen(theme: Theme, state: State, radius: float) -> QPen:
    """Return the pen of a mark; filled discs and triangles have no outline."""
    colour = theme.quality_colour(state)
    if state == State.BAD:
        return QPen(colour, max(2.0, radius * 0.6), c=Qt.PenCapStyle.RoundCap)
    return QPen(colour, 1.5) if state == State.NOT_JUDGED else QPen(Qt.PenStyle.NoPen)


def is_filled(state: State) -> bool:
    return state in (State.GOOD, State.DOUBTFUL)


def paint_mark(
    painter: QPainter, theme: Theme, state: State, centre: QPointF, radius: float
) -> None:
    """Paint a disc (good), triangle (doubtful), cross (bad) or ring (not judged)."""
    painter.setPen(mark_pen(theme, state, radius))
    colour = theme.quality_colour(state)
    painter.setBrush(colour if is_filled(state) else Qt.BrushStyle.NoBrush)
    scale = QTransform.fromTranslate(centre.x(), centre.y()).scale(2 * radius, 2 * radius)
    painter.drawPath(scale.map(SHAPES[state]))


def mark_pixmap(theme: Theme, state: State, size: int = 14) -> QPixmap:
    """Return a mark for a line of text, ``size`` pixels high."""
    pixmap = QPixmap(QSize(size, size) * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, theme, state, QPointF(size / 2, size / 2), size / 2 - 2.5)
    painter.end()
    return pixmap


class MarkList(QListWidget):
    """A list of texts, each with the mark of a state; long texts wrap."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setIconSize(QSize(12, 12))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: list[tuple[str, State, str, str]] = []

    def show_lines(self, theme: Theme, lines: Iterable[tuple[State, str, str]]) -> None:
        """Replace the list by ``lines``, each (state, text, tooltip); keep the scrolling."""
        wanted = [(theme.name, *line) for line in lines]
        while self.count() > len(wanted):
            self.takeItem(self.count() - 1)
        while self.count() < len(wanted):
            self.addItem(QListWidgetItem())
        for k, line in enumerate(wanted):
            if self._shown[k : k + 1] != [line]:
                _, state, text, about = line
                item = self.item(k)
                item.setIcon(QIcon(mark_pixmap(theme, state)))
                item.setText(text)
                item.setToolTip(tip(about))
        self._shown = wanted
