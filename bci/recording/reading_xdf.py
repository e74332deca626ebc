"""Reading XDF files: one signal stream with the markers of all others."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels import Said, describe
from bci.electrodes import Position
from bci.errors import RecordingError
from bci.recording.rounding import rounded
from bci.recording.xdf import check_whole
from bci.timekeeping import Timekeeping, findings, regular_rate
from bci.timing import SampleClock, number_samples
from bci.types import Channel, FloatArray, Marker, Recording, StreamInfo

# A recorder compares clocks every few seconds; a limit needs more than one comparison.
_FEWEST_OFFSETS, _COMPARED_S = 3, 60.0


def read_xdf(path: Path, wanted: str | None = None, given_hz: float | None = None) -> Recording:
    """Read one signal stream of an XDF file, on the recorder's clock, and all its markers.

    Parameters
    ----------
    path : Path
    wanted : str, optional
        Name or type of the signal stream, where there are several.
    given_hz : float, optional
        The true rate, where the stream's nominal one is wrong.

    Raises
    ------
    RecordingError
        If the file is truncated or damaged, or it is not clear which stream is meant.
    """
    streams = load_streams(path)
    signal = _choose(path, streams, wanted, given_hz)
    sfreq = given_hz or float(field_of(signal, "nominal_srate"))
    stamps = np.asarray(signal["time_stamps"], dtype=np.float64)
    numbered, clock = number_samples(stamps, sfreq, newest_stamp(signal))
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
        findings=(
            *findings(replace(keeping_of(signal, clock), nominal_hz=sfreq)),
            *rounded(values, [channel.name for channel in channels]),
        ),
    )


def newest_stamp(stream: dict[str, Any]) -> float:
    """The newest stamp that can be right: the clock was compared until the recording ended.

    A recorder compares every few seconds, so only a stream whose clock was compared more than
    once, and whose first stamps lie in that time, has such a limit; infinity elsewhere.
    """
    times = np.asarray(stream["clock_times"], dtype=np.float64)
    offsets = np.asarray(stream["clock_values"], dtype=np.float64)
    stamps = stream["time_stamps"]
    if len(times) < _FEWEST_OFFSETS or not len(stamps):
        return float("inf")
    compared = times + offsets
    if not compared.min() - _COMPARED_S < float(stamps[0]) < compared.max() + _COMPARED_S:
        return float("inf")
    return float(compared.max()) + _COMPARED_S


def keeping_of(stream: dict[str, Any], clock: SampleClock | None) -> Timekeeping:
    """How a recorded stream kept time: by its sample clock, and by its clock's comparisons."""
    stamps = np.asarray(stream["time_stamps"], dtype=np.float64)
    compared = np.add(stream["clock_times"], stream["clock_values"])
    ahead = float("nan")
    if len(compared) and len(stamps) and np.isfinite(stamps).all():
        ahead = max(0.0, float(stamps.min() - compared.max())) - max(
            0.0, float(compared.min() - stamps.max())
        )
    return Timekeeping(
        nominal_hz=float(field_of(stream, "nominal_srate") or 0),
        effective_hz=clock.sfreq if clock else regular_rate(stamps),
        n_samples=len(stamps),
        newest=float(stamps[-1]) if len(stamps) else float("nan"),
        ahead_s=ahead,
        clock_jumps=clock.clock_jumps if clock else 0,
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


def _choose(
    path: Path, streams: list[dict[str, Any]], wanted: str | None, given_hz: float | None
) -> dict[str, Any]:
    signals = [
        stream
        for stream in streams
        if field_of(stream, "channel_format") != "string"
        and (given_hz or float(field_of(stream, "nominal_srate") or 0)) > 0
        and len(stream["time_stamps"])
    ]
    if given_hz and len(signals) > 1:
        # Of those that only the given rate makes regular, the ones that are.
        signals = [s for s in signals if regular_rate(np.asarray(s["time_stamps"]))] or signals
    listing = ", ".join(
        f"{field_of(s, 'name')!r} ({field_of(s, 'type')}, {field_of(s, 'channel_count')} ch)"
        for s in signals
    )
    if not signals:
        raise RecordingError(
            f"{path}: holds no regular signal stream with samples in it{_irregular(streams)}"
        )
    if wanted is not None:
        signals = [s for s in signals if wanted in (field_of(s, "name"), field_of(s, "type"))]
    elif len(signals) > 1:
        signals = [s for s in signals if field_of(s, "type").lower() == "eeg"] or signals
    if len(signals) != 1:
        raise RecordingError(
            f"{path}: {len(signals)} streams fit; choose one by its name or type of: {listing}"
        )
    return signals[0]


def _irregular(streams: list[dict[str, Any]]) -> str:
    """What could be a signal but for its nominal rate, and the way out."""
    for stream in streams:
        if field_of(stream, "channel_format") != "string":
            found = findings(keeping_of(stream, None))
            if found:
                return f"; {field_of(stream, 'name')}: {found[-1]}"
    return ""


def channels_of(stream: dict[str, Any]) -> tuple[Channel, ...]:
    """The channels of a stream, as its header describes them."""
    n_channels = int(field_of(stream, "channel_count"))
    listed = _node(_node(stream["info"], "desc"), "channels").get("channel") or []
    nodes = [each if isinstance(each, dict) else {} for each in listed[:n_channels]]
    nodes += [{}] * (n_channels - len(nodes))
    said = [
        Said(
            first_of(node, "label"), first_of(node, "type"), first_of(node, "unit"), _position(node)
        )
        for node in nodes
    ]
    return describe(said, field_of(stream, "type"))


def _position(node: dict[str, Any]) -> Position | None:
    """The location that a description states in millimetres, in metres."""
    location = _node(node, "location")
    try:
        x, y, z = (float(first_of(location, axis)) / 1000.0 for axis in "XYZ")
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
    return first_of(stream["info"], name)


def _desc(stream: dict[str, Any], name: str) -> str:
    return first_of(_node(stream["info"], "desc"), name).lower()


def _node(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """The first child of that name; empty where there is none."""
    child = (parent.get(name) or [None])[0]
    return child if isinstance(child, dict) else {}


def first_of(node: dict[str, Any], name: str) -> str:
    """The first text of that name in a part of a header; empty where there is none."""
    value = (node.get(name) or [""])[0]
    return value.strip()[:200] if isinstance(value, str) else ""
