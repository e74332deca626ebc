"""Following the cues from a thread: all marker streams that fit, by the rule of the engine."""

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, Signal

from bci.errors import StreamError
from bci.lsl.cue_listener import CueListener
from bci.lsl.cue_streams import CueQuery
from gui.workers.stream_worker import POLL_S
from gui.workers.worker import Worker


class CueFollower(Worker):
    """Passes on the markers of a signal; see `bci.lsl.cue_listener.CueListener`.

    Parameters
    ----------
    query : CueQuery
    is_cue : callable
        Tells whether a label is a cue.
    signal : str
        Name of the signal's stream; empty where it is not known.
    ignored : collection of str
        Names of streams that are not heard.
    """

    came = Signal(list)  # of Marker
    problem = Signal(str)

    def __init__(
        self,
        query: CueQuery,
        is_cue: Callable[[str], bool],
        signal: str,
        ignored: Collection[str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._chosen = query, is_cue, signal, ignored

    def work(self) -> None:
        """Follow the cues until it is retired."""
        try:
            listener = CueListener(*self._chosen)
        except StreamError as error:
            self.tell(self.problem.emit, str(error))
            return
        while self.wait(POLL_S):
            if markers := listener.pull():
                self.tell(self.came.emit, markers)
        listener.close()
