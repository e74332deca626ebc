"""The marker streams of an XDF file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bci.errors import RecordingError
from bci.lsl.cue_streams import CueQuery, Rank, is_own, merged, rank_of
from bci.lsl.marker_labels import labels_of
from bci.recording.xdf.header import channel_nodes, field_of, first_of
from bci.signals import Marker, MarkerStream


def find_markers(
    path: Path, streams: Sequence[dict[str, Any]], query: CueQuery, start: float
) -> tuple[tuple[Marker, ...], tuple[MarkerStream, ...]]:
    """Find the markers that ``query`` selects; times are in seconds from ``start``.

    ``start`` is the time of the signal's first sample. If a profile names streams that the file
    lacks, all markers are selected. If the query names no stream, the second value has the
    streams, since some of these may hold other markers than cues; otherwise it is empty.

    Raises `RecordingError` if no stream has the name or type given with ``--markers``.
    """
    found = _marker_streams(streams, query, start)
    if not found and query.named is not None:
        there = ", ".join(_could_be_named(streams)) or "none"
        raise RecordingError(
            f"{path}: no marker stream with {query} that holds markers; there are: {there}"
        )
    if not found and not query.is_general:
        query = CueQuery()
        found = _marker_streams(streams, query, start)
    return merged(found), found if query.is_general else ()


def _marker_streams(
    streams: Sequence[dict[str, Any]], query: CueQuery, start: float
) -> tuple[MarkerStream, ...]:
    """List the selected streams that have markers.

    Streams of the same name and type are merged, since their program was restarted.
    """
    found: dict[tuple[str, str], list[Marker]] = {}
    for stream in streams:
        name, stream_type = field_of(stream, "name"), field_of(stream, "type")
        is_text = field_of(stream, "channel_format") == "string"
        if carries_markers(stream) and query.fits(
            name, stream_type, field_of(stream, "source_id"), is_text
        ):
            shifted = [Marker(m.time - start, m.label) for m in markers_of(stream)]
            found.setdefault((name, stream_type), []).extend(shifted)
    return tuple(
        MarkerStream(name, stream_type, tuple(sorted(markers)))
        for (name, stream_type), markers in found.items()
        if markers
    )


def _could_be_named(streams: Sequence[dict[str, Any]]) -> Iterator[str]:
    for stream in streams:
        if carries_markers(stream) and not is_own(field_of(stream, "type")):
            name, stream_type = field_of(stream, "name"), field_of(stream, "type")
            yield f"{name!r} ({stream_type or 'no type'}, {len(stream['time_stamps'])} samples)"


def carries_markers(stream: dict[str, Any]) -> bool:
    """Return whether a stream carries text, or numbers at an irregular rate."""
    if field_of(stream, "channel_format") == "string":
        return True
    return float(field_of(stream, "nominal_srate") or 0) == 0


def role_of(stream: dict[str, Any]) -> str:
    """Return the ``role`` of a stream in a recording (`bci.recording.summary.StreamReport`)."""
    stream_type, is_text = field_of(stream, "type"), field_of(stream, "channel_format") == "string"
    if is_own(stream_type):
        return "decisions" if stream_type.casefold() == "decisions" else "own"
    if not carries_markers(stream):
        return "signal"
    rank = rank_of(stream_type, is_text)
    if rank is None:
        return "texts" if is_text else "other"
    return "notes" if rank is Rank.NOTES else "cues"


def markers_of(stream: dict[str, Any]) -> list[Marker]:
    """List the markers of a stream; samples without a label are left out."""
    nodes = enumerate(channel_nodes(stream))
    names = [first_of(node, "label") or f"ch{i + 1}" for i, node in nodes]
    rows = (np.ravel(np.asarray(row, dtype=object)).tolist() for row in stream["time_series"])
    labels = labels_of(rows, field_of(stream, "type"), names)
    pairs = zip(stream["time_stamps"], labels, strict=True)
    return [Marker(float(stamp), label) for stamp, label in pairs if label]
