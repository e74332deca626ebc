"""Everything that crosses the wire: arrays of the shared layers, and numbers.

Flower writes arrays with ``numpy.save`` and reads them with ``numpy.load``, both with
``allow_pickle=False``, and the rest as protocol buffers and JSON: nothing that came from elsewhere
is unpickled. What it has read is checked here: names, counts and kinds of all there is, before an
array is looked into.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, MetricRecord, RecordDict
from numpy.typing import NDArray

from decoders.federation.site import Arrays

HELLO, TRAIN, FINISH = "query", "train", "evaluate"

NUMBERS = {
    HELLO: frozenset({"agreement"}),
    TRAIN: frozenset({"agreement", "round"}),
    FINISH: frozenset({"agreement", "rounds", "partners"}),
}
"""What the server tells with each kind of message."""

ANSWERS = {
    HELLO: frozenset(),
    TRAIN: frozenset({"trials", "received", "trained", "loss"}),
    FINISH: frozenset({"accuracy"}),
}
"""What a site answers."""

ACCURACIES = frozenset({"received", "trained", "accuracy"})

REFUSED = frozenset({"refused"})
REFUSALS = {
    1: "its file of the federation differs in model, training or privacy",
    2: "it was sent weights that do not fit its model",
    3: "its training failed; its own output says why",
}

_SHARED, _NUMBERS = "shared", "numbers"
_NUMPY = "numpy.ndarray"
# Most arrays of any network here are a few hundred, most numbers in one some hundred thousand.
_MOST_ARRAYS, _MOST_BYTES = 10_000, 256 << 20


class NotUnderstoodError(ValueError):
    """A message that holds something else than was agreed on."""


def write(numbers: Mapping[str, float], shared: Arrays | None = None) -> RecordDict:
    """A message's content."""
    content = RecordDict({_NUMBERS: MetricRecord(dict(numbers))})
    if shared is not None:
        arrays = {name: Array(np.ascontiguousarray(array)) for name, array in shared.items()}
        content[_SHARED] = ArrayRecord(arrays)
    return content


def read(
    content: RecordDict, names: frozenset[str], with_arrays: bool
) -> tuple[dict[str, float], dict[str, NDArray[np.generic]]]:
    """A message's numbers and arrays, of which there is nothing but what was asked for.

    Raises
    ------
    NotUnderstoodError
        If anything is missing, too much, no number or no plain array.
    """
    wanted = {_NUMBERS, _SHARED} if with_arrays else {_NUMBERS}
    record = content.get(_NUMBERS)
    if set(content) != wanted or not isinstance(record, MetricRecord):
        raise NotUnderstoodError(f"it holds {sorted(content)!s:.100}, not {sorted(wanted)}")
    if set(record) != names:
        raise NotUnderstoodError(f"it tells {sorted(record)!s:.100}, not {sorted(names)}")
    numbers = {name: _number(name, value) for name, value in record.items()}
    return numbers, _arrays(content[_SHARED]) if with_arrays else {}


def is_refusal(content: RecordDict) -> str | None:
    """Why a site refuses, if this is a refusal."""
    try:
        code = read(content, REFUSED, with_arrays=False)[0]["refused"]
    except NotUnderstoodError:
        return None
    return REFUSALS.get(int(code), "it refused")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotUnderstoodError(f"{name} is no number")
    if not math.isfinite(value):
        raise NotUnderstoodError(f"{name} is not finite")
    return value


def _arrays(record: Any) -> dict[str, NDArray[np.generic]]:
    if not isinstance(record, ArrayRecord) or len(record) > _MOST_ARRAYS:
        raise NotUnderstoodError("its arrays are none, or too many")
    if sum(len(array.data) for array in record.values()) > _MOST_BYTES:
        raise NotUnderstoodError(f"its arrays are larger than {_MOST_BYTES >> 20} MB")
    if any(array.stype != _NUMPY for array in record.values()):
        raise NotUnderstoodError("its arrays are not plain")
    return {name: _array(array) for name, array in record.items()}


def _array(array: Array) -> NDArray[np.generic]:
    try:
        found = array.numpy()
    except Exception as error:
        # Of a broken header NumPy raises whatever its parsers do.
        raise NotUnderstoodError("an array cannot be read") from error
    # An archive of arrays is read as well, but as something else.
    if not isinstance(found, np.ndarray):
        raise NotUnderstoodError("its arrays are not plain")
    return found
