"""The spelled text, the likeliest symbols, and the transcript of selections."""

from bci.decisions import DecisionEvent
from bci.messages import Spelled
from gui.decisions.decision_view import DecisionFrame, likeliest
from gui.decisions.transcript import TranscriptEntry, TranscriptView
from gui.plots.probability_bars import Bar, ProbabilityBars

SPELLERS = ("p300", "ssvep", "cvep")
"""Tasks in which symbols are selected."""

N_SHOWN = 5
_ROW_PX = 26
_MAX_LETTERS = 24
_NOTHING = "nothing spelled yet"


class SpellingView(DecisionFrame):
    """The text so far, and bars for the likeliest symbols of the newest selection.

    With flicker each class is a symbol. Then, before the first selection, the bars show the
    probabilities of the newest window.
    """

    def __init__(self, threshold: float) -> None:
        super().__init__("Spelled text", threshold)
        self.newest: Spelled | None = None
        self.n_right = self.n_copied = 0
        self.bars = ProbabilityBars("Likeliest symbols")
        self.bars.set_rows(N_SHOWN, _ROW_PX)
        self.body.addWidget(self.headline)
        self.body.addWidget(self.bars)
        self.set_engine(False)

    def show_spelled(self, spelled: Spelled) -> None:
        """Show a finished selection, or that a symbol was undone."""
        if spelled.selection == 1 and spelled.change != "undone":
            self.n_right = self.n_copied = 0
        self.newest = spelled
        if spelled.change == "undone":
            self.n_right -= _was_right(spelled)
        elif spelled.target is not None:
            self.n_copied += 1
            self.n_right += bool(self.is_right)
        self.setAccessibleDescription(f"{self.text}; {self.about}")
        self.refresh()

    @property
    def is_right(self) -> bool | None:
        """True if the newest symbol is the one to copy; None if that is unknown."""
        newest = self.newest
        if newest is None or newest.target is None or newest.change != "selected":
            return None
        return newest.symbol == newest.target

    @property
    def text(self) -> str:
        """The text so far; only the end of a long text."""
        text = "" if self.newest is None else self.newest.text.replace(" ", "_")
        return text if len(text) <= _MAX_LETTERS else f"... {text[-_MAX_LETTERS:]}"

    @property
    def about(self) -> str:
        """The newest selection, in words."""
        newest = self.newest
        if newest is None:
            return "no selection yet"
        if newest.change == "failed":
            return f"selection {newest.selection}: no prediction came"
        if newest.change == "undone":
            return f"{newest.symbol} was taken back"
        asked = "" if newest.target is None else f", asked: {newest.target}"
        return f"selected: {newest.symbol}{asked}"

    def refresh(self) -> None:
        super().refresh()
        accent, newest = self.theme.colour("accent"), self.newest
        stands = newest is not None and newest.change == "selected"
        share = newest.confidence if newest is not None and stands else None
        beside = "" if share is None else f"{100 * share:.0f} %"
        ink = accent if self.text else self.theme.colour("dim")
        self.headline.write(self.theme, self.text or _NOTHING, ink, beside)
        bars = [Bar(name, share, accent) for name, share in self._shares()]
        self.bars.show_bars(self.theme, bars, 1.0, "", has_line=False)
        colour = "warning" if self.is_right is False else "text" if newest else "dim"
        self.write_foot(self.about, colour)
        right = f"{self.n_right} of {self.n_copied} right" if self.n_copied else ""
        self.beside_foot.setText(right)

    def _shares(self) -> list[tuple[str, float]]:
        if self.newest is not None and self.newest.change == "selected":
            return list(self.newest.candidates.items())[:N_SHOWN]
        best = likeliest(self.probabilities, N_SHOWN) if len(self.classes) > 2 else []
        return [(self.classes[k], self.probabilities[k]) for k in best]


class SpelledTranscript(TranscriptView):
    """Selected symbols in order of time; wrong ones are marked."""

    def __init__(self) -> None:
        super().__init__(None, "spelled")

    def show_spelled(self, spelled: Spelled) -> None:
        """Add a finished selection, or that a symbol was undone."""
        at, symbol, share = spelled.ended, spelled.symbol, spelled.confidence
        if spelled.change == "undone":
            self.n_right -= _was_right(spelled)
            self.append(TranscriptEntry(at, f"{symbol} undone", None, None))
        else:
            why = "no prediction" if symbol is None else ""
            self.append(TranscriptEntry(at, symbol, share, spelled.target, why))

    def count(self) -> str:
        """Return ``4 of 5 right``; empty if no symbol had a target.

        Chance is left out, since the number of symbols is unknown here.
        """
        return f"{self.n_right} of {self.n_judged} right" if self.n_judged else ""

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """Ignore decisions on single windows, since a selection is made from several."""


def _was_right(undone: Spelled) -> bool:
    """Return whether the symbol that was undone was the one to copy."""
    return undone.symbol is not None and undone.symbol == undone.target
