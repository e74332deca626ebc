"""One window a second, counted in samples: for what need not be done with each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bci.pipeline.pipeline import Window

_EVERY_S = 1.0
# A pause is not a reason to believe the first window after it.
_MOST_S = 5.0


class Pace:
    """Tells which windows to take.

    Parameters
    ----------
    sfreq : float
        Rate of the windows, in hertz.
    """

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self._last: int | None = None

    def passed(self, window: "Window") -> float | None:
        """Seconds since the last window taken, 5 at most, if this is to be taken; else None.

        The first window is not.
        """
        if self._last is None:
            self._last = window.end
            return None
        passed_s = (window.end - self._last) / self._sfreq
        if passed_s < _EVERY_S - 0.5 / self._sfreq:
            return None
        self._last = window.end
        return min(passed_s, _MOST_S)
