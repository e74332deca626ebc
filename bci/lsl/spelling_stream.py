"""Send and receive the stream of a speller's selected symbols."""

from bci.errors import MessageError
from bci.lsl.discovery import FoundStream
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import MarkerOutlet
from bci.messages import MAX_STATUS, Spelled, read_spelled
from bci.signals import Marker


class SpellingOutlet:
    """Sender of the stream ``<name>-spelled``, one JSON text per selection.

    The stream has the type Spelling. See `bci.messages.spelling.Spelled`.
    """

    def __init__(self, name: str, source_id: str, simulated: bool = False) -> None:
        self._simulated = simulated
        self._outlet = MarkerOutlet(f"{name}-spelled", source_id, simulated, "Spelling")

    @property
    def has_consumers(self) -> bool:
        return self._outlet.has_consumers

    def push(self, spelled: Spelled) -> None:
        """Send a selection; its ``ended`` is the time stamp."""
        marked = spelled.model_copy(update={"simulated": self._simulated})
        self._outlet.push(Marker(spelled.ended, marked.line()))

    def close(self) -> None:
        self._outlet.close()


class SpellingInlet:
    """Receiver of a ``<name>-spelled`` stream.

    Invalid texts are counted in ``n_unreadable``.
    """

    def __init__(self, found: FoundStream) -> None:
        self._inlet = MarkerInlet(found, MAX_STATUS + 1)
        self.n_unreadable = 0

    @property
    def connected(self) -> bool:
        return self._inlet.connected

    def pull(self, timeout: float = 0.0) -> list[Spelled]:
        """Return the selections received since the last call, oldest first.

        Wait up to ``timeout`` s for the first. Invalid texts are left out.
        """
        came = []
        for marker in self._inlet.pull(timeout):
            try:
                came.append(read_spelled(marker.label))
            except MessageError:
                self.n_unreadable += 1
        return came

    def close(self) -> None:
        self._inlet.close()
