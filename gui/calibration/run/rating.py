"""How a person rates what was felt: a level of valence, then one of arousal, and how it looks."""

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from bci.tasks.emotion_levels import N_LEVELS
from gui.theme import CAPTION_PX


@dataclass(frozen=True, slots=True)
class Axis:
    """One question: its name in markers, and what its lowest and its highest level mean."""

    name: str
    question: str
    low: str
    high: str


AXES = (
    Axis("valence", "Valence: how pleasant did it feel?", "very unpleasant", "very pleasant"),
    Axis("arousal", "Arousal: how stirred up were you?", "very calm", "very excited"),
)
KEYS = f"1 to {N_LEVELS} answers   Backspace takes back   Space goes on   Esc ends"


@dataclass
class Rating:
    """The answers so far, in the order of `AXES`."""

    levels: list[int] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return len(self.levels) == len(AXES)

    @property
    def label(self) -> str:
        """The class that was felt, as ``valence-2/arousal-4``."""
        return "/".join(f"{a.name}-{n}" for a, n in zip(AXES, self.levels, strict=True))

    def answer(self, level: int) -> None:
        """Answer the next question; what is no level, and more than there are questions, is not."""
        if 1 <= level <= N_LEVELS and not self.is_complete:
            self.levels.append(level)

    def take_back(self) -> None:
        """Take back the last answer."""
        if self.levels:
            self.levels.pop()


_FAINT, _CALM, _BRIGHT, _GROUND = "#79828c", "#aeb6bf", "#f2f4f6", "#0d0f12"


def paint_rating(painter: QPainter, middle: QPointF, unit: float, rating: Rating) -> None:
    """Both questions, one above the other; the one that is to be answered is bright.

    ``unit`` is a hundredth of the shorter side of the screen.
    """
    for k, axis in enumerate(AXES):
        level = rating.levels[k] if k < len(rating.levels) else None
        row = QPointF(middle.x(), middle.y() + (k - 0.5) * 40 * unit)
        _paint_axis(painter, row, unit, axis, level, k == len(rating.levels))


def _paint_axis(
    painter: QPainter, middle: QPointF, unit: float, axis: Axis, level: int | None, asked: bool
) -> None:
    side, step = 8 * unit, 13 * unit
    ink = QColor(_BRIGHT if asked else _CALM if level else _FAINT)
    centre = Qt.AlignmentFlag.AlignCenter
    font = QFont(painter.font())
    font.setPixelSize(max(CAPTION_PX, round(4.6 * unit)))
    painter.setFont(font)
    painter.setPen(ink)
    above = QRectF(middle.x() - 60 * unit, middle.y() - 15 * unit, 120 * unit, 8 * unit)
    painter.drawText(above, centre, axis.question)
    for n in range(1, N_LEVELS + 1):
        x = middle.x() + (n - (N_LEVELS + 1) / 2) * step
        box = QRectF(x - side / 2, middle.y() - side / 2, side, side)
        chosen = n == level
        painter.setPen(QPen(ink, 0.4 * unit))
        painter.setBrush(ink if chosen else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 1.2 * unit, 1.2 * unit)
        painter.setPen(QColor(_GROUND) if chosen else ink)
        painter.drawText(box, centre, str(n))
    font.setPixelSize(max(CAPTION_PX, round(3.4 * unit)))
    painter.setFont(font)
    painter.setPen(ink)
    for text, n in ((axis.low, 1), (axis.high, N_LEVELS)):
        x = middle.x() + (n - (N_LEVELS + 1) / 2) * step
        below = QRectF(x - 20 * unit, middle.y() + side / 2 + unit, 40 * unit, 6 * unit)
        painter.drawText(below, centre, text)
