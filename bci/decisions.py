"""Decisions at the ends of windows, and decision events."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from bci.signals import Prediction

Event = Literal["onset", "repeat", "offset"]


class Decision(NamedTuple):
    """The decision at the end of one window."""

    label: str | None  # The class; None if the confidence is below the threshold
    confidence: float  # Probability of the likeliest class by the evidence, 0 to 1


NEVER = 1.0
"""Threshold that no confidence reaches, so that there are no decisions."""


def reaches(
    confidence: float | NDArray[np.float64], threshold: float
) -> bool | np.bool_ | NDArray[np.bool_]:
    """Return True if a confidence reaches the decision threshold, both 0 to 1.

    ``confidence`` is a number or an array; the result has the same shape. A threshold of `NEVER`
    is never reached.
    """
    return (confidence >= threshold) & (threshold < NEVER)


def decide(evidence: Prediction | None, threshold: float) -> Decision | None:
    """Decide by the evidence at the end of a window; None without evidence."""
    if evidence is None:
        return None
    # Rounding can make a probability slightly larger than 1.
    confidence = min(evidence.confidence, 1.0)
    return Decision(evidence.label if reaches(confidence, threshold) else None, confidence)


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """Start, repetition or end of a decision."""

    # ``onset``: ``label`` is decided from now on, in place of an earlier class. ``repeat``: the
    # same class at the next cue. ``offset``: no class is decided from now on
    event: Event
    label: str | None  # The class; None at an offset
    # Confidence by the evidence that made the event; None if windows stopped coming
    confidence: float | None
    # LSL time in seconds of the last sample of that window, or at which windows were missed
    time: float
    ended: str | None = None  # The class that an offset ended; None for other events

    def to_json(self) -> str:
        """Convert the event to a JSON object with these keys.

        Only an offset has ``ended``.
        """
        fields = asdict(self)
        if self.confidence is not None:
            fields["confidence"] = round(self.confidence, 4)
        if self.ended is None:
            del fields["ended"]
        return json.dumps(fields)


def event_from_json(text: str, time: float) -> DecisionEvent | None:
    """Read an event from a JSON text; None if it is invalid.

    ``time``, in seconds on the LSL clock, replaces the time in the text.
    """
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
    """The present decision, updated window by window."""

    def __init__(self) -> None:
        self.label: str | None = None

    def add(
        self, decision: Decision | None, time: float, at_cues: bool = False
    ) -> DecisionEvent | None:
        """Update by a window's ``decision``, which is None without enough evidence.

        ``time`` is that of the window's last sample, in seconds on the LSL clock. Return the
        resulting event, or None without a change. With ``at_cues``, each window belongs to another
        cue, so the same label is an event too.
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
        """End the present decision at ``time``, in seconds on the LSL clock.

        Return the event of its end, or None without a present decision.
        """
        if self.label is None:
            return None
        ended, self.label = self.label, None
        return DecisionEvent("offset", None, confidence, time, ended)
