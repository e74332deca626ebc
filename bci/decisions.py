"""When a decision begins, is repeated and ends: what a program that follows it has to know."""

from dataclasses import dataclass
from typing import Literal

from bci.types import Prediction

Event = Literal["onset", "repeat", "offset"]


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """One event of a decision.

    Parameters
    ----------
    event : {"onset", "repeat", "offset"}
        ``onset``: from here on it is ``label``, and no longer what it was before. ``repeat``: the
        same label at the next cue. ``offset``: from here on nothing is decided.
    label : str or None
        The class; None at an offset.
    confidence : float or None
        Of the window or evidence that made the event; None where windows stopped coming.
    time : float
        When the last sample of that window was taken, or when windows were missed, in seconds on
        the LSL clock.
    ended : str or None
        The class that an offset ended.
    """

    event: Event
    label: str | None
    confidence: float | None
    time: float
    ended: str | None = None


class RunningDecision:
    """The decision that holds now, made of one window or evidence after another.

    Attributes
    ----------
    label : str or None
        None where nothing is decided.
    """

    def __init__(self) -> None:
        self.label: str | None = None

    def add(
        self, decision: Prediction, threshold: float, at_cues: bool = False
    ) -> DecisionEvent | None:
        """Take in a window's decision; the event that it makes, if any.

        Parameters
        ----------
        decision : Prediction
        threshold : float
            Least confidence of a decision.
        at_cues : bool
            Whether each window is a cue's, so that the same label is a decision of its own.
        """
        if decision.confidence < threshold:
            return self.end(decision.taken, decision.confidence)
        if decision.label == self.label:
            return self._event("repeat", decision) if at_cues else None
        self.label = decision.label
        return self._event("onset", decision)

    def end(self, time: float, confidence: float | None = None) -> DecisionEvent | None:
        """Nothing is decided from ``time`` on (LSL clock); None where nothing was."""
        if self.label is None:
            return None
        ended, self.label = self.label, None
        return DecisionEvent("offset", None, confidence, time, ended)

    def _event(self, event: Event, decision: Prediction) -> DecisionEvent:
        return DecisionEvent(event, decision.label, decision.confidence, decision.taken)
