"""Measure the distance of a signal from the data that a model was calibrated on."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bci.errors import MismatchError
from bci.profiles.pipeline_settings import Settings

if TYPE_CHECKING:  # reading a card must not import the pipeline
    from bci.pipeline.pipeline import Window

Covariance = NDArray[np.float64]

TIME_CONSTANT_S = 30.0
"""Time until a window's weight in the running covariance falls to 1/e, in seconds."""

# Distance above which a warning is logged, relative to the largest distance in the calibration.
# It exceeds 1, since a new run may be a little farther from the others than they were from each
# other.
BEYOND = 1.5
_MAX_CHANNELS = 32
# Share of the mean variance that is added to each channel's variance. So directions without
# signal, such as the one that a common average removes, do not affect the distance.
_FLOOR = 0.01
# Fewest windows of a running covariance; with fewer it is mostly noise.
_FEWEST = 10
_EVERY_S = 1.0
# A longer pause counts as this many seconds, so that the first window after it has no large weight.
MAX_PAUSE_S = 5.0


class Pace:
    """Selector of one window per second, counted in samples.

    ``sfreq`` is the sampling rate of the windows, in hertz.
    """

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self.last: int | None = None
        """End of the last selected window, in samples; None before the first window."""

    def passed(self, window: "Window") -> float | None:
        """Select ``window`` if it is due.

        Return the seconds since the last one, 5 at most.

        Return None if the window is not due, and for the first window.
        """
        if self.last is None:
            self.last = window.end
            return None
        passed_s = (window.end - self.last) / self._sfreq
        if passed_s < _EVERY_S - 0.5 / self._sfreq:
            return None
        self.last = window.end
        return min(passed_s, MAX_PAUSE_S)


class DriftCard(Settings):
    """Summary of calibration data: mean covariance and its variation.

    ``channels`` are the decoder's channels, or 32 evenly spaced ones of them. ``covariance`` is the
    lower triangle of their covariance, one text per row. ``usual`` is the largest distance (see
    `distance`) of any run's running covariance from the mean of the other runs.
    """

    channels: tuple[str, ...] = Field(min_length=1, max_length=_MAX_CHANNELS)
    covariance: tuple[str, ...]
    usual: float = Field(gt=0)

    @model_validator(mode="after")
    def _covariance_is_one(self) -> "DriftCard":
        try:
            np.linalg.cholesky(self.matrix())
        except (ValueError, IndexError, np.linalg.LinAlgError):
            raise ValueError("covariance is no covariance of the channels") from None
        return self

    def matrix(self) -> Covariance:
        """Return the covariance, shape (n_channels, n_channels)."""
        n = len(self.channels)
        rows = [[float(number) for number in row.split()] for row in self.covariance]
        if [len(row) for row in rows] != list(range(1, n + 1)):
            raise ValueError("covariance has other rows than channels")
        lower = np.zeros((n, n))
        lower[np.tril_indices(n)] = [number for row in rows for number in row]
        if not np.isfinite(lower).all():
            raise ValueError("covariance is not finite")
        return lower + np.tril(lower, -1).T


def distance(one: Covariance, other: Covariance) -> float:
    """Return the Riemannian distance of two covariances.

    It is affine-invariant, and divided by the square root of ``n_channels``. It is the root
    mean square of the log ratios of power, over the generalised eigenvectors of both
    covariances. 0.7 means that power has typically doubled or halved. Pennec, Fillard and
    Ayache, Int. J. Comput. Vis. 66 (2006) 41-66.
    """
    from scipy.linalg import eigvalsh

    ratios = eigvalsh(one, other)
    return float(np.sqrt(np.mean(np.log(np.maximum(ratios, 1e-12)) ** 2)))


class RunningCovariance:
    """Running mean covariance of one window per second.

    Its time constant is `TIME_CONSTANT_S`. ``picks`` are the indices of the used channels.
    ``sfreq`` is the sampling rate of the windows, in hertz.
    """

    def __init__(self, picks: list[int], sfreq: float) -> None:
        self._picks = picks
        self._pace = Pace(sfreq)
        self._n = 0
        self._mean = np.zeros((len(picks), len(picks)))

    def add(self, window: "Window") -> bool:
        """Add a window if it is due; return True if it was."""
        passed_s = self._pace.passed(window)
        if passed_s is None:
            return False
        self._n += 1
        weight = max(1.0 / self._n, 1.0 - math.exp(-passed_s / TIME_CONSTANT_S))
        self._mean += weight * (_covariance(window.data[self._picks]) - self._mean)
        return True

    @property
    def value(self) -> Covariance | None:
        """The covariance, shape (n_picks, n_picks); None before ten windows."""
        return self._mean if self._n >= _FEWEST else None


class Drift:
    """Meter of the distance of recent windows from a model's calibration.

    ``ch_names`` and ``sfreq``, in hertz, are those of the windows.

    Raises
    ------
    MismatchError
        If the card names a channel that the windows lack.
    """

    def __init__(self, card: DriftCard, ch_names: tuple[str, ...], sfreq: float) -> None:
        index = {name.lower(): number for number, name in enumerate(ch_names)}
        missing = [name for name in card.channels if name.lower() not in index]
        if missing:
            raise MismatchError(
                f"the model's card measures drift on {missing[0]!r:.40}, which its "
                "pipeline does not give: calibrate again"
            )
        picks = [index[name.lower()] for name in card.channels]
        self._reference = card.matrix()
        self._usual = card.usual
        self._running = RunningCovariance(picks, sfreq)
        self.ratio: float | None = None
        """Distance from the calibration, relative to its largest own distance; None at first."""

    def add(self, window: "Window") -> None:
        """Add a window and update `ratio`."""
        if self._running.add(window) and (covariance := self._running.value) is not None:
            self.ratio = distance(covariance, self._reference) / self._usual

    @property
    def warning(self) -> str | None:
        """Warning in a sentence if the signal is too far from the calibration, else None."""
        if self.ratio is None or self.ratio <= BEYOND:
            return None
        return (
            f"the signal is {self.ratio:.1f} times as far from the calibration as its runs were "
            "from each other: look at the electrodes, or calibrate again"
        )


def describe_drift(
    runs: "Iterable[Iterable[Window]]", ch_names: tuple[str, ...], sfreq: float
) -> DriftCard | None:
    """Describe calibration data for a model's card.

    The result is None if the recordings are too short. ``runs`` has all usable windows of each
    run, at ``sfreq`` hertz. A single run is split into two halves.
    """
    evenly = np.linspace(0, len(ch_names) - 1, min(len(ch_names), _MAX_CHANNELS))
    picks = [int(number) for number in evenly.round()]
    parts: list[list[Covariance]] = []
    for windows in runs:
        running = RunningCovariance(picks, sfreq)
        each = [
            running.value.copy()
            for window in windows
            if running.add(window) and running.value is not None
        ]
        parts.append(each)
    if len(parts) == 1:
        parts = [parts[0][: len(parts[0]) // 2], parts[0][len(parts[0]) // 2 :]]
    if not all(parts):
        return None
    means = [np.mean(part, axis=0) for part in parts]
    usual = max(
        distance(covariance, np.mean(means[:k] + means[k + 1 :], axis=0))
        for k, part in enumerate(parts)
        for covariance in part
    )
    mean = np.mean(means, axis=0)
    return DriftCard(
        channels=tuple(ch_names[pick] for pick in picks),
        covariance=tuple(
            " ".join(f"{number:.6g}" for number in row[: k + 1]) for k, row in enumerate(mean)
        ),
        usual=float(f"{usual:.4g}"),
    )


def _covariance(window: NDArray[np.float32]) -> Covariance:
    centred = window.astype(np.float64)
    centred -= centred.mean(axis=1, keepdims=True)
    sample = centred @ centred.T / centred.shape[1]
    sample.flat[:: len(sample) + 1] += _FLOOR * np.trace(sample) / len(sample) + 1e-300
    return np.asarray(sample)
