"""Pairs ``LABEL=VALUE`` in parameters of bridges: a label and its output."""

from collections.abc import Callable, Sequence

from pydantic import AfterValidator

from bci.errors import BridgeError

_MAX_PAIRS = 64


def split_labels(pairs: Sequence[str], example: str) -> dict[str, str]:
    """Split pairs at their last equals sign; return the values by label.

    Raises `BridgeError` if a pair has another form, a label occurs twice, or there are too many;
    the message has ``example``, a valid pair.
    """
    if not 0 < len(pairs) <= _MAX_PAIRS:
        raise BridgeError(f"give 1 to {_MAX_PAIRS} pairs, as in {example}")
    values: dict[str, str] = {}
    for pair in pairs:
        label, equals, value = pair.rpartition("=")
        if not equals or not label:
            raise BridgeError(f"{pair!r:.60} is not LABEL=VALUE, as in {example}")
        if label in values:
            raise BridgeError(f"the label {label!r:.60} is there twice")
        values[label] = value
    return values


def read_by(parse: Callable[[tuple[str, ...]], object]) -> AfterValidator:
    """Make a pydantic validator that refuses pairs for which ``parse`` raises `BridgeError`."""

    def check(pairs: tuple[str, ...]) -> tuple[str, ...]:
        try:
            parse(pairs)
        except BridgeError as problem:
            raise ValueError(str(problem)) from problem
        return pairs

    return AfterValidator(check)
