"""Losses of an inlet and findings about its clock, as sentences for a log."""

import math
import time
from collections.abc import Sequence

from pylsl import local_clock

from bci.errors import shortened
from bci.lsl.inlet import InletStats


class LossLog:
    """Report new losses of an inlet as sentences with time, place and number."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lost = self._gaps = self._loops = 0
        self._reported: set[str] = set()

    def news(self, stats: InletStats) -> list[str]:
        """Sentences about what is new since the last call; best asked about once a second."""
        lost, gaps = stats.lost_samples - self._lost, stats.gaps - self._gaps
        loops = stats.loops - self._loops
        self._lost, self._gaps, self._loops = stats.lost_samples, stats.gaps, stats.loops
        news = []
        if lost > 0:
            where = f" in {gaps} gaps" if gaps > 1 else ""
            news.append(
                f"{self._name} lost {_samples(lost)}{where} at {clock_time(stats.lost_at)}; "
                f"{stats.lost_samples:,} in all"
            )
        if lost < 0:
            news.append(f"{self._name}: {_samples(-lost)} counted as lost came late, none was lost")
        if loops > 0:
            news.append(f"{self._name}: the replay began again; nothing was lost")
        for finding in stats.findings:
            if finding not in self._reported:
                self._reported.add(finding)
                news.append(f"{self._name}: {finding}")
        return news


class UnsoundLog:
    """Reports once of channels that they hold no numbers, and once that they do again."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._unsound: list[str] = []

    def news(self, unsound: Sequence[str]) -> str | None:
        """A sentence where the channels without numbers are others than at the last call."""
        before, self._unsound = self._unsound, list(unsound)
        if self._unsound == before:
            return None
        if not unsound:
            return f"{self._name}: all channels hold numbers again"
        return (
            f"{self._name}: {shortened(unsound)} held values that are no "
            f"numbers (NaN) at {clock_time(math.nan)}; windows with them give no prediction"
        )


def clock_time(at: float) -> str:
    """Time of day of a moment on the LSL clock, as ``14:03:22``; of now where it is not known."""
    past = local_clock() - at if math.isfinite(at) else 0.0
    # A stream on another clock does not show the time of day.
    past = past if 0.0 <= past < 86_400.0 else 0.0
    return time.strftime("%H:%M:%S", time.localtime(time.time() - past))


def _samples(n: int) -> str:
    return f"{n:,} sample{'' if n == 1 else 's'}"
