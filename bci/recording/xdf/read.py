"""Reading XDF files: one signal stream, with the markers of other streams."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bci.channels.description import DeclaredChannels, describe
from bci.clock.dejitter import number_samples
from bci.clock.timekeeping import findings, regular_rate
from bci.errors import RecordingError, first_line
from bci.head.electrodes import Position
from bci.lsl.cue_streams import CueQuery
from bci.lsl.metadata import read_loop_gap
from bci.profiles.profile import StreamSelector
from bci.recording.rounding import as_float32, rounded
from bci.recording.xdf.clock import irregular, keeping_of, newest_stamp
from bci.recording.xdf.format import check_whole
from bci.recording.xdf.header import channel_nodes, desc_of, field_of, first_of
from bci.recording.xdf.markers import find_markers
from bci.signals import Channel, Recording, StreamInfo


def read_xdf(
    path: Path,
    wanted: str | None = None,  # Name, type or source id
    markers: CueQuery | None = None,  # Without it, the streams of marker types
    usual: StreamSelector | None = None,  # The profile's choice, used if several streams fit
    given_hz: float | None = None,  # The true rate in hertz, if the nominal rate is wrong
) -> Recording:
    """Read one signal stream of an XDF file, on the recorder's clock, and its markers.

    Raises `RecordingError` if the file is truncated or damaged, or if no stream or several streams
    fit ``wanted``.
    """
    streams = load_streams(path)
    signal = _choose(path, streams, wanted, usual, given_hz)
    sfreq = given_hz or float(field_of(signal, "nominal_srate"))
    stamps = np.asarray(signal["time_stamps"], dtype=np.float64)
    numbered, clock = number_samples(stamps, sfreq, newest_stamp(signal))
    start = float(numbered.timestamps[0])
    info = info_of(signal, path, sfreq)
    values = np.asarray(signal["time_series"])
    found, of_streams = find_markers(path, streams, markers or CueQuery(), start)
    return Recording(
        info=info,
        data=as_float32(values),
        timestamps=numbered.timestamps - start,
        indices=numbered.indices,
        markers=found,
        source=str(path),
        findings=(
            *findings(replace(keeping_of(signal, clock), nominal_hz=sfreq)),
            *rounded(values, list(info.ch_names)),
        ),
        marker_streams=of_streams,
    )


def info_of(signal: dict[str, Any], path: Path, sfreq: float) -> StreamInfo:
    """Describe a recorded signal stream by its header; ``sfreq`` is its rate in hertz."""
    return StreamInfo(
        name=field_of(signal, "name") or path.stem,
        type=field_of(signal, "type"),
        sfreq=sfreq,
        channels=channels_of(signal),
        source_id=field_of(signal, "source_id") or f"file-{path.stem}",
        simulated=desc_of(signal, "simulated") == "true",
        loop_gap=read_loop_gap(desc_of(signal, "loop_gap")),
    )


def load_streams(path: Path, as_sent: bool = False) -> list[dict[str, Any]]:
    """Load all streams of a file as pyxdf's dictionaries, on the recorder's clock.

    With ``as_sent``, time stamps are unchanged, on each sender's own clock.

    Raises `RecordingError` if the file is truncated or damaged.
    """
    import pyxdf

    check_whole(path)
    log = logging.getLogger("pyxdf")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        # pyxdf's smoothing of stamps would hide gaps shorter than a second; `SampleClock`
        # keeps them.
        streams: list[dict[str, Any]] = pyxdf.load_xdf(
            path, synchronize_clocks=not as_sent, dejitter_timestamps=False
        )[0]
    except Exception as error:
        raise RecordingError(f"{path}: damaged XDF file ({first_line(error):.200})") from error
    finally:
        log.setLevel(level)
    return streams


def _choose(
    path: Path,
    streams: list[dict[str, Any]],
    wanted: str | None,
    usual: StreamSelector | None,
    given_hz: float | None,
) -> dict[str, Any]:
    signals = [
        stream
        for stream in streams
        if field_of(stream, "channel_format") != "string"
        and (given_hz or float(field_of(stream, "nominal_srate") or 0)) > 0
        and len(stream["time_stamps"])
    ]
    if given_hz and len(signals) > 1:
        # Irregular streams count as signals only if the given rate fits their time stamps.
        signals = [s for s in signals if regular_rate(np.asarray(s["time_stamps"]))] or signals
    listing = ", ".join(
        f"{field_of(s, 'name')!r} ({field_of(s, 'type')}, {field_of(s, 'channel_count')} ch)"
        for s in signals
    )
    if not signals:
        raise RecordingError(
            f"{path}: holds no regular signal stream with samples in it{irregular(streams)}"
        )
    if wanted is not None:
        keys = ("name", "type", "source_id")
        signals = [s for s in signals if wanted in [field_of(s, key) for key in keys]]
    elif len(signals) > 1:
        as_usual = [s for s in signals if usual is not None and _is_usual(s, usual)]
        signals = (
            as_usual or [s for s in signals if field_of(s, "type").lower() == "eeg"] or signals
        )
    if len(signals) != 1:
        raise RecordingError(
            f"{path}: {len(signals)} streams fit; choose one by its name or type of: {listing}. "
            "Name it by --stream, or stream: in the profile"
        )
    return signals[0]


def channels_of(stream: dict[str, Any]) -> tuple[Channel, ...]:
    """Return the channels of a stream by its header."""
    stated = [
        DeclaredChannels(
            first_of(node, "label"), first_of(node, "type"), first_of(node, "unit"), _position(node)
        )
        for node in channel_nodes(stream)
    ]
    return describe(stated, field_of(stream, "type"))


def _position(node: dict[str, Any]) -> Position | None:
    """Convert a channel's location in the header, in millimetres, to metres; None if missing."""
    location = (node.get("location") or [None])[0]
    if not isinstance(location, dict):
        return None
    try:
        x, y, z = (float(first_of(location, axis)) / 1000.0 for axis in "XYZ")
    except ValueError:
        return None
    return x, y, z


def _is_usual(stream: dict[str, Any], usual: StreamSelector) -> bool:
    """Return whether a stream fits the profile's selector; its LSL predicate is not evaluated."""
    wanted = usual.type
    return (
        usual.name in (None, field_of(stream, "name"))
        and usual.source_id in (None, field_of(stream, "source_id"))
        and (wanted is None or wanted.casefold() == field_of(stream, "type").casefold())
    )
