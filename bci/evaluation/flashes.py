"""Predictions of flashes, gathered during an evaluation and spelled at its end."""

from bci.evaluation.spelling import SpelledRun, SpellingScore, score_spelling
from bci.models.card import Card
from bci.signals import Recording
from bci.spelling.from_settings import Speller
from bci.spelling.replay import TimedPrediction
from bci.training.epochs import JudgedWindow


class ScoredFlashes:
    """Gathers what a model predicts of a recording's flashes; `take` is given each window.

    ``speller`` goes before the one of the model's card.
    """

    def __init__(self, card: Card, speller: Speller | None = None) -> None:
        self._card = card
        self._speller = speller
        if speller is None and card.speller is not None:
            self._speller = Speller(card)
        self.predictions: list[TimedPrediction] = []

    def take(self, window: JudgedWindow) -> None:
        """Keep a window's prediction."""
        prediction = window.prediction
        self.predictions.append(TimedPrediction(prediction.taken, prediction.probabilities))

    def score(self, recording: Recording) -> SpellingScore | None:
        """Spell the recording's copied symbols; None where it has none, or the model no speller."""
        if self._speller is None:
            return None
        windows = self._speller.windows(self._card.classes, self._card.stream.sfreq)
        return score_spelling(
            self._speller, windows, [SpelledRun(recording.markers, self.predictions)]
        )
