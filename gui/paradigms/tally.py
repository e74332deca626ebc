"""The number and the rate of right selections in a run."""

from dataclasses import replace

from bci.spelling.run import Selected
from gui.widgets.units import counted


class Tally:
    """The selections of one run, in order; undone selections count as wrong.

    ``n_symbols`` is the number of symbols to choose from.
    """

    def __init__(self, n_symbols: int) -> None:
        self.n_symbols = n_symbols
        self.selections: list[Selected] = []
        self.n_missing = 0  # flashes without a prediction

    def add(self, selected: Selected) -> None:
        """Add a selection; if it is undone, it replaces the newest one."""
        if selected.undone and self.selections:
            self.selections[-1] = selected
        else:
            self.selections.append(selected)

    def undo(self, text: str) -> Selected | None:
        """Mark the newest selection that is not undone as undone, and return it.

        ``text`` is the text after that. Returns None if there is no such selection.
        """
        for at in reversed(range(len(self.selections))):
            each = self.selections[at]
            if not each.undone and each.symbol is not None:
                self.selections[at] = replace(each, undone=True, text=text)
                return self.selections[at]
        return None

    @property
    def n_right(self) -> int:
        """Number of selections of the symbol to copy."""
        return sum(each.symbol is not None and each.symbol == each.target and not each.undone
                   for each in self.selections)  # fmt: skip

    @property
    def n_failed(self) -> int:
        """Number of selections without any prediction."""
        return sum(each.symbol is None for each in self.selections)

    @property
    def minutes(self) -> float:
        """Minutes from the start of the first selection to the end of the last."""
        if not self.selections:
            return 0.0
        return (self.selections[-1].ended - self.selections[0].began) / 60

    @property
    def sentence(self) -> str:
        """Number of selections, accuracy and rate so far, as a sentence."""
        n, minutes = len(self.selections), self.minutes
        if not n or minutes <= 0:
            return "Nothing was selected."
        copies = any(each.target is not None for each in self.selections)
        if copies:
            chance = 100 / self.n_symbols
            found = f"{self.n_right} of {counted(n, 'symbol')} right (chance {chance:.1f} %)"
            rate = f"{self.n_right / minutes:.1f} right symbols a minute"
        else:
            found = f"{counted(n, 'selection')}"
            rate = f"{n / minutes:.1f} selections a minute"
        failed = f" {self.n_failed} without any prediction." if self.n_failed else ""
        return f"{found}, {rate}.{failed}"

    @property
    def lost(self) -> str:
        """A sentence on flashes without a prediction; empty if each had one."""
        n = self.n_missing
        return f"{n} {'flash' if n == 1 else 'flashes'} without a prediction." if n else ""
