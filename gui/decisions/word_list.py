"""The likeliest words with their probabilities, and the true one if it is known."""

from dataclasses import dataclass

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_rule import in_words
from gui.decisions.decision_view import CueFinder, CueWindows, DecisionFrame, likeliest
from gui.decisions.headline import NO_PREDICTION
from gui.plots.probability_bars import Bar, ProbabilityBars

N_SHOWN = 5
TICK = "\u2713"
_ROW_PX = 26


@dataclass(frozen=True)
class ShownWords:
    """Windows of words: one at each cue, or windows that slide."""

    window_s: float
    at_cues: bool = True

    @property
    def windows(self) -> CueWindows | None:
        """The finder of a window's cue; None where windows slide."""
        return CueWindows(self.window_s) if self.at_cues else None


class WordList(DecisionFrame):
    """The decided word and the five likeliest, each with a bar.

    Parameters
    ----------
    truth : CueFinder, optional
        Finds the cue of a window; None where windows slide, and no word is compared with a cue.
    threshold : float
        Least confidence of a decision, for the line through the bars.
    """

    def __init__(
        self, truth: CueFinder | None, threshold: float, parent: QWidget | None = None
    ) -> None:
        super().__init__("Decoded word", threshold, parent=parent)
        self._truth = truth
        self.true_word: str | None = None
        self.bars = ProbabilityBars("Likeliest words")
        self.body.addWidget(self.headline)
        self.body.addWidget(self.bars)
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Show the hint while no engine runs."""
        self.bars.set_rows(min(N_SHOWN, max(2, len(self.classes))), _ROW_PX)
        super().set_engine(alive)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Take the words of an engine that was found."""
        self.true_word = None
        super().set_classes(classes)

    def take(self, prediction: ReceivedPrediction) -> None:
        """Find the cue of the window."""
        self.true_word = self._truth.cue_of(prediction.taken) if self._truth else None
        self.setAccessibleDescription(f"{self.decision}; {self.truth}")

    def show_rejected(self, why: str) -> None:
        """Show why the last window gave no prediction."""
        self.probabilities, self.true_word = (), None
        super().show_rejected(why)

    @property
    def best(self) -> list[tuple[str, float]]:
        """The likeliest words with their probabilities."""
        numbers = likeliest(self.probabilities, N_SHOWN)
        return [(self.classes[k], self.probabilities[k]) for k in numbers]

    @property
    def decision(self) -> str:
        """The engine's decision, in words."""
        return in_words(self._decided) if self.probabilities else NO_PREDICTION

    @property
    def truth(self) -> str:
        """The true word, in a sentence."""
        return f"true word: {self.true_word or 'not known'}"

    def refresh(self) -> None:
        """Draw again after a change."""
        super().refresh()
        accent: QColor = self.theme.colour("accent")
        self.write_headline(self.decision, accent if self.live else self.theme.colour("dim"))
        bars = [
            Bar(word, share, accent, mark=TICK if word == self.true_word else "")
            for word, share in self.best
        ]
        self.draw_bars(self.bars, bars)
        self.write_foot(self.truth, "text" if self.true_word else "dim")
        self.beside_foot.setText(f"of {len(self.classes)} words")
