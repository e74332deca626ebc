"""Labels of markers, the same for files and for live streams, and for every type of value."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_ANNOTATIONS = {"annotation", "annotations"}


def labels_of(
    rows: Iterable[Sequence[object]], stream_type: str, ch_names: Sequence[str]
) -> Iterator[str]:
    """Give the label of each sample of a marker stream.

    Several texts or numbers of one sample are joined by ``/``. Numbers of type ``Annotations`` are
    durations, as MNE-LSL's player sends them: the channels that are not zero name the label.
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
    """Label of a number, the same for every number type: ``769``, ``0.5``; empty for NaN."""
    if isinstance(value, int | np.integer):
        return str(int(value))
    number = float(value)
    if not math.isfinite(number):
        return ""
    # As many digits as a float32 holds.
    return str(int(number)) if number.is_integer() else f"{number:.7g}"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else number_label(value)  # type: ignore[arg-type]
