"""The live learning curve: accuracy by trials, or a network's loss by epoch."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.messages import PointEvent, StepEvent
from gui.plots.diagram_axes import Axes, paint_band, paint_line
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip

# They overlap: neither are they trials nor do they have an interval.
_SCORED = "accuracy of held-out windows"


class CurveView(QWidget):
    """Points as they come; accuracy has its interval and chance, loss its held-out score."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.points: list[PointEvent] = []
        self.steps: list[StepEvent] = []
        self.setMinimumSize(260, 150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Learning curve")
        self.setToolTip(
            tip(
                "How well trials are decided that were held out of the training, with 95 % "
                "intervals: does it still rise with more trials? A network shows its error "
                "(loss) as it learns, and how many windows it decides rightly of those that tell "
                "when to stop. They overlap and chose the network: that is no score of it."
            )
        )

    def clear(self) -> None:
        self.points, self.steps = [], []
        self.update()

    def add_point(self, point: PointEvent) -> None:
        self.points.append(point)
        self.update()

    def add_step(self, step: StepEvent) -> None:
        self.steps.append(step)
        self.update()

    @property
    def title(self) -> str:
        if self.steps and not self.points:
            return f"training {self.steps[-1].fold + 1}: error, by pass over the trials"
        return "accuracy, by trials of each class"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(QRectF(14, 7, self.width() - 20, 18), 0, self.title)
        if self.points:
            self._paint_accuracy(painter)
        elif self.steps:
            self._paint_loss(painter)
        else:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "not yet")

    def _paint_accuracy(self, painter: QPainter) -> None:
        counts = [point.trials_per_class for point in self.points]
        # Room on both sides of a point that is the only one.
        first = 0.0 if len(counts) > 1 else counts[0] - 1.0
        axes = Axes(self.rect(), (first, max(counts) + 0.05 * max(counts[-1], 20)), (0.0, 1.0))
        axes.paint(painter, self.theme, [0, 0.25, 0.5, 0.75, 1.0], percent=True)
        colour = self.theme.colour("accent")
        axes.paint_chance(painter, self.theme, self.points[-1].chance)
        low = [axes.at(p.trials_per_class, p.low) for p in self.points]
        high = [axes.at(p.trials_per_class, p.high) for p in self.points]
        paint_band(painter, low, high, colour)
        painter.setPen(QPen(colour, 1.4))
        for point in self.points:
            at = point.trials_per_class
            painter.drawLine(axes.at(at, point.low), axes.at(at, point.high))
        line = [axes.at(p.trials_per_class, p.accuracy) for p in self.points]
        paint_line(painter, line, colour)

    def _paint_loss(self, painter: QPainter) -> None:
        fold = self.steps[-1].fold
        losses = [s.loss for s in self.steps if s.loss is not None]
        top = max([1.0, *losses])
        axes = Axes(self.rect(), (0.0, float(self.steps[-1].of)), (0.0, top))
        axes.paint(painter, self.theme, [0, top / 2, top])
        for number in range(fold + 1):
            own = [s for s in self.steps if s.fold == number]
            colour = self.theme.colour("accent" if number == fold else "line")
            line = [axes.at(s.step, s.loss) for s in own if s.loss is not None]
            paint_line(painter, line, colour, dots=False)
        scored = [axes.at(s.step, s.score) for s in self.steps if s.fold == fold and s.score]
        if scored:
            paint_line(painter, scored, self.theme.colour("warning"), dots=False)
            below = QRectF(14, 24, self.width() - 28, 18)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, _SCORED)
