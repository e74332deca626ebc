"""Streams that send no samples, though they should."""

import math

# A stream that sends nothing for so long, or for so many samples, is silent.
_SILENT_S, _SILENT_SAMPLES = 1.5, 3
# Of a recorded stream: longer than a hiccup of a wireless headset.
_RECORDED_SILENT_S = 2.0


class SilenceMeter:
    """Watch over a regular stream: whether it has stopped sending, and since when.

    Times are seconds on any monotonic clock. An irregular stream, of rate 0, is never silent.
    """

    def __init__(self, sfreq: float, now: float) -> None:
        self.since: float | None = None
        self.allowed_s = max(_SILENT_S, _SILENT_SAMPLES / sfreq) if sfreq > 0 else math.inf
        self._received_at = now

    def changes(self, received: bool, now: float) -> bool:
        """Take in whether anything came now; whether `since` is another than before."""
        before = self.since
        if received:
            self._received_at, self.since = now, None
        elif now - self._received_at > self.allowed_s:
            self.since = self._received_at
        return self.since != before


class SilentStreams:
    """Follow how many samples of each regular stream a recorder has written."""

    def __init__(self) -> None:
        # By place and name: two streams may have one name.
        self._seen: dict[tuple[int, str], tuple[int, float]] = {}

    def reset(self) -> None:
        """Begin another recording."""
        self._seen.clear()

    def update(
        self, written: tuple[tuple[str, int], ...], now: float
    ) -> tuple[tuple[str, float], ...]:
        """List the streams of which nothing has come for more than two seconds, with how long.

        ``written`` is each regular stream and the number of its samples.
        """
        seen = {}
        for place, (name, n) in enumerate(written):
            before = self._seen.get((place, name))
            seen[place, name] = before if before is not None and before[0] == n else (n, now)
        self._seen = seen
        silent = ((name, now - since) for (_, name), (_, since) in seen.items())
        return tuple((name, seconds) for name, seconds in silent if seconds > _RECORDED_SILENT_S)
