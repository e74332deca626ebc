"""Events of a decision, for programs that follow it: onset, repeat and offset."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

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

    def to_json(self) -> str:
        """A JSON object with these keys; ``ended`` is there at an offset."""
        told = asdict(self)
        if self.confidence is not None:
            told["confidence"] = round(self.confidence, 4)
        if self.ended is None:
            del told["ended"]
        return json.dumps(told)


def event_from_json(text: str, time: float) -> DecisionEvent | None:
    """The event in a text; None if there is none. ``time`` is taken instead of the text's own."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    event = next((each for each in get_args(Event) if each == told.get("event")), None)
    label, ended, sure = told.get("label"), told.get("ended"), told.get("confidence")
    if event is None or isinstance(label, str) != (event != "offset"):
        return None
    confidence = float(sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None
    return DecisionEvent(event, label, confidence, time, ended if isinstance(ended, str) else None)


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
