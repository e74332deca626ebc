"""The content of the speller's screen, without the flashes or flicker."""

from dataclasses import dataclass

from bci.spelling.symbols import UNDO

N_CANDIDATES = 5
# The sign on the screen for symbols that have another one: a space is an underscore.
_SHOWN = {" ": "_", UNDO: "\u2190"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol and its probability after the evidence so far."""

    symbol: str
    probability: float


@dataclass(frozen=True, slots=True)
class SymbolBoard:
    """The symbols, the text, and the probabilities of the current selection.

    ``target`` is the number of the symbol to attend to, which is framed; ``chosen`` is that of the
    symbol just selected. ``candidates`` are empty in a calibration and before the first evidence.
    ``sentence`` is shown in place of the symbols, unless it is empty.
    """

    symbols: tuple[str, ...]
    columns: int
    spelled: str = ""
    wanted: str = ""  # text to copy; empty in free spelling
    place: int = 0  # index of the next letter
    target: int | None = None
    chosen: int | None = None
    candidates: tuple[Candidate, ...] = ()
    confidence: float = 0.0  # probability at which a selection ends; 0 shows no line
    sentence: str = ""
    keys: str = ""
    note: str = ""  # for example that the signal is simulated
    done: float = 0.0  # share of the run that is done, 0 to 1

    @property
    def rows(self) -> int:
        return (len(self.symbols) + self.columns - 1) // self.columns


def shown(symbol: str) -> str:
    """Return the sign that the screen shows for a symbol: ``_`` for a space."""
    return _SHOWN.get(symbol, symbol)
