"""Probability of the next symbol, from a text that the user gives.

Interpolated n-grams: Witten and Bell, IEEE Trans. Inf. Theory 37 (1991) 1085-1094.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.spelling.symbols import SPACE, SymbolGrid

_MAX_BYTES = 50_000_000
# Share of the prior that is spread evenly over all symbols, so that none is excluded.
_UNIFORM_SHARE = 0.05


class LanguageModel(Protocol):
    """Model of the next symbol; symbols are numbers from 0 to ``n_symbols - 1``."""

    @property
    def n_symbols(self) -> int: ...

    def next(self, before: Sequence[int]) -> NDArray[np.float64]:
        """Probability of each symbol after the symbols ``before``, (n_symbols,); the sum is 1."""


class Ngrams:
    """N-grams of symbols with Witten-Bell smoothing; a context has up to ``order - 1`` symbols.

    A context has more weight the more often it was counted and the fewer different symbols
    followed it. The remaining weight goes to the next shorter context, and finally to a uniform
    distribution.
    """

    def __init__(self, n_symbols: int, order: int = 5) -> None:
        if order < 1:
            raise ValueError(f"order = {order} must be at least 1")
        self._n_symbols = n_symbols
        self._order = order
        self._counts: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))

    @property
    def n_symbols(self) -> int:
        return self._n_symbols

    def learn(self, symbols: Iterable[int]) -> None:
        """Count one sequence of symbols."""
        sequence = list(symbols)
        for at, symbol in enumerate(sequence):
            for length in range(min(self._order, at + 1)):
                self._counts[tuple(sequence[at - length : at])][symbol] += 1

    def next(self, before: Sequence[int]) -> NDArray[np.float64]:
        shares = np.full(self._n_symbols, 1.0 / self._n_symbols)
        for length in range(min(self._order, len(before) + 1)):
            followers = self._counts.get(tuple(before[len(before) - length :]))
            if followers is None:
                break
            counts = np.zeros(self._n_symbols)
            counts[list(followers)] = list(followers.values())
            kinds = len(followers)
            shares = (counts + kinds * shares) / (counts.sum() + kinds)
        return shares


def read_letters(file: Path, grid: SymbolGrid, order: int = 5) -> Ngrams:
    """Make n-grams of a grid's symbols from a plain text in UTF-8.

    Spaces, tabs and ends of lines count as one space. Characters without a symbol are left out.

    Raises
    ------
    ProfileError
        If the file cannot be read, or none of the symbols is in it.
    """
    known = {
        shape: number
        for number, symbol in enumerate(grid.symbols)
        if len(symbol) == 1
        for shape in (symbol.upper(), symbol.lower())
    }
    space = known.get(SPACE)
    model = Ngrams(grid.n_symbols, order)
    text: list[int] = []
    for line in read_lines(file):
        for character in (*line, " "):
            number = space if character.isspace() else known.get(character)
            if number is None or (number == space and text[-1:] == [space]):
                continue
            text.append(number)
    if all(number == space for number in text):
        raise ProfileError(
            f"{file}: none of the symbols is in it; they are: {' '.join(grid.symbols):.200}"
        )
    model.learn(text)
    return model


def read_lines(file: Path) -> list[str]:
    """Read the lines of a plain text in UTF-8.

    Raises `ProfileError` if the file cannot be read.
    """
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ProfileError(f"{file}: larger than {_MAX_BYTES // 1_000_000} MB")
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{file}: cannot be read as sentences in plain text") from error


def prior_after(model: LanguageModel | None, before: Sequence[int], n_symbols: int) -> np.ndarray:
    """Prior of the symbol after the symbols ``before``, (n_symbols,).

    It is the model's, mixed with a small uniform share. Without a model, all symbols are equally
    likely.
    """
    alike = np.full(n_symbols, 1.0 / n_symbols)
    if model is None:
        return alike
    return (1.0 - _UNIFORM_SHARE) * model.next(before) + _UNIFORM_SHARE * alike
