"""Reading XDF files: one signal stream with the markers of all others."""

import logging
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from bci.electrodes import standard_name, standard_position
from bci.errors import RecordingError
from bci.lsl.metadata import canonical_unit
from bci.timing import SampleClock
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
    import pyxdf

    _check_whole(path)
    level = logging.getLogger("pyxdf").level
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    try:
        streams, _ = pyxdf.load_xdf(path)
    except Exception as error:
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise RecordingError(f"{path}: damaged XDF file ({detail:.200})") from error
    finally:
        logging.getLogger("pyxdf").setLevel(level)
    signal = _choose(path, streams, wanted)
    sfreq = float(_field(signal, "nominal_srate"))
    stamps = np.asarray(signal["time_stamps"], dtype=np.float64)
    numbered = SampleClock(sfreq).stamp(stamps)
    start = float(numbered.timestamps[0])
    name = _field(signal, "name") or path.stem
    return Recording(
        info=StreamInfo(
            name=name,
            type=_field(signal, "type"),
            sfreq=sfreq,
            channels=_channels(signal),
            source_id=_field(signal, "source_id") or f"file-{path.stem}",
            simulated=_desc(signal, "simulated") == "true",
        ),
        data=np.ascontiguousarray(signal["time_series"], dtype=np.float32),
        timestamps=numbered.timestamps - start,
        indices=numbered.indices,
        markers=_markers(streams, start),
        source=str(path),
    )


def _check_whole(path: Path) -> None:
    """Walk over the chunks: the last has to end where the file ends."""
    if path.suffix.lower() == ".xdfz":
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"XDF:":
            raise RecordingError(f"{path}: not an XDF file (its first bytes are not 'XDF:')")
        while file.tell() < size:
            at = file.tell()
            length = _chunk_length(file)
            if length is None or file.tell() + length > size:
                raise RecordingError(
                    f"{path}: truncated or damaged: the chunk at byte {at} of {size} is not whole"
                )
            file.seek(length, 1)


def _chunk_length(file: BinaryIO) -> int | None:
    width = file.read(1)
    if width not in (b"\x01", b"\x04", b"\x08"):
        return None
    raw = file.read(width[0])
    if len(raw) < width[0]:
        return None
    return int(struct.unpack({1: "<B", 4: "<I", 8: "<Q"}[width[0]], raw)[0])


def _choose(path: Path, streams: list[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    signals = [
        stream
        for stream in streams
        if _field(stream, "channel_format") != "string"
        and float(_field(stream, "nominal_srate") or 0) > 0
        and len(stream["time_stamps"])
    ]
    listing = ", ".join(
        f"{_field(s, 'name')!r} ({_field(s, 'type')}, {_field(s, 'channel_count')} ch)"
        for s in signals
    )
    if not signals:
        raise RecordingError(f"{path}: holds no regular signal stream with samples in it")
    if wanted is not None:
        signals = [s for s in signals if wanted in (_field(s, "name"), _field(s, "type"))]
    elif len(signals) > 1:
        signals = [s for s in signals if _field(s, "type").lower() == "eeg"] or signals
    if len(signals) != 1:
        raise RecordingError(
            f"{path}: {len(signals)} streams fit; choose one by its name or type of: {listing}"
        )
    return signals[0]


def _channels(stream: dict[str, Any]) -> tuple[Channel, ...]:
    n_channels = int(_field(stream, "channel_count"))
    desc = (stream["info"].get("desc") or [None])[0] or {}
    listed = ((desc.get("channels") or [None])[0] or {}).get("channel") or []
    channels = []
    for i in range(n_channels):
        node = listed[i] if i < len(listed) and isinstance(listed[i], dict) else {}
        kind = (_first(node, "type") or _field(stream, "type") or "unknown").lower()
        name = standard_name(_first(node, "label") or f"ch{i + 1}")
        position = standard_position(name) if kind == "eeg" else None
        channels.append(Channel(name, kind, canonical_unit(_first(node, "unit")), position))
    return tuple(channels)


def _markers(streams: list[dict[str, Any]], start: float) -> tuple[Marker, ...]:
    markers = []
    for stream in streams:
        channel_format = _field(stream, "channel_format")
        irregular = float(_field(stream, "nominal_srate") or 0) == 0
        if channel_format == "string" or (irregular and channel_format.startswith("int")):
            for stamp, values in zip(stream["time_stamps"], stream["time_series"], strict=True):
                label = str(values[0] if isinstance(values, list | np.ndarray) else values).strip()
                if label:
                    markers.append(Marker(float(stamp) - start, label))
    return tuple(sorted(markers))


def _field(stream: dict[str, Any], name: str) -> str:
    return _first(stream["info"], name)


def _desc(stream: dict[str, Any], name: str) -> str:
    desc = (stream["info"].get("desc") or [None])[0]
    return _first(desc, name).lower() if isinstance(desc, dict) else ""


def _first(node: dict[str, Any], name: str) -> str:
    value = (node.get(name) or [""])[0]
    return value.strip()[:200] if isinstance(value, str) else ""
