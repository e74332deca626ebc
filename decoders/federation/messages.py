"""Messages between sites and server: numbers and arrays, as one safetensors blob.

Reading safetensors executes no code. The length is checked before parsing; then names, shapes,
types and values are checked.
"""

from collections.abc import Mapping
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

Arrays = Mapping[str, NDArray[np.float32]]
Understood = tuple[dict[str, float], Arrays]

TRAIN, FINISH = "train", "finish"
# Names of the numbers in each kind of request, and in a site's answer.
ASKED = {TRAIN: {"agreement", "round"}, FINISH: {"agreement", "partners"}}
ANSWERED = {TRAIN: {"trials", "accuracy"}, FINISH: {"accuracy"}}
REFUSALS = {
    1: "its file of the federation differs in model, training or privacy",
    2: "it received a request that does not fit its model",
    3: "it failed; its own log has the reason",
}
_NUMBER, _REFUSED = "number.", "refused"
_LIMITS = {"accuracy": (0, 1), "trials": (1, 1_000_000), _REFUSED: (1, len(REFUSALS))}
# Allowance for the header: names, types and shapes.
_SLACK = 1 << 20


class NotUnderstoodError(ValueError):
    """A message with unexpected content."""


def pack(numbers: Mapping[str, float], arrays: Arrays) -> bytes:
    """Make a message of named numbers and arrays."""
    scalars = {f"{_NUMBER}{name}": np.array([value], float) for name, value in numbers.items()}
    return save(scalars | {name: np.ascontiguousarray(a) for name, a in arrays.items()})


def refuse(code: int) -> bytes:
    """Make a refusal; ``code`` is a key of `REFUSALS`."""
    return pack({_REFUSED: code}, {})


def unpack_answer(blob: object, kind: str, like: Arrays, longest: float = inf) -> Understood:
    """Read a site's answer; see `unpack`. A refusal raises NotUnderstoodError with its reason."""
    try:
        refused = unpack(blob, {_REFUSED}, {})[0][_REFUSED]
    except NotUnderstoodError:
        return unpack(blob, ANSWERED[kind], like, longest)
    raise NotUnderstoodError(REFUSALS[int(refused)])


def unpack(blob: object, names: set[str], like: Arrays, longest: float = inf) -> Understood:
    """Read a message from another computer.

    It must contain the numbers ``names`` and arrays with the names and shapes of ``like``. The
    Euclidean norm of all arrays together must be at most ``longest``. Raises NotUnderstoodError if
    anything is missing, unexpected, not finite or out of range.
    """
    most = sum(array.nbytes for array in like.values()) + _SLACK
    if not isinstance(blob, bytes) or len(blob) > most:
        raise NotUnderstoodError(f"the message is not bytes, or more than {most} of them")
    try:
        found = load(blob)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotUnderstoodError("the message is not safetensors") from error
    right = {f"{_NUMBER}{name}": np.zeros(1) for name in names} | dict(like)
    if wrong := found.keys() ^ right.keys():
        raise NotUnderstoodError(f"{len(wrong)} entries too many or too few")
    for name, array in right.items():
        given = found[name]
        if (given.dtype, given.shape) != (array.dtype, array.shape):
            shown = f"{given.dtype} {given.shape}"
            raise NotUnderstoodError(f"{name} is {shown:.100}, not {array.dtype} {array.shape}")
        if not np.isfinite(given).all():
            raise NotUnderstoodError(f"{name} is not finite")
    numbers = {name: float(found[_NUMBER + name][0]) for name in names}
    for name, (low, high) in _LIMITS.items():
        if not low <= numbers.get(name, low) <= high:
            raise NotUnderstoodError(f"{name} is {numbers[name]:g}, outside {low:g} to {high:g}")
    arrays = {name: found[name] for name in like}
    norm = length(arrays)
    if not isfinite(norm) or norm > longest:
        raise NotUnderstoodError(f"the norm of its arrays is {norm:.3g}, above {longest:g}")
    return numbers, arrays


def length(arrays: Mapping[str, NDArray[np.generic]]) -> float:
    """Compute the Euclidean norm of all arrays together."""
    squares = (np.square(array, dtype=np.float64).sum() for array in arrays.values())
    return float(np.sqrt(sum(squares)))
