"""Describe lost samples and clock faults of an inlet in sentences for a log."""

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
        """Return sentences about losses since the last call.

        Call it about once per second.
        """
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
    """Reporter of channels with NaN values, and of their return to numbers.

    Each change is reported once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._unsound: list[str] = []

    def news(self, unsound: Sequence[str]) -> str | None:
        """Return a sentence if the channels with NaN changed since the last call.

        ``unsound`` are the names of these channels. None without a change.
        """
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
    """Convert a time in seconds on the LSL clock to the time of day, as ``14:03:22``.

    NaN gives the present time.
    """
    past = local_clock() - at if math.isfinite(at) else 0.0
    # A stamp on another clock cannot be converted, so the present time is used.
    past = past if 0.0 <= past < 86_400.0 else 0.0
    return time.strftime("%H:%M:%S", time.localtime(time.time() - past))


def _samples(n: int) -> str:
    return f"{n:,} sample{'' if n == 1 else 's'}"
