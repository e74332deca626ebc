"""When a model is right: accuracy on held-out trials, by when the window ends."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.evaluation.scores import exact_interval
from bci.training.time_course import TimeCourse
from gui.plots.diagram_axes import Axes, paint_band, paint_line
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.pieces import tip


class CourseView(QWidget):
    """A line over the trial with its 95 % interval (of the trials at each point), and chance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.course: TimeCourse | None = None
        self.chance = 0.0
        self.intervals: list[tuple[float, float]] = []
        self.setMinimumSize(260, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Accuracy by time after the cue")

    def set_course(self, course: TimeCourse | None, window_s: float, chance: float) -> None:
        self.course, self.chance = course, chance
        self.intervals = intervals_of(course) if course is not None else []
        self.setToolTip(
            tip(
                f"How often held-out trials were decided rightly from the {window_s:g} s of signal "
                "that end there; below, when that is, in seconds after the cue. The band is the "
                "95 % interval of each point alone."
            )
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        title = "accuracy, by seconds after the cue"
        painter.drawText(QRectF(14, 7, self.width() - 20, 18), 0, title)
        course = self.course
        if course is None or not len(course.seconds):
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "not stored")
            return
        axes = Axes(self.rect(), (0.0, float(course.seconds[-1]) * 1.03), (0.0, 1.0))
        axes.paint(painter, self.theme, [0, 0.5, 1.0], percent=True)
        axes.paint_chance(painter, self.theme, self.chance)
        line = [axes.at(s, a) for s, a in zip(course.seconds, course.accuracy, strict=True)]
        low, high = (
            [
                axes.at(s, interval[k])
                for s, interval in zip(course.seconds, self.intervals, strict=True)
            ]
            for k in (0, 1)
        )
        paint_band(painter, low, high, self.theme.colour("accent"))
        paint_line(painter, line, self.theme.colour("accent"), dots=len(line) <= 12)


def intervals_of(course: TimeCourse) -> list[tuple[float, float]]:
    """The 95 % interval of each accuracy, by how many trials there were; all where none was."""
    return [
        exact_interval(round(min(max(accuracy, 0.0), 1.0) * n), n) if n > 0 else (0.0, 1.0)
        for accuracy, n in zip(course.accuracy.tolist(), course.trials.tolist(), strict=True)
    ]
