"""Where electrodes lie on a head seen from above, nose up."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from bci.types import Channel

# Middle of a head whose coordinates have the anterior commissure as their origin, in metres, and
# where to begin to look for that of others: in those with the ears as origin it is 4 cm higher.
_MIDDLE = (0.0, -0.015, 0.02)
# Distances of sensors from the middle: electrodes about 95 mm, helmets up to 130 mm.
_LEAST_M, _MOST_M = 0.08, 0.13
_STEPS = 60
# Angle from the crown at which the drawn edge lies: a little below the level of T7, Fpz and Oz.
_EDGE = 1.75
_OUTERMOST = 1.15


def flatten(channels: tuple[Channel, ...]) -> dict[int, tuple[float, float]]:
    """Where each channel with a position lies; the head has radius 1, y points to the nose.

    The angle from the crown becomes the distance from the middle, so that neighbours on the head
    are neighbours in the picture. Sensors of a helmet that reach further are drawn closer.
    """
    placed = {k: c.position for k, c in enumerate(channels) if c.position is not None}
    if not placed:
        return {}
    at = np.array(list(placed.values())) - _middle(np.array(list(placed.values())))
    across = np.linalg.norm(at[:, :2], axis=1)
    far = np.arctan2(across, at[:, 2]) / _EDGE
    flat = at[:, :2] * (far / np.maximum(across, 1e-9))[:, None]
    flat *= min(1.0, _OUTERMOST / max(float(far.max()), 1e-9))
    return {k: (float(x), float(y)) for k, (x, y) in zip(placed, flat, strict=True)}


def on_sphere(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors, (n, 3), from the middle of the head to places, (n, 2), in the picture."""
    far = np.hypot(places[:, 0], places[:, 1])
    angle = far * _EDGE
    across = places * (np.sin(angle) / np.maximum(far, 1e-9))[:, None]
    return np.column_stack([across, np.cos(angle)])


def grid(n_channels: int) -> dict[int, tuple[float, float]]:
    """Places in rows from left to right, for channels whose positions are unknown."""
    per_row = max(1, ceil(sqrt(n_channels)))
    rows = ceil(n_channels / per_row)
    step = 1.8 / per_row
    return {
        index: (
            (index % per_row - (per_row - 1) / 2) * step,
            ((rows - 1) / 2 - index // per_row) * step,
        )
        for index in range(n_channels)
    }


def paint_head(painter: QPainter, pen: QPen, middle: QPointF, radius: float) -> None:
    """The outline, with nose and ears."""
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    wide, long, ear = 0.145 * radius, 0.145 * radius, 0.16 * radius
    nose = [
        QPointF(-wide, 1 - radius),
        QPointF(0, -radius - long),
        QPointF(wide, 1 - radius),
    ]
    painter.drawPolyline(QPolygonF([middle + corner for corner in nose]))
    for side in (-1, 1):
        x = middle.x() + side * (radius + 2) - ear / 2.5
        box = QRectF(x, middle.y() - ear, ear / 1.25, 2 * ear)
        painter.drawArc(box, 16 * (90 if side < 0 else -90), 16 * 180)
    painter.drawEllipse(middle, radius, radius)


def _middle(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre of the sphere that fits the sensors best, found from the usual one on."""
    middle = np.array(_MIDDLE)
    if np.linalg.norm(at - middle, axis=1).mean() < _LEAST_M * 0.8:
        # Inside the head: on no sphere.
        return middle
    for _ in range(_STEPS):
        away = at - middle
        distance = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        radius = np.clip(distance.mean(), _LEAST_M, _MOST_M)
        middle = (at - radius * away / distance).mean(axis=0)
        # Left and right are alike, whichever side the sensors are on.
        middle[0] = 0.0
    return middle
