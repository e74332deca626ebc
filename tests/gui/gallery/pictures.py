"""Simple pictures for the gallery: a coloured shape on a background."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

COLOURS = {
    "red": ("#d1495b", "#f3dcc8"),
    "blue": ("#2e6f9e", "#dbe9d8"),
    "green": ("#4c8c4a", "#f5e6a8"),
    "yellow": ("#f0b429", "#3b4a6b"),
    "white": ("#f4f1ea", "#6b4e71"),
}
_SIDE = 200


def _circle(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(100, 100), 62, 62)


def _star(painter: QPainter, points: int = 5, inner: float = 30.0) -> None:
    turns = np.arange(2 * points) * np.pi / points - np.pi / 2
    radii = np.where(np.arange(2 * points) % 2, inner, 74.0)
    corners = zip(100 + radii * np.cos(turns), 104 + radii * np.sin(turns), strict=True)
    painter.drawPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in corners]))


def _sun(painter: QPainter) -> None:
    _star(painter, 12, 52.0)


def _house(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(32, 98), QPointF(100, 36), QPointF(168, 98)]))
    painter.drawRect(QRectF(50, 98, 38, 66))
    painter.drawRect(QRectF(112, 98, 38, 66))
    painter.drawRect(QRectF(50, 98, 100, 20))


def _tree(painter: QPainter) -> None:
    for top, half in ((28, 36), (64, 50), (100, 62)):
        painter.drawPolygon(
            QPolygonF([QPointF(100, top), QPointF(100 - half, top + 46),
                       QPointF(100 + half, top + 46)])
        )  # fmt: skip
    painter.drawRect(QRectF(90, 140, 20, 34))


def _fish(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(86, 100), 58, 36)
    painter.drawPolygon(QPolygonF([QPointF(130, 100), QPointF(176, 66), QPointF(176, 134)]))


def _boat(painter: QPainter) -> None:
    painter.drawPolygon(
        QPolygonF([QPointF(28, 122), QPointF(172, 122), QPointF(142, 164), QPointF(58, 164)])
    )
    painter.drawPolygon(QPolygonF([QPointF(104, 30), QPointF(104, 112), QPointF(160, 112)]))
    painter.drawPolygon(QPolygonF([QPointF(94, 46), QPointF(94, 112), QPointF(48, 112)]))


def _cup(painter: QPainter) -> None:
    painter.drawPolygon(
        QPolygonF([QPointF(42, 56), QPointF(136, 56), QPointF(124, 152), QPointF(54, 152)])
    )
    painter.drawChord(QRectF(112, 72, 56, 56), -90 * 16, 180 * 16)


SHAPES = {
    "circle": _circle, "star": _star, "sun": _sun, "house": _house, "tree": _tree, "fish": _fish,
    "boat": _boat, "cup": _cup,
}  # fmt: skip
NAMES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)


@cache
def _folder() -> TemporaryDirectory[str]:
    """Return a temporary folder, deleted when the program ends."""
    return TemporaryDirectory(prefix="bci-gallery-")


def drawn() -> dict[str, Path]:
    """Return a picture file for each of `NAMES`."""
    folder = Path(_folder().name)
    files = {name: folder / f"{name.replace(' ', '-')}.png" for name in NAMES}
    for name, file in files.items():
        if not file.exists():
            _draw(*name.split()).save(str(file))
    return files


def _draw(colour: str, shape: str) -> QImage:
    front, ground = map(QColor, COLOURS[colour])
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    image.fill(ground)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(front)
    SHAPES[shape](painter)
    painter.end()
    return image
