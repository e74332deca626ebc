"""Sham feedback: a subject is shown what another subject's session showed."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bci.errors import RecordingError
from bci.neurofeedback.baseline import Baseline

REAL, SHAM = "real", "sham"
# Sent at the end of every session, real or not, so that nothing distinguishes them before.
ALLOCATION = "allocation"


class Shown(NamedTuple):
    """The feedback of one window, as the subject gets it.

    ``level`` is 0 to 1: 0.5 at the threshold, beyond it above. Level and threshold are NaN where
    nothing is shown.
    """

    feature: float
    threshold: float
    level: float
    success: bool
    reward: bool
    held: bool


class DonorRun(NamedTuple):
    """Feedback of a run of another session; ``times`` are seconds since the run began."""

    times: Sequence[float]
    shown: Sequence[Shown]


class Sham:
    """Runs of another subject's session in the place of the wearer's own.

    ``baseline`` is that subject's: the feature moves about the wearer's baseline as it moved about
    that one, as its size alone would distinguish real and sham.

    Raises `RecordingError` if that session has no feedback.
    """

    def __init__(self, runs: Iterable[DonorRun], source: str, baseline: Baseline) -> None:
        self._runs = [run for run in runs if len(run.times)]
        if not self._runs:
            raise RecordingError(f"{source}: it has no run of feedback to show as sham")
        self.source = source
        self._baseline = baseline

    def worn(self, shown: Shown, wearer: Baseline, threshold: float | None = None) -> Shown:
        """Feedback of that subject as if the wearer's; a threshold that is fixed stays."""
        scale = wearer.sd / self._baseline.sd
        if threshold is None:
            threshold = wearer.mean + scale * (shown.threshold - self._baseline.mean)
        feature = threshold + scale * (shown.feature - shown.threshold)
        return shown._replace(feature=feature, threshold=threshold)

    def at(self, run: int, elapsed_s: float) -> Shown:
        """The feedback of a run (from 1), so many seconds after it began.

        A run that is too short begins again, as do the runs.
        """
        donor = self._runs[(run - 1) % len(self._runs)]
        length = float(donor.times[-1])
        # Clocks round: a run as long as the donor's ends with its last window, not its first.
        slack = length / (2 * len(donor.times))
        at = elapsed_s if elapsed_s <= length + slack else float(np.fmod(elapsed_s, length))
        number = bisect_right(donor.times, at + 1e-6) - 1
        return donor.shown[max(0, number)]


def allocated(key: str) -> str:
    """Draw ``real`` or ``sham`` for a code, such as a participant's; the same code, the same draw.

    Nobody has to know the draw before it is printed at the end.
    """
    digest = hashlib.sha256(f"neurofeedback/{key}".encode()).digest()
    return SHAM if digest[0] % 2 else REAL


def allocation_label(kind: str) -> str:
    """The marker that unblinds a recording."""
    return f"{ALLOCATION}/{kind}"


def allocation_of(labels: Iterable[str]) -> str | None:
    """``real`` or ``sham``, by the markers of a recording; None where nothing unblinds it."""
    for label in labels:
        kind, _, what = label.partition("/")
        if kind == ALLOCATION and what in (REAL, SHAM):
            return what
    return None
