"""Undo by an error potential: the brain's response to wrong feedback.

A second model decodes the window after the feedback marker. Its log likelihood ratio is combined
with the confidence of the selection itself: Dal Seno, Matteucci and Mainardi, Comput. Intell.
Neurosci. (2010) 307254.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """Rule by which an error potential undoes a selection.

    ``threshold`` is the least probability, 0 to 1, of a wrong selection that is undone.
    """

    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold = {self.threshold} must lie between 0 and 1")

    def undoes(self, confidence: float, log_ratio: float) -> bool:
        """Return whether a selection is undone; parameters as of `wrong_probability`."""
        return wrong_probability(confidence, log_ratio) >= self.threshold


def wrong_probability(confidence: float, log_ratio: float) -> float:
    """Probability that a selection was wrong.

    Parameters
    ----------
    confidence : float
        Posterior of the selected symbol before the feedback.
    log_ratio : float
        Log likelihood ratio of the brain's response to the feedback: error against correct.
    """
    sure = min(max(confidence, 1e-6), 1.0 - 1e-6)
    log_odds = np.log1p(-sure) - np.log(sure) + log_ratio
    return float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -700, 700))))
