"""Durations in samples: the papers give kernels and pools at one rate, we keep their seconds."""


def samples(seconds: float, sfreq: float) -> int:
    """The nearest number of samples, at least 1."""
    return max(1, round(seconds * sfreq))


def odd_samples(seconds: float, sfreq: float) -> int:
    """The nearest odd number of samples: a kernel that `padding = n // 2` centres."""
    return 2 * max(0, round((seconds * sfreq - 1) / 2)) + 1


def require_window(network: str, n_samples: int, shortest: int, sfreq: float) -> None:
    """Refuse a window that the network's pools leave nothing of.

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
