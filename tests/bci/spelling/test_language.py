"""The language model of letters, trained on the user's text."""

from pathlib import Path

import numpy as np
import pytest

from bci.errors import ProfileError
from bci.spelling.language import Ngrams, prior_after, read_letters
from bci.spelling.symbols import UNDO, SymbolGrid

GRID = SymbolGrid()


def test_letters_that_follow_in_the_text_are_likely_and_none_is_ruled_out(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("The queen is quiet.\nQuite  a question; 42!\n" * 20, encoding="utf-8")
    model = read_letters(file, GRID)

    after_q = prior_after(model, GRID.numbers("q"), 36)
    assert GRID.symbols[int(after_q.argmax())] == "U"
    assert after_q.sum() == pytest.approx(1)
    assert after_q[GRID.number(UNDO)] > 0.001
    after_quest = model.next(GRID.numbers("a quest"))
    assert GRID.symbols[int(after_quest.argmax())] == "I"
    # Contexts that the text lacks fall back to shorter ones.
    assert np.isfinite(model.next(GRID.numbers("zzz"))).all()


def test_smoothing_is_that_of_witten_and_bell() -> None:
    model = Ngrams(3, order=2)
    model.learn([0, 1, 0, 1, 0, 2])
    one = (np.array([3, 2, 1]) + 3 * np.full(3, 1 / 3)) / (6 + 3)
    np.testing.assert_allclose(model.next(()), one)
    np.testing.assert_allclose(model.next((0,)), (np.array([0, 2, 1]) + 2 * one) / (3 + 2))


def test_without_a_text_all_symbols_are_alike() -> None:
    np.testing.assert_allclose(prior_after(None, (), 36), 1 / 36)


def test_a_text_that_cannot_help_is_named(tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text("1 2 3")
    with pytest.raises(ProfileError, match=r"numbers\.txt: none of the symbols is in it"):
        read_letters(file, GRID)
    with pytest.raises(ProfileError, match="cannot be read"):
        read_letters(tmp_path / "absent.txt", GRID)
