"""The causal hot path: plain loops over plain arrays, compiled by Numba.

Data are C-contiguous ``(n_samples, n_channels)`` float32 and are filtered in place; states are
float64. The innermost loop runs over channels, so that the compiler turns it into vector
instructions while the arithmetic of each channel, and with it every bit of the output, stays
the same however the samples are split into chunks. No fast-math: it would allow the compiler
to regroup sums differently from one loop length to the next.
"""

import numpy as np
from numba import njit

# Far below any physical amplitude and far above the subnormal range, in which arithmetic on a
# decaying state becomes a hundred times slower.
_TINY = 1e-30

# The largest magnitude taken for a measurement; beyond it the float32 output of a filter that
# overshoots could overflow.
LARGEST = 1e30


@njit(cache=True, nogil=True)
def pick_finite(data, picks, held, out, is_bad):  # type: ignore[no-untyped-def]
    """Copy the picked channels, holding the last finite value where a sample is not finite.

    ``data`` (n, all channels) -> ``out`` (n, len(picks)); ``held`` (len(picks),) carries the
    last finite values; ``is_bad`` (n,) marks the rows in which any picked value was held.
    Returns the number of values held.
    """
    n_held = 0
    for t in range(out.shape[0]):
        row_bad = False
        for c in range(out.shape[1]):
            value = data[t, picks[c]]
            if np.abs(value) < LARGEST:  # false for NaN and infinities too
                held[c] = value
            else:
                value = held[c]
                row_bad = True
                n_held += 1
            out[t, c] = value
        is_bad[t] = row_bad
    return n_held


# Channels and samples filtered at a time: such a tile of float64 (16 kB) and one section's
# state stay in the first-level cache. Measured best of 32-2048 channels x 8-32 samples.
_TILE_CHANNELS = 128
_TILE_SAMPLES = 16


@njit(cache=True, nogil=True, error_model="numpy")
def _section(tile, n_samples, z0, z1, b0, b1, b2, a1, a2):  # type: ignore[no-untyped-def]
    for t in range(n_samples):
        row = tile[t]
        for c in range(z0.shape[0]):
            x = row[c]
            y = b0 * x + z0[c]
            y = y if np.abs(y) > _TINY else 0.0
            z0[c] = b1 * x - a1 * y + z1[c]
            z1[c] = b2 * x - a2 * y
            row[c] = y


@njit(cache=True, nogil=True, error_model="numpy")
def sosfilt(data, sos, state):  # type: ignore[no-untyped-def]
    """Run a cascade of second-order sections over a chunk, in place.

    Direct form II transposed, as scipy's ``sosfilt``. ``data`` (n, c) float32, ``sos``
    (n_sections, 6) float64 with a0 = 1, ``state`` (n_sections, 2, c) float64. Nine
    floating-point operations a section, sample and channel.
    """
    n_samples, n_channels = data.shape
    tile = np.empty((_TILE_SAMPLES, _TILE_CHANNELS))
    for c0 in range(0, n_channels, _TILE_CHANNELS):
        c1 = min(n_channels, c0 + _TILE_CHANNELS)
        for t0 in range(0, n_samples, _TILE_SAMPLES):
            n = min(n_samples, t0 + _TILE_SAMPLES) - t0
            for t in range(n):
                source = data[t0 + t, c0:c1]
                row = tile[t]
                for c in range(c1 - c0):
                    row[c] = source[c]
            for s in range(sos.shape[0]):
                b0, b1, b2 = sos[s, 0], sos[s, 1], sos[s, 2]
                a1, a2 = sos[s, 4], sos[s, 5]
                _section(tile, n, state[s, 0, c0:c1], state[s, 1, c0:c1], b0, b1, b2, a1, a2)
            for t in range(n):
                target = data[t0 + t, c0:c1]
                row = tile[t]
                for c in range(c1 - c0):
                    target[c] = row[c]


@njit(cache=True, nogil=True)
def common_average(data):  # type: ignore[no-untyped-def]
    """Subtract the mean over channels from every sample, in place; the mean is float64.

    Eight partial sums let the additions overlap; their order is fixed.
    """
    n_channels = data.shape[1]
    whole = n_channels - n_channels % 8
    partial = np.zeros(8)
    for t in range(data.shape[0]):
        partial[:] = 0.0
        for c in range(0, whole, 8):
            for k in range(8):
                partial[k] += data[t, c + k]
        total = 0.0
        for k in range(8):
            total += partial[k]
        for c in range(whole, n_channels):
            total += data[t, c]
        mean = total / n_channels
        for c in range(n_channels):
            data[t, c] = data[t, c] - mean


@njit(cache=True, nogil=True, error_model="numpy")
def standardize(data, mean, variance, weight, floor):  # type: ignore[no-untyped-def]
    """Running z-score with exponentially forgotten mean and variance, in place.

    ``mean``, ``variance`` (c,) float64 are the state; ``weight`` in (0, 1) is that of the
    newest sample, ``floor`` the smallest variance divided by.
    """
    for t in range(data.shape[0]):
        for c in range(data.shape[1]):
            deviation = data[t, c] - mean[c]
            mean[c] += weight * deviation
            variance[c] = (1.0 - weight) * (variance[c] + weight * deviation * deviation)
            data[t, c] = (data[t, c] - mean[c]) / np.sqrt(max(variance[c], floor))


@njit(cache=True, nogil=True)
def log_power(window, out):  # type: ignore[no-untyped-def]
    """Log of the mean square of each channel of a window.

    ``window`` (n_samples, n_channels) float32 in ring layout, ``out`` (n_channels,) float64.
    """
    n_samples, n_channels = window.shape
    for c in range(n_channels):
        out[c] = 0.0
    for t in range(n_samples):
        for c in range(n_channels):
            value = np.float64(window[t, c])
            out[c] += value * value
    for c in range(n_channels):
        out[c] = np.log(out[c] / n_samples + _TINY)
