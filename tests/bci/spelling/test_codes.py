"""Groups of symbols that flash together: neighbours and repeats in each code."""

import numpy as np
import pytest

from bci.errors import ProfileError
from bci.spelling.codes import FlashCode, checkerboard, make_code, one_by_one, row_column
from bci.spelling.symbols import SymbolGrid

GRID = SymbolGrid()


@pytest.mark.parametrize("kind", ["row-column", "checkerboard", "rsvp"])
def test_each_symbol_has_groups_of_its_own_and_each_repetition_every_group_once(kind) -> None:
    code, rng = make_code(kind, GRID), np.random.default_rng(0)
    before: tuple[int, ...] = ()
    for _ in range(5):
        before = code.repetition(rng, before)
        assert sorted(before) == list(range(code.n_groups))
    assert len(np.unique(code.groups, axis=1).T) == GRID.n_symbols


def test_rows_and_columns_are_those_of_the_matrix() -> None:
    code = row_column(GRID)
    assert [GRID.symbols[k] for k in np.flatnonzero(code.groups[0])] == list("ABCDEF")
    assert [GRID.symbols[k] for k in np.flatnonzero(code.groups[7])] == list("BHNTZ'")


@pytest.mark.parametrize("seed", range(5))
def test_checkerboard_keeps_neighbours_apart_and_repeats_rare(seed: int) -> None:
    code, rng = checkerboard(GRID, seed), np.random.default_rng(seed)
    for group in code.groups:
        places = np.array([GRID.place(k) for k in np.flatnonzero(group)])
        apart = np.abs(places[:, None] - places[None]).max(axis=2)
        assert apart[~np.eye(len(places), dtype=bool)].min() > 1
    first = code.repetition(rng)
    assert code.shortest_gap((*first, *code.repetition(rng, first))) >= 4


def test_a_symbol_does_not_come_again_soon_in_rapid_presentation() -> None:
    code, rng = one_by_one(28), np.random.default_rng(0)
    first = code.repetition(rng)
    assert code.shortest_gap((*first, *code.repetition(rng, first))) >= 7


def test_more_symbols_than_codes_are_refused() -> None:
    with pytest.raises(ProfileError, match="5 symbols are more than the codes of 2 groups"):
        FlashCode(np.array([[1, 1, 0, 0, 1], [1, 0, 1, 0, 0]], dtype=bool), ((0, 1),))
    with pytest.raises(ProfileError, match="too few for a checkerboard"):
        checkerboard(SymbolGrid(("A", "B", "C", "D"), 2))


@pytest.mark.parametrize(
    ("symbols", "complaint"),
    [(("A", "A"), "'A' is given twice"), (("A", "a/b"), "'a/b' cannot be a symbol")],
)
def test_symbols_that_cannot_be_distinguished_are_named(symbols, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint):
        SymbolGrid(symbols)


def test_a_text_is_spelled_in_the_grids_letters() -> None:
    assert GRID.spelling("to be") == ("T", "O", "_", "B", "E")
    with pytest.raises(ProfileError, match="'7', which is none of the symbols"):
        GRID.spelling("R2D7"[2:])
