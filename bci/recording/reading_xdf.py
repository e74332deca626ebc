"""Reading XDF files: one signal stream with the markers of all others."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels import Said, describe
from bci.electrodes import Position
from bci.errors import RecordingError
from bci.recording.rounding import rounded
from bci.recording.xdf import check_whole
from bci.timing import SampleClock
from bci.types import Channel, FloatArray, Marker, Recording, StreamInfo


def read_xdf(path: Path, wanted: str | None = None) -> Recording:
    """Read one signal stream of an XDF file, on the recorder's clock, and all its markers.

    Parameters
    ----------
    path : Path
    wanted : str, optional
        Name or type of the signal stream, where there are several.

    Raises
    ------
    RecordingError
        If the file is truncated or damaged, or it is not clear which stream is meant.
    """
    streams = load_streams(path)
    signal = _choose(path, streams, wanted)
    sfreq = float(field_of(signal, "nominal_srate"))
    stamps = np.asarray(signal["time_stamps"], dtype=np.float64)
    numbered = SampleClock(sfreq).stamp(stamps)
    start = float(numbered.timestamps[0])
    name = field_of(signal, "name") or path.stem
    channels = channels_of(signal)
    values = np.asarray(signal["time_series"])
    return Recording(
        info=StreamInfo(
            name=name,
            type=field_of(signal, "type"),
            sfreq=sfreq,
            channels=channels,
            source_id=field_of(signal, "source_id") or f"file-{path.stem}",
            simulated=_desc(signal, "simulated") == "true",
        ),
        data=_as_float32(values),
        timestamps=numbered.timestamps - start,
        indices=numbered.indices,
        markers=_markers(streams, start),
        source=str(path),
        findings=rounded(values, [channel.name for channel in channels]),
    )


def _as_float32(values: NDArray[Any]) -> FloatArray:
    # A double too large for float32 becomes infinite, as live; the pipeline holds and counts it.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)


def load_streams(path: Path) -> list[dict[str, Any]]:
    """All streams of a file as pyxdf gives them, on the recorder's clock.

    Raises
    ------
    RecordingError
        If the file is truncated or damaged.
    """
    import pyxdf

    check_whole(path)
    log = logging.getLogger("pyxdf")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        # Its own smoothing would close the gaps that are shorter than a second; the sample
        # clock's does not.
        streams: list[dict[str, Any]] = pyxdf.load_xdf(path, dejitter_timestamps=False)[0]
    except Exception as error:
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise RecordingError(f"{path}: damaged XDF file ({detail:.200})") from error
    finally:
        log.setLevel(level)
    return streams


def _choose(path: Path, streams: list[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    signals = [
        stream
        for stream in streams
        if field_of(stream, "channel_format") != "string"
        and float(field_of(stream, "nominal_srate") or 0) > 0
        and len(stream["time_stamps"])
    ]
    listing = ", ".join(
        f"{field_of(s, 'name')!r} ({field_of(s, 'type')}, {field_of(s, 'channel_count')} ch)"
        for s in signals
    )
    if not signals:
        raise RecordingError(f"{path}: holds no regular signal stream with samples in it")
    if wanted is not None:
        signals = [s for s in signals if wanted in (field_of(s, "name"), field_of(s, "type"))]
    elif len(signals) > 1:
        signals = [s for s in signals if field_of(s, "type").lower() == "eeg"] or signals
    if len(signals) != 1:
        raise RecordingError(
            f"{path}: {len(signals)} streams fit; choose one by its name or type of: {listing}"
        )
    return signals[0]


def channels_of(stream: dict[str, Any]) -> tuple[Channel, ...]:
    """The channels of a stream, as its header describes them."""
    n_channels = int(field_of(stream, "channel_count"))
    listed = _node(_node(stream["info"], "desc"), "channels").get("channel") or []
    nodes = [each if isinstance(each, dict) else {} for each in listed[:n_channels]]
    nodes += [{}] * (n_channels - len(nodes))
    said = [
        Said(_first(node, "label"), _first(node, "type"), _first(node, "unit"), _position(node))
        for node in nodes
    ]
    return describe(said, field_of(stream, "type"))


def _position(node: dict[str, Any]) -> Position | None:
    """The location that a description states in millimetres, in metres."""
    location = _node(node, "location")
    try:
        x, y, z = (float(_first(location, axis)) / 1000.0 for axis in "XYZ")
    except ValueError:
        return None
    return x, y, z


def _markers(streams: list[dict[str, Any]], start: float) -> tuple[Marker, ...]:
    found = [marker for stream in streams for marker in markers_of(stream)]
    return tuple(sorted(Marker(marker.time - start, marker.label) for marker in found))


def markers_of(stream: dict[str, Any]) -> list[Marker]:
    """The events of a marker stream, of text or irregular whole numbers; else none."""
    channel_format = field_of(stream, "channel_format")
    irregular = float(field_of(stream, "nominal_srate") or 0) == 0
    if not (channel_format == "string" or (irregular and channel_format.startswith("int"))):
        return []
    rows = zip(stream["time_stamps"], stream["time_series"], strict=True)
    labelled = ((stamp, str(np.ravel(values)[0]).strip()) for stamp, values in rows)
    return [Marker(float(stamp), label) for stamp, label in labelled if label]


def field_of(stream: dict[str, Any], name: str) -> str:
    """A field of a stream's header; empty where it has none."""
    return _first(stream["info"], name)


def _desc(stream: dict[str, Any], name: str) -> str:
    return _first(_node(stream["info"], "desc"), name).lower()


def _node(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """The first child of that name; empty where there is none."""
    child = (parent.get(name) or [None])[0]
    return child if isinstance(child, dict) else {}


def _first(node: dict[str, Any], name: str) -> str:
    value = (node.get(name) or [""])[0]
    return value.strip()[:200] if isinstance(value, str) else ""
