"""Symbols in the grid on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from bci.errors import ProfileError

SPACE = "_"
"""Symbol that types a space."""

UNDO = "<"
"""Symbol that deletes the last symbol."""

MATRIX = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", SPACE, *".,?!'-:@", UNDO)
"""The 36 symbols of the 6 x 6 matrix, row by row."""

RSVP_SYMBOLS = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", SPACE, UNDO)
"""The 28 symbols of rapid serial visual presentation."""

_MOST = 1000


@dataclass(frozen=True, slots=True)
class SymbolGrid:
    """Symbols in a grid, row by row.

    Parameters
    ----------
    symbols : tuple of str
        All different. None is empty or contains ``/``, which separates the parts of a marker.
    n_columns : int
        Symbols in a row; the last row may be shorter.

    Raises
    ------
    ProfileError
        If a symbol cannot be used; the message names it.
    """

    symbols: tuple[str, ...] = MATRIX
    n_columns: int = 6

    def __post_init__(self) -> None:
        if not 2 <= len(self.symbols) <= _MOST:
            raise ProfileError(f"symbols: {len(self.symbols)} given; give 2 to {_MOST}")
        for symbol in self.symbols:
            if not symbol or "/" in symbol or symbol != symbol.strip():
                raise ProfileError(
                    f"symbols: {symbol!r} cannot be a symbol; leave out /, spaces and empty ones"
                )
        twice = [s for s in self.symbols if self.symbols.count(s) > 1]
        if twice:
            raise ProfileError(f"symbols: {twice[0]!r} is given twice; give each symbol once")
        if self.n_columns < 1:
            raise ProfileError(f"symbols: {self.n_columns} columns; give at least 1")

    @property
    def n_symbols(self) -> int:
        return len(self.symbols)

    @property
    def n_rows(self) -> int:
        return -(-len(self.symbols) // self.n_columns)

    def place(self, number: int) -> tuple[int, int]:
        """Row and column, from 0, of the symbol ``number``."""
        return divmod(number, self.n_columns)

    def number(self, symbol: str) -> int:
        """Number of a symbol, from 0.

        Raises `ProfileError` if the grid lacks it.
        """
        try:
            return self.symbols.index(symbol)
        except ValueError:
            raise ProfileError(
                f"{symbol!r} is none of the symbols: {' '.join(self.symbols):.200}"
            ) from None

    def numbers(self, text: str) -> tuple[int, ...]:
        """Numbers of the symbols that type a text; upper and lower case are equivalent.


        Raises `ProfileError` if a character has no symbol.
        """
        return tuple(self.number(symbol) for symbol in self.spelling(text))

    def spelling(self, text: str) -> tuple[str, ...]:
        """Symbols that type a text; upper and lower case are equivalent.


        Raises `ProfileError` if a character has no symbol.
        """
        found = []
        for character in text:
            symbol = self._symbol_of(character)
            if symbol is None:
                raise ProfileError(
                    f"the text holds {character!r}, which is none of the symbols: "
                    f"{' '.join(self.symbols):.200}; leave it out"
                )
            found.append(symbol)
        return tuple(found)

    def known_numbers(self, text: str) -> tuple[int, ...]:
        """Numbers of the symbols of a text; characters without a symbol are left out."""
        found = (self._symbol_of(character) for character in text)
        return tuple(self.symbols.index(symbol) for symbol in found if symbol is not None)

    def _symbol_of(self, character: str) -> str | None:
        symbol = SPACE if character == " " else character
        choices = (symbol, symbol.upper(), symbol.lower())
        return next((each for each in choices if each in self.symbols), None)


def typed(symbols: Sequence[str]) -> str:
    """Return the text that ``symbols`` type; `UNDO` deletes the symbol before it."""
    text: list[str] = []
    for symbol in symbols:
        if symbol == UNDO:
            del text[-1:]
        else:
            text.append(" " if symbol == SPACE else symbol)
    return "".join(text)
