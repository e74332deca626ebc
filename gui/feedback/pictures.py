"""Pictures of a feedback level, 0-1: a bar, a ball, a sunrise, and the user's own."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPen, QRadialGradient

from gui.theme import DARK

GROUND = QColor("#0d0f12")
BELOW, BEYOND = QColor(DARK.classes[0]), QColor(DARK.classes[1])
_HELD, _LINE = QColor("#5a6069"), QColor(DARK.dim)
_DARKEST = 0.25


def colour_of(level: float, held: bool) -> QColor:
    """Return blue up to the threshold (level 0.5), orange above, grey while held."""
    if held:
        return _HELD
    return BEYOND if level > 0.5 else BELOW


def paint_bar(painter: QPainter, room: QRectF, level: float, held: bool) -> None:
    """Paint a bar that grows from below, and a line at the threshold."""
    width, height = 0.16 * room.height(), 0.7 * room.height()
    frame = QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#1c2127"))
    painter.drawRoundedRect(frame, width / 8, width / 8)
    filled = QRectF(frame)
    filled.setTop(frame.bottom() - max(0.01, level) * height)
    painter.setBrush(colour_of(level, held))
    painter.drawRoundedRect(filled, width / 8, width / 8)
    _threshold(painter, frame.adjusted(-0.35 * width, 0, 0.35 * width, 0))


def paint_ball(painter: QPainter, room: QRectF, level: float, held: bool) -> None:
    """Paint a ball that rises, and a line at the threshold."""
    height, radius = 0.7 * room.height(), 0.07 * room.height()
    frame = QRectF(room.center().x() - height / 2, room.center().y() - height / 2, height, height)
    _threshold(painter, frame)
    at = QPointF(frame.center().x(), frame.bottom() - level * height)
    shade = QRadialGradient(at - QPointF(radius / 3, radius / 3), 1.4 * radius)
    colour = colour_of(level, held)
    shade.setColorAt(0, colour.lighter(130))
    shade.setColorAt(1, colour.darker(120))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade)
    painter.drawEllipse(at, radius, radius)


def paint_sunrise(painter: QPainter, room: QRectF, level: float, held: bool) -> None:
    """Paint a sun that rises over the sea, under a sky that brightens."""
    frame = _sixteen_to_ten(room)
    light = _DARKEST + (1 - _DARKEST) * level
    sky = QLinearGradient(frame.topLeft(), frame.bottomLeft())
    sky.setColorAt(0, _shade("#27507a", light))
    sky.setColorAt(0.7, _shade("#e8b878", light))
    painter.save()
    painter.setClipRect(frame)
    painter.fillRect(frame, sky)
    horizon = frame.top() + 0.62 * frame.height()
    radius = 0.1 * frame.height()
    # At the threshold the sun has just left the sea.
    at = QPointF(frame.center().x(), horizon + radius - 4 * radius * level)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_HELD if held else _shade("#ffd97a", light))
    painter.drawEllipse(at, radius, radius)
    sea = QRectF(frame.left(), horizon, frame.width(), frame.bottom() - horizon)
    water = QLinearGradient(sea.topLeft(), sea.bottomLeft())
    water.setColorAt(0, _shade("#4a7c96", light))
    water.setColorAt(1, _shade("#16304a", light))
    painter.fillRect(sea, water)
    painter.restore()


class OwnPicture:
    """The user's own picture, whose opacity grows with the level."""

    def __init__(self, file: Path) -> None:
        self._image = QImage(str(file))

    @property
    def is_readable(self) -> bool:
        return not self._image.isNull()

    def paint(self, painter: QPainter, room: QRectF, level: float, held: bool) -> None:
        """Paint the picture as large as fits into 85 % of ``room``."""
        most = QSize(round(0.85 * room.width()), round(0.85 * room.height()))
        size = self._image.size().scaled(most, Qt.AspectRatioMode.KeepAspectRatio)
        at = QRectF(0, 0, size.width(), size.height())
        at.moveCenter(room.center())
        painter.setOpacity(0.1 + 0.9 * level)
        painter.drawImage(at, self._image)
        painter.setOpacity(1.0)
        if held:
            painter.setPen(QPen(_HELD, 4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(at)


def _threshold(painter: QPainter, frame: QRectF) -> None:
    painter.setPen(QPen(_LINE, 2, Qt.PenStyle.DashLine))
    y = frame.center().y()
    painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))


def _sixteen_to_ten(room: QRectF) -> QRectF:
    width = min(0.85 * room.width(), 1.6 * 0.75 * room.height())
    frame = QRectF(0, 0, width, width / 1.6)
    frame.moveCenter(room.center())
    return frame


def _shade(colour: str, light: float) -> QColor:
    full = QColor(colour)
    return QColor(*(round(light * part) for part in (full.red(), full.green(), full.blue())))
