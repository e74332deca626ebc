"""The causal hot path: plain loops over plain arrays, compiled by Numba.

Data are C-contiguous ``(n_samples, n_channels)`` float32 and are filtered in place; states are
float64. The innermost loop runs over channels, so that the compiler turns it into vector
instructions while the arithmetic of each channel, and with it every bit of the output, stays
the same however the samples are split into chunks. No fast-math over samples: it would allow
the compiler to regroup sums differently from one chunk length to the next.
"""

import numpy as np

from bci.compiling import kernel

# Far below any physical amplitude and far above the subnormal range, in which arithmetic on a
# decaying state becomes a hundred times slower.
_TINY = 1e-30

# The largest magnitude taken for a measurement; beyond it the float32 output of a filter that
# overshoots could overflow.
LARGEST = np.float32(1e30)


@kernel()
def take(data, picks, out):  # type: ignore[no-untyped-def]
    """Copy the picked channels: ``data`` (n, all channels) -> ``out`` (n, len(picks))."""
    for t in range(out.shape[0]):
        source, target = data[t], out[t]
        for c in range(out.shape[1]):
            target[c] = source[picks[c]]


@kernel()
def map_channels(data, picks, weights, sources, out):  # type: ignore[no-untyped-def]
    """Channels of another montage: ``data`` (n, all channels) -> ``out`` (n, len(picks)).

    ``picks`` (k,) int64 is the channel that is copied, or -1 for the sum over the channels
    ``sources`` (s,) int64 by ``weights`` (k, s) float64: added up in one order, in float64. What
    is not finite spreads to the sums that it is part of, and no further.
    """
    for t in range(out.shape[0]):
        source, target = data[t], out[t]
        for k in range(out.shape[1]):
            if picks[k] >= 0:
                target[k] = source[picks[k]]
            else:
                total = 0.0
                for j in range(len(sources)):
                    total += weights[k, j] * source[sources[j]]
                target[k] = total


@kernel()
def hold_finite(data, held, is_bad):  # type: ignore[no-untyped-def]
    """Put the last finite value of a channel where a sample is not finite, in place.

    ``data`` (n, c) float32; ``held`` (c,) carries the last values from chunk to chunk;
    ``is_bad`` (n,) marks the rows in which a value was held. Returns how many were.
    """
    n_samples, n_channels = data.shape
    n_held = 0
    for t in range(n_samples):
        row = data[t]
        n_bad = 0
        for c in range(n_channels):
            n_bad += not np.abs(row[c]) < LARGEST  # true for NaN and infinities too
        is_bad[t] = n_bad > 0
        if n_bad:
            n_held += n_bad
            for c in range(n_channels):
                if not np.abs(row[c]) < LARGEST:
                    row[c] = data[t - 1, c] if t > 0 else held[c]
    if n_samples:
        held[:] = data[n_samples - 1]
    return n_held


# Channels and samples filtered at a time: such a tile of float64 (16 kB) and one section's
# state stay in the first-level cache. Measured best of 64-512 channels x 8-64 samples.
_TILE_CHANNELS = 128
_TILE_SAMPLES = 16

# Every so many samples a decayed state is set to zero. Counted from the stream's beginning, so
# that it happens at the same samples however they are split into chunks.
_FLUSH_EVERY = 256


@kernel(error_model="numpy")
def _section(tile, n_samples, z0, z1, b1, b2, a1, a2):  # type: ignore[no-untyped-def]
    # Two samples a turn: storing the state is what limits the speed, so it is done half as often.
    for t in range(0, n_samples - 1, 2):
        first, second = tile[t], tile[t + 1]
        for c in range(z0.shape[0]):
            x = first[c]
            y = x + z0[c]
            between0 = b1 * x - a1 * y + z1[c]
            between1 = b2 * x - a2 * y
            first[c] = y
            x = second[c]
            y = x + between0
            z0[c] = b1 * x - a1 * y + between1
            z1[c] = b2 * x - a2 * y
            second[c] = y
    if n_samples % 2:
        last = tile[n_samples - 1]
        for c in range(z0.shape[0]):
            x = last[c]
            y = x + z0[c]
            z0[c] = b1 * x - a1 * y + z1[c]
            z1[c] = b2 * x - a2 * y
            last[c] = y


@kernel(error_model="numpy")
def sosfilt(data, gain, sections, state, age):  # type: ignore[no-untyped-def]
    """Run a cascade of second-order sections over a chunk, in place.

    Direct form II transposed, as scipy's ``sosfilt``. ``data`` (n, c) float32; ``sections``
    (n_sections, 4) float64 holds b1, b2, a1, a2 of sections whose b0 = a0 = 1, ``gain`` what
    was divided out of them; ``state`` (n_sections, 2, c) float64; ``age`` counts the samples
    filtered since the state was set. Eight floating-point operations a section, sample and
    channel.
    """
    n_samples, n_channels = data.shape
    tile = np.empty((_TILE_SAMPLES, _TILE_CHANNELS))
    for c0 in range(0, n_channels, _TILE_CHANNELS):
        c1 = min(n_channels, c0 + _TILE_CHANNELS)
        t0 = 0
        while t0 < n_samples:
            until_flush = _FLUSH_EVERY - (age + t0) % _FLUSH_EVERY
            n = min(n_samples - t0, _TILE_SAMPLES, until_flush)
            for t in range(n):
                source, row = data[t0 + t, c0:c1], tile[t]
                for c in range(c1 - c0):
                    row[c] = gain * source[c]
            for s in range(sections.shape[0]):
                b1, b2, a1, a2 = sections[s, 0], sections[s, 1], sections[s, 2], sections[s, 3]
                _section(tile, n, state[s, 0, c0:c1], state[s, 1, c0:c1], b1, b2, a1, a2)
            for t in range(n):
                target, row = data[t0 + t, c0:c1], tile[t]
                for c in range(c1 - c0):
                    target[c] = row[c]
            if n == until_flush:
                for s in range(sections.shape[0]):
                    for k in range(2):
                        for c in range(c0, c1):
                            if np.abs(state[s, k, c]) < _TINY:
                                state[s, k, c] = 0.0
            t0 += n


@kernel(fastmath={"reassoc", "nsz"})
def _sum(row):  # type: ignore[no-untyped-def]
    # Regrouped into vector additions: over the channels of one sample, so always the same way.
    total = 0.0
    for c in range(row.shape[0]):
        total += row[c]
    return total


@kernel()
def common_average(data):  # type: ignore[no-untyped-def]
    """Subtract the mean over channels from every sample, in place; the sum is float64."""
    n_samples, n_channels = data.shape
    for t in range(n_samples):
        row = data[t]
        mean = np.float32(_sum(row) / n_channels)
        for c in range(n_channels):
            row[c] -= mean


@kernel()
def common_average_of(data, members):  # type: ignore[no-untyped-def]
    """Subtract the mean over the channels ``members`` (k,) int64 from each of them, in place.

    Added up in one order, in float64.
    """
    for t in range(data.shape[0]):
        row = data[t]
        total = 0.0
        for k in range(len(members)):
            total += row[members[k]]
        mean = np.float32(total / len(members))
        for k in range(len(members)):
            row[members[k]] -= mean


@kernel()
def scale(data, factors):  # type: ignore[no-untyped-def]
    """Multiply each channel by its factor, in place: ``data`` (n, c) float32, ``factors`` (c,)."""
    for t in range(data.shape[0]):
        row = data[t]
        for c in range(data.shape[1]):
            row[c] = factors[c] * row[c]


@kernel()
def take_measured(data, out):  # type: ignore[no-untyped-def]
    """Copy ``data`` (n, c) float32 to ``out``; what is too large for a measurement becomes NaN."""
    for t in range(data.shape[0]):
        source, target = data[t], out[t]
        for c in range(data.shape[1]):
            target[c] = source[c] if np.abs(source[c]) < LARGEST else np.nan


@kernel()
def resample(data, base, first, up, down, phases, total, out):  # type: ignore[no-untyped-def]
    """Polyphase filter: output k is the sum over inputs i of ``phases`` times ``data``.

    ``data`` (m, c) float32 begins with the absolute input index ``base``; ``first`` is the
    absolute index of ``out[0]``, (n, c) float32. ``phases`` (up, j) float64: the newest input of
    output k is ``k * down // up``, and the phase ``k * down % up``. ``total`` (c,) float64 is
    scratch. Added up from the newest on, in float64.
    """
    for t in range(out.shape[0]):
        position = (first + t) * down
        row, weights = position // up - base, phases[position % up]
        total[:] = 0.0
        for j in range(len(weights)):
            source = data[row - j]
            for c in range(len(total)):
                total[c] += weights[j] * source[c]
        for c in range(len(total)):
            out[t, c] = total[c]


@kernel(error_model="numpy")
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


@kernel()
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


@kernel()
def swings_beyond(window, limit):  # type: ignore[no-untyped-def]
    """True if any channel's highest and lowest value are more than ``limit`` apart.

    ``window`` (n_samples, n_channels) float32 in ring layout.
    """
    low, high = window[0].copy(), window[0].copy()
    for t in range(1, window.shape[0]):
        for c in range(window.shape[1]):
            low[c] = min(low[c], window[t, c])
            high[c] = max(high[c], window[t, c])
    return (high - low).max() > limit


# Rows of the state of `measure_quality`: the slow mean, what two biquads remember, the last value,
# the lowest and highest of this second and how often they came, how often a value was repeated,
# and how far the last one is from the mean.
(
    MEAN, LINE_1, LINE_2, HIGH_1, HIGH_2, LAST,
    LOWEST, HIGHEST, N_LOWEST, N_HIGHEST, N_REPEATS, DEVIATION,
    N_ROWS,
) = range(13)  # fmt: skip


@kernel(error_model="numpy")
def measure_quality(data, neighbours, weight, line, high, state, sums, cross):  # type: ignore[no-untyped-def]
    """Add up, over the samples of a chunk, what the quality of each channel is told by.

    ``data`` (n, c) float32; ``neighbours`` (c, k) indices; ``weight`` of the newest sample in the
    slow mean; ``line`` (5,) and ``high`` (5,) biquads b0 b1 b2 a1 a2. ``state`` (N_ROWS, c)
    float64, by the rows named above. ``sums`` (4, c): squares, fourth powers, line, high; ``cross``
    (c, k): products with the neighbours. One pass, nothing allocated.
    """
    n_samples, n_channels = data.shape
    for t in range(n_samples):
        for c in range(n_channels):
            x = np.float64(data[t, c])
            if x == state[LAST, c]:
                state[N_REPEATS, c] += 1.0
            state[LAST, c] = x
            if x < state[LOWEST, c]:
                state[LOWEST, c], state[N_LOWEST, c] = x, 1.0
            elif x == state[LOWEST, c]:
                state[N_LOWEST, c] += 1.0
            if x > state[HIGHEST, c]:
                state[HIGHEST, c], state[N_HIGHEST, c] = x, 1.0
            elif x == state[HIGHEST, c]:
                state[N_HIGHEST, c] += 1.0
            state[MEAN, c] += weight * (x - state[MEAN, c])
            y = x - state[MEAN, c]
            state[DEVIATION, c] = y
            squared = y * y
            sums[0, c] += squared
            sums[1, c] += squared * squared
            out = line[0] * y + state[LINE_1, c]
            state[LINE_1, c] = line[1] * y - line[3] * out + state[LINE_2, c]
            state[LINE_2, c] = line[2] * y - line[4] * out
            sums[2, c] += out * out
            out = high[0] * y + state[HIGH_1, c]
            state[HIGH_1, c] = high[1] * y - high[3] * out + state[HIGH_2, c]
            state[HIGH_2, c] = high[2] * y - high[4] * out
            sums[3, c] += out * out
        for c in range(n_channels):
            for k in range(neighbours.shape[1]):
                cross[c, k] += state[DEVIATION, c] * state[DEVIATION, neighbours[c, k]]
