"""Breaks in acquisition inside a file, whose rows on disk follow each other without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 1
"""Samples counted as lost in a break of unknown length; one is enough to restart the filters."""

# Longer breaks are errors of the file, and their number of samples would overflow an index.
_LONGEST_S = 1e8


class Break(NamedTuple):
    """A break before the sample ``row``, in which ``lost`` samples are missing.

    ``row`` counts the samples of the file.
    """

    row: int
    lost: int


def lost(length: float, sfreq: float) -> int:
    """Count the samples in a break of ``length`` seconds.

    NaN, 0 and implausibly long breaks have an unknown length and count as `UNKNOWN` samples.
    """
    return max(UNKNOWN, round(length * sfreq)) if 0 < length < _LONGEST_S else UNKNOWN


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Absolute sample indices of a file's rows, and times of the file's events."""

    n_samples: int  # Rows in the file
    sfreq: float  # In hertz
    # In any order. Breaks before the first row or behind the last row are ignored. Of several
    # breaks before the same row, the longest counts
    breaks: Sequence[Break] = ()

    @property
    def indices(self) -> NDArray[np.int64]:
        """Absolute index of each row, shape (n_samples,)."""
        rows, lost = self._ordered()
        jumps = np.zeros(self.n_samples, dtype=np.int64)
        jumps[rows] = lost
        return np.arange(self.n_samples, dtype=np.int64) + np.cumsum(jumps)

    def place(self, seconds: Sequence[float]) -> NDArray[np.float64]:
        """Convert times that ignore breaks to times in the recording.

        Parameters
        ----------
        seconds : sequence of float
            Seconds from the first row, as if there were no break.

        Returns
        -------
        times : ndarray, shape (n,)
            Seconds from the first row, breaks included. An event at the first row behind a break
            is placed after the break.
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
