"""The state of an adaptation after one window: published live, resumed where a recording begins.

It is data alone: a matrix in base64, with its shape and a hash.
"""

import base64
import binascii
import hashlib
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bci.errors import MessageError
from bci.messages import Count, Message, Text

# 724 channels in full precision. A larger state is not published.
MAX_BYTES = 4 << 20
_MAX_TEXT = 4 * (MAX_BYTES // 3 + 1)
_NUMBERS = np.dtype("<f8")
_HASH = 16


class AlignmentState(NamedTuple):
    """The alignment of a decoder that follows the signal, after the window that moved it last."""

    # Two-dimensional float64, of which the decoder knows the meaning
    alignment: NDArray[np.float64]
    # Absolute index one past the last sample of that window, at the rate of the windows. Every
    # later window is decoded by it, until another one moves it.
    end: int
    n_updates: int  # Windows that moved it so far


class AdaptedState(Message):
    """An `AlignmentState` on the wire. `read_state` checks it."""

    decides_from: Count  # Absolute index of the first sample that its model decoded
    end: Count
    updates: Count
    shape: tuple[Count, Count]
    # Little-endian float64 in base64, row by row
    data: Annotated[str, Field(max_length=_MAX_TEXT)]
    hash: Text  # Hash of all other fields


def write_state(state: AlignmentState, decides_from: int) -> AdaptedState:
    """Write a state in full precision: 44 kB with 64 channels."""
    raw = np.ascontiguousarray(state.alignment, dtype=_NUMBERS).tobytes()
    n_rows, n_columns = state.alignment.shape
    numbers = (decides_from, state.end, state.n_updates, n_rows, n_columns)
    return AdaptedState(
        decides_from=decides_from,
        end=state.end,
        updates=state.n_updates,
        shape=(n_rows, n_columns),
        data=base64.b64encode(raw).decode("ascii"),
        hash=_hash(numbers, raw),
    )


def read_state(message: AdaptedState) -> AlignmentState:
    """Read a state that was recorded.

    Raises `MessageError` if it is damaged: its size, its hash or a value is wrong.
    """
    n_rows, n_columns = message.shape
    n_bytes = n_rows * n_columns * _NUMBERS.itemsize
    if not 0 < n_bytes <= MAX_BYTES:
        raise MessageError(f"adapted.shape: {n_rows} x {n_columns} is no size of a state")
    try:
        raw = base64.b64decode(message.data, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise MessageError("adapted.data: it is not base64") from problem
    if len(raw) != n_bytes:
        raise MessageError(f"adapted.data: {len(raw)} bytes, where its shape needs {n_bytes}")
    numbers = (message.decides_from, message.end, message.updates, n_rows, n_columns)
    if _hash(numbers, raw) != message.hash:
        raise MessageError("adapted.hash: it is not that of the state")
    alignment = np.frombuffer(raw, _NUMBERS).astype(np.float64).reshape(n_rows, n_columns)
    if not np.isfinite(alignment).all():
        raise MessageError("adapted.data: a value is not finite")
    return AlignmentState(alignment, message.end, message.updates)


def _hash(numbers: tuple[int, ...], raw: bytes) -> str:
    digest = hashlib.sha256(" ".join(map(str, numbers)).encode())
    digest.update(raw)
    return digest.hexdigest()[:_HASH]
