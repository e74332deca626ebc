"""Conversion of columns of traces to pixels, with smooth edges, in one pass."""

import numpy as np

from bci.compiling import kernel

# Largest distance of a trace from the middle of its row, in rows. It is enough for the top of a
# blink, and a trace that drifts away does not cover the middle of the next row.
REACH = 0.75


@kernel()
def paint_columns(pixels, column, low, high, lost, scale, thickness, strength, inks, colours):  # type: ignore[no-untyped-def]
    """Paint columns of traces into a picture whose columns are used cyclically.

    ``pixels``, (height, width), are uint32 0xffRRGGBB. Row k of ``low`` and ``high``, (n_columns,
    n_channels), is painted into pixel column (``column`` + k) modulo the width. Each channel has a
    row of pixels of equal height, and leaves its middle by at most ``REACH`` rows. ``lost``,
    (n_columns,), marks columns with lost samples. A channel whose value is NaN is left out.
    ``scale``, (n_channels,), is in pixels per unit. ``thickness`` is that of a level trace, in
    pixels. ``strength``, (n_channels,), is the opacity of a channel, 0 to 1. ``colours``,
    (2 + n_inks, 3) float32, are red, green and blue of the background, of a lost column, and of
    each ink. ``inks``, (n_channels,), are the inks of the channels by number. A later ink covers
    earlier ones.
    """
    height, width = pixels.shape
    n_columns, n_channels = low.shape
    row = height / n_channels
    reach = REACH * row
    n_inks = len(colours) - 2
    cover = np.empty((n_inks, height), dtype=np.float32)
    for k in range(n_columns):
        x = (column + k) % width
        cover[:] = 0.0
        if not lost[k]:
            for c in range(n_channels):
                if np.isnan(low[k, c]):
                    continue
                centre = row * (c + 0.5)
                highest = max(centre - reach, 0.0)
                lowest = min(centre + reach, float(height))
                top = min(max(centre - high[k, c] * scale[c], highest), lowest) - thickness / 2
                bottom = min(max(centre - low[k, c] * scale[c], highest), lowest) + thickness / 2
                _cover(cover[inks[c]], top, bottom, strength[c])
        ground = 1 if lost[k] else 0
        for y in range(height):
            red, green, blue = colours[ground, 0], colours[ground, 1], colours[ground, 2]
            for ink in range(n_inks):
                share = cover[ink, y]
                if share > 0.0:
                    red += (colours[2 + ink, 0] - red) * share
                    green += (colours[2 + ink, 1] - green) * share
                    blue += (colours[2 + ink, 2] - blue) * share
            packed = np.uint32(255) << 8 | np.uint32(red + 0.5)
            packed = np.uint32(packed << 8 | np.uint32(green + 0.5))
            packed = np.uint32(packed << 8 | np.uint32(blue + 0.5))
            pixels[y, x] = packed


@kernel()
def _cover(cover, top, bottom, strength):  # type: ignore[no-untyped-def]
    """Add a bar to the coverage of a column; its ends cover their pixels in part."""
    first = max(0, int(np.floor(top)))
    last = min(len(cover) - 1, int(np.ceil(bottom)) - 1)
    for y in range(first, last + 1):
        share = min(bottom, y + 1.0) - max(top, float(y))
        cover[y] += (1.0 - cover[y]) * share * strength
