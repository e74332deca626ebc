"""Rule by which a program that ended by itself is started again, and advice where it is not."""

from collections import deque

from gui.actions import key_of

LEAST_S = 5.0
_MAX_RESTARTS, _WITHIN_S = 3, 60.0
# Exit codes: it came to its end or was stopped by somebody else; it reported what is to be mended.
_ENDED, _REFUSED = 0, 2
AGAIN = "It is started again."
_SEE_LOG = f"see the log ({key_of('panel-log')})"


class RestartPolicy:
    """Judges each end of one program: a crash after it worked is mended by a restart, in bounds.

    ``by`` is how the user starts it, as ``press Start engine (Ctrl+E)``.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._times: deque[float] = deque(maxlen=_MAX_RESTARTS)

    def why_not(self, code: int, worked: bool, now: float) -> str:
        """Advice where it is not to be started again; empty where it is, which then counts.

        ``code`` is its exit code, or the signal that ended it. ``worked`` is whether it did its
        work before: a program that dies at once would die again. ``now`` is in seconds on any
        monotonic clock.
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
    """One sentence after another; the first may end in a question mark."""
    return f"{sentence} {more}" if sentence.endswith(("?", "!")) else f"{sentence}. {more}"
