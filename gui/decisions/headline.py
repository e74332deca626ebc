"""The decision in large letters, at the top of every view of decisions."""

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named

NO_PREDICTION, UNDECIDED = "no prediction", "undecided"
NO_DECISION = "no decision yet"
_LOW, _NONE = 22, 18
_MIN_PX = 15


def is_decided(decision: str) -> bool:
    """Return whether ``decision`` is a class, not words for no decision."""
    return decision not in (NO_PREDICTION, UNDECIDED, NO_DECISION)


class Headline(QWidget):
    """The decision at the left, confidence or age at the right; or why none is made.

    A decision's letters are at most ``pixels`` high, and smaller if it would not fit. Other words
    are smaller and dim.
    """

    def __init__(self, pixels: int = 30) -> None:
        super().__init__()
        self._pixels = pixels
        self._colours = "", ""
        self._is_calm = self._is_rejected = False
        self.decision, self.why = ElidedLabel(), ElidedLabel()
        self.beside = named(QLabel(), "plain")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.decision, 0, 0)
        grid.addWidget(self.beside, 0, 1)
        grid.addWidget(self.why, 1, 0, 1, 2)
        self.decision.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFixedHeight(pixels + 12)
        self.write(DARK, NO_PREDICTION, DARK.colour("dim"), "")

    def write(
        self,
        theme: Theme,
        decision: str,
        colour: QColor,
        beside: str,
        why: str = "",
        calm: bool = False,
    ) -> None:
        """Show ``decision`` in ``colour``, with the text ``beside`` it.

        ``why`` is the reason if there is no prediction. ``calm`` makes the text beside small.
        """
        self._is_rejected = rejected = decision == NO_PREDICTION and bool(why)
        dim = theme.colour("dim")
        self._colours = (colour if is_decided(decision) else dim).name(), dim.name()
        self._is_calm = calm
        self.decision.setText(decision)
        self.beside.setText("" if decision == NO_PREDICTION else beside)
        self.why.setText(f"signal not used: {why}" if rejected else "")
        self.why.setVisible(rejected)
        set_style(self.why, f"font-size: {CAPTION_PX}px; color: {theme.warning};")
        self._fit()

    def _fit(self) -> None:
        pixels = self._pixels
        if not is_decided(self.decision.text()):
            pixels = _NONE if self._is_rejected else min(pixels, _LOW)
        font = QFont(self.font())
        font.setBold(True)
        both = f"{self.decision.text()}  {self.beside.text()}"
        pixels = fitting_pixels(font, both, self.width(), pixels)
        large = f"font-size: {pixels}px; font-weight: 700; color: {self._colours[0]};"
        set_style(self.decision, large)
        small = f"font-size: {CAPTION_PX}px; color: {self._colours[1]};"
        set_style(self.beside, small if self._is_calm else large)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        self._fit()


def set_style(label: QLabel, style_sheet: str) -> None:
    """Set a label's style sheet, unless it is the same: Qt would parse it again."""
    if label.styleSheet() != style_sheet:
        label.setStyleSheet(style_sheet)


def fitting_pixels(font: QFont, text: str, width: float, max_px: int) -> int:
    """Return the largest font height in pixels at which ``text`` fits into ``width``.

    The height is at most ``max_px``, and at least 15 even if the text does not fit.
    """
    tried = QFont(font)
    for pixels in range(max_px, _MIN_PX, -1):
        tried.setPixelSize(pixels)
        if QFontMetricsF(tried).horizontalAdvance(text) <= width:
            return pixels
    return _MIN_PX
