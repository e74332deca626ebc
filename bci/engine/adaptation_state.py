"""State of an adapted alignment after one window.

The engine publishes it; `bci verify` resumes from it where a recording begins. The message has a
matrix in base64, its shape and a hash.
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

# Size of a matrix of 724 channels in float64. A larger state is not published.
MAX_BYTES = 4 << 20
_MAX_TEXT = 4 * (MAX_BYTES // 3 + 1)
_NUMBERS = np.dtype("<f8")
_HASH = 16


class AlignmentState(NamedTuple):
    """Alignment of an adapting decoder, after the newest window that updated it."""

    # Two-dimensional float64; its meaning depends on the decoder
    alignment: NDArray[np.float64]
    # Absolute index one past the last sample of that window, at the rate of the windows. Later
    # windows are decoded with this alignment until the next update.
    end: int
    n_updates: int  # Number of updates so far


class AdaptedState(Message):
    """An `AlignmentState` as a message. `read_state` checks and converts it."""

    decides_from: Count  # Absolute index of the first sample that the model decoded
    end: Count
    updates: Count
    shape: tuple[Count, Count]
    # Little-endian float64 in base64, row by row
    data: Annotated[str, Field(max_length=_MAX_TEXT)]
    hash: Text  # Hash of all other fields


def write_state(state: AlignmentState, decides_from: int) -> AdaptedState:
    """Convert a state to a message in full precision: 44 kB with 64 channels."""
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
    """Convert a recorded message to a state.

    Raises `MessageError` if its size, its hash or a value is wrong.
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
