"""Whether a program that ended by itself is started again, and what to do where it is not."""

from collections import deque

from gui.actions import key_of

LEAST_S = 5.0
_MOST, _WITHIN_S = 3, 60.0
# Exit codes: it came to its end, or was asked to by somebody else; it said what is to be mended.
_ENDED, _TOLD = 0, 2
_SEE_LOG = f"see the log ({key_of('panel-log')})"


class RestartPolicy:
    """Judges each end of one program: what crashed after it worked is started again, in bounds.

    Parameters
    ----------
    by : str
        How the user starts it, as ``press Start engine (Ctrl+E)``.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._times: deque[float] = deque(maxlen=_MOST)

    def refusal(self, code: int, worked: bool, now: float) -> str:
        """What to do where it is not started again; empty where it is, which then counts.

        Parameters
        ----------
        code : int
            Its exit code, or the signal that ended it.
        worked : bool
            Whether it did its work before; what dies at once would die again.
        now : float
            Seconds on any clock that goes on.
        """
        if code == _ENDED:
            return f"To run it again, {self._by}."
        if code == _TOLD:
            return f"Mend that, then {self._by}."
        if not worked:
            return f"It died at once and would again: {_SEE_LOG}, then {self._by}."
        if len(self._times) == _MOST and now - self._times[0] < _WITHIN_S:
            return f"It did so {_MOST + 1} times in a minute: {_SEE_LOG}, then {self._by}."
        self._times.append(now)
        return ""
