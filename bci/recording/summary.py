"""Contents of a recording: streams, rates, gaps, drift, markers."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bci.clock.dejitter import number_samples
from bci.clock.timekeeping import findings, split_loops
from bci.decisions import event_from_json
from bci.lsl.metadata import read_loop_gap
from bci.recording.read import read_recording
from bci.recording.rounding import rounded
from bci.recording.xdf.clock import clock_sets, keeping_of, newest_stamp
from bci.recording.xdf.header import desc_of, field_of
from bci.recording.xdf.markers import markers_of, role_of
from bci.recording.xdf.read import channels_of, load_streams
from bci.signals import Channel, Marker, TimeArray

_FEWEST_OFFSETS = 3
# Roles of streams whose labels are counted.
_LABELLED = ("cues", "notes", "decisions", "texts")


@dataclass(frozen=True, slots=True)
class StreamReport:
    """One stream of a recording.

    Rates are in hertz, 0 for an irregular stream. ``drift_ppm`` is the drift of the sender's clock
    against the recorder's, in parts per million, positive if it ran faster; None if not measured.
    ``channels`` is empty for streams of text. ``markers`` counts the markers of each label.

    ``role`` is one of ``signal``, ``cues``, ``notes`` and ``decisions``; ``own`` for other streams
    of this program, ``texts`` for text of an unknown type, and ``other``.

    ``loops`` counts the restarts of a replayed recording, which are not gaps. ``findings`` has one
    sentence per problem of clock, rate or values.
    """

    name: str
    type: str
    channel_format: str
    n_channels: int
    n_samples: int
    duration_s: float
    nominal_hz: float
    effective_hz: float
    gaps: int
    lost_samples: int
    longest_gap_s: float
    clock_jumps: int
    drift_ppm: float | None
    simulated: bool = False
    loops: int = 0
    role: str = "signal"
    markers: dict[str, int] = field(default_factory=dict)
    channels: tuple[Channel, ...] = ()
    findings: tuple[str, ...] = ()


def describe_recording(path: Path) -> list[StreamReport]:
    """Describe every stream of a recording of any supported format.

    Raises `RecordingError` if the file cannot be read.
    """
    if path.suffix.lower() in (".xdf", ".xdfz") and path.exists():
        return [_report_xdf(stream) for stream in load_streams(path)]
    recording = read_recording(path)
    steps = np.diff(recording.indices) - 1
    info = recording.info
    return [
        StreamReport(
            name=info.name,
            type=info.type,
            channel_format=path.suffix.lstrip("."),
            n_channels=info.n_channels,
            n_samples=len(recording.data),
            duration_s=recording.duration,
            nominal_hz=info.sfreq,
            effective_hz=info.sfreq,
            gaps=int(np.count_nonzero(steps)),
            lost_samples=int(steps.sum()),
            longest_gap_s=float(steps.max(initial=0)) / info.sfreq,
            clock_jumps=0,
            drift_ppm=None,
            simulated=info.simulated,
            markers=_count(recording.markers),
            channels=info.channels,
            findings=recording.findings,
        )
    ]


def _report_xdf(stream: dict[str, Any]) -> StreamReport:
    stamps = np.asarray(stream["time_stamps"], dtype=np.float64)
    nominal = float(field_of(stream, "nominal_srate") or 0)
    clock = None
    longest, loops, skipped = 0.0, 0, 0
    times = stamps
    if nominal > 0 and len(stamps):
        numbered, clock = number_samples(stamps, nominal, newest_stamp(stream))
        times = numbered.timestamps
        steps = np.diff(numbered.indices) - 1
        loops, skipped = split_loops(steps[steps > 0], read_loop_gap(desc_of(stream, "loop_gap")))
        if steps.any():
            longest = float(np.diff(times)[steps > 0].max())
    keeping = keeping_of(stream, clock)
    is_numeric = field_of(stream, "channel_format") != "string"
    channels = channels_of(stream) if is_numeric else ()
    values = np.asarray(stream["time_series"]) if is_numeric else np.empty(0)
    return StreamReport(
        name=field_of(stream, "name"),
        type=field_of(stream, "type"),
        channel_format=field_of(stream, "channel_format"),
        n_channels=int(field_of(stream, "channel_count")),
        n_samples=len(stamps),
        duration_s=float(times[-1] - times[0]) if len(times) else 0.0,
        nominal_hz=nominal,
        effective_hz=keeping.effective_hz,
        gaps=clock.gaps - loops if clock else 0,
        lost_samples=clock.lost_samples - skipped if clock else 0,
        loops=loops,
        longest_gap_s=longest,
        clock_jumps=keeping.clock_jumps,
        drift_ppm=_drift_ppm(stream["clock_times"], stream["clock_values"]),
        simulated=desc_of(stream, "simulated") == "true",
        role=role_of(stream),
        markers=_count(_readable(stream)),
        channels=channels,
        findings=(
            *findings(keeping),
            *rounded(values, [channel.name for channel in channels]),
        ),
    )


def _readable(stream: dict[str, Any]) -> list[Marker]:
    """List the markers whose labels are counted; empty for other streams.

    A decision counts by its label, because its full text is different each time.
    """
    if field_of(stream, "type") == "Decisions":
        return [_labelled(marker) for marker in markers_of(stream)]
    return markers_of(stream) if role_of(stream) in _LABELLED else []


def _labelled(marker: Marker) -> Marker:
    event = event_from_json(marker.label, marker.time)
    if event is None:
        return marker
    return Marker(marker.time, f"{event.event} {event.label or event.ended}")


def _drift_ppm(measured: list[float], offsets: list[float]) -> float | None:
    """Drift from the slope of the clock offsets, in parts per million.

    None if there are too few offsets, or the sender's clock was set during the recording.
    """
    times: TimeArray = np.asarray(measured)
    if len(times) < _FEWEST_OFFSETS or np.ptp(times) <= 0 or clock_sets(offsets):
        return None
    return float(-1e6 * np.polyfit(times - times[0], offsets, 1)[0])


def _count(markers: list[Marker] | tuple[Marker, ...]) -> dict[str, int]:
    return dict(Counter(marker.label for marker in markers).most_common())
