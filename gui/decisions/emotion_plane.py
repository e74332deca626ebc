"""Valence and arousal as a point in their plane, with its trail, and a bar a level."""

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from bci.tasks.emotion_levels import LevelGrid, grid_of
from gui.decisions.decision_rule import DecisionRule, in_words
from gui.decisions.headline import NO_PREDICTION, is_decided, paint_headline
from gui.decisions.smoothed_levels import LevelCourse, true_levels
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.empty_state import NO_ENGINE
from gui.widgets.labels import tip

_HEIGHT = 258
_TOP, _FOOT, _PLANE = 40.0, 27.0, 146.0
_TRAIL_S = 12.0
# The oldest of the trail is still to be seen.
_FAINTEST = 80
_NUMBER, _SHARE = 16.0, 46.0
# What the ends of an axis are called, first the low one.
_ENDS = {"valence": ("unpleasant", "pleasant"), "arousal": ("calm", "excited")}


class EmotionView(QWidget):
    """The engine's decision; two axes of levels as a dot in their plane and as bars.

    Dot and bars are of smoothed probabilities, see `LevelCourse`; the delay of that is written
    below. The decision is not smoothed.

    Parameters
    ----------
    threshold : float
        Least confidence of a decision, as it is written below the plane.
    """

    def __init__(self, threshold: float = 0.1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.rule = DecisionRule(threshold)
        self.course = LevelCourse(LevelGrid(("valence", "arousal")))
        self._decided: Decision | None = None
        self.cue: str | None = None
        self.live = False
        self.why = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Valence and arousal")
        self.setToolTip(
            tip(
                "Valence: how pleasant. Arousal: how excited. The dot is the decoded state, "
                "smoothed over some seconds. It is hollow while the engine decides nothing. The "
                "squares are the true levels. A bar is how likely a level is, from 1 to 5."
            )
        )
        self.setFixedHeight(_HEIGHT)

    def set_classes(self, classes: tuple[str, ...]) -> bool:
        """Take what an engine decides between; False where they are no levels of two axes."""
        grid = grid_of(classes)
        if grid is None or len(grid.axes) != 2:
            return False
        self.course = LevelCourse(grid)
        self._decided, self.live = None, False
        self.update()
        return True

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """The newest prediction; None when there is none any more."""
        self.live = prediction is not None
        if prediction is None:
            self.course.reset()
        elif len(prediction.probabilities) == len(self.course.grid.classes):
            self.course.add(prediction.taken, prediction.probabilities)
            self._decided, self.why = prediction.decision, ""
        self.update()

    def show_rejected(self, why: str) -> None:
        """Windows give no prediction now, for this reason."""
        self.why = why
        self.update()

    def set_engine(self, alive: bool) -> None:
        """Do nothing: without an engine the bars are shown."""

    def refresh(self) -> None:
        """Draw again after a change of theme or rule."""
        self.update()

    def show_cue(self, cue: str | None) -> None:
        self.cue = cue
        self.update()

    @property
    def decision(self) -> str:
        """The engine's decision now, in words."""
        if not self.live or self.course.by_axis is None:
            return NO_PREDICTION
        decided = in_words(self._decided)
        levels = true_levels(self.course.grid, decided)
        return self._named(levels) if levels else decided

    @property
    def sentence(self) -> str:
        """What was shown to the person, where that is known."""
        levels = true_levels(self.course.grid, self.cue)
        return f"true: {self._named(levels)}" if levels else "true levels: none now"

    def _named(self, levels: tuple[int, ...]) -> str:
        axes = self.course.grid.axes
        return ", ".join(f"{axis} {level}" for axis, level in zip(axes, levels, strict=True))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        width = self.width()
        painter.setFont(self.font())
        beside = self.rule.beside(self._decided)
        paint_headline(
            painter, self.theme, QRectF(14, 4, width - 28, 34), self.decision,
            self.theme.colour("text"), beside, self.why, 22,
            bool(self.rule.evidence_s),
        )  # fmt: skip
        plane = QRectF(34, _TOP + 2, _PLANE, _PLANE)
        self._paint_plane(painter, plane)
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("dim"))
        from_where = self.rule.words
        below = QRectF(plane.left() - 20, plane.bottom() + 21, plane.width() + 40, 18)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, from_where)
        right = plane.right() + 14
        half = (_HEIGHT - _TOP - _FOOT) / 2
        for axis in range(2):
            box = QRectF(right, _TOP + axis * half, width - right - 14, half - 1)
            self._paint_bars(painter, box, axis)
        self._font(painter, CAPTION_PX)
        shown = bool(true_levels(self.course.grid, self.cue))
        painter.setPen(self.theme.colour("text" if shown else "dim"))
        footer = QRectF(14, _HEIGHT - _FOOT + 2, width - 28, 20)
        painter.drawText(footer, Qt.AlignmentFlag.AlignVCenter, "\u25a1 " * shown + self.sentence)
        painter.setPen(self.theme.colour("dim"))
        right_edge = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        delay = f"{self.course.delay_s:g} s delay"
        painter.drawText(footer, right_edge, delay)

    def _font(self, painter: QPainter, size: int, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setPixelSize(size)
        font.setBold(bold)
        painter.setFont(font)

    def _place(self, plane: QRectF, first: float, second: float) -> QPointF:
        """Where a pair of levels is; half a level of room around."""
        n = self.course.grid.n_levels
        x, y = ((level - 0.5) / n for level in (first, second))
        return QPointF(plane.left() + x * plane.width(), plane.bottom() - y * plane.height())

    def _paint_plane(self, painter: QPainter, plane: QRectF) -> None:
        painter.setPen(QPen(self.theme.colour("line"), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(plane)
        n = self.course.grid.n_levels
        self._font(painter, CAPTION_PX)
        for level in range(1, n + 1):
            at = self._place(plane, level, level)
            painter.setPen(QPen(self.theme.colour("line"), 1.0, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(at.x(), plane.top()), QPointF(at.x(), plane.bottom()))
            painter.drawLine(QPointF(plane.left(), at.y()), QPointF(plane.right(), at.y()))
        painter.setPen(self.theme.colour("dim"))
        centre = Qt.AlignmentFlag.AlignHCenter
        below = QRectF(plane.left() - 24, plane.bottom() + 2, plane.width() + 48, 18)
        painter.drawText(below, centre, self._axis_words(0))
        painter.save()
        painter.translate(plane.left() - 19, plane.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-plane.height() / 2 - 10, -2, plane.height() + 20, 18), centre,
                         self._axis_words(1))  # fmt: skip
        painter.restore()
        self._paint_truth(painter, plane)
        self._paint_trail(painter, plane)

    def _axis_words(self, axis: int) -> str:
        name = self.course.grid.axes[axis]
        if name not in _ENDS:
            return name
        low, high = _ENDS[name]
        return f"{low} → {high}"

    def _paint_truth(self, painter: QPainter, plane: QRectF) -> None:
        levels = true_levels(self.course.grid, self.cue)
        if not levels:
            return
        side = plane.width() / self.course.grid.n_levels
        at = self._place(plane, *levels)
        painter.setPen(QPen(self.theme.colour("text"), 2.0))
        painter.drawRect(QRectF(at.x() - side / 2, at.y() - side / 2, side, side))

    def _paint_trail(self, painter: QPainter, plane: QRectF) -> None:
        if not self.course.steps:
            return
        colour = self.theme.colour("accent")
        now = self.course.steps[-1].time
        trail = [step for step in self.course.steps if step.time > now - _TRAIL_S]
        for older, newer in pairwise(trail):
            if newer.time - older.time > 2.0:
                continue
            age = (now - newer.time) / _TRAIL_S
            colour.setAlpha(round(255 - (255 - _FAINTEST) * age))
            painter.setPen(QPen(colour, 3.0))
            painter.drawLine(
                self._place(plane, *older.expected), self._place(plane, *newer.expected)
            )
        if not self.live:
            return
        colour.setAlpha(255)
        painter.setPen(QPen(colour, 2.5))
        decided = is_decided(self.decision)
        painter.setBrush(colour if decided else self.theme.colour("panel"))
        painter.drawEllipse(self._place(plane, *trail[-1].expected), 7, 7)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_bars(self, painter: QPainter, box: QRectF, axis: int) -> None:
        """A bar a level with its number, the highest on top; the true one has a frame."""
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, self.course.grid.axes[axis])
        n = self.course.grid.n_levels
        high = (box.height() - 17) / n
        by_axis, true = self.course.by_axis, true_levels(self.course.grid, self.cue)
        left, room = box.left() + _NUMBER, box.width() - _NUMBER - _SHARE
        middle = Qt.AlignmentFlag.AlignVCenter
        for level in range(1, n + 1):
            row = QRectF(left, box.top() + 17 + (n - level) * high, room, high)
            bar = row.adjusted(0, 3.5, 0, -3.5)
            is_true = bool(true) and true[axis] == level
            self._font(painter, CAPTION_PX, bold=is_true)
            painter.setPen(self.theme.colour("text" if is_true else "dim"))
            painter.drawText(row.adjusted(-_NUMBER, -2, 0, 2), middle, str(level))
            share = float(by_axis[axis, level - 1]) if by_axis is not None and self.live else None
            if share is not None:
                beside = row.adjusted(0, -2, _SHARE, 2)
                said = f"{100 * share:.0f} %"
                painter.drawText(beside, middle | Qt.AlignmentFlag.AlignRight, said)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.colour("line"))
            painter.drawRoundedRect(bar, 2, 2)
            if share is not None:
                painter.setBrush(self.theme.class_colour(axis))
                painter.drawRoundedRect(
                    QRectF(bar.topLeft(), QSizeF(room * share, bar.height())), 2, 2
                )
            if is_true:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self.theme.colour("text"), 1.5))
                painter.drawRect(bar.adjusted(-1.5, -2.5, 1.5, 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
