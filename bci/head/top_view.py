"""The head seen from above, nose up: places of channels, and the picture of values between them."""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from bci.head.electrodes import standard_directions
from bci.head.splines import spline_weights
from bci.types import Channel

Values = NDArray[np.float64]
Places = dict[int, tuple[float, float]]

PIXELS = 65
MIN_ELECTRODES = 4
# Middle of a head whose coordinates have the anterior commissure as their origin, in metres: the
# start of the fit. In coordinates with the ears as origin the middle is 4 cm higher.
_MIDDLE = (0.0, -0.015, 0.02)
# Distances of sensors from the middle: electrodes about 95 mm, helmets up to 130 mm.
_MIN_RADIUS_M, _MAX_RADIUS_M = 0.08, 0.13
_STEPS = 60
# Angle from the crown at which the drawn edge lies: a little below the level of T7, Fpz and Oz.
_EDGE = 1.75
_OUTERMOST = 1.15


def channel_directions(channels: Sequence[Channel]) -> Values:
    """Find the directions of channels from the centre of the head.

    EEG channels with a 10-05 name lie where the template head has them, as in `bci.head.remap`;
    others where their stream states it.

    Returns
    -------
    directions : ndarray, shape (n_channels, 3)
        Unit vectors; rows of NaN where the place is unknown.
    """
    found = standard_directions([c.name if c.kind == "eeg" else "" for c in channels])
    stated = np.array([c.position or (np.nan,) * 3 for c in channels]).reshape(-1, 3)
    is_stated = ~np.isnan(stated).any(axis=1)
    if is_stated.any():
        offsets = stated - _middle_of(stated[is_stated])
        lengths = np.maximum(np.linalg.norm(offsets, axis=1, keepdims=True), 1e-9)
        found = np.where(np.isnan(found), offsets / lengths, found)
    return found


def flatten(channels: Sequence[Channel]) -> Places:
    """Lay channels with a known place on a head of radius 1, y to the nose.

    The angle from the crown becomes the distance from the middle, so that neighbours on the head
    are neighbours in the picture. Sensors of a helmet that reach further are drawn closer.
    """
    directions = channel_directions(channels)
    known = np.flatnonzero(~np.isnan(directions).any(axis=1))
    if not len(known):
        return {}
    at = directions[known]
    across = np.linalg.norm(at[:, :2], axis=1)
    far = np.arctan2(across, at[:, 2]) / _EDGE
    flat = at[:, :2] * (far / np.maximum(across, 1e-9))[:, None]
    flat *= min(1.0, _OUTERMOST / max(float(far.max()), 1e-9))
    return {int(k): (float(x), float(y)) for k, (x, y) in zip(known, flat, strict=True)}


def in_rows(n_channels: int) -> Places:
    """Lay channels out in rows from left to right, where no place is known."""
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


def on_sphere(places: Values) -> Values:
    """Turn places in the picture, (n, 2), into unit vectors from the centre, (n, 3)."""
    far = np.hypot(places[:, 0], places[:, 1])
    angle = far * _EDGE
    across = places * (np.sin(angle) / np.maximum(far, 1e-9))[:, None]
    return np.column_stack([across, np.cos(angle)])


def pixel_places() -> Values:
    """Places of the pixels of a picture, shape (65 * 65, 2), row by row from the nose."""
    along = np.linspace(-1, 1, PIXELS)
    x, y = np.meshgrid(along, -along)
    return np.column_stack([x.ravel(), y.ravel()])


class HeadPicture:
    """Interpolates between electrodes by spherical splines; a picture is one matrix product.

    Parameters
    ----------
    places : ndarray, shape (n_electrodes, 2)
        In the view from above, as by `flatten`; at least four.
    """

    def __init__(self, places: Values) -> None:
        self._weights = spline_weights(on_sphere(places), on_sphere(pixel_places()))

    def draw(self, values: Values) -> Values:
        """Interpolate values at the electrodes, (n_electrodes,), on (65, 65) pixels, nose up.

        Far from every electrode a spline runs away, so no pixel leaves the range of the values.
        """
        picture: Values = np.clip(self._weights @ values, values.min(), values.max())
        return picture.reshape(PIXELS, PIXELS)


def _middle_of(positions: Values) -> Values:
    """Fit the centre of a sphere of a head's size to positions, (n, 3)."""
    middle = np.array(_MIDDLE)
    if np.linalg.norm(positions - middle, axis=1).mean() < _MIN_RADIUS_M * 0.8:
        # Inside the head: on no sphere.
        return middle
    for _ in range(_STEPS):
        away = positions - middle
        distance = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        radius = np.clip(distance.mean(), _MIN_RADIUS_M, _MAX_RADIUS_M)
        middle = (positions - radius * away / distance).mean(axis=0)
        # Left and right are alike, whichever side the sensors are on.
        middle[0] = 0.0
    return middle
