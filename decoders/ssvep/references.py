"""Sines and cosines of each target and its harmonics, as one orthonormal basis per target."""

import numpy as np
from numpy.typing import NDArray

from decoders.ssvep.filter_bank import upper_edge

Array = NDArray[np.float64]

# Limit of the number of values in all references: 400 MB.
_MOST_VALUES = 50_000_000


def n_harmonics_below(frequencies: Array, n_harmonics: int, sfreq: float, high_hz: float) -> int:
    """Compute the number of harmonics per target, at most ``n_harmonics``.

    They lie below half the rate and the pipeline's upper edge. All targets have the same number,
    because a target with more harmonics would correlate better by chance.

    Raises
    ------
    ValueError
        If the frequency of a target itself is too high.
    """
    top = upper_edge(sfreq, high_hz)
    highest = float(frequencies.max())
    if highest >= top:
        raise ValueError(
            f"a target of {highest:g} Hz lies above {top:g} Hz, the highest frequency that "
            f"{sfreq:g} Hz and the pipeline's filters leave; raise high_hz of the bandpass or "
            "choose lower targets"
        )
    return max(1, min(n_harmonics, int(np.ceil(top / highest)) - 1))


def check_references(frequencies: Array, n_harmonics: int, sfreq: float, n_samples: int) -> None:
    """Check that references can be made for windows of ``n_samples``.

    Raises
    ------
    ValueError
        If a window is shorter than a period of the lowest target, has too few samples for its
        references, or the references are too large for the memory.
    """
    lowest_hz = float(frequencies.min())
    if n_samples < max(sfreq / lowest_hz, 2 * n_harmonics + 2):
        raise ValueError(
            f"a window of {n_samples / sfreq:g} s is shorter than a period of the lowest target, "
            f"{lowest_hz:g} Hz; raise window_s, best to 0.5 s or more"
        )
    if len(frequencies) * n_samples * 2 * n_harmonics > _MOST_VALUES:
        raise ValueError(
            f"references of {len(frequencies)} targets and {n_samples} samples take too much "
            "memory; shorten window_s, or lower n_harmonics"
        )


def reference_bases(frequencies: Array, n_harmonics: int, sfreq: float, n_samples: int) -> Array:
    """Compute orthonormal bases of the references, (n_targets, n_samples, 2 * n_harmonics)."""
    times = np.arange(n_samples) / sfreq
    harmonics = np.arange(1, n_harmonics + 1)
    angles = 2 * np.pi * frequencies[:, None, None] * harmonics * times[:, None]  # (K, N, H)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    waves -= waves.mean(axis=1, keepdims=True)
    bases, _ = np.linalg.qr(waves)
    return np.asarray(bases)
