"""Regress EOG and EMG out of the other channels.

The method is recursive least squares with forgetting. The recursion is in its information form:
covariances are updated, and solved four times per second. Unlike the usual form, it stays stable
while the sources are silent.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.cleaning import kernels
from bci.signals import Channel, FloatArray

Values = NDArray[np.float64]

_SOLVE_EVERY_S = 0.25
# Share of the sources' mean variance added to each variance, so that a silent source is harmless.
_RIDGE = 1e-6
_TINY = 1e-30
# Number of time constants until the weight of the past is 1 %.
_FORGOTTEN = 4.6


def covariances(
    stretches: Sequence[FloatArray], sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> dict[str, NDArray[np.generic]]:
    """Compute the covariances of sources, ``own``, and of sources with targets, ``cross``.

    ``stretches`` are each (n_samples, n_channels). ``sources`` and ``targets`` are numbers of
    channels. ``own`` has the shape (n_sources, n_sources), ``cross`` (n_sources, n_targets).
    """
    own = np.zeros((len(sources), len(sources)))
    cross = np.zeros((len(sources), len(targets)))
    n = 0
    for stretch in stretches:
        x = stretch[:, sources].astype(np.float64)
        y = stretch[:, targets].astype(np.float64)
        x -= x.mean(axis=0)
        own += x.T @ x
        cross += x.T @ (y - y.mean(axis=0))
        n += len(stretch)
    return {"own": own / max(n, 1), "cross": cross / max(n, 1)}


def solve(own: Values, cross: Values) -> Values:
    """Return the regression coefficients (n_sources, n_targets).

    The result is 0 for sources without variance.
    """
    ridge = _RIDGE * np.trace(own) / len(own) + _TINY
    coefficients: Values = np.linalg.solve(own + ridge * np.eye(len(own)), cross)
    return coefficients


class Regression:
    """Stage that subtracts from each target its prediction by the sources.

    Each sample is predicted from the sources at the same time.

    Parameters
    ----------
    channels : sequence of Channel
        Input channels.
    sources, targets : ndarray of int64
        Indices of channels.
    sfreq : float
        Sampling rate in hertz.
    learnt : mapping
        Trained ``own`` and ``cross``. If empty, the coefficients start from zero and settle in
        ``forget_s`` seconds.
    forget_s : float, optional
        Time constant of the adaptation in seconds; None keeps the trained coefficients.
    keep : bool
        Keep the sources in the output, unchanged.
    """

    decimation = 1

    def __init__(
        self,
        channels: Sequence[Channel],
        sources: NDArray[np.int64],
        targets: NDArray[np.int64],
        sfreq: float,
        learnt: Mapping[str, NDArray[np.generic]],
        forget_s: float | None,
        keep: bool,
    ) -> None:
        self._sources, self._targets = sources, targets
        self._names = [
            (channels[source].name, channels[target].name)
            for source in sources
            for target in targets
        ]
        kept = np.sort(np.concatenate([targets, sources])) if keep else targets
        self.channels = tuple(channels[index] for index in kept)
        # Kept sources are targets with coefficients of zero.
        self._kept = kept
        self._columns = np.searchsorted(kept, targets)
        self.settling = self.memory = 0
        if forget_s is not None:
            self.memory = round(_FORGOTTEN * forget_s * sfreq)
            self.settling = 0 if learnt else round(forget_s * sfreq)
        self._weight = None if forget_s is None else 1.0 - float(np.exp(-1.0 / (forget_s * sfreq)))
        self._every = max(1, round(_SOLVE_EVERY_S * sfreq))
        shape = (len(sources), len(sources)), (len(sources), len(targets))
        self._start = [
            np.asarray(learnt.get(name, np.zeros(size)), dtype=np.float64)
            for name, size in zip(("own", "cross"), shape, strict=True)
        ]
        if [array.shape for array in self._start] != list(shape):
            raise ValueError("its stored covariances are of other channels; calibrate again")
        self._means = np.zeros(len(sources) + len(targets))
        self._out = np.empty((0, len(kept)), dtype=np.float32)
        self.reset()

    @property
    def coefficients(self) -> Values:
        """Present coefficients, shape (n_sources, n_targets)."""
        return self._all_coefficients[:, self._columns]

    def report(self) -> dict[str, float]:
        """Return the coefficients by the names of source and target: ``EOG1 in C3``."""
        values = np.round(self.coefficients.ravel(), 4).tolist()
        return {f"{a} in {b}": value for (a, b), value in zip(self._names, values, strict=True)}

    def reset(self) -> None:
        self._own, self._cross = (array.copy() for array in self._start)
        self._all_coefficients = np.zeros((len(self._sources), len(self._kept)))
        self._solve()
        self._fresh, self._age = True, 0

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        n_samples = len(data)
        if n_samples > len(self._out):
            self._out = np.empty((n_samples, len(self._kept)), dtype=np.float32)
        out, row = self._out[:n_samples], 0
        while row < n_samples:
            n = n_samples - row
            if self._weight is not None:
                n = min(n, self._every - self._age % self._every)
            part = data[row : row + n]
            kernels.regress(
                part, self._sources, self._kept, self._all_coefficients, out[row : row + n]
            )
            if self._weight is not None:
                self._learn(part, self._weight)
            row += n
        return out, first

    def _learn(self, data: FloatArray, weight: float) -> None:
        if self._fresh:
            self._means[: len(self._sources)] = data[0, self._sources]
            self._means[len(self._sources) :] = data[0, self._targets]
            self._fresh = False
        kernels.forget_and_add(
            data, self._sources, self._targets, weight, self._own, self._cross, self._means
        )
        self._age += len(data)
        if self._age % self._every == 0:
            for array in (self._own, self._cross):
                array[np.abs(array) < _TINY] = 0.0
            self._solve()

    def _solve(self) -> None:
        self._all_coefficients[:, self._columns] = solve(self._own, self._cross)

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.ones(len(freqs_hz), dtype=np.complex128)
