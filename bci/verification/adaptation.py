"""The adaptation of a second decoding, compared with the states that were published live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bci.engine.adapt_alignment import Adaptation
from bci.engine.adapt_supervised import Supervised
from bci.engine.adaptation_state import AdaptedState, AlignmentState, read_state
from bci.errors import MessageError


class StateDifference(NamedTuple):
    """A state that differs, and a sentence about it.

    ``time`` is in seconds on the sender's clock; None if the state's window is unknown.
    """

    time: float | None
    sentence: str


@dataclass
class StateCounts:
    """Number of published adaptation states, and of those that the second decoding reproduced.

    ``equal`` counts states that are identical to the bit. ``first`` is the first difference.
    """

    compared: int = 0
    equal: int = 0
    first: StateDifference | None = None

    def add(self, difference: StateDifference | None) -> None:
        """Count a compared state; ``difference`` is None if it is equal."""
        self.compared += 1
        self.equal += difference is None
        self.first = self.first or difference


class AdaptedAgain:
    """The adaptation of a model in the second decoding.

    Its state is known from the model's first sample on, or from a published state on. If the
    recording lacks samples, the state is unknown until the next published one.
    """

    def __init__(
        self,
        adaptation: Adaptation | Supervised | None,
        published: Sequence[AdaptedState],  # Published states of this model
        counts: StateCounts,
    ) -> None:
        self.is_known = True
        self._adaptation = adaptation if isinstance(adaptation, Adaptation) else None
        self._counts = counts
        self._published: dict[int, AdaptedState] = {}
        for message in published if self._adaptation else ():
            try:
                self._published[read_state(message).end] = message
            except MessageError as problem:
                counts.add(
                    StateDifference(None, f"a state of the adaptation is damaged: {problem}")
                )

    def lose(self) -> None:
        """Mark the state as unknown, because the recording lacks samples that changed it."""
        self.is_known = self._adaptation is None

    def follow(self, end: int, time: float, is_certain: bool) -> bool:
        """Compare the state after a window with the published one, or resume from that.

        Returns True if the adaptation was set to the published state.


        Parameters
        ----------
        end : int
            Absolute index one past the window's last sample.
        time : float
            Time of the window's last sample, in seconds on the sender's clock.
        is_certain : bool
            True if the filters processed all earlier samples and the window has a live
            prediction. Only then can the windows after it be compared.
        """
        message = self._published.get(end)
        if message is None or self._adaptation is None:
            return False
        state = read_state(message)
        if self.is_known:
            self._counts.add(self._difference(state, time))
            return False
        if not is_certain:
            return False
        try:
            self._adaptation.resume(state)
        except ValueError as problem:
            sentence = f"a state of the adaptation does not fit the model: {problem}"
            self._counts.add(StateDifference(time, sentence))
            return False
        self.is_known = True
        return True

    def _difference(self, live: AlignmentState, time: float) -> StateDifference | None:
        assert self._adaptation is not None
        own = self._adaptation.state
        if own is not None and (own.end, own.n_updates) == (live.end, live.n_updates):
            if own.alignment.tobytes() == live.alignment.tobytes():
                return None
            what = "the alignment differs"
        else:
            what = f"{live.n_updates} updates live, {0 if own is None else own.n_updates} again"
        return StateDifference(time, f"the state of the adaptation: {what}")
