"""The five likeliest classes or words of a window, with the true one marked."""

from dataclasses import dataclass

from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_rule import in_words
from gui.decisions.decision_view import CueFinder, CueWindows, DecisionFrame, likeliest
from gui.decisions.headline import NO_PREDICTION
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.widgets.units import brief

N_SHOWN = 5
_TICK = "\u2713"
_ROW_PX = 26


@dataclass(frozen=True)
class ShownWords:
    """The windows of decoded words: one window per cue, or sliding windows."""

    window_s: float
    at_cues: bool = True

    @property
    def windows(self) -> CueWindows | None:
        """An object that finds the cue of a window; None if windows slide."""
        return CueWindows(self.window_s) if self.at_cues else None


class FiveLikeliest(DecisionFrame):
    """Base of views with the decision on the last window and bars of its five likeliest classes.

    The argument ``truth`` finds the true class of a window. Give None if windows slide, since they
    have no true class.
    """

    def __init__(
        self,
        title: str,
        truth: CueFinder | None,
        threshold: float,
        bars: ProbabilityBars,
        headline_px: int = 30,
    ) -> None:
        super().__init__(title, threshold, headline_px)
        self.bars = bars
        self.true_class: str | None = None
        self._truth = truth

    def set_classes(self, classes: tuple[str, ...]) -> None:
        self.true_class = None
        super().set_classes(classes)

    def take(self, prediction: ReceivedPrediction) -> None:
        self.true_class = self._truth.cue_of(prediction.taken) if self._truth else None
        self.setAccessibleDescription(f"{self.decision}; {self.truth}")

    def show_rejected(self, why: str) -> None:
        self.probabilities, self.true_class = (), None
        super().show_rejected(why)

    @property
    def best(self) -> list[int]:
        """The indices of the likeliest classes, the likeliest first."""
        return likeliest(self.probabilities, N_SHOWN)

    @property
    def decision(self) -> str:
        return brief(in_words(self._decided)) if self.probabilities else NO_PREDICTION

    @property
    def truth(self) -> str:
        """The true class, in words."""
        raise NotImplementedError

    def figure(self, _number: int) -> str:
        """Return the text before the probability of a class; empty here."""
        return ""

    def refresh(self) -> None:
        super().refresh()
        accent = self.theme.colour("accent")
        self.write_headline(accent if self.live else self.theme.colour("dim"))
        bars = []
        for k in self.best:
            mark = _TICK if self.classes[k] == self.true_class else ""
            name, share = brief(self.classes[k]), self.probabilities[k]
            bars.append(Bar(name, share, accent, mark, self.figure(k)))
        self.draw_bars(self.bars, bars)


class WordList(FiveLikeliest):
    """The decided word, and bars of the five likeliest words."""

    def __init__(self, truth: CueFinder | None, threshold: float) -> None:
        super().__init__("Decoded word", truth, threshold, ProbabilityBars("Likeliest words"))
        self.body.addWidget(self.headline)
        self.body.addWidget(self.bars)
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        self.bars.set_rows(min(N_SHOWN, max(2, len(self.classes))), _ROW_PX)
        super().set_engine(alive)

    @property
    def truth(self) -> str:
        return f"true word: {self.true_class or 'not known'}"

    def refresh(self) -> None:
        super().refresh()
        self.write_foot(self.truth, "text" if self.true_class else "dim")
        self.beside_foot.setText(f"of {len(self.classes)} words")
