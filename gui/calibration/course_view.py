"""When a model is right: accuracy on held-out trials, by when the window ends."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.time_course import TimeCourse
from gui.calibration.axes import Axes, paint_line
from gui.theme import DARK, Theme


class CourseView(QWidget):
    """A line over the trial, with chance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.course: TimeCourse | None = None
        self.window_s = self.chance = 0.0
        self.setMinimumSize(260, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Accuracy by time after the cue")

    def set_course(self, course: TimeCourse | None, window_s: float, chance: float) -> None:
        self.course, self.window_s, self.chance = course, window_s, chance
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(self.theme.colour("dim"))
        title = f"held-out accuracy, by end of the {self.window_s:g} s window (s)"
        painter.drawText(QRectF(14, 7, self.width() - 20, 18), 0, title)
        course = self.course
        if course is None or not len(course.seconds):
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "not stored")
            return
        axes = Axes(self.rect(), (0.0, float(course.seconds[-1]) * 1.03), (0.0, 1.0))
        axes.paint(painter, self.theme, [0, 0.5, 1.0], percent=True)
        painter.setPen(QPen(self.theme.colour("dim"), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(axes.at(axes.x[0], self.chance), axes.at(axes.x[1], self.chance))
        line = [axes.at(s, a) for s, a in zip(course.seconds, course.accuracy, strict=True)]
        paint_line(painter, line, self.theme.colour("accent"), dots=len(line) <= 12)
