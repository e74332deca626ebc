"""The decision of a window, and the events of a decision that programs follow."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from bci.signals import Prediction

Event = Literal["onset", "repeat", "offset"]


class Decision(NamedTuple):
    """The decision at the end of one window."""

    label: str | None  # The class; None where its confidence is below the threshold
    confidence: float  # Of the likeliest class, 0 to 1: of the evidence, where evidence is gathered


NEVER = 1.0
"""Threshold of decisions that no confidence reaches: nothing is certain."""


def reaches(
    confidence: float | NDArray[np.float64], threshold: float
) -> bool | np.bool_ | NDArray[np.bool_]:
    """Compare a confidence, or an array of them, with the threshold of decisions."""
    return (confidence >= threshold) & (threshold < NEVER)


def decide(evidence: Prediction | None, threshold: float) -> Decision | None:
    """Decide by the evidence of a window; None until there is evidence."""
    if evidence is None:
        return None
    # Rounding can take the share of a sure decoder a little above 1.
    confidence = min(evidence.confidence, 1.0)
    return Decision(evidence.label if reaches(confidence, threshold) else None, confidence)


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """One event of a decision."""

    # ``onset``: from here on it is ``label``, and no longer what it was before. ``repeat``: the
    # same label at the next cue. ``offset``: from here on nothing is decided
    event: Event
    label: str | None  # The class; None at an offset
    # Of the window or evidence that made the event; None where windows stopped coming
    confidence: float | None
    # When the last sample of that window was taken, or when windows were missed, in seconds on the
    # LSL clock
    time: float
    ended: str | None = None  # The class that an offset ended

    def to_json(self) -> str:
        """A JSON object with these keys; ``ended`` is there at an offset."""
        fields = asdict(self)
        if self.confidence is not None:
            fields["confidence"] = round(self.confidence, 4)
        if self.ended is None:
            del fields["ended"]
        return json.dumps(fields)


def event_from_json(text: str, time: float) -> DecisionEvent | None:
    """The event in a text; None if there is none. ``time`` is taken instead of the text's own."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    event = next((each for each in get_args(Event) if each == fields.get("event")), None)
    label, ended, sure = fields.get("label"), fields.get("ended"), fields.get("confidence")
    if event is None or isinstance(label, str) != (event != "offset"):
        return None
    confidence = float(sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None
    return DecisionEvent(event, label, confidence, time, ended if isinstance(ended, str) else None)


class RunningDecision:
    """The decision that holds now, made of one window or evidence after another."""

    def __init__(self) -> None:
        self.label: str | None = None

    def add(
        self, decision: Decision | None, time: float, at_cues: bool = False
    ) -> DecisionEvent | None:
        """Take in a window's decision; return the event that it makes, if any.

        With ``at_cues`` each window is a cue's, so that the same label is a decision of its own.
        """
        if decision is None:
            return self.end(time)
        if decision.label is None:
            return self.end(time, decision.confidence)
        event: Event = "repeat" if decision.label == self.label else "onset"
        if event == "repeat" and not at_cues:
            return None
        self.label = decision.label
        return DecisionEvent(event, decision.label, decision.confidence, time)

    def end(self, time: float, confidence: float | None = None) -> DecisionEvent | None:
        """Nothing is decided from ``time`` on (LSL clock); None where nothing was."""
        if self.label is None:
            return None
        ended, self.label = self.label, None
        return DecisionEvent("offset", None, confidence, time, ended)
