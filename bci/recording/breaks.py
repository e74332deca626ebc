"""Breaks in a file whose samples follow one another on disk: where they are, how long they last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 1
"""Samples lost in a break of unknown length: enough for filters and windows to start anew."""

# Longer ones are mistakes, and would not fit into an index.
_LONGEST_S = 1e8


class Break(NamedTuple):
    """A break before the sample ``row``, in which ``lost`` samples are missing.

    ``row`` counts the samples of the file.
    """

    row: int
    lost: int


def lost(length: float, sfreq: float) -> int:
    """Samples in a break of ``length`` seconds, which a file may not know: NaN, or 0."""
    return max(UNKNOWN, round(length * sfreq)) if 0 < length < _LONGEST_S else UNKNOWN


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Absolute sample indices of a file's rows, and times of what the file places among them."""

    n_samples: int  # Rows in the file
    sfreq: float  # In hertz
    # In any order. Those before the first row and behind the last one mean nothing and are ignored;
    # of several before one row, the longest counts
    breaks: Sequence[Break] = ()

    @property
    def indices(self) -> NDArray[np.int64]:
        """Absolute index of each row, shape (n_samples,)."""
        rows, lost = self._ordered()
        jumps = np.zeros(self.n_samples, dtype=np.int64)
        jumps[rows] = lost
        return np.arange(self.n_samples, dtype=np.int64) + np.cumsum(jumps)

    def place(self, seconds: Sequence[float]) -> NDArray[np.float64]:
        """Times in the recording of what the file counts in samples of its own.

        Parameters
        ----------
        seconds : sequence of float
            From the first row, as if there were no break.

        Returns
        -------
        times : ndarray, shape (n,)
            From the first row, breaks included. What lies on the row behind a break comes after
            the break.
        """
        rows, lost = self._ordered()
        times = np.asarray(seconds, dtype=np.float64)
        before = np.searchsorted(rows, np.round(times * self.sfreq, 3), side="right")
        placed: NDArray[np.float64] = times + np.append(0, np.cumsum(lost))[before] / self.sfreq
        return placed

    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        longest: dict[int, int] = {}
        for row, lost in self.breaks:
            if 0 < row < self.n_samples and lost > 0:
                longest[row] = max(lost, longest.get(row, 0))
        rows = sorted(longest)
        return (
            np.array(rows, dtype=np.int64),
            np.array([longest[row] for row in rows], dtype=np.int64),
        )
