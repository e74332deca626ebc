"""Which cue a window began with, where there is one window at each cue."""

from collections import deque
from typing import Protocol


class CueFinder(Protocol):
    """Tells the cue of a window by the time of the window's last sample."""

    def cue_of(self, taken: float) -> str | None: ...


class CueWindows:
    """Remembers cues, and finds that of a window by the time of the window's last sample.

    Parameters
    ----------
    window_s : float
        How long a window is, from its cue on.
    """

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._cues: deque[tuple[float, str]] = deque(maxlen=100)

    def add(self, time: float, cue: str | None) -> None:
        """A cue at ``time``, LSL clock; None, the end of one, begins no window."""
        if cue is not None:
            self._cues.append((time, cue))

    def cue_of(self, taken: float) -> str | None:
        """The cue of the window whose last sample was taken then; None where it is not known."""
        began = taken - self.window_s
        near = [(abs(time - began), cue) for time, cue in self._cues]
        return min(near)[1] if near and min(near)[0] < self.window_s / 2 else None

    def over(self, now: float) -> list[tuple[float, str]]:
        """When each window ended that is over at ``now``, and its cue, oldest first."""
        ended = ((time + self.window_s, cue) for time, cue in self._cues)
        return [(end, cue) for end, cue in ended if end <= now]
