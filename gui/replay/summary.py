"""What the model scored: accuracy with its interval beside chance, and which class was which."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.messages import AccuracyFigure, EvaluationEvent
from bci.tasks.emotion_levels import grid_of
from gui.plots.confusion import MATRIX
from gui.replay.class_scores import ClassScore, class_scores
from gui.replay.trials import steps_of
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.class_names import brief
from gui.widgets.empty_state import HINT_HEIGHT, paint_hint
from gui.widgets.pieces import tip
from gui.widgets.units import by_chance, counted

_MOST_CLASSES, _MOST_LINES, _MOST_TOLD = 7, 5, 25
# Opacity, of 255, of a cell whose whole row is in it: the number on it can still be read.
STRONGEST = 100
_TOP, _ROW, _LINE = 84.0, 22.0, 18.0


class Summary(QWidget):
    """Below the score a matrix: its rows are what was asked, its columns what was decided.

    With more than seven classes it has no room: then a line for each of the five asked most often,
    with how often it was found and what it was mostly taken for, and one for all the others.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.evaluation: EvaluationEvent | None = None
        self.warnings: tuple[str, ...] = ()
        self.measures: tuple[str, ...] = ()
        self.scores: list[ClassScore] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_evaluation(None)

    def set_evaluation(self, evaluation: EvaluationEvent | None) -> None:
        """Show a score; None if there is none yet."""
        self.evaluation = evaluation
        self.warnings = self.measures = ()
        if evaluation is not None:
            self.warnings = tuple(_warnings(evaluation))
            self.measures = tuple(
                f"{m.name} {m.value:.3g} (chance {m.chance:.3g}, {by_chance(m.p_value)})"
                for m in evaluation.measures
            )
        lines = (len(self.warnings) + len(self.measures)) * _LINE
        many = evaluation is not None and _is_many(evaluation)
        self.scores = class_scores(steps_of(evaluation)) if evaluation is not None and many else []
        if many:
            n_rows = min(len(self.scores), _MOST_LINES + 1)
        else:
            n_rows = len(evaluation.confusion) if evaluation else 0
        rows = n_rows * _ROW + 30 if n_rows else 8
        self.setFixedHeight(round(_TOP + rows + lines) if evaluation else HINT_HEIGHT)
        self.setAccessibleName(self.text)
        each = (f"{s.name}: {s.right} of {s.asked} found" for s in self.scores[:_MOST_TOLD])
        self.setToolTip(tip("\n".join((self.text, *each))) if evaluation else "")
        self.update()

    @property
    def text(self) -> str:
        """The score in words."""
        if self.evaluation is None:
            return "no score yet: run a model"
        o = self.evaluation.trial_accuracy
        return (
            f"accuracy {100 * o.value:.0f} %, 95 % interval {100 * o.low:.0f}-"
            f"{100 * o.high:.0f} %, chance {100 * o.chance:.0f} % (by always saying the class that "
            f"was asked most often), {by_chance(o.p_value)}, n = {counted(o.n, 'trial')}"
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        evaluation = self.evaluation
        if evaluation is None:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.text)
            return
        accuracy = evaluation.trial_accuracy
        width = self.width() - 28.0
        font = QFont(self.font())
        font.setPixelSize(26)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(QRectF(14, 4, width, 36), 0, f"{100 * accuracy.value:.0f} %")
        left = 14.0 + painter.fontMetrics().horizontalAdvance("100 %") + 10
        font.setPixelSize(CAPTION_PX)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        lines = (
            f"of {counted(accuracy.n, 'trial')} decided rightly",
            f"95 % interval {100 * accuracy.low:.0f}\u2013{100 * accuracy.high:.0f} %",
        )
        for k, line in enumerate(lines):
            painter.drawText(QRectF(left, 4 + 18 * k, self.width() - left - 6, 18), 0, line)
        self._paint_scale(painter, accuracy, width)
        top = _TOP
        for colour, said in (("warning", self.warnings), ("text", self.measures)):
            painter.setPen(self.theme.colour(colour))
            for line in said:
                painter.drawText(QRectF(14, top - 2, width, _LINE), 0, line)
                top += _LINE
        if self.scores:
            self._paint_scores(painter, top)
        elif evaluation.confusion and not _is_many(evaluation):
            self._paint_confusion(painter, evaluation, top)

    def _paint_scale(self, painter: QPainter, accuracy: AccuracyFigure, width: float) -> None:
        """From 0 to 100 %: the interval as a bar, the accuracy in it, chance as a tick."""
        y = 50.0
        painter.fillRect(QRectF(14, y, width, 8), self.theme.colour("line"))
        span = QRectF(14 + width * accuracy.low, y, width * (accuracy.high - accuracy.low), 8)
        painter.fillRect(span, self.theme.colour("dim"))
        painter.fillRect(
            QRectF(13 + width * accuracy.value, y - 3, 3, 14), self.theme.colour("text")
        )
        chance = 13 + width * accuracy.chance
        painter.fillRect(QRectF(chance, y - 3, 2, 16), self.theme.colour("warning"))
        # Below the tick, but never out of the view.
        said = f"chance {100 * accuracy.chance:.0f} %: always saying the same"
        needed = painter.fontMetrics().horizontalAdvance(said) + 2
        left = max(14.0, min(chance - needed / 2, 14 + width - needed))
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(left, y + 13, needed, 18), Qt.AlignmentFlag.AlignCenter, said)

    @property
    def others_text(self) -> str:
        """Of the classes that have no line of their own; empty where there are none."""
        others = self.scores[_MOST_LINES:]
        if not others:
            return ""
        right, asked = sum(s.right for s in others), sum(s.asked for s in others)
        classes = "class" if len(others) == 1 else "classes"
        return f"{len(others)} more {classes}: {right} of {asked} found"

    @property
    def _heading(self) -> str:
        grid = grid_of(self.evaluation.classes) if self.evaluation else None
        return "/".join(grid.axes) if grid else "most asked"

    def _paint_scores(self, painter: QPainter, top: float) -> None:
        metrics, elide = painter.fontMetrics(), Qt.TextElideMode.ElideMiddle
        middle = Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | middle
        width = self.width() - 28.0
        found, mistaken = 14 + 0.36 * width, 14 + 0.58 * width
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, top + 1, width, 18), middle, self._heading)
        painter.drawText(QRectF(found, top + 1, mistaken - found - 14, 18), right, "found")
        painter.drawText(QRectF(mistaken, top + 1, width, 18), middle, "else mostly")
        for row, score in enumerate(self.scores[:_MOST_LINES]):
            y = top + 22 + row * _ROW
            painter.setPen(self.theme.colour("text"))
            name = metrics.elidedText(brief(score.name), elide, int(found - 18))
            painter.drawText(QRectF(14, y, found - 14, _ROW), middle, name)
            box = QRectF(found, y, mistaken - found - 14, _ROW)
            painter.drawText(box, right, f"{score.right} of {score.asked}")
            if score.times:
                painter.setPen(self.theme.colour("dim"))
                count = f" \u00d7{score.times}" * (score.times > 1)
                room = int(14 + width - mistaken) - metrics.horizontalAdvance(count)
                name = metrics.elidedText(brief(score.mistaken), elide, room)
                box = QRectF(mistaken, y, 14 + width - mistaken, _ROW)
                painter.drawText(box, middle, name + count)
        painter.setPen(self.theme.colour("dim"))
        box = QRectF(14, top + 22 + _MOST_LINES * _ROW, width, _ROW)
        painter.drawText(box, middle, self.others_text)

    def _paint_confusion(self, painter: QPainter, evaluation: EvaluationEvent, top: float) -> None:
        names = evaluation.classes
        left = 24.0 + painter.fontMetrics().horizontalAdvance(MATRIX)
        cell = min(64.0, (self.width() - left - 14) / max(1, len(names)))
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, top + 1, left - 16, 18), 0, MATRIX)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        metrics = painter.fontMetrics()
        elide = Qt.TextElideMode.ElideRight
        for k, name in enumerate(names):
            box = QRectF(left + k * cell, top + 1, cell, 18)
            painter.setPen(self.theme.colour("text"))
            text = metrics.elidedText(name, elide, int(cell - 4))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            box = QRectF(14, top + 22 + k * _ROW, left - 22, _ROW)
            painter.drawText(box, right, metrics.elidedText(name, elide, int(left - 24)))
            asked = max(1, sum(evaluation.confusion[k]))
            for j in range(len(names)):
                count = evaluation.confusion[k][j]
                box = QRectF(left + j * cell + 1, top + 23 + k * _ROW, cell - 2, _ROW - 2)
                painter.fillRect(box, self.theme.colour("window"))
                colour = self.theme.class_colour(j)
                colour.setAlpha(round(STRONGEST * count / asked))
                painter.fillRect(box, colour)
                painter.setPen(self.theme.colour("text" if count else "dim"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(count))


def _is_many(evaluation: EvaluationEvent) -> bool:
    """Whether there is no room for a matrix."""
    return len(evaluation.classes) > _MOST_CLASSES


def _warnings(evaluation: EvaluationEvent) -> list[str]:
    said = []
    if evaluation.learnt_from:
        said.append("No test: trained on this recording.")
    if evaluation.trial_accuracy.p_value > 0.05:
        said.append("Not distinguishable from chance.")
    if evaluation.trials_without_window:
        said.append(f"{evaluation.trials_without_window} not counted: signal not usable")
    return said
