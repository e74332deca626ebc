"""Regular streams that have stopped sending samples."""

import math

# A stream is silent after this time without samples, in seconds and in sample periods.
_SILENT_S, _SILENT_SAMPLES = 1.5, 3
# The same for a recorded stream: longer than a short dropout of a wireless headset.
_RECORDED_SILENT_S = 2.0


class SilenceMeter:
    """Detect that a regular stream has stopped sending.

    ``since`` is the time of its last samples; None while it is not silent. Times are in seconds on
    any monotonic clock. An irregular stream (``sfreq`` 0) is never silent.
    """

    def __init__(self, sfreq: float, now: float) -> None:
        self.since: float | None = None
        self.allowed_s = max(_SILENT_S, _SILENT_SAMPLES / sfreq) if sfreq > 0 else math.inf
        self._received_at = now

    def changes(self, received: bool, now: float) -> bool:
        """Update `since`; return whether it has changed.

        ``received`` is whether samples have arrived at the time ``now``.
        """
        before = self.since
        if received:
            self._received_at, self.since = now, None
        elif now - self._received_at > self.allowed_s:
            self.since = self._received_at
        return self.since != before


class SilentStreams:
    """Detect silent streams from the numbers of samples that a recorder has written."""

    def __init__(self) -> None:
        # By place and name: two streams may have one name.
        self._seen: dict[tuple[int, str], tuple[int, float]] = {}

    def reset(self) -> None:
        """Discard all streams, for another recording."""
        self._seen.clear()

    def update(
        self, written: tuple[tuple[str, int], ...], now: float
    ) -> tuple[tuple[str, float], ...]:
        """List the streams that have been silent for more than two seconds, as (name, seconds).

        ``written`` has the name of each stream with a sampling rate, and its number of samples so
        far. ``now`` is in seconds on any monotonic clock.
        """
        seen = {}
        for place, (name, n) in enumerate(written):
            before = self._seen.get((place, name))
            seen[place, name] = before if before is not None and before[0] == n else (n, now)
        self._seen = seen
        silent = ((name, now - since) for (_, name), (_, since) in seen.items())
        return tuple((name, seconds) for name, seconds in silent if seconds > _RECORDED_SILENT_S)
