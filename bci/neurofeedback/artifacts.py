"""Windows with an artifact, detected by a site's peak-to-peak amplitude and muscle power."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.neurofeedback.features import Spectrum, decibels
from bci.profiles.neurofeedback import ArtifactSettings

Array = NDArray[np.float64]


class Measures(NamedTuple):
    """Measures of a window, each the largest of all sites.

    ``peak_to_peak`` is in the sites' unit, ``muscle_db`` is the power in the muscles' band.
    """

    peak_to_peak: float
    muscle_db: float  # NaN if the protocol has no band of muscles


class ArtifactLimits(NamedTuple):
    """Largest measures of a window without an artifact; None for no limit."""

    peak_to_peak: float | None = None
    muscle_db: float | None = None

    def exceeded(self, measured: Measures) -> bool:
        """Return whether a window has an artifact."""
        swing, muscle = self.peak_to_peak, self.muscle_db
        return (swing is not None and measured.peak_to_peak > swing) or (
            muscle is not None and measured.muscle_db > muscle
        )


class ArtifactMeter:
    """Measure the site signals of a window.

    Raises `MismatchError` if the sampling rate is too low for the band of muscles.
    """

    def __init__(self, settings: ArtifactSettings, n_samples: int, sfreq: float) -> None:
        self._spectrum = Spectrum(n_samples, sfreq)
        self._muscle: slice | None = None
        if settings.muscle_hz is not None:
            self._muscle = self._spectrum.bins(settings.muscle_hz, "artifacts.muscle_hz")

    def __call__(self, signals: Array) -> Measures:
        """Measure signals (n_sites, n_samples)."""
        swing = float((signals.max(axis=1) - signals.min(axis=1)).max())
        if self._muscle is None:
            return Measures(swing, float("nan"))
        power = self._spectrum.sum(self._spectrum.density(signals), self._muscle)
        return Measures(swing, float(decibels(power).max()))


class ArtifactHold:
    """Pause feedback while windows have artifacts, and for ``hold_s`` seconds after."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._until = -np.inf

    def __call__(self, has_artifact: bool, at: float) -> bool:
        """Return whether feedback pauses at the window that ends at time ``at``.

        ``at`` is in seconds on the clock of the signal's time stamps.
        """
        if has_artifact:
            self._until = at + self._hold_s
        return has_artifact or at < self._until


def limits_from(settings: ArtifactSettings, swings: Array, muscles: Array) -> ArtifactLimits:
    """Choose the limits: those in ``settings``, others from a baseline's windows.

    ``swings`` (peak-to-peak) and ``muscles`` (dB) are the measures of these windows, (n_windows,).
    """
    swing = settings.max_peak_to_peak
    if swing is None:
        swing = float(np.exp(_beyond(np.log(np.maximum(swings, 1e-30)), settings.baseline_sd)))
    muscle = None if settings.muscle_hz is None else _beyond(muscles, settings.baseline_sd)
    return ArtifactLimits(swing, muscle)


def _beyond(values: Array, n_sd: float) -> float:
    """Return the value ``n_sd`` robust standard deviations above the median."""
    middle = float(np.median(values))
    # For Gaussian noise, the standard deviation is 1.4826 times the median absolute deviation.
    return middle + n_sd * 1.4826 * float(np.median(np.abs(values - middle)))
