"""Decisions from the evidence of several windows instead of one."""

from collections import deque
from dataclasses import replace

import numpy as np

from bci.signals import Prediction

_TINY = 1e-12


class Evidence:
    """The normalised geometric mean of the probabilities of the last windows.

    The product rule of Kittler, Hatef, Duin and Matas (IEEE Trans. Pattern Anal. Mach. Intell. 20
    (1998) 226-239), with the mean of the log probabilities in place of their sum: neighbouring
    windows share most of their samples, and a sum would count those again and again.

    A span of 0 decides by each window alone. ``hop`` is the distance of windows in samples.

    A decision needs the whole span, from the start and after every gap again. Windows that were
    withheld or skipped are left out of the mean. Evidence is on average `delay_s` older than a
    single window, so a decision comes that much later.
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
        """Take in a window's prediction; return the evidence so far, None until it is whole."""
        if self.n_windows == 1:
            return prediction
        end = prediction.end
        # Over a gap no window is predicted until one lies wholly behind it.
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
