"""The head seen from above, nose up: positions of channels, and pictures of their values."""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from bci.head.electrodes import standard_directions
from bci.head.splines import spline_weights
from bci.signals import Channel

Values = NDArray[np.float64]
Places = dict[int, tuple[float, float]]

PIXELS = 65
MIN_ELECTRODES = 4
# Start of the fit of the head's centre, in metres, for coordinates with their origin at the
# anterior commissure. With the origin between the ears, the centre is 4 cm higher.
_MIDDLE = (0.0, -0.015, 0.02)
# Distances of sensors from the centre: electrodes about 95 mm, MEG helmets up to 130 mm.
_MIN_RADIUS_M, _MAX_RADIUS_M = 0.08, 0.13
_STEPS = 60
# Angle in radians from the crown to the drawn edge: a little below the level of T7, Fpz and Oz.
_EDGE = 1.75
_OUTERMOST = 1.15
# In radii of the head: width of the rim outside the outermost electrodes that is still
# interpolated, and distance over which the picture fades beyond it. With 8 to 19 electrodes, the
# peak of a single strong electrode is drawn within 0.21 of it.
_MARGIN, _FADE = 0.05, 0.4


def channel_directions(channels: Sequence[Channel]) -> Values:
    """Find the directions of channels as unit vectors, (n_channels, 3); NaN where unknown.

    EEG channels with a 10-05 name have the direction on the template head, as in `bci.head.remap`.
    Other channels have the direction of the position that their stream states.
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
    """Project channels with a known position onto a flat head of radius 1, y to the nose.

    The angle from the crown becomes the distance from the centre, so that neighbours on the head
    are neighbours in the picture. Sensors of a helmet beyond the edge are drawn closer. Returns
    x and y by the channels' numbers.
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
    """Arrange channels in rows from left to right, if no positions are known."""
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
    """Convert positions in the picture, (n, 2), to unit vectors from the head's centre, (n, 3)."""
    far = np.hypot(places[:, 0], places[:, 1])
    angle = far * _EDGE
    across = places * (np.sin(angle) / np.maximum(far, 1e-9))[:, None]
    return np.column_stack([across, np.cos(angle)])


def pixel_places() -> Values:
    """Positions of the pixels of a picture, shape (65 * 65, 2), row by row from the nose."""
    along = np.linspace(-1, 1, PIXELS)
    x, y = np.meshgrid(along, -along)
    return np.column_stack([x.ravel(), y.ravel()])


class HeadPicture:
    """Interpolate between electrodes by spherical splines; a picture is one matrix product.

    Splines diverge outside the outermost electrodes. There the picture has the value of the
    nearest position between electrodes, and fades to the mean of all electrodes. At least four
    electrodes are needed, with the positions of `flatten`.
    """

    def __init__(self, places: Values) -> None:
        between, away = _nearest_between(pixel_places(), places)
        spline = spline_weights(on_sphere(places), on_sphere(between))
        share = np.exp(-((away / _FADE) ** 2))[:, None]
        self._weights = share * spline + (1 - share) / len(places)

    def draw(self, values: Values) -> Values:
        """Interpolate values at the electrodes, (n_electrodes,), on (65, 65) pixels, nose up.

        Pixels are limited to the range of the values.
        """
        picture: Values = np.clip(self._weights @ values, values.min(), values.max())
        return picture.reshape(PIXELS, PIXELS)


def _nearest_between(pixels: Values, places: Values) -> tuple[Values, Values]:
    """Find the position between the electrodes nearest to each pixel, and its distance."""
    # Imported here, because it takes a tenth of a second.
    from scipy.spatial import ConvexHull

    # A small ring around each electrode, so that electrodes on one line have a hull too.
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = _MARGIN * np.column_stack([np.cos(turn), np.sin(turn)])
    around = (places[:, None] + ring).reshape(-1, 2)
    corners = around[ConvexHull(around).vertices]
    edges = np.roll(corners, -1, axis=0) - corners
    offsets = pixels[:, None] - corners
    along = np.clip((offsets * edges).sum(axis=2) / (edges**2).sum(axis=1), 0, 1)
    feet = corners + along[..., None] * edges
    away = np.linalg.norm(pixels[:, None] - feet, axis=2)
    nearest = away.argmin(axis=1)
    # The corners run counterclockwise: inside lies left of every edge.
    left = edges[:, 0] * offsets[..., 1] - edges[:, 1] * offsets[..., 0]
    outside = (left < 0).any(axis=1)
    rows = np.arange(len(pixels))
    between = np.where(outside[:, None], feet[rows, nearest], pixels)
    return between, np.where(outside, away[rows, nearest], 0.0)


def _middle_of(positions: Values) -> Values:
    """Fit the centre of a sphere of a head's size to positions, (n, 3)."""
    middle = np.array(_MIDDLE)
    if np.linalg.norm(positions - middle, axis=1).mean() < _MIN_RADIUS_M * 0.8:
        # Electrodes inside the head do not lie on a sphere.
        return middle
    for _ in range(_STEPS):
        away = positions - middle
        distance = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        radius = np.clip(distance.mean(), _MIN_RADIUS_M, _MAX_RADIUS_M)
        middle = (positions - radius * away / distance).mean(axis=0)
        # The head is symmetric, even if the sensors are on one side only.
        middle[0] = 0.0
    return middle
