"""What an engine would have decided so far, where decisions are taken over several windows."""

from bisect import bisect_right

import numpy as np

from bci.bundle import Card, decision_threshold, evidence_span
from bci.decisions import DecisionEvent, RunningDecision
from bci.evidence import Evidence
from bci.predictions_table import Predictions
from bci.profile import Output
from bci.types import Prediction

# Of so many windows the nearest two tell the hop.
_FIRST = 256


class EvidenceSoFar:
    """Takes in predictions that may still be growing, each once.

    Parameters
    ----------
    card : Card
        Of the model whose predictions they are.
    """

    def __init__(self, card: Card) -> None:
        self.threshold = decision_threshold(Output(), card)
        self._span_s = evidence_span(Output(), card)
        self._window_s = card.pipeline.window_s
        self._begin(card.pipeline.hop_s)

    def _begin(self, hop_s: float) -> None:
        self._n_seen = 0
        self._running, self._events = RunningDecision(), list[DecisionEvent]()
        # Counted in hops: the table tells times alone.
        self._hop_s = hop_s
        self._evidence = Evidence(self._span_s, hop_s, 1)

    @property
    def span_s(self) -> float:
        """Over how much signal it is decided, in seconds; 0: from each window alone."""
        return self._evidence.span_s

    def last(self, predictions: Predictions, k: int) -> DecisionEvent | None:
        """The newest change of the decision up to prediction number ``k``."""
        if not self.span_s or len(predictions.times) < 2:
            return None
        if not self._n_seen or len(predictions.times) < self._n_seen:
            # The pipeline's hop is whole samples, so not quite the one that was asked for.
            self._begin(float(np.diff(predictions.times[:_FIRST]).min()))
        for number in range(self._n_seen, k + 1):
            self._take(predictions, number)
        self._n_seen = max(self._n_seen, k + 1)
        until = bisect_right(self._events, predictions.times[k], key=lambda each: each.time)
        return self._events[until - 1] if until else None

    def _take(self, predictions: Predictions, number: int) -> None:
        time = float(predictions.times[number])
        end = round((time - float(predictions.times[0])) / self._hop_s)
        start = end - max(1, round(self._window_s / self._hop_s))
        window = Prediction(
            predictions.classes, predictions.probabilities[number], start, end, time
        )
        decision = self._evidence.add(window)
        if decision is None:
            event = self._running.end(time)
        else:
            event = self._running.add(decision, self.threshold)
        if event is not None:
            self._events.append(event)
