"""Streams of a recording that send no samples, though they should."""

from gui.processes.recorder import FoundRecorder

# Longer than a hiccup of a wireless headset.
_SILENT_S = 2.0


class SilentStreams:
    """Follows how many samples of each regular stream a recorder has written."""

    def __init__(self) -> None:
        # By place and name: two streams may have one name.
        self._seen: dict[tuple[int, str], tuple[int, float]] = {}

    def reset(self) -> None:
        """Another recording begins."""
        self._seen.clear()

    def update(self, status: FoundRecorder, now: float) -> tuple[tuple[str, float], ...]:
        """Streams of which nothing has come for more than two seconds, with how long.

        Parameters
        ----------
        status : FoundRecorder
        now : float
            Seconds on any clock that goes on.
        """
        seen = {}
        for place, (name, n) in enumerate(status.regular):
            before = self._seen.get((place, name))
            seen[place, name] = before if before is not None and before[0] == n else (n, now)
        self._seen = seen
        silent = ((name, now - since) for (_, name), (_, since) in seen.items())
        return tuple((name, seconds) for name, seconds in silent if seconds > _SILENT_S)
