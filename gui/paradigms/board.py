"""The content of the speller's screen, but for what flashes or flickers."""

from dataclasses import dataclass

from bci.spelling.symbols import UNDO

N_CANDIDATES = 5
# Symbols that people know by another sign; a space is an underscore everywhere.
_SHOWN = {" ": "_", UNDO: "\u2190"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol and its probability so far."""

    symbol: str
    probability: float


@dataclass(frozen=True, slots=True)
class SymbolBoard:
    """Symbols, text, and the certainty of the selection under way.

    ``target`` and ``chosen`` are numbers of symbols: the one to attend to, which is framed, and
    the one that was just selected. ``candidates`` are empty where nothing is shown: in a
    calibration, and before the first evidence. ``sentence`` stands in place of the symbols.
    """

    symbols: tuple[str, ...]
    columns: int
    spelled: str = ""
    wanted: str = ""  # text to copy; empty in free spelling
    place: int = 0  # of the next letter
    target: int | None = None
    chosen: int | None = None
    candidates: tuple[Candidate, ...] = ()
    confidence: float = 0.0  # at which a selection ends; 0 where none is shown
    sentence: str = ""
    keys: str = ""
    note: str = ""  # as that the signal is simulated
    done: float = 0.0  # share of the run

    @property
    def rows(self) -> int:
        return (len(self.symbols) + self.columns - 1) // self.columns


def shown(symbol: str) -> str:
    """Write a symbol as it stands on the screen: a space as an underscore."""
    return _SHOWN.get(symbol, symbol)
