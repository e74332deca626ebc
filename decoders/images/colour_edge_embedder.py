"""A simple descriptor of a picture, for use without a vision model.

It has 96 colour, 128 gradient and 64 luminance numbers. They describe colours, edges and
brightness, but not the objects shown. A gallery made with it states this.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from decoders.images.pictures import read_picture

MADE_BY = "simple descriptor (colour, edges, brightness)"
_SIDE = 128
_COLOUR_BINS = 8
_ORIENTATIONS = 8
_QUADRANTS = 2
_GRID = 8


def describe(file: Path) -> FloatArray:
    """Compute the descriptor of a picture file, (288,)."""
    from PIL import Image

    picture = read_picture(file).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    return descriptor(np.asarray(picture, dtype=np.float64) / 255.0)


def descriptor(rgb: NDArray[np.float64]) -> FloatArray:
    """Compute the descriptor of pixels (side, side, 3) between 0 and 1, (288,).

    It has three parts, each of length 1: histograms of red, green and blue in each quarter;
    histograms of gradient orientation, weighted by strength, in each of 16 tiles; and brightness on
    an 8 x 8 grid, minus its mean.
    """
    grey = rgb @ np.array([0.299, 0.587, 0.114])
    down, right = np.gradient(grey)
    strength = np.hypot(down, right)
    orientation = (np.arctan2(down, right) % np.pi) / np.pi
    colours = [
        np.histogram(tile[..., channel], _COLOUR_BINS, (0, 1))[0]
        for tile in _tiles(rgb, _QUADRANTS)
        for channel in range(3)
    ]
    edges = [
        np.histogram(angles, _ORIENTATIONS, (0, 1), weights=weights)[0]
        for angles, weights in zip(_tiles(orientation, 4), _tiles(strength, 4), strict=True)
    ]
    brightness = np.array([tile.mean() for tile in _tiles(grey, _GRID)])
    parts = np.concatenate(colours), np.concatenate(edges), brightness - brightness.mean()
    return np.concatenate([p / (np.linalg.norm(p) + 1e-9) for p in parts]).astype(np.float32)


def _tiles(pixels: NDArray[np.float64], n: int) -> list[NDArray[np.float64]]:
    return [tile for row in np.array_split(pixels, n) for tile in np.array_split(row, n, axis=1)]
