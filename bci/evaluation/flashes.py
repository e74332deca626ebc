"""Collect the predictions of flashes in an evaluation, and score the symbols."""

from bci.evaluation.spelling import SpelledRun, SpellingScore, score_spelling
from bci.models.card import Card
from bci.signals import Recording
from bci.spelling.from_settings import Speller
from bci.spelling.replay import TimedPrediction
from bci.training.epochs import JudgedWindow


class ScoredFlashes:
    """Collector of the predictions of a recording's flashes.

    Call `take` with each window.

    ``speller`` replaces the speller of the model's card.
    """

    def __init__(self, card: Card, speller: Speller | None = None) -> None:
        self._card = card
        self._speller = speller
        if speller is None and card.speller is not None:
            self._speller = Speller(card)
        self.predictions: list[TimedPrediction] = []

    def take(self, window: JudgedWindow) -> None:
        """Keep the prediction of a window."""
        prediction = window.prediction
        self.predictions.append(TimedPrediction(prediction.taken, prediction.probabilities))

    def score(self, recording: Recording) -> SpellingScore | None:
        """Score the recording's copied symbols.

        The result is None without such symbols or without a speller.
        """
        if self._speller is None:
            return None
        windows = self._speller.windows(self._card.classes, self._card.stream.sfreq)
        return score_spelling(
            self._speller, windows, [SpelledRun(recording.markers, self.predictions)]
        )
