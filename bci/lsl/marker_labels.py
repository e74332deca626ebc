"""Convert samples of marker streams to labels, in files and live streams."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_ANNOTATIONS = {"annotation", "annotations"}


def labels_of(
    rows: Iterable[Sequence[object]], stream_type: str, ch_names: Sequence[str]
) -> Iterator[str]:
    """Yield the label of each sample of a marker stream.

    Several texts or numbers of one sample are joined by ``/``. In a numeric stream of type
    ``Annotations``, as MNE-LSL's player sends it, the values are durations. Its label is made of
    the names of the channels that are not zero.
    """
    durations = stream_type.strip().casefold() in _ANNOTATIONS
    for row in rows:
        if durations and not isinstance(row[0], str | bytes):
            yield _joined([n for n, value in zip(ch_names, row, strict=True) if value])
        else:
            yield _joined([_text(value) for value in row])


def _joined(texts: Sequence[str]) -> str:
    """Join the texts of one marker by ``/``, as ``1/left``; empty ones are left out."""
    return "/".join(text for each in texts if (text := each.strip()))


def number_label(value: float) -> str:
    """Convert a number of any type to a label: ``769``, ``0.5``.

    The label is empty if the number is not finite.
    """
    if isinstance(value, int | np.integer):
        return str(int(value))
    number = float(value)
    if not math.isfinite(number):
        return ""
    # Seven digits, the precision of float32.
    return str(int(number)) if number.is_integer() else f"{number:.7g}"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else number_label(value)  # type: ignore[arg-type]
