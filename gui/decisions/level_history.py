"""The expected levels of the last half minute as lines, above the true ones."""

from collections import deque
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.decisions.smoothed_levels import LevelCourse, true_levels
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.empty_state import HISTORY_HEIGHT

_SPAN_S = 30.0
_BREAK_S = 2.0
_LEFT, _RIGHT, _NAME = 44.0, 84.0, 17.0


class LevelHistory(QWidget):
    """One line an axis, the smoothed expected level; the true level as a dashed one beside it."""

    def __init__(self, course: LevelCourse, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.course = course
        self.now = 0.0
        self._cues: deque[tuple[float, str | None]] = deque(maxlen=500)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HISTORY_HEIGHT)

    def add_cue(self, time: float, cue: str | None) -> None:
        """From ``time`` on (LSL clock) ``cue`` was shown; None ends it."""
        self._cues.append((time, cue))

    def advance(self, now: float) -> None:
        """Move the right edge to ``now``, LSL clock."""
        self.now = now
        self.update()

    def _at(self, time: float, level: float) -> QPointF:
        right = self.width() - _RIGHT
        top, bottom = 14.0, self.height() - 24.0
        share = (level - 1) / (self.course.grid.n_levels - 1)
        x = right - (self.now - time) / _SPAN_S * (right - _LEFT)
        return QPointF(x, bottom - share * (bottom - top))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        right = self.width() - _RIGHT
        for level in range(1, self.course.grid.n_levels + 1):
            y = self._at(self.now, level).y()
            painter.setPen(QPen(self.theme.colour("line"), 1.0))
            painter.drawLine(QPointF(_LEFT, y), QPointF(right, y))
            painter.setPen(self.theme.colour("dim"))
            box = QRectF(2, y - 9, 36, 18)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(level)
            )
        for ago in (0, 10, 20, 30):
            box = QRectF(self._at(self.now - ago, 1).x() - 30, self.height() - 20, 60, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, "now" if ago == 0 else f"-{ago} s")
        self._paint_names(painter, right)
        painter.setClipRect(QRectF(_LEFT, 0, right - _LEFT, self.height()))
        for axis in range(len(self.course.grid.axes)):
            self._paint_axis(painter, axis)

    def _paint_names(self, painter: QPainter, right: float) -> None:
        """Each axis's name where its line ends."""
        ends = self.course.steps[-1].expected if self.course.steps else (4.0, 2.0)
        y = -_NAME
        for axis in sorted(range(len(self.course.grid.axes)), key=lambda axis: -ends[axis]):
            y = max(self._at(self.now, ends[axis]).y(), y + _NAME)
            painter.setPen(self.theme.class_colour(axis))
            box = QRectF(right + 8, y - 9, _RIGHT - 10, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.course.grid.axes[axis])
        painter.setPen(self.theme.colour("dim"))
        # Beside the word "now".
        box = QRectF(right + 24, self.height() - 20, _RIGHT - 24, 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, "- - true")

    def _paint_axis(self, painter: QPainter, axis: int) -> None:
        colour = self.theme.class_colour(axis)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        ends = [*(time for time, _ in list(self._cues)[1:]), self.now]
        for (start, cue), stop in zip(self._cues, ends, strict=False):
            levels = true_levels(self.course.grid, cue)
            if levels and stop > self.now - _SPAN_S:
                # Side by side where both axes have one level.
                shift = QPointF(0, 1.5 * (2 * axis - 1))
                at = levels[axis]
                painter.drawLine(self._at(start, at) + shift, self._at(stop, at) + shift)
        painter.setPen(QPen(colour, 2.0))
        for older, newer in pairwise(self.course.steps):
            if newer.time - older.time <= _BREAK_S:
                painter.drawLine(
                    self._at(older.time, older.expected[axis]),
                    self._at(newer.time, newer.expected[axis]),
                )
