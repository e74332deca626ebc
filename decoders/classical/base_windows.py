"""Windows of other people, stored in a base model as covariances, without signals or times."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from decoders.classical.covariance import riemannian_mean, sample_covariance, shrunk
from decoders.classical.linear_head import Features, shaped
from decoders.classical.reference import Matrices, Reference

# Limits the size of a base model and the time of a calibration: 1.8 MB with 21 channels.
MOST_WINDOWS = 2000
_MOST_CHANNELS = 512
_MOST_NAMES = 100_000
# Share of the variance below which the sum of a covariance's row counts as zero.
_NOUGHT = 1e-3
_PREFIX = "base."


@dataclass(frozen=True)
class BaseWindows:
    """Labelled windows of other people.

    ``triangles`` (n_windows, n_channels (n_channels + 1) / 2) float32 are upper triangles of sample
    covariances. ``numbers`` (n_windows,) are the classes, ``runs`` (n_windows,) the person's run of
    each window. A window had ``n_samples`` samples. As only some windows are stored, each
    represents ``stands_for`` windows.

    Raises
    ------
    ValueError
        If the arrays do not fit together, or have too many windows or channels.
    """

    ch_names: tuple[str, ...]
    triangles: NDArray[np.float32]
    numbers: NDArray[np.int64]
    runs: NDArray[np.int64]
    n_samples: int
    stands_for: int

    def __post_init__(self) -> None:
        n, n_channels = len(self.triangles), len(self.ch_names)
        if not (1 <= n_channels <= _MOST_CHANNELS and 2 <= n <= MOST_WINDOWS):
            raise ValueError(f"a base of {n} windows of {n_channels} channels cannot be used")
        if self.triangles.shape[1] != n_channels * (n_channels + 1) // 2:
            raise ValueError("the base's covariances are not of the channels that it names")
        if len(self.numbers) != n or len(self.runs) != n:
            raise ValueError("the base has not one label and one run for each window")
        if self.n_samples < 2 or self.stands_for < 1 or self.numbers.min() < 0:
            raise ValueError("the base has a number below its least")

    @classmethod
    def of(
        cls,
        windows: NDArray[np.float32],
        numbers: NDArray[np.int64],
        runs: NDArray[np.int64],
        ch_names: tuple[str, ...],
    ) -> "BaseWindows":
        """Make it from windows (n_windows, n_channels, n_samples), thinned to `MOST_WINDOWS`."""
        stands_for = -(-len(windows) // MOST_WINDOWS)
        kept = np.arange(0, len(windows), stands_for)
        upper = np.triu_indices(len(ch_names))
        triangles = np.stack([sample_covariance(windows[k])[upper] for k in kept])
        return cls(
            ch_names, triangles.astype(np.float32), numbers[kept], runs[kept],
            windows.shape[2], stands_for,
        )  # fmt: skip

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        names = "\n".join(self.ch_names).encode()
        return {
            _PREFIX + "covariances": self.triangles,
            _PREFIX + "numbers": self.numbers.astype(np.int32),
            _PREFIX + "runs": self.runs.astype(np.int32),
            _PREFIX + "samples": np.array([self.n_samples, self.stands_for], dtype=np.int32),
            _PREFIX + "channels": np.frombuffer(names, dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "BaseWindows | None":
        """Read the windows from a base model's arrays; None if it stores none.

        Raises
        ------
        KeyError, ValueError
            If an array is missing or invalid.
        """
        if _PREFIX + "covariances" not in arrays:
            return None
        samples, stands_for = shaped(arrays, _PREFIX + "samples", (2,))
        names = shaped(arrays, _PREFIX + "channels", (-1,))
        if len(names) > _MOST_NAMES:
            raise ValueError("the names of the base's channels are too long")
        return cls(
            tuple(names.astype(np.uint8).tobytes().decode().split("\n")),
            shaped(arrays, _PREFIX + "covariances", (-1, -1)).astype(np.float32),
            shaped(arrays, _PREFIX + "numbers", (-1,)).astype(np.int64),
            shaped(arrays, _PREFIX + "runs", (-1,)).astype(np.int64),
            int(samples),
            int(stands_for),
        )

    def vectors(self, ch_names: tuple[str, ...]) -> Features:
        """Compute the tangent vectors of the channels ``ch_names``, each at the mean of its run.

        Returns an array (n_windows, n_features).

        Raises
        ------
        ValueError
            If the base model lacks a channel; the message names it.
        """
        return self._at_run_means(ch_names)[0]

    def run_means(self, ch_names: tuple[str, ...]) -> Matrices:
        """Compute the mean covariance of each run, (n_runs, n_channels, n_channels)."""
        return self._at_run_means(ch_names)[1]

    def _at_run_means(self, ch_names: tuple[str, ...]) -> tuple[Features, Matrices]:
        place = {name.lower(): k for k, name in enumerate(self.ch_names)}
        for name in ch_names:
            if name.lower() not in place:
                raise ValueError(f"the base model has no channel {name}")
        picks = tuple(place[name.lower()] for name in ch_names)
        return _at_run_means(self.triangles.tobytes(), self.runs.tobytes(), picks, self.n_samples)


# Cached, because a calibration makes many decoders of the same base model.
@lru_cache(maxsize=2)
def _at_run_means(
    triangles: bytes, runs: bytes, picks: tuple[int, ...], n_samples: int
) -> tuple[Features, Matrices]:
    each = np.frombuffer(runs, dtype=np.int64)
    flat = np.frombuffer(triangles, dtype=np.float32).reshape(len(each), -1).astype(np.float64)
    n_channels = int(np.sqrt(2 * flat.shape[1]))
    covs = np.empty((len(each), n_channels, n_channels))
    rows, columns = np.triu_indices(n_channels)
    covs[:, rows, columns] = covs[:, columns, rows] = flat
    covs = np.stack([shrunk(cov, n_samples) for cov in _some_channels(covs, picks)])
    vectors = np.empty((len(each), len(picks) * (len(picks) + 1) // 2))
    means = []
    for run in np.unique(each):
        of_run = each == run
        means.append(riemannian_mean(covs[of_run]))
        vectors[of_run] = Reference(means[-1]).vectors(covs[of_run])
    return vectors, np.stack(means)


def _some_channels(covs: Matrices, picks: tuple[int, ...]) -> Matrices:
    """Select the covariances of some channels.

    If every row sums to zero, the channels had a common average reference. The covariances are
    then converted to the common average of the selected channels.
    """
    power = np.trace(covs, axis1=1, axis2=2).mean()
    averaged = np.abs(covs.sum(axis=2)).mean() < _NOUGHT * power
    some = covs[:, picks][:, :, picks]
    if not averaged:
        return some
    centring = np.eye(len(picks)) - 1.0 / len(picks)
    return np.asarray(centring @ some @ centring)
