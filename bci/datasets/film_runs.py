"""One recording made of separate signals per film, as public data sets store them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bci.errors import RecordingError
from bci.head.electrodes import standard_position
from bci.signals import Channel, FloatArray, Marker, Recording, StreamInfo

# Length of the gap between two parts; the true one is unknown. Filters restart behind a gap.
GAP_S = 2.0
REST = "rest"
_MAX_SAMPLES = 10_000_000


@dataclass(frozen=True)
class Film:
    """The recording of one film.

    ``rest`` is the signal before the film, ``seen`` the signal during it, both (n_samples,
    n_channels). ``label`` is the film's marker, such as ``film-07/valence-2/arousal-4``.
    """

    label: str
    rest: FloatArray
    seen: FloatArray


def film_signal(found: Any, n_channels: int, where: str) -> FloatArray:
    """Check that the value ``found`` is a signal (n_samples, n_channels); return it as float32.

    ``where`` is the value's place in the file, for the message of the `RecordingError`.
    """
    data = np.asarray(found)
    if (
        data.dtype.kind not in "fiu"
        or data.ndim != 2
        or data.shape[1] != n_channels
        or not 1 <= len(data) <= _MAX_SAMPLES
        or not np.isfinite(data).all()
    ):
        raise RecordingError(
            f"{where} is no signal of {n_channels} channels, it is {data.dtype} of {data.shape}, "
            "samples x channels"
        )
    return np.ascontiguousarray(data, dtype=np.float32)


def film_label(number: int, valence: int, arousal: int) -> str:
    """Make the marker of a film; ``number`` counts from 1."""
    return f"film-{number:02d}/valence-{valence}/arousal-{arousal}"


def join_films(
    films: list[Film], ch_names: tuple[str, ...], sfreq: float, name: str, source: str
) -> Recording:
    """Join films to one recording; the sample index jumps by `GAP_S` between two parts.

    Electrodes get their positions on a template head; the signal is EEG in microvolts.
    """
    gap = round(GAP_S * sfreq)
    parts, indices, markers, at = [], [], [], 0
    for data, label in _parts(films):
        if not len(data):
            continue
        markers.append(Marker(at / sfreq, label))
        parts.append(data)
        indices.append(np.arange(at, at + len(data)))
        at += len(data) + gap
    channels = tuple(Channel(each, "eeg", "uV", standard_position(each)) for each in ch_names)
    index = np.concatenate(indices).astype(np.int64)
    return Recording(
        info=StreamInfo(name, "EEG", sfreq, channels, f"file-{name}"),
        data=np.ascontiguousarray(np.concatenate(parts), dtype=np.float32),
        timestamps=index / sfreq,
        indices=index,
        markers=tuple(markers),
        source=source,
    )


def _parts(films: list[Film]) -> Iterator[tuple[FloatArray, str]]:
    for film in films:
        yield film.rest, REST
        yield film.seen, film.label
