"""Sham feedback: a subject is shown the feedback of another subject's session."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bci.errors import RecordingError
from bci.neurofeedback.baseline import Baseline

REAL, SHAM = "real", "sham"
# Marker at the end of every session, real or sham, so that nothing reveals the kind before.
ALLOCATION = "allocation"


class Shown(NamedTuple):
    """The feedback of one window, as shown to the subject.

    ``level`` is 0 to 1: 0.5 at the threshold, higher beyond it. ``level`` and ``threshold`` are NaN
    if nothing is shown. ``held`` is True while an artifact pauses the feedback.
    """

    feature: float
    threshold: float
    level: float
    success: bool
    reward: bool
    held: bool


class DonorRun(NamedTuple):
    """Feedback of a run of another subject's session; ``times`` are seconds from its start."""

    times: Sequence[float]
    shown: Sequence[Shown]


class Sham:
    """Runs of another subject's session, shown instead of the subject's own feedback.

    ``baseline`` is the other subject's. The feature is rescaled to the baseline of the subject who
    sees it, because its size alone would reveal that the feedback is sham.

    Raises `RecordingError` if the other session has no feedback.
    """

    def __init__(self, runs: Iterable[DonorRun], source: str, baseline: Baseline) -> None:
        self._runs = [run for run in runs if len(run.times)]
        if not self._runs:
            raise RecordingError(f"{source}: it has no run of feedback to show as sham")
        self.source = source
        self._baseline = baseline

    def worn(self, shown: Shown, wearer: Baseline, threshold: float | None = None) -> Shown:
        """Rescale the other subject's feedback to the baseline ``wearer`` of this subject.

        ``threshold`` is this subject's fixed threshold; None rescales the other subject's.
        """
        scale = wearer.sd / self._baseline.sd
        if threshold is None:
            threshold = wearer.mean + scale * (shown.threshold - self._baseline.mean)
        feature = threshold + scale * (shown.feature - shown.threshold)
        return shown._replace(feature=feature, threshold=threshold)

    def at(self, run: int, elapsed_s: float) -> Shown:
        """Return the feedback ``elapsed_s`` seconds after the start of the run number ``run``.

        Runs count from 1. If the other session's run is shorter, it is repeated. If that session
        has fewer runs, its runs are repeated.
        """
        donor = self._runs[(run - 1) % len(self._runs)]
        length = float(donor.times[-1])
        # The tolerance absorbs rounding: a run of the same length ends with the last window.
        slack = length / (2 * len(donor.times))
        at = elapsed_s if elapsed_s <= length + slack else float(np.fmod(elapsed_s, length))
        number = bisect_right(donor.times, at + 1e-6) - 1
        return donor.shown[max(0, number)]


def allocated(key: str) -> str:
    """Draw ``real`` or ``sham`` for the code ``key``, such as a participant's.

    The same code always gives the same draw, so nobody needs to know it before the end.
    """
    digest = hashlib.sha256(f"neurofeedback/{key}".encode()).digest()
    return SHAM if digest[0] % 2 else REAL


def allocation_label(kind: str) -> str:
    """Label of the marker that unblinds a recording; ``kind`` is ``real`` or ``sham``."""
    return f"{ALLOCATION}/{kind}"


def allocation_of(labels: Iterable[str]) -> str | None:
    """Read ``real`` or ``sham`` from a recording's marker labels; None if no marker states it."""
    for label in labels:
        kind, _, what = label.partition("/")
        if kind == ALLOCATION and what in (REAL, SHAM):
            return what
    return None
