"""A confusion matrix: rows are what was asked, columns what was decided."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip

_LABELS, _HEAD = 92.0, 50.0
_MOST_CELL = 100.0
# What rows and columns of every such matrix are.
MATRIX = "asked \u2193  decided \u2192"
# A smaller cell has no room for its number, nor a name beside it; both are in the tooltip.
_LEAST_NUMBERED, _LEAST_NAMED = 26.0, 14.0


class ConfusionView(QWidget):
    """Counts, and the share of the row as the cell's strength; what was right has a frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.classes: tuple[str, ...] = ()
        self.counts: list[list[int]] = []
        self.setMinimumSize(240, 150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_counts(self, classes: tuple[str, ...], counts: list[list[int]]) -> None:
        self.classes, self.counts = classes, counts
        told = [
            f"{name}: {', '.join(f'{n} {c}' for n, c in zip(row, classes, strict=False))}"
            for name, row in zip(classes, counts, strict=False)
        ]
        self.setAccessibleName("Confusion matrix; " + "; ".join(told))
        self.setToolTip(tip("\n".join(("What was asked, and what was decided:", *told))))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        n = len(self.classes)
        if not n:
            return
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, 7, self.width() - 20, 18), 0, MATRIX)
        if not self.counts:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, f"{n} classes: too many")
            return
        side = min((self.width() - _LABELS - 14) / n, (self.height() - _HEAD - 10) / n, _MOST_CELL)
        # A cell is as wide as its class's name, where there is room for that.
        named = max(painter.fontMetrics().horizontalAdvance(name) for name in self.classes) + 10
        across = max(side, min((self.width() - _LABELS - 14) / n, named))
        painter.translate(max(0.0, (self.width() - 2 * _LABELS - n * across) / 2), 0)
        for k, name in enumerate(self.classes):
            self._paint_name(painter, k, name, side, across)
        for i, row in enumerate(self.counts):
            for j, count in enumerate(row):
                share = count / max(1, sum(row))
                cell = QRectF(_LABELS + j * across, _HEAD + i * side, across - 2, side - 2)
                self._paint_cell(painter, cell, count, share, i == j)

    def _paint_name(self, painter: QPainter, k: int, name: str, side: float, across: float) -> None:
        if side < _LEAST_NAMED:
            return
        painter.setPen(self.theme.colour("text"))
        metrics = painter.fontMetrics()
        short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(_LABELS - 20))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(8, _HEAD + k * side, _LABELS - 16, side - 2), right, short)
        if side < _LEAST_NUMBERED:
            return
        short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(across - 2))
        above = QRectF(_LABELS + k * across, _HEAD - 21, across - 2, 20)
        painter.drawText(above, Qt.AlignmentFlag.AlignHCenter, short)

    def _paint_cell(
        self, painter: QPainter, cell: QRectF, count: int, share: float, right: bool
    ) -> None:
        # One hue, which is no class's: how much of the row, not whether it is right.
        colour = QColor(self.theme.colour("trace"))
        colour.setAlphaF(0.08 + 0.77 * share)
        painter.setPen(QPen(self.theme.colour("text"), 1.5) if right else Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5) if right else cell, 4, 4)
        if cell.height() < _LEAST_NUMBERED - 2:
            return
        font = QFont(self.font())
        font.setPixelSize(max(CAPTION_PX, min(20, int(cell.height() * 0.34))))
        font.setBold(right)
        painter.setFont(font)
        painter.setPen(self._ink(colour))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(count))
        font.setPixelSize(CAPTION_PX)
        font.setBold(False)
        painter.setFont(font)

    def _ink(self, veil: QColor) -> QColor:
        """The theme's darkest or lightest, whichever can be read on a veil over the panel."""
        under = self.theme.colour("panel")
        share = veil.alphaF()
        mixed = [
            share * over + (1 - share) * below
            for over, below in zip(veil.getRgbF()[:3], under.getRgbF()[:3], strict=True)  # type: ignore[index]
        ]
        light = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2]
        both = sorted(
            (self.theme.colour("text"), self.theme.colour("window")), key=QColor.lightnessF
        )
        return both[0] if light > 0.5 else both[1]
