"""Conversion of the papers' durations of kernels and pools from seconds to samples."""


def samples(seconds: float, sfreq: float) -> int:
    """Return the nearest number of samples, at least 1."""
    return max(1, round(seconds * sfreq))


def odd_samples(seconds: float, sfreq: float) -> int:
    """Return the nearest odd number of samples, for kernels centred by ``padding = n // 2``."""
    return 2 * max(0, round((seconds * sfreq - 1) / 2)) + 1


def require_window(network: str, n_samples: int, shortest: int, sfreq: float) -> None:
    """Check that a window is long enough for the network's kernels and pools.

    Raises
    ------
    ValueError
        If ``n_samples`` is less than ``shortest``; the message names the shortest window.
    """
    if n_samples < shortest:
        raise ValueError(
            f"{network} needs windows of at least {shortest} samples "
            f"({shortest / sfreq:.3g} s at {sfreq:g} Hz); these have {n_samples}"
        )
