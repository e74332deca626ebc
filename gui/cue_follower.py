"""Following the cues from a thread: all marker streams that fit, by the rule of the engine."""

from collections.abc import Callable, Collection

from bci.cue_streams import CueQuery
from bci.errors import StreamError
from bci.lsl.cues import CueListener
from gui.following import Follower


def following_cues(
    query: CueQuery, is_cue: Callable[[str], bool], signal: str, ignored: Collection[str]
) -> Callable[[Follower], None]:
    """Make the work of a follower that tells ``markers_came``; see `bci.lsl.cues.CueListener`.

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

    def follow(follower: Follower) -> None:
        try:
            listener = CueListener(query, is_cue, signal, ignored)
        except StreamError as error:
            follower.tell("problem", str(error))
            return
        while follower.wait():
            if markers := listener.pull():
                follower.tell("markers_came", markers)
        listener.close()

    return follow
