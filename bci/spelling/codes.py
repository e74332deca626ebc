"""Groups of symbols that flash together, and the order of the flashes.

Row/column: Farwell and Donchin, Electroencephalogr. Clin. Neurophysiol. 70 (1988) 510-523.
Checkerboard: Townsend et al., Clin. Neurophysiol. 121 (2010) 1109-1120. RSVP: Orhan et al.,
IEEE ICASSP (2012) 645-648.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.spelling.symbols import SymbolGrid

CodeKind = Literal["row-column", "checkerboard", "rsvp"]

_SWAPS = 5_000


@dataclass(frozen=True)
class FlashCode:
    """Groups of symbols that flash together.

    Parameters
    ----------
    groups : ndarray of bool, shape (n_groups, n_symbols)
        Symbols of each group.
    blocks : tuple of tuple of int
        Numbers of the groups of each block. A repetition has the blocks in this order, and the
        groups of each block in random order.
    """

    groups: NDArray[np.bool_]
    blocks: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        n_groups, n_symbols = self.groups.shape
        if len(np.unique(self.groups, axis=1).T) < n_symbols or not self.groups.any(axis=0).all():
            raise ProfileError(
                f"{n_symbols} symbols are more than the codes of {n_groups} groups can tell "
                "apart; give fewer symbols or another code"
            )

    @property
    def n_groups(self) -> int:
        return len(self.groups)

    @property
    def n_symbols(self) -> int:
        return int(self.groups.shape[1])

    def repetition(self, rng: np.random.Generator, before: Sequence[int] = ()) -> tuple[int, ...]:
        """Draw the order of the groups in one repetition.

        ``before`` is the order of the repetition before. With a single block, a group of its last
        quarter is not in the first quarter of this one, so that no group flashes twice shortly
        after each other.
        """
        order: list[int] = []
        late = set(before[-(self.n_groups // 4) :]) if before and self.n_groups >= 4 else set()
        for block in self.blocks:
            drawn = [int(group) for group in rng.permutation(block)]
            if len(self.blocks) == 1:
                early = [group for group in drawn if group not in late][: self.n_groups // 4]
                drawn = early + [group for group in drawn if group not in early]
            order += drawn
        return tuple(order)

    def shortest_gap(self, order: Sequence[int]) -> int:
        """Least distance between two flashes of one symbol, in flashes.

        1 means that a symbol flashes twice in succession. ``order`` has the groups' numbers.
        """
        lit = self.groups[list(order)]
        gaps = [
            int(np.diff(np.flatnonzero(column)).min())
            for column in lit.T
            if np.count_nonzero(column) > 1
        ]
        return min(gaps, default=len(order))


def make_code(kind: CodeKind, grid: SymbolGrid, seed: int = 0) -> FlashCode:
    """Make the code of a grid; ``seed`` draws the checkerboard's virtual matrices."""
    match kind:
        case "row-column":
            return row_column(grid)
        case "checkerboard":
            return checkerboard(grid, seed)
        case "rsvp":
            return one_by_one(grid.n_symbols)


def row_column(grid: SymbolGrid) -> FlashCode:
    """Make a code in which each row and each column of the grid is a group."""
    places = np.array([grid.place(k) for k in range(grid.n_symbols)])
    rows = [places[:, 0] == row for row in range(grid.n_rows)]
    columns = [places[:, 1] == column for column in range(min(grid.n_columns, grid.n_symbols))]
    groups = np.array([*rows, *columns])
    return FlashCode(groups, (tuple(range(len(groups))),))


def one_by_one(n_symbols: int) -> FlashCode:
    """Make a code in which each symbol is a group, as in rapid serial visual presentation."""
    return FlashCode(np.eye(n_symbols, dtype=np.bool_), (tuple(range(n_symbols)),))


def checkerboard(grid: SymbolGrid, seed: int = 0) -> FlashCode:
    """Make a code whose groups have no two neighbouring symbols, not even diagonal ones.

    The white and the black squares of a chessboard pattern have a virtual matrix each, in which
    no two neighbours share a row or a column. Its rows and columns are the groups. White rows,
    black rows, white columns and black columns flash in this order, so that a symbol never
    flashes twice in succession.

    Raises
    ------
    ProfileError
        If the grid is too small to keep neighbours apart.
    """
    rng = np.random.default_rng(seed)
    places = np.array([grid.place(k) for k in range(grid.n_symbols)])
    groups: list[NDArray[np.bool_]] = []
    blocks: list[list[tuple[int, ...]]] = []
    for colour in (0, 1):
        symbols = np.flatnonzero(places.sum(axis=1) % 2 == colour)
        n_rows = max(2, round(np.sqrt(len(symbols) / 2)))
        n_columns = -(-len(symbols) // n_rows)
        cells = _apart(symbols, places, (n_rows, n_columns), rng)
        own = []
        for axis, n in ((0, n_rows), (1, n_columns)):
            block = []
            for line in range(n):
                lit = np.zeros(grid.n_symbols, dtype=np.bool_)
                lit[symbols[cells[:, axis] == line]] = True
                if lit.any():
                    block.append(len(groups))
                    groups.append(lit)
            own.append(tuple(block))
        blocks.append(own)
    order = (blocks[0][0], blocks[1][0], blocks[0][1], blocks[1][1])
    return FlashCode(np.array(groups), order)


def _apart(
    symbols: NDArray[np.int64],
    places: NDArray[np.int64],
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Place symbols in a virtual matrix so that no two neighbours share a row or a column.

    Returns the row and column of each symbol, shape (n_symbols, 2).
    """
    cells = np.array([divmod(k, shape[1]) for k in range(shape[0] * shape[1])])
    near = [
        (i, j)
        for i, j in combinations(range(len(symbols)), 2)
        if np.abs(places[symbols[i]] - places[symbols[j]]).max() <= 1
    ]
    cells = cells[rng.permutation(len(cells))]

    def clashes() -> int:
        return sum(bool((cells[i] == cells[j]).any()) for i, j in near)

    left = clashes()
    for _ in range(_SWAPS):
        if not left:
            return cells[: len(symbols)]
        i, j = rng.integers(len(cells), size=2)
        cells[[i, j]] = cells[[j, i]]
        now = clashes()
        if now <= left or rng.random() < 0.02:
            left = now
        else:
            cells[[i, j]] = cells[[j, i]]
    raise ProfileError(
        f"{len(places)} symbols are too few for a checkerboard without neighbours; "
        "choose the code row-column"
    )
