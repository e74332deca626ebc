"""Following the cues from a thread: all marker streams that fit, by the rule of the engine."""

import threading
from collections.abc import Callable, Collection

from bci.cue_streams import CueQuery
from bci.errors import StreamError
from bci.lsl.cues import CueListener

_POLL_S = 0.015


class CueFollower:
    """Tells ``markers_came`` for as long as it is wanted; see `bci.lsl.cues.CueListener`.

    Parameters
    ----------
    query : CueQuery
    is_cue : callable
        Tells whether a label is a cue.
    signal : str
        Name of the signal's stream; empty where it is not known.
    ignored : collection of str
        Names of streams that are not heard.
    tell : callable
        Called in the thread with the follower, a name and values; no more once it is retired.
    """

    def __init__(
        self,
        query: CueQuery,
        is_cue: Callable[[str], bool],
        signal: str,
        ignored: Collection[str],
        tell: Callable[["CueFollower", str, tuple[object, ...]], None],
    ) -> None:
        self._query = query
        self._is_cue = is_cue
        self._signal = signal
        self._ignored = ignored
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def retire(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    @property
    def is_retired(self) -> bool:
        return self._stopping.is_set()

    @property
    def is_finished(self) -> bool:
        return not self._thread.is_alive()

    def _follow(self) -> None:
        try:
            listener = CueListener(self._query, self._is_cue, self._signal, self._ignored)
        except StreamError as error:
            self._tell(self, "problem", (str(error),))
            return
        while not self._stopping.wait(_POLL_S):
            # A thread that outlived the window must not touch what Qt has deleted.
            if (markers := listener.pull()) and not self.is_retired:
                self._tell(self, "markers_came", (markers,))
        listener.close()
