"""Feedback as it was shown, read from the feature's stream in a recording.

A replay computes the subject's own feedback, but a sham session showed another subject's.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.neurofeedback.session import FEEDBACK, Update
from bci.neurofeedback.sham import Shown
from bci.neurofeedback.streams import COLUMNS
from bci.recording.xdf.header import channel_nodes, field_of, first_of
from bci.recording.xdf.markers import markers_of
from bci.recording.xdf.read import load_streams
from bci.signals import Recording

_NAN = float("nan")
# Feedback that is missing in a recording; it counts neither as success nor as failure.
UNKNOWN = Shown(_NAN, _NAN, _NAN, False, False, True)


class ShownRows(NamedTuple):
    """Feedback as it was shown, one row per window.

    ``times`` are in seconds from the start of the recording.
    """

    times: NDArray[np.float64]
    shown: Sequence[Shown]


def read_shown(path: Path, recording: Recording, name: str) -> ShownRows | None:
    """Read the feedback that a recorded session showed.

    ``name`` is the prefix of the session's streams. If no stream has it, the file's only feature
    stream is read. None if the file has no feature stream, or several and none with this name.

    Raises `RecordingError` if the file is damaged.
    """
    if path.suffix.lower() not in (".xdf", ".xdfz"):
        return None
    streams = load_streams(path)
    features = [stream for stream in streams if _is_feature(stream)]
    named = [stream for stream in features if field_of(stream, "name") == f"{name}-feature"]
    if len(named or features) != 1:
        return None
    (feature,) = named or features
    start = _start(streams, field_of(feature, "name").removesuffix("-feature"), recording)
    if start is None:
        return None
    values = np.asarray(feature["time_series"], dtype=np.float64)
    shown = [Shown(*row[:3], *(flag > 0 for flag in row[3:6])) for row in values.tolist()]
    return ShownRows(np.asarray(feature["time_stamps"], dtype=np.float64) - start, shown)


def _is_feature(stream: dict[str, Any]) -> bool:
    labels = [first_of(node, "label") for node in channel_nodes(stream)]
    return (
        field_of(stream, "type") == "Feature"
        and tuple(labels[:6]) == COLUMNS[:6]
        and np.ndim(stream["time_series"]) == 2
        and len(stream["time_stamps"]) > 0
    )


def _start(streams: list[dict[str, Any]], name: str, recording: Recording) -> float | None:
    """Time of the recording's start on the recorder's clock, from the session's first marker.

    None if the session's runs have no marker, or the recording lacks it.
    """
    for stream in streams:
        if field_of(stream, "name") != f"{name}-runs":
            continue
        for marker in markers_of(stream)[:1]:
            same = [other for other in recording.markers if other.label == marker.label]
            return marker.time - same[0].time if same else None
    return None


def with_shown(updates: Sequence[Update], rows: ShownRows | None, hop_s: float) -> list[Update]:
    """Set the shown feedback of updates in runs of feedback; `UNKNOWN` for missing rows."""
    return [
        update._replace(shown=_shown_at(update.taken, rows, hop_s))
        if update.kind == FEEDBACK
        else update
        for update in updates
    ]


def _shown_at(time: float, rows: ShownRows | None, hop_s: float) -> Shown:
    if rows is None:
        return UNKNOWN
    at = int(np.searchsorted(rows.times, time - hop_s / 2))
    if at == len(rows.times) or rows.times[at] >= time + hop_s / 2:
        return UNKNOWN
    return rows.shown[at]
