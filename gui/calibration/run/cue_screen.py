"""The screen of a run: fixation cross, cue or rating, and the progress."""

from math import hypot

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap, QPolygonF

from bci.tasks.cue_items import CueScreenItem
from bci.tasks.emotion_levels import N_LEVELS
from bci.tasks.rating import AXES, Rating, RatingAxis
from bci.tasks.schedule import Phase, SchedulePhase
from gui.theme import CAPTION_PX

# Dark in both themes of the dashboard, so that nothing dazzles or draws the eye.
_BACKGROUND, _FAINT, _CALM, _BRIGHT = "#0d0f12", "#79828c", "#aeb6bf", "#f2f4f6"
_LEAST_PX = 8
_DIAGONAL = 84  # of a picture, in hundredths of the screen's shorter side
_TURNS = {"right": 0.0, "down": 90.0, "left": 180.0, "up": 270.0}
_WITH_CROSS = (Phase.REST, Phase.BASELINE, Phase.CUE, Phase.TASK)
_UNDER_WAY = (Phase.BASELINE, Phase.CUE, Phase.TASK, Phase.RATING)
_REST = "Rest. Look at the cross, eyes open. The first cue follows."


class CueScreen:
    """Paints a step of a run: cross, cue or rating, the progress and the usable keys.

    Each step is painted once into a pixmap, which every further frame draws.

    Attributes
    ----------
    step : SchedulePhase
    sentence : str
        A sentence in place of the cross; empty during a trial.
    note : str
        A sentence above the keys; empty during a trial.
    """

    def __init__(self) -> None:
        self.step = SchedulePhase(Phase.WAITING, None, 0, 0)
        self.sentence = ""
        self.note = ""
        self._keys = ""
        self._rating = Rating()
        self._size = QSize()
        self._kept = QPixmap()
        self._is_painted = False
        self._picture: tuple[str, QPixmap] = ("", QPixmap())

    def show_step(self, step: SchedulePhase) -> None:
        self.step = step
        self.show_message("", "")

    def show_message(self, sentence: str, keys: str, note: str = "") -> None:
        """Show ``sentence`` in place of the cross, before a run or in a pause.

        ``keys`` names the usable keys, and ``note`` is a sentence above them.
        """
        self.sentence, self._keys, self.note = sentence, keys, note
        self._is_painted = False

    def show_rating(self, rating: Rating, keys: str) -> None:
        """Show the answers so far of a rating; ``keys`` names the usable keys."""
        self._rating = rating
        self.show_message("", keys)

    @property
    def picture_px(self) -> int:
        """The diagonal of a shown picture, in pixels; 0 before the first painting."""
        return round(_DIAGONAL * self._unit * self._kept.devicePixelRatio())

    def has_picture(self, file: str) -> bool:
        """Return whether the picture of ``file`` is in memory."""
        return self._picture[0] == file

    def keep_picture(self, file: str, picture: QImage) -> None:
        """Keep the ``picture`` of ``file`` in memory for a coming cue."""
        self._picture = (file, QPixmap.fromImage(picture))

    def paint(self, painter: QPainter, size: QSize) -> None:
        """Paint the step; ``size`` of the screen is in logical pixels."""
        ratio = painter.device().devicePixelRatioF()
        if not self._is_painted or size != self._size or ratio != self._kept.devicePixelRatio():
            self._size, self._is_painted = size, True
            self._kept = QPixmap(size * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(_BACKGROUND))
            kept = QPainter(self._kept)
            kept.setRenderHints(painter.renderHints())
            self._paint_all(kept)
            kept.end()
        painter.drawPixmap(0, 0, self._kept)

    def _paint_all(self, painter: QPainter) -> None:
        if self.sentence:
            self._paint_sentence(painter, self.sentence)
        else:
            self._paint_step(painter)
        self._paint_foot(painter)

    @property
    def _unit(self) -> float:
        return min(self._size.width(), self._size.height()) / 100

    @property
    def _room(self) -> QRect:
        return QRect(QPoint(0, 0), self._size)

    @property
    def _middle(self) -> QPointF:
        return QRectF(self._room).center()

    def _paint_step(self, painter: QPainter) -> None:
        phase, cue = self.step.phase, self.step.cue
        if phase is Phase.RATING:
            self._paint_rating(painter)
            return
        if phase is not Phase.CUE:
            cue = None
        if phase in _WITH_CROSS and (cue is None or cue.kind == "arrow"):
            self._paint_cross(painter)
        if phase is Phase.REST:
            below = QRectF(self._room).adjusted(0, 30 * self._unit, 0, 0)
            _paint_fitting(painter, _REST, below, 4 * self._unit, QFont.Weight.Normal)
        if cue is not None:
            self._paint_cue(painter, cue)

    def _paint_cue(self, painter: QPainter, cue: CueScreenItem) -> None:
        if cue.kind == "arrow":
            self._paint_arrow(painter, _TURNS[cue.shown])
        elif cue.kind == "word":
            side = 0.05 * self._size.width()
            room = QRectF(self._room).adjusted(side, 0, -side, 0)
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
        scale = _DIAGONAL * self._unit / max(1.0, hypot(picture.width(), picture.height()))
        target = _around(self._middle, picture.width() * scale, picture.height() * scale)
        painter.drawPixmap(target, picture, QRectF(picture.rect()))

    def _paint_rating(self, painter: QPainter) -> None:
        """Paint both questions, one above the other; the next one to answer is bright."""
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
        side, height = 0.12 * self._size.width(), self._size.height()
        room = QRectF(self._room).adjusted(side, 0.1 * height, -side, -0.2 * height)
        wrap = Qt.TextFlag.TextWordWrap
        _paint_fitting(painter, sentence, room, 5 * self._unit, QFont.Weight.Normal, wrap)

    def _paint_foot(self, painter: QPainter) -> None:
        step, unit = self.step, self._unit
        painter.setFont(_sized(painter.font(), 3.4 * unit))
        painter.setPen(QColor(_FAINT))
        foot = QRectF(self._room).adjusted(4 * unit, 0, -4 * unit, -4 * unit)
        bottom = Qt.AlignmentFlag.AlignBottom
        if step.n_trials:
            number = min(step.n_done + (step.phase in _UNDER_WAY), step.n_trials)
            left = Qt.AlignmentFlag.AlignLeft | bottom
            painter.drawText(foot, left, f"{number} of {step.n_trials}")
            done = QRectF(
                0,
                self._size.height() - unit,
                self._size.width() * step.n_done / step.n_trials,
                unit,
            )
            painter.fillRect(done, QColor(_FAINT))
        keys = self._keys or "Space pauses   Esc ends"
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | bottom, keys)
        if self.note:
            above = foot.adjusted(0, 0, 0, -7 * unit)
            painter.drawText(above, Qt.AlignmentFlag.AlignRight | bottom, self.note)


def _paint_fitting(
    painter: QPainter,
    text: str,
    room: QRectF,
    pixels: float,
    weight: QFont.Weight,
    wrap: Qt.TextFlag = Qt.TextFlag.TextSingleLine,
) -> None:
    """Write ``text`` centred in ``room``, ``pixels`` high, or smaller until it fits."""
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
