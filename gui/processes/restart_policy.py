"""The rule for starting a program again after its end, and advice if it is not."""

from collections import deque

from gui.actions import key_of

LEAST_S = 5.0
_MAX_RESTARTS, _WITHIN_S = 3, 60.0
# Exit codes: 0 after a normal end, or a stop from elsewhere; 2 after an error that the program has
# reported and that the user must correct.
_ENDED, _REFUSED = 0, 2
AGAIN = "It is started again."
_SEE_LOG = f"see the log ({key_of('panel-log')})"


class RestartPolicy:
    """Decides on each end of one program: a crash after work allows a few restarts.

    ``by`` are the words for how the user starts it: ``press Start engine (Ctrl+E)``.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._times: deque[float] = deque(maxlen=_MAX_RESTARTS)

    def why_not(self, code: int, worked: bool, now: float) -> str:
        """Return advice if the program must not be restarted; else count the restart.

        Empty text means that the caller restarts it.

        ``code`` is the exit code, or the signal that ended the program. ``worked`` is whether it
        did its work before, since a program that dies at once would die again. ``now`` is in
        seconds on any monotonic clock.
        """
        if code == _ENDED:
            return f"To run it again, {self._by}."
        if code == _REFUSED:
            return f"Mend that, then {self._by}."
        if not worked:
            return f"It died at once and would again: {_SEE_LOG}, then {self._by}."
        if len(self._times) == _MAX_RESTARTS and now - self._times[0] < _WITHIN_S:
            return f"It did so {_MAX_RESTARTS + 1} times in a minute: {_SEE_LOG}, then {self._by}."
        self._times.append(now)
        return ""


def then(sentence: str, more: str) -> str:
    """Join two sentences; a full stop is added to the first unless it ends in ? or !."""
    return f"{sentence} {more}" if sentence.endswith(("?", "!")) else f"{sentence}. {more}"
