"""Reading XDF files: one signal stream with the markers of all others."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from bci.electrodes import standard_name, standard_position
from bci.errors import RecordingError
from bci.lsl.metadata import canonical_unit
from bci.recording.xdf import check_whole
from bci.timing import number_samples
from bci.types import Channel, Marker, Recording, StreamInfo


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
    numbered, _ = number_samples(stamps, sfreq)
    start = float(numbered.timestamps[0])
    name = field_of(signal, "name") or path.stem
    return Recording(
        info=StreamInfo(
            name=name,
            type=field_of(signal, "type"),
            sfreq=sfreq,
            channels=_channels(signal),
            source_id=field_of(signal, "source_id") or f"file-{path.stem}",
            simulated=_desc(signal, "simulated") == "true",
        ),
        data=np.ascontiguousarray(signal["time_series"], dtype=np.float32),
        timestamps=numbered.timestamps - start,
        indices=numbered.indices,
        markers=_markers(streams, start),
        source=str(path),
    )


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


def _channels(stream: dict[str, Any]) -> tuple[Channel, ...]:
    n_channels = int(field_of(stream, "channel_count"))
    desc = (stream["info"].get("desc") or [None])[0] or {}
    listed = ((desc.get("channels") or [None])[0] or {}).get("channel") or []
    channels = []
    for i in range(n_channels):
        node = listed[i] if i < len(listed) and isinstance(listed[i], dict) else {}
        kind = (_first(node, "type") or field_of(stream, "type") or "unknown").lower()
        name = standard_name(_first(node, "label") or f"ch{i + 1}")
        position = standard_position(name) if kind == "eeg" else None
        channels.append(Channel(name, kind, canonical_unit(_first(node, "unit")), position))
    return tuple(channels)


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
    desc = (stream["info"].get("desc") or [None])[0]
    return _first(desc, name).lower() if isinstance(desc, dict) else ""


def _first(node: dict[str, Any], name: str) -> str:
    value = (node.get(name) or [""])[0]
    return value.strip()[:200] if isinstance(value, str) else ""
