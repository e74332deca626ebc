"""Decision rule of the running engine, and its present decision."""

from dataclasses import dataclass

from bci.decisions import DecisionEvent
from bci.messages import EngineStatus
from gui.headline import NO_DECISION, NOT_SURE


@dataclass
class DecisionRule:
    """One for all views of an engine: what it says of itself holds, whatever it was started with.

    Parameters
    ----------
    threshold : float
        Least probability of a decision.
    evidence_s : float
        Over how much signal decisions are taken, in seconds; 0: from each window alone.
    last : DecisionEvent, optional
        What became of the engine's decision last.
    now : float
        LSL clock.
    """

    threshold: float
    evidence_s: float = 0.0
    last: DecisionEvent | None = None
    now: float = 0.0

    def follow(self, status: EngineStatus) -> bool:
        """Take an engine's status; whether anything is another than before."""
        before = self.threshold, self.evidence_s
        if status.decision_threshold is not None:
            self.threshold = status.decision_threshold
        if status.evidence_s is not None:
            self.evidence_s = status.evidence_s
        return before != (self.threshold, self.evidence_s)

    def decided(self, best: str, probability: float) -> str:
        """What is decided where a window finds ``best`` likeliest; no window alone has evidence."""
        if self.evidence_s:
            if self.last is None:
                return NO_DECISION
            return NOT_SURE if self.last.label is None else self.last.label
        return best if probability >= self.threshold else NOT_SURE

    def beside(self, probability: float | None) -> str:
        """The decision's probability; with evidence, how long it has held."""
        if self.evidence_s:
            return f"for {max(0.0, self.now - self.last.time):.0f} s" if self.last else ""
        return "" if probability is None else f"{100 * probability:.0f} %"
