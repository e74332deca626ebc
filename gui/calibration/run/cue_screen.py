"""The cue screen of a run: fixation cross, cue or rating, and the progress."""

from math import hypot

from pylsl import local_clock
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from bci.tasks.cue_items import CueScreenItem
from bci.tasks.emotion_levels import N_LEVELS
from bci.tasks.rating import AXES, Rating, RatingAxis
from bci.tasks.schedule import Phase, SchedulePhase
from gui.theme import CAPTION_PX

# Dark whatever the dashboard's theme: nothing on it may dazzle or draw the eye.
_BACKGROUND, _FAINT, _CALM, _BRIGHT = "#0d0f12", "#79828c", "#aeb6bf", "#f2f4f6"
_LEAST_PX = 8
_TURNS = {"right": 0.0, "down": 90.0, "left": 180.0, "up": 270.0}
_WITH_CROSS = (Phase.BASELINE, Phase.CUE, Phase.TASK)
_UNDER_WAY = (*_WITH_CROSS, Phase.RATING)


class CueScreen(QWidget):
    """A window that shows a step; Space, Esc and the keys of a rating come out as signals.

    ``painted`` is emitted once for each step, from the paint event that first shows it, with
    the LSL time of that moment. The picture is on the glass one or two frames of the screen
    later: a delay that only a photodiode can measure, and that is the same for every cue.
    """

    painted = Signal(object, float)  # SchedulePhase, LSL time
    space_pressed = Signal()
    escape_pressed = Signal()
    digit_pressed = Signal(int)
    back_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("bci - cues")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(960, 600)
        self.step = SchedulePhase(Phase.WAITING, None, 0, 0)
        self.sentence = ""  # words in place of the cross
        self._keys = ""
        self._rating = Rating()
        self._unpainted = False
        self._picture: tuple[str, QPixmap] = ("", QPixmap())

    def open(self, full_screen: bool) -> None:
        """Show the screen, over everything or as a window."""
        if full_screen:
            self.setCursor(Qt.CursorShape.BlankCursor)
            self.showFullScreen()
        else:
            self.unsetCursor()
            self.showNormal()
        self.activateWindow()
        self.setFocus()

    def show_step(self, step: SchedulePhase) -> None:
        self.step = step
        self._unpainted = True
        self.show_message("", "")

    def show_message(self, sentence: str, keys: str) -> None:
        """Show words in place of the cross, and the keys: before a run, in a pause."""
        self.sentence, self._keys = sentence, keys
        self.update()

    def show_rating(self, rating: Rating, keys: str) -> None:
        """Show the answers so far, in the step of the rating, and the keys that there are."""
        self._rating = rating
        self.show_message("", keys)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        pressed = {
            Qt.Key.Key_Space: self.space_pressed,
            Qt.Key.Key_Escape: self.escape_pressed,
            Qt.Key.Key_Backspace: self.back_pressed,
        }
        if event.isAutoRepeat():
            return
        if event.key() in pressed:
            pressed[Qt.Key(event.key())].emit()
        elif event.text().isdigit():
            self.digit_pressed.emit(int(event.text()))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self.escape_pressed.emit()
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(_BACKGROUND))
        if self.sentence:
            self._paint_sentence(painter, self.sentence)
        else:
            self._paint_step(painter)
        self._paint_foot(painter)
        painter.end()
        if self._unpainted:
            self._unpainted = False
            self.painted.emit(self.step, local_clock())

    @property
    def _unit(self) -> float:
        return min(self.width(), self.height()) / 100

    @property
    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _paint_step(self, painter: QPainter) -> None:
        phase, cue = self.step.phase, self.step.cue
        if phase is Phase.RATING:
            self._paint_rating(painter)
            return
        if phase is not Phase.CUE:
            cue = None
        if phase in _WITH_CROSS and (cue is None or cue.kind == "arrow"):
            self._paint_cross(painter)
        if cue is not None:
            self._paint_cue(painter, cue)

    def _paint_cue(self, painter: QPainter, cue: CueScreenItem) -> None:
        if cue.kind == "arrow":
            self._paint_arrow(painter, _TURNS[cue.shown])
        elif cue.kind == "word":
            side = 0.05 * self.width()
            room = QRectF(self.rect()).adjusted(side, 0, -side, 0)
            _paint_fitting(painter, cue.shown, room, 18 * self._unit, QFont.Weight.Medium)
        elif cue.kind == "text":
            self._paint_sentence(painter, cue.shown)
        else:
            self._paint_picture(painter, cue.shown)

    def _paint_cross(self, painter: QPainter) -> None:
        arm = 5 * self._unit
        painter.setPen(QPen(QColor(_CALM), 1.1 * self._unit, c=Qt.PenCapStyle.FlatCap))
        for x, y in ((arm, 0.0), (0.0, arm)):
            painter.drawLine(self._middle - QPointF(x, y), self._middle + QPointF(x, y))

    def _paint_arrow(self, painter: QPainter, turn: float) -> None:
        unit = self._unit
        shaft, head = 3.2 * unit, 9 * unit
        near, neck, tip = 9 * unit, 26 * unit, 38 * unit
        outline = [
            (near, -shaft), (neck, -shaft), (neck, -head), (tip, 0.0),
            (neck, head), (neck, shaft), (near, shaft),
        ]  # fmt: skip
        painter.save()
        painter.translate(self._middle)
        painter.rotate(turn)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(_BRIGHT))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
        painter.restore()

    def _paint_picture(self, painter: QPainter, file: str) -> None:
        if self._picture[0] != file:
            self._picture = (file, QPixmap(file))
        picture = self._picture[1]
        if picture.isNull():
            return
        side = 70 * self._unit
        scale = side * 1.2 / max(1.0, hypot(picture.width(), picture.height()))
        target = _around(self._middle, picture.width() * scale, picture.height() * scale)
        painter.drawPixmap(target, picture, QRectF(picture.rect()))

    def _paint_rating(self, painter: QPainter) -> None:
        """Both questions, one above the other; the one that is to be answered is bright."""
        levels = self._rating.levels
        for k, axis in enumerate(AXES):
            level = levels[k] if k < len(levels) else None
            ink = _BRIGHT if k == len(levels) else _CALM if level else _FAINT
            middle = self._middle + QPointF(0, (k - 0.5) * 40 * self._unit)
            self._paint_axis(painter, middle, axis, level, QColor(ink))

    def _paint_axis(
        self, painter: QPainter, middle: QPointF, axis: RatingAxis, level: int | None, ink: QColor
    ) -> None:
        unit, centre = self._unit, Qt.AlignmentFlag.AlignCenter
        painter.setFont(_sized(painter.font(), 4.6 * unit))
        painter.setPen(ink)
        above = _around(middle - QPointF(0, 11 * unit), 120 * unit, 8 * unit)
        painter.drawText(above, centre, axis.question)
        first = middle - QPointF((N_LEVELS - 1) / 2 * 13 * unit, 0)
        last = middle + (middle - first)
        for n in range(1, N_LEVELS + 1):
            box = _around(first + QPointF((n - 1) * 13 * unit, 0), 8 * unit, 8 * unit)
            painter.setPen(QPen(ink, 0.4 * unit))
            painter.setBrush(ink if n == level else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 1.2 * unit, 1.2 * unit)
            painter.setPen(QColor(_BACKGROUND) if n == level else ink)
            painter.drawText(box, centre, str(n))
        painter.setFont(_sized(painter.font(), 3.4 * unit))
        painter.setPen(ink)
        for text, place in ((axis.low, first), (axis.high, last)):
            below = _around(place + QPointF(0, 8 * unit), 40 * unit, 6 * unit)
            painter.drawText(below, centre, text)

    def _paint_sentence(self, painter: QPainter, sentence: str) -> None:
        side, height = 0.12 * self.width(), self.height()
        room = QRectF(self.rect()).adjusted(side, 0.1 * height, -side, -0.2 * height)
        wrap = Qt.TextFlag.TextWordWrap
        _paint_fitting(painter, sentence, room, 5 * self._unit, QFont.Weight.Normal, wrap)

    def _paint_foot(self, painter: QPainter) -> None:
        step, unit = self.step, self._unit
        painter.setFont(_sized(painter.font(), 3.4 * unit))
        painter.setPen(QColor(_FAINT))
        foot = QRectF(self.rect()).adjusted(4 * unit, 0, -4 * unit, -4 * unit)
        bottom = Qt.AlignmentFlag.AlignBottom
        if step.n_trials:
            number = min(step.n_done + (step.phase in _UNDER_WAY), step.n_trials)
            left = Qt.AlignmentFlag.AlignLeft | bottom
            painter.drawText(foot, left, f"{number} of {step.n_trials}")
            done = QRectF(0, self.height() - unit, self.width() * step.n_done / step.n_trials, unit)
            painter.fillRect(done, QColor(_FAINT))
        keys = self._keys or "Space pauses   Esc ends"
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | bottom, keys)


def _paint_fitting(
    painter: QPainter,
    text: str,
    room: QRectF,
    pixels: float,
    weight: QFont.Weight,
    wrap: Qt.TextFlag = Qt.TextFlag.TextSingleLine,
) -> None:
    """Write text in the middle of a room, smaller until it fits."""
    flags = Qt.AlignmentFlag.AlignCenter | wrap
    font = QFont(painter.font())
    font.setWeight(weight)
    font.setPixelSize(max(_LEAST_PX, round(pixels)))
    while font.pixelSize() > _LEAST_PX:
        needed = QFontMetricsF(font).boundingRect(room, flags, text)
        if needed.width() <= room.width() and needed.height() <= room.height():
            break
        font.setPixelSize(max(_LEAST_PX, int(0.85 * font.pixelSize())))
    painter.setFont(font)
    painter.setPen(QColor(_BRIGHT))
    painter.drawText(room, flags, text)


def _around(middle: QPointF, width: float, height: float) -> QRectF:
    return QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)


def _sized(font: QFont, pixels: float) -> QFont:
    sized = QFont(font)
    sized.setPixelSize(max(CAPTION_PX, round(pixels)))
    return sized
