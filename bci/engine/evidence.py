"""Combine the predictions of several windows into the evidence for one decision."""

from collections import deque
from dataclasses import replace

import numpy as np

from bci.signals import Prediction

_TINY = 1e-12


class Evidence:
    """Average the probabilities of the last windows by their geometric mean.

    The mean is normalised. It is the product rule of Kittler, Hatef, Duin and Matas (IEEE Trans.
    Pattern Anal. Mach. Intell. 20 (1998) 226-239), with the mean of the log probabilities in place
    of their sum. Neighbouring windows overlap, and a sum would count the shared samples several
    times.

    ``span_s`` is the length of signal whose windows are averaged, in seconds; 0 uses each window
    alone. ``hop_s`` and ``hop`` are the distance between windows in seconds and in samples.

    There is no evidence until windows cover the whole span, at the start and after every gap.
    Withheld and skipped windows are left out of the mean. Evidence is on average `delay_s` seconds
    older than a single window, so a decision comes that much later.
    """

    def __init__(self, span_s: float, hop_s: float, hop: int) -> None:
        self.n_windows = max(1, round(span_s / hop_s))
        self.span_s = self.n_windows * hop_s if self.n_windows > 1 else 0.0
        self.delay_s = (self.n_windows - 1) / 2 * hop_s
        self._hop = hop
        self._reach = (self.n_windows - 1) * hop
        self._since = 0
        self._seen: deque[tuple[int, np.ndarray[tuple[int], np.dtype[np.float64]]]] = deque()

    def add(self, prediction: Prediction) -> Prediction | None:
        """Add a window's prediction; return the evidence, None until it covers the span."""
        if self.n_windows == 1:
            return prediction
        end = prediction.end
        # After a gap, the first prediction is of a window that lies wholly behind the gap.
        if not self._seen or end - self._seen[-1][0] > max(self._hop, end - prediction.start):
            self._seen.clear()
            self._since = end
        self._seen.append((end, np.log(np.maximum(prediction.probabilities, _TINY))))
        while self._seen[0][0] < end - self._reach:
            self._seen.popleft()
        if end - self._since < self._reach:
            return None
        logs = np.mean([each for _, each in self._seen], axis=0)
        odds = np.exp(logs - logs.max())
        return replace(prediction, probabilities=odds / odds.sum())
