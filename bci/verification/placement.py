"""The engine's sample indices for the samples of a recording.

The engine counts samples from the first one that it received, lost samples included. Its
provenance gives the index of some samples, identified by the sender's time stamps. Between two of
these positions, the index increases by one per sample.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.clock.dejitter import Position, number_samples
from bci.signals import TimeArray

UNKNOWN = -1


class Offset(NamedTuple):
    """Difference between the engine's and the sender's clock at one sample."""

    sample: int  # Absolute index of the sample
    time: float  # Its time in seconds on the engine's LSL clock
    ahead_s: float  # Seconds that the engine's clock is ahead of the sender's


@dataclass(frozen=True)
class Placement:
    """Engine's sample indices of a recording's rows."""

    # Absolute index of each row, shape (n_samples,); `UNKNOWN` if the engine did not receive the
    # sample, or its index cannot be determined
    indices: NDArray[np.int64]
    smooth: TimeArray  # Smooth time stamps, shape (n_samples,), in seconds on the sender's clock
    offsets: list[Offset]  # In the order of the samples; at least one
    # Samples that the engine received but that the recording lacks or whose index is unknown
    n_lacking: int
    gaps: list[int]  # Absolute index behind each gap in the recording's own time stamps
    is_whole: bool  # True if the recording has the engine's first sample


def place(
    stamps: TimeArray,  # The sender's unchanged time stamps, in seconds
    sfreq: float,
    positions: tuple[Position, ...],
    seams: tuple[Position, ...],
    # The newest plausible stamp; a step beyond it means that the clock was set
    latest: float = float("inf"),
) -> Placement | None:
    """Find the engine's sample index of each row; None if no position lies in the recording."""
    known, first_rows = np.unique(stamps, return_index=True)
    at = np.searchsorted(known, [position.stamp for position in positions])
    found = [
        (position, int(first_rows[k]))
        for position, k in zip(positions, at, strict=True)
        if k < len(known) and known[k] == position.stamp and not _is_ambiguous(position, stamps)
    ]
    found = _ascending(found)
    if not found:
        return None
    begin = found[0][1] if found[0][0] in seams[:1] else 0
    own, smooth = np.full(len(stamps), UNKNOWN), np.full(len(stamps), np.nan)
    numbered, _ = number_samples(stamps[begin:], sfreq, latest)
    own[begin:], smooth[begin:] = numbered.indices, numbered.timestamps
    indices, n_lacking = _between(found, set(seams), len(stamps))
    _before(found[0], own, indices, seams)
    _behind(found[-1], own, indices)
    is_whole = bool(seams) and seams[0].sample == 0 and seams[0].index in indices
    offsets = [
        Offset(position.index, position.time, position.time - float(smooth[row]))
        for position, row in found
    ]
    jumps = np.flatnonzero(np.diff(own) != 1) + 1
    gaps = [int(indices[row]) for row in jumps if row > begin and indices[row] != UNKNOWN]
    return Placement(indices, smooth, offsets, n_lacking, gaps, is_whole)


def _ascending(found: list[tuple[Position, int]]) -> list[tuple[Position, int]]:
    """Drop positions that contradict earlier ones; a clock that was set can repeat a stamp."""
    kept: list[tuple[Position, int]] = []
    for position, row in found:
        before, at = kept[-1] if kept else (position, row)
        n = position.sample - before.sample
        if row - at >= 0 and position.index - before.index >= n >= 0:
            kept.append((position, row))
    return kept


def _is_ambiguous(position: Position, stamps: TimeArray) -> bool:
    """Return whether the engine's first sample cannot be identified, as several have its stamp."""
    return position.sample == 0 and int(np.count_nonzero(stamps == position.stamp)) > 1


def _between(
    found: list[tuple[Position, int]], seams: set[Position], n_rows: int
) -> tuple[NDArray[np.int64], int]:
    indices = np.full(n_rows, UNKNOWN, dtype=np.int64)
    n_lacking = 0
    for (here, row), (after, after_row) in pairwise(found):
        n = after.sample - here.sample
        # Rows that the engine never received lie directly before a seam.
        fits = row + n <= after_row if after in seams else row + n == after_row
        counted = after in seams or here.index + n == after.index
        if fits and counted:
            indices[row : row + n] = here.index + np.arange(n)
        else:
            n_lacking += n
    return indices, n_lacking


def _before(
    first: tuple[Position, int],
    own: NDArray[np.int64],
    indices: NDArray[np.int64],
    seams: tuple[Position, ...],
) -> None:
    """Fill ``indices`` from the first position back to the beginning or to a gap."""
    position, row = first
    before = [seam for seam in seams if seam.sample < position.sample]
    if not before:
        return
    # If the first position lies behind a gap, its index includes the lost samples of the gap.
    index = before[-1].index + position.sample - before[-1].sample
    until = row if position in seams else row + 1
    jumps = np.flatnonzero(np.diff(own[:until]) != 1)
    start = max(int(jumps[-1]) + 1 if len(jumps) else 0, row - (index - before[-1].index))
    indices[start:row] = index - np.arange(row - start, 0, -1)


def _behind(last: tuple[Position, int], own: NDArray[np.int64], indices: NDArray[np.int64]) -> None:
    """Fill ``indices`` from the last position on to the end or to a gap."""
    position, row = last
    jumps = np.flatnonzero(np.diff(own[row:]) != 1)
    stop = row + int(jumps[0]) + 1 if len(jumps) else len(own)
    indices[row:stop] = position.index + np.arange(stop - row)
