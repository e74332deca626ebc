"""Loops of the cleaning stages, compiled by Numba.

They work sample by sample, so the result does not depend on the chunks. Data are (n, c) float32
and C-contiguous; states are float64. The innermost loop runs over channels. Computations over many
samples are done by the stages, at fixed absolute sample indices.
"""

import math

import numpy as np

from bci.compiling import kernel


@kernel()
def regress(data, sources, targets, coefficients, out):  # type: ignore[no-untyped-def]
    """Copy target channels to ``out``, minus weighted source channels.

    ``data`` has shape (n, c), ``out`` (n, k). ``targets`` (k,) and ``sources`` (s,) are channel
    indices, int64. ``coefficients`` (s, k) float64 are the weights.
    """
    for t in range(data.shape[0]):
        row, made = data[t], out[t]
        for k in range(len(targets)):
            made[k] = row[targets[k]]
        for j in range(len(sources)):
            x, weights = np.float64(row[sources[j]]), coefficients[j]
            for k in range(len(targets)):
                made[k] = np.float32(made[k] - weights[k] * x)


@kernel()
def forget_and_add(data, sources, targets, weight, own, cross, means):  # type: ignore[no-untyped-def]
    """Update running means and covariances of sources and targets, in place.

    ``sources`` (s,) and ``targets`` (k,) are channel indices. The state is ``own`` (s, s),
    ``cross`` (s, k) and ``means`` (s + k,), sources first. It is averaged exponentially, with
    ``weight`` for the newest sample.
    """
    n_sources, n_targets = len(sources), len(targets)
    for t in range(data.shape[0]):
        row = data[t]
        for j in range(n_sources):
            means[j] += weight * (row[sources[j]] - means[j])
        for k in range(n_targets):
            means[n_sources + k] += weight * (row[targets[k]] - means[n_sources + k])
        for j in range(n_sources):
            x = row[sources[j]] - means[j]
            for i in range(n_sources):
                own[j, i] += weight * (x * (row[sources[i]] - means[i]) - own[j, i])
            products = cross[j]
            for k in range(n_targets):
                y = row[targets[k]] - means[n_sources + k]
                products[k] += weight * (x * y - products[k])


@kernel()
def add_products(data, total):  # type: ignore[no-untyped-def]
    """Add each sample's products of channel pairs to ``total`` (c, c) float64.

    Only the lower triangle is filled.
    """
    for t in range(data.shape[0]):
        row = data[t]
        for i in range(data.shape[1]):
            x, sums = np.float64(row[i]), total[i]
            for j in range(i + 1):
                sums[j] += x * row[j]


@kernel()
def blend(data, before, after, shares, scratch):  # type: ignore[no-untyped-def]
    """Multiply each sample by a weighted mean of two matrices, in place.

    ``before`` and ``after`` (c, c) float64 are transposed: one row per input channel. ``shares``
    (n,) has the weight of ``after``. ``scratch`` (c,) float64 is working memory.
    """
    n_channels = data.shape[1]
    for t in range(data.shape[0]):
        row, share = data[t], shares[t]
        scratch[:] = 0.0
        for i in range(n_channels):
            old, new = before[i], after[i]
            x_old, x_new = (1.0 - share) * row[i], share * row[i]
            for c in range(n_channels):
                scratch[c] += x_old * old[c] + x_new * new[c]
        for c in range(n_channels):
            row[c] = scratch[c]


@kernel()
def mix_rows(data, rows, before, after, shares, scratch):  # type: ignore[no-untyped-def]
    """Replace some channels by weighted sums of all channels, in place.

    ``rows`` (k,) int64 are the indices of the replaced channels. The weights are a mean of
    ``before`` and ``after`` (k, c) float64; ``shares`` (n,) is the share of ``after``.
    ``scratch`` (k,) is working memory.
    """
    for t in range(data.shape[0]):
        row, share = data[t], shares[t]
        for k in range(len(rows)):
            old, new, total = before[k], after[k], 0.0
            for c in range(data.shape[1]):
                total += ((1.0 - share) * old[c] + share * new[c]) * row[c]
            scratch[k] = total
        for k in range(len(rows)):
            row[rows[k]] = scratch[k]


@kernel()
def cancel(data, phase, step, gain, amplitudes, before, steps):  # type: ignore[no-untyped-def]
    """Subtract a sine and its harmonics, whose amplitudes follow each channel, in place.

    ``phase`` (1,) and ``step`` are of the first harmonic, in radians; ``amplitudes``
    (n_harmonics, 2, c) float64 of cosine and sine; ``gain`` is twice the step of the LMS rule.
    ``before`` (c,) is the sample before, and ``steps`` (2, c) the amplitudes of the first harmonic
    in the differences of successive samples, which hold no offset.
    """
    n_harmonics, _, n_channels = amplitudes.shape
    waves = np.empty((n_harmonics, 2))
    error = np.empty(n_channels)
    for t in range(data.shape[0]):
        row = data[t]
        for c in range(n_channels):
            error[c] = row[c]
        for h in range(n_harmonics):
            waves[h, 0] = math.cos((h + 1) * phase[0])
            waves[h, 1] = math.sin((h + 1) * phase[0])
            cosine, sine = waves[h, 0], waves[h, 1]
            for c in range(n_channels):
                error[c] -= amplitudes[h, 0, c] * cosine + amplitudes[h, 1, c] * sine
        for h in range(n_harmonics):
            cosine, sine = gain * waves[h, 0], gain * waves[h, 1]
            for c in range(n_channels):
                amplitudes[h, 0, c] += cosine * error[c]
                amplitudes[h, 1, c] += sine * error[c]
        for c in range(n_channels):
            x = np.float64(row[c])
            left = x - before[c] - steps[0, c] * waves[0, 0] - steps[1, c] * waves[0, 1]
            steps[0, c] += gain * waves[0, 0] * left
            steps[1, c] += gain * waves[0, 1] * left
            before[c] = x
            row[c] = error[c]
        phase[0] += step
        if phase[0] >= 2.0 * math.pi:
            phase[0] -= 2.0 * math.pi
