"""Probability bars, one per class, with the decision threshold as a dotted line."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsSimpleTextItem, QGraphicsTextItem

from gui.plots.axis import Axis, caption_font
from gui.plots.plot import Plot, Table
from gui.theme import Theme

# Height of the text below the threshold line.
_WORDS_PX = 20
_GAP_PX = 5
_OLD_ALPHA = 90


@dataclass(frozen=True)
class Bar:
    """The bar of one class; ``share`` is its probability, 0-1, None if unknown."""

    name: str
    share: float | None
    colour: QColor
    mark: str = ""  # written after the name, for example a tick for the true class
    figure: str = ""  # written before the percentage


class TextAxis(Axis):
    """An axis with texts beside the bars, without a line."""

    def __init__(self, side: str, width: int) -> None:
        super().__init__(side)
        self.setPen(None)
        self.setWidth(width)
        self.setStyle(tickLength=0, tickAlpha=0, hideOverlappingLabels=False)

    def apply_theme(self, theme: Theme) -> None:
        self.setTextPen(theme.text)


class ProbabilityRow:
    """The graphics items of one bar: background, bar, and figures at the right."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self.room, self.share = QGraphicsRectItem(), QGraphicsRectItem()
        self.figures = QGraphicsSimpleTextItem(plot)
        self.figures.setFont(caption_font())
        for rect in (self.room, self.share):
            rect.setPen(QPen(Qt.PenStyle.NoPen))
            rect.setZValue(-1)  # behind the threshold
            plot.addItem(rect, ignoreBounds=True)

    def set_visible(self, visible: bool) -> None:
        for item in (self.room, self.share, self.figures):
            item.setVisible(visible)


class ProbabilityBars(Plot):
    """Horizontal bars from 0 to 100 %; no zoom, since part of a bar would mislead.

    Bars change with every prediction, so names and colours are drawn again only if they change.
    ``thickness`` of a bar is a share of its row's height.
    """

    def __init__(
        self, title: str, names_px: int = 90, figures_px: int = 56, thickness: float = 0.68
    ) -> None:
        self._names = TextAxis("left", names_px)
        super().__init__(title, left=self._names, grid=False, zoom=(False, False))
        self.plotItem.layout.setContentsMargins(0, 0, figures_px, _WORDS_PX)
        self.bars: tuple[Bar, ...] = ()
        self._live = True
        self._thickness = thickness
        self._rows: list[ProbabilityRow] = []
        self._dressed: object = None
        self.threshold = pg.InfiniteLine(0.5, angle=90)
        # Not inside the area of the bars, which may be narrower than the text.
        self.words = QGraphicsTextItem(self.plotItem)
        self.words.setFont(caption_font())
        self.addItem(self.threshold)
        self.invertY(True)

    def set_rows(self, n: int, row_px: int) -> None:
        """Set the height for ``n`` bars of ``row_px`` pixels."""
        self.setFixedHeight(n * row_px + _WORDS_PX)
        self.set_home((0.0, 1.0), (-0.5, n - 0.5))

    def show_bars(
        self,
        theme: Theme,
        bars: Sequence[Bar],
        threshold: float,
        words: str,
        has_line: bool = True,
        live: bool = True,
    ) -> None:
        """Show ``bars`` from top to bottom, paler if the prediction is not ``live``.

        ``threshold``, 0-1, is the place of the dotted line, with ``words`` below. Set ``has_line``
        to False if decisions are made over several windows, since bars show a single window.
        """
        self.bars, self._live = tuple(bars), live
        self.threshold.setVisible(has_line)
        self.threshold.setValue(threshold)
        if words != self.words.toPlainText():
            self.words.setPlainText(words)
        if theme is not self.theme:
            self.theme = theme
        self.draw()

    def draw(self) -> None:
        self._dress_rows()
        bars = self.plotItem.vb.sceneBoundingRect()
        row_px = bars.height() / max(1.0, self.viewRect().height())
        for k, (row, bar) in enumerate(zip(self._rows, self.bars, strict=False)):
            top = k - self._thickness / 2
            row.share.setRect(0.0, top, bar.share or 0.0, self._thickness)
            row.share.setBrush(_faded(bar.colour, self._live))
            row.figures.setText(_figures(bar))
            box = row.figures.boundingRect()
            middle = bars.top() + row_px * (k - self.viewRect().top())
            row.figures.setPos(bars.right() + _GAP_PX, middle - box.height() / 2)
        self._place_words()

    def _dress_rows(self) -> None:
        """Lay out rows, names and colours again if one of them changed."""
        theme, marked = self.theme, [(bar.name, bar.mark) for bar in self.bars]
        dressed = (theme.name, self._live, self._names.width(), self.devicePixelRatioF(), marked)
        if dressed == self._dressed:
            return
        self._dressed = dressed
        while len(self._rows) < len(self.bars):
            self._rows.append(ProbabilityRow(self.plotItem))
        ink = theme.colour("text" if self._live else "dim")
        for k, row in enumerate(self._rows):
            row.set_visible(k < len(self.bars))
            row.room.setRect(0.0, k - self._thickness / 2, 1.0, self._thickness)
            row.room.setBrush(theme.colour("line"))
            row.figures.setBrush(ink)
        self._names.setTextPen(ink)
        self._names.setTicks([list(enumerate(map(self._elided, self.bars)))])
        self.threshold.setPen(self.pen(theme.text, 1, style=Qt.PenStyle.DotLine))
        self.words.setDefaultTextColor(theme.colour("dim"))

    def numbers(self) -> Table:
        return Table(("class", "probability"), [(bar.name, bar.share) for bar in self.bars])

    def read(self, place: QPointF) -> str:
        row = round(place.y())
        if not 0 <= row < len(self.bars):
            return ""
        bar = self.bars[row]
        return bar.name if bar.share is None else f"{bar.name}: {100 * bar.share:.1f} %"

    def _place_words(self) -> None:
        """Place the text below the threshold line, inside the view."""
        bars = self.plotItem.vb.sceneBoundingRect()
        width = self.words.boundingRect().width()
        line = bars.left() + bars.width() * self.threshold.value()
        left = max(0.0, min(line - width / 2, self.width() - width))
        self.words.setPos(left, self.height() - _WORDS_PX - 3)

    def _elided(self, bar: Bar) -> str:
        metrics = QFontMetrics(caption_font())
        mark = f" {bar.mark}" if bar.mark else ""
        room = round(self._names.width()) - 8 - metrics.horizontalAdvance(mark)
        return metrics.elidedText(bar.name, Qt.TextElideMode.ElideMiddle, room) + mark


def _faded(colour: QColor, live: bool) -> QColor:
    faded = QColor(colour)
    faded.setAlpha(255 if live else _OLD_ALPHA)
    return faded


def _figures(bar: Bar) -> str:
    share = "" if bar.share is None else f"{100 * bar.share:.0f} %"
    return f"{bar.figure}   {share}" if bar.figure else share
