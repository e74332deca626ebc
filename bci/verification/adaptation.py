"""The adaptation of a second decoding, beside the states of it that were published live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bci.engine.adapt_alignment import Adaptation
from bci.engine.adapt_supervised import Supervised
from bci.engine.adaptation_state import AdaptedState, AlignmentState, read_state
from bci.errors import MessageError


class StateDifference(NamedTuple):
    """A state that differs: seconds on the sender's clock, if its window is known; a sentence."""

    time: float | None
    sentence: str


@dataclass
class StateCounts:
    """Published states of adaptations, and those that the second decoding reached to the bit."""

    compared: int = 0
    equal: int = 0
    first: StateDifference | None = None

    def add(self, difference: StateDifference | None) -> None:
        """Count a state."""
        self.compared += 1
        self.equal += difference is None
        self.first = self.first or difference


class AdaptedAgain:
    """The adaptation of a model that decodes again.

    It is known from the model's first sample on, or from a published state on. Samples that the
    recording lacks make it unknown until the next state.
    """

    def __init__(
        self,
        adaptation: Adaptation | Supervised | None,
        published: Sequence[AdaptedState],  # Of this model
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
        """Note that the recording lacks samples that moved it."""
        self.is_known = self._adaptation is None

    def follow(self, end: int, time: float, is_certain: bool) -> bool:
        """Compare its state after a window, or resume from it; True if it was resumed.

        Parameters
        ----------
        end : int
            Absolute index one past the window's last sample.
        time : float
            Of that sample, in seconds on the sender's clock.
        is_certain : bool
            Whether the filters had all their past, and the window a live prediction: only then
            can the windows behind it be compared.
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
