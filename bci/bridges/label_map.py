"""Pairs of a label and what stands for it, as a person types them: ``LABEL=VALUE``."""

from collections.abc import Callable, Sequence

from pydantic import AfterValidator

from bci.errors import BridgeError

_MAX_PAIRS = 64


def split_labels(pairs: Sequence[str], example: str) -> dict[str, str]:
    """Split pairs at their last equals sign.

    Raises `BridgeError` if one is of another form, a label comes twice, or there are too many;
    ``example`` shows a valid pair.
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
    """Refuse a parameter's pairs where ``parse`` does, with the name of the parameter."""

    def check(pairs: tuple[str, ...]) -> tuple[str, ...]:
        try:
            parse(pairs)
        except BridgeError as problem:
            raise ValueError(str(problem)) from problem
        return pairs

    return AfterValidator(check)
