"""Messages from other machines: errors are reported, and nothing is executed."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from decoders.federation.messages import (
    REFUSALS,
    TRAIN,
    NotUnderstoodError,
    pack,
    refuse,
    unpack,
    unpack_answer,
)

LIKE = {"a": np.ones((2, 3), np.float32), "b": np.zeros(4, np.float32)}
NUMBERS = {"trials": 30.0, "accuracy": 0.5}


def test_a_message_arrives_as_it_was_sent() -> None:
    numbers, arrays = unpack_answer(pack(NUMBERS, LIKE), TRAIN, LIKE, 10)
    assert numbers == NUMBERS
    assert all(arrays[name].tobytes() == array.tobytes() for name, array in LIKE.items())


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"a": LIKE["a"]}, "1 entries too many or too few"),
        (LIKE | {"more": np.zeros(1, np.float32)}, "1 entries too many or too few"),
        (
            LIKE | {"a": np.zeros((1, 2), np.float32)},
            r"a is float32 \(1, 2\), not float32 \(2, 3\)",
        ),
        (LIKE | {"a": np.zeros((2, 3))}, "a is float64"),
        (LIKE | {"a": np.full((2, 3), np.nan, np.float32)}, "a is not finite"),
        (LIKE | {"a": np.full((2, 3), np.inf, np.float32)}, "a is not finite"),
        (LIKE | {"a": np.full((2, 3), 1e6, np.float32)}, "the norm of its arrays is .*, above 100"),
        (LIKE | {"b": np.zeros(1 << 20, np.float32)}, "or more than"),
    ],
)
def test_a_poisoned_change_is_named(arrays: dict, reason: str) -> None:
    with pytest.raises(NotUnderstoodError, match=reason):
        unpack_answer(pack(NUMBERS, arrays), TRAIN, LIKE, 100)


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({"accuracy": 1.5}, "accuracy is 1.5, outside 0 to 1"),
        ({"accuracy": float("nan")}, "accuracy is not finite"),
        ({"trials": 0}, "trials is 0, outside 1 to"),
        ({"trials": 1e9}, "outside 1 to 1e"),
        ({"more": 1}, "1 entries too many or too few"),
    ],
)
def test_an_impossible_number_is_named(numbers: dict, reason: str) -> None:
    with pytest.raises(NotUnderstoodError, match=reason):
        unpack_answer(pack(NUMBERS | numbers, LIKE), TRAIN, LIKE)


def test_the_reason_of_a_refusal_is_raised() -> None:
    for code, reason in REFUSALS.items():
        with pytest.raises(NotUnderstoodError, match=reason):
            unpack_answer(refuse(code), TRAIN, LIKE)


class Bomb:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.file,))


def test_bytes_that_are_no_message_are_refused_and_not_run(tmp_path: Path) -> None:
    whole = pack(NUMBERS, LIKE)
    for blob in (
        None, "text", b"", b"\0" * 100, whole[:-3], whole + b"more", b"\xff" * 8 + whole,
        pickle.dumps(Bomb(tmp_path / "ran")),
    ):  # fmt: skip
        with pytest.raises(NotUnderstoodError):
            unpack(blob, set(NUMBERS), LIKE)
    assert not (tmp_path / "ran").exists()
