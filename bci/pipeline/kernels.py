"""The time-critical loops of the pipeline, compiled by Numba.

Data are C-contiguous ``(n_samples, n_channels)`` float32 and are filtered in place; states are
float64. The innermost loop runs over channels, so that the compiler can vectorise it. The
arithmetic of each channel then does not depend on the chunks, so the output is identical to the
last bit. Fast-math over samples is not used: it would let the compiler regroup sums depending on
the chunk length.
"""

import numpy as np

from bci.compiling import kernel

# Smaller states are set to zero. This is far below any physical amplitude and far above the
# subnormal range, in which arithmetic is a hundred times slower.
_TINY = 1e-30

# Larger magnitudes count as not finite: a filter that overshoots could exceed float32.
LARGEST = np.float32(1e30)


@kernel()
def take(data, picks, out):  # type: ignore[no-untyped-def]
    """Copy some channels of ``data`` (n, c) to ``out`` (n, len(picks)).

    ``picks`` are their indices.
    """
    for t in range(out.shape[0]):
        source, target = data[t], out[t]
        for c in range(out.shape[1]):
            target[c] = source[picks[c]]


@kernel()
def map_channels(data, picks, weights, sources, out):  # type: ignore[no-untyped-def]
    """Convert ``data`` (n, c) to the channels of another montage, ``out`` (n, k).

    ``picks`` (k,) int64 has the index of the channel to copy, or -1 for a weighted sum. Sums are
    over the channels ``sources`` (s,) int64 with ``weights`` (k, s) float64, in a fixed order and
    in float64. A value that is not finite affects only the sums that include it.
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
    """Replace values that are not finite by the channel's last finite value, in place.

    ``data`` is (n, c) float32. ``held`` (c,) keeps the last values from chunk to chunk. ``is_bad``
    (n,) is set to True for rows with a replaced value. Returns the number of replaced values.
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


# Channels and samples filtered at a time. A tile of this size in float64 (16 kB) and one section's
# state stay in the first-level cache. Fastest of 64-512 channels and 8-64 samples.
_TILE_CHANNELS = 128
_TILE_SAMPLES = 16

# Interval, in samples, at which decayed states are set to zero. It is counted from the start of the
# stream, so that it does not depend on the chunks.
_FLUSH_EVERY = 256


@kernel(error_model="numpy")
def _section(tile, n_samples, z0, z1, b1, b2, a1, a2):  # type: ignore[no-untyped-def]
    # Two samples per iteration: storing the state limits the speed, so it is done half as often.
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

    Direct form II transposed, as scipy's ``sosfilt``. ``data`` is (n, c) float32. ``sections``
    (n_sections, 4) float64 has b1, b2, a1, a2 of sections with b0 = a0 = 1, and ``gain`` is the
    factor that was divided out. ``state`` is (n_sections, 2, c) float64. ``age`` is the number of
    samples filtered since the state was set. The cost is eight floating-point operations per
    section, sample and channel.
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
    # Fast-math is safe here: the sum is over channels, so its grouping does not depend on chunks.
    total = 0.0
    for c in range(row.shape[0]):
        total += row[c]
    return total


@kernel()
def common_average(data):  # type: ignore[no-untyped-def]
    """Subtract the mean over channels from every sample of ``data`` (n, c), in place.

    The sum is in float64.
    """
    n_samples, n_channels = data.shape
    for t in range(n_samples):
        row = data[t]
        mean = np.float32(_sum(row) / n_channels)
        for c in range(n_channels):
            row[c] -= mean


@kernel()
def common_average_of(data, members):  # type: ignore[no-untyped-def]
    """Subtract the mean of some channels from these channels, in place.

    ``members`` (k,) int64 are their indices. The sum is in a fixed order and in float64.
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
    """Multiply each channel by its factor, in place.

    ``data`` is (n, c) float32 and ``factors`` (c,).
    """
    for t in range(data.shape[0]):
        row = data[t]
        for c in range(data.shape[1]):
            row[c] = factors[c] * row[c]


@kernel()
def take_measured(data, out):  # type: ignore[no-untyped-def]
    """Copy ``data`` (n, c) float32 to ``out``.

    Magnitudes from `LARGEST` on become NaN.
    """
    for t in range(data.shape[0]):
        source, target = data[t], out[t]
        for c in range(data.shape[1]):
            target[c] = source[c] if np.abs(source[c]) < LARGEST else np.nan


@kernel()
def resample(data, base, first, up, down, phases, total, out):  # type: ignore[no-untyped-def]
    """Apply a polyphase filter: each output is a sum of inputs weighted by one phase.

    ``data`` (m, c) float32 starts at the absolute input index ``base``. ``out`` (n, c) float32
    starts at the absolute output index ``first``. For the output with index k, the newest input is
    ``k * down // up``. Its weights are row ``k * down % up`` of ``phases`` (up, j) float64. The sum
    starts with the newest input and is in float64. ``total`` (c,) float64 is working memory.
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
    """Compute the z-score with a running mean and variance, in place.

    ``mean`` and ``variance`` (c,) float64 are the state, averaged exponentially. ``weight`` in
    (0, 1) is the weight of the newest sample. ``floor`` is the smallest divisor for the variance.
    """
    for t in range(data.shape[0]):
        for c in range(data.shape[1]):
            deviation = data[t, c] - mean[c]
            mean[c] += weight * deviation
            variance[c] = (1.0 - weight) * (variance[c] + weight * deviation * deviation)
            data[t, c] = (data[t, c] - mean[c]) / np.sqrt(max(variance[c], floor))


@kernel()
def log_power(window, out):  # type: ignore[no-untyped-def]
    """Compute the log of the mean square of each channel of a window.

    ``window`` (n_samples, n_channels) float32 has the ring's layout. ``out`` (n_channels,) float64
    gets the result.
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
    """Return True if the peak-to-peak amplitude of any channel exceeds ``limit``.

    ``window`` (n_samples, n_channels) float32 has the ring's layout.
    """
    low, high = window[0].copy(), window[0].copy()
    for t in range(1, window.shape[0]):
        for c in range(window.shape[1]):
            low[c] = min(low[c], window[t, c])
            high[c] = max(high[c], window[t, c])
    return (high - low).max() > limit


# Rows of the state of `measure_quality`: the slow mean, the states of two biquads, and the last
# value; the lowest and highest value of this second and their counts; the number of repeated
# values, and the last value's deviation from the mean.
(
    MEAN, LINE_1, LINE_2, HIGH_1, HIGH_2, LAST,
    LOWEST, HIGHEST, N_LOWEST, N_HIGHEST, N_REPEATS, DEVIATION,
    N_ROWS,
) = range(13)  # fmt: skip


@kernel(error_model="numpy")
def measure_quality(data, neighbours, weight, line, high, state, sums, cross):  # type: ignore[no-untyped-def]
    """Update the sums for each channel's signal quality by the samples of a chunk.

    ``data`` is (n, c) float32. ``neighbours`` (c, k) has the indices of each channel's neighbours.
    ``weight`` is the weight of the newest sample in the slow mean. ``line`` and ``high`` are
    biquads (b0, b1, b2, a1, a2) for line noise and high frequencies. ``state`` (N_ROWS, c) float64
    has the rows named above. ``sums`` (4, c) are sums of squares, of fourth powers, and of the
    squared outputs of ``line`` and ``high``. ``cross`` (c, k) are sums of products with the
    neighbours. The loop makes one pass and allocates nothing.
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
