"""Threshold and evidence of an engine, and its decisions in words."""

from dataclasses import dataclass

from bci.decisions import NEVER, Decision
from bci.messages import EngineStatus
from gui.decisions.headline import NO_DECISION, UNDECIDED


def in_words(decision: Decision | None) -> str:
    """Return the decided class, or words for no decision (None) or an abstention."""
    if decision is None:
        return NO_DECISION
    return UNDECIDED if decision.label is None else decision.label


@dataclass
class DecisionRule:
    """The rule by which an engine decides, shared by all views, which only display it."""

    # Least confidence of a decision.
    threshold: float
    # Seconds of windows from which a decision is made; 0: each window decides alone.
    evidence_s: float = 0.0
    # Whether decisions are suppressed in this state of the signal.
    held_back: bool = False
    # Time of the last change of the engine's decision, and the current time; LSL clock.
    since: float | None = None
    now: float = 0.0

    def follow(self, status: EngineStatus) -> bool:
        """Adopt the rule in an engine's status; return whether this rule changed."""
        before = self.threshold, self.evidence_s, self.held_back
        if status.decision_threshold is not None:
            self.threshold = status.decision_threshold
        if status.evidence_s is not None:
            self.evidence_s = status.evidence_s
        self.held_back = status.held_back
        return before != (self.threshold, self.evidence_s, self.held_back)

    @property
    def words(self) -> str:
        """The rule in words: ``decides above 70 %``, and the seconds of evidence if any."""
        if self.held_back:
            return "suppressed in this state of the signal"
        if self.threshold >= NEVER:
            return "decides nothing"
        over = f" over {self.evidence_s:.2g} s" if self.evidence_s else ""
        return f"decides above {100 * self.threshold:.3g} %{over}"

    def beside(self, decision: Decision | None) -> str:
        """Return the confidence of a decision, or its age if evidence is gathered.

        Empty text if ``decision`` is None or its age is unknown.
        """
        if decision is None:
            return ""
        if self.evidence_s:
            return "" if self.since is None else f"for {max(0.0, self.now - self.since):.0f} s"
        return f"{100 * decision.confidence:.0f} %"
