"""The subject's view: the instruction of the current run, and the feedback."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from bci.neurofeedback.session import BASELINE, FEEDBACK, TRANSFER, RunKind
from bci.profiles.neurofeedback import ShownSettings
from bci.stimulus.frames import Frame
from gui.feedback.feature_reader import FeedbackRow
from gui.feedback.pictures import (
    BEYOND,
    GROUND,
    OwnPicture,
    paint_ball,
    paint_bar,
    paint_sunrise,
)
from gui.theme import DARK

Paint = Callable[[QPainter, QRectF, float, bool], None]

# Time constant with which the picture moves to a new level. Levels come about ten times a second;
# without it the picture would jump.
_GLIDE_S = 0.08
_GLOW_S = 0.6
_STALE_S = 2.0
_WORDS: dict[RunKind | None, str] = {
    BASELINE: "Rest, with your eyes open. Look at the cross.",
    FEEDBACK: "",
    TRANSFER: "Do the same as before, without feedback.",
    None: "Pause",
}
WAITING, HELD, LOST = "The session begins soon.", "Hold still", "The signal is gone."


class FeedbackScene:
    """The presenter's scene of a session; `take` gets each new window."""

    def __init__(self, shown: ShownSettings, simulated: bool = False) -> None:
        self._paint, self.problem = _painter_of(shown)
        self._simulated = simulated
        self._row: FeedbackRow | None = None
        self._level: float | None = None
        self._at = self._glow_until = 0.0
        self._rewards = 0

    def take(self, row: FeedbackRow) -> None:
        """Set the newest window, whose level the picture moves to."""
        before = self._row
        if before is None or row.run != before.run:
            self._rewards, self._level = 0, None
        self._row = row
        if row.reward:
            self._rewards += 1
            self._glow_until = self._at + _GLOW_S

    @property
    def level(self) -> float | None:
        """The level as drawn, 0 to 1; None while no feedback is shown."""
        return self._level

    @property
    def sentence(self) -> str:
        """The sentence on the screen; empty during normal feedback."""
        if self._row is None:
            return WAITING
        if self._at - self._row.taken > _STALE_S:
            return LOST
        return HELD if self._row.held and self._row.kind == FEEDBACK else _WORDS[self._row.kind]

    def advance(self, frame: Frame) -> Sequence[str]:
        """Move the drawn level towards the newest one; returns no markers."""
        step, self._at = max(0.0, frame.due - self._at), frame.due
        row = self._row
        if row is None or row.kind != FEEDBACK or not math.isfinite(row.level):
            self._level = None
            return ()
        if self._level is None:
            self._level = row.level
        weight = 1.0 - math.exp(-step / _GLIDE_S)
        self._level += weight * (row.level - self._level)
        return ()

    def paint(self, painter: QPainter, size: QSize) -> None:
        """Paint a frame; ``size`` is in logical pixels."""
        room = QRectF(0, 0, size.width(), size.height())
        painter.fillRect(room, GROUND)
        row = self._row
        if self._level is not None and row is not None and self._paint is not None:
            if self._at < self._glow_until:
                self._paint_glow(painter, room)
            self._paint(painter, room, self._level, row.held)
        elif row is not None and row.kind is not None:
            _paint_cross(painter, room)
        self._write(painter, room)

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Do nothing: the session's process marks the feedback when it computes it."""

    def _paint_glow(self, painter: QPainter, room: QRectF) -> None:
        colour = QColor(BEYOND)
        colour.setAlphaF(0.35 * max(0.0, self._glow_until - self._at) / _GLOW_S)
        painter.setPen(QPen(colour, 0.02 * room.height()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = 0.012 * room.height()
        painter.drawRect(room.adjusted(edge, edge, -edge, -edge))

    def _write(self, painter: QPainter, room: QRectF) -> None:
        font = QFont()
        font.setPixelSize(max(16, round(0.035 * room.height())))
        painter.setFont(font)
        painter.setPen(QColor(DARK.text))
        margin = 0.04 * room.height()
        inner = room.adjusted(margin, margin, -margin, -margin)
        below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(inner, below, self.sentence)
        painter.setPen(QColor(DARK.dim))
        if self._row is not None and self._row.kind == FEEDBACK and self._rewards:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(inner, right, str(self._rewards))
        if self._simulated:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            painter.drawText(inner, left, "simulated signal")


def _paint_cross(painter: QPainter, room: QRectF) -> None:
    painter.setPen(QPen(QColor(DARK.dim), max(2.0, 0.006 * room.height())))
    centre, arm = room.center(), 0.03 * room.height()
    painter.drawLine(centre - QPointF(arm, 0), centre + QPointF(arm, 0))
    painter.drawLine(centre - QPointF(0, arm), centre + QPointF(0, arm))


def _painter_of(shown: ShownSettings) -> tuple[Paint | None, str]:
    """Return the function that paints a level, None for no view, and a problem.

    The problem is a sentence if the user's picture cannot be read, else empty.
    """
    if shown.view == "none":
        return None, ""
    if shown.view == "bar":
        return paint_bar, ""
    if shown.view == "ball":
        return paint_ball, ""
    if shown.picture is None:
        return paint_sunrise, ""
    own = OwnPicture(Path(shown.picture))
    if own.is_readable:
        return own.paint, ""
    return paint_sunrise, f"The picture {shown.picture} cannot be read: a sunrise is shown instead."
