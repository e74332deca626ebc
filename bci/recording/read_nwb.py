"""Reading NWB files (Neurodata Without Borders): one electrical series, its electrodes, markers.

Source: the NWB core schema 2.x (https://nwb-schema.readthedocs.io): signals in volts after
``conversion``, ``channel_conversion`` and ``offset``; electrode positions in micrometres, x to the
back, y down, z to the right.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import DeclaredChannels, describe
from bci.clock.dejitter import number_samples
from bci.errors import RecordingError, first_line
from bci.lsl.cue_streams import CueQuery, merged
from bci.signals import Channel, Marker, MarkerStream, Recording, StreamInfo

_MAX_VALUES = 500_000_000
_MAX_MARKERS = 1_000_000
_MAX_CHANNELS = 10_000
# Coordinates of a head in micrometres exceed this; coordinates in millimetres do not.
_LEAST_REACH_UM = 1000.0
# Columns of the table of trials that may hold the cue's label, the likeliest first.
_LABELS = (
    "word", "label", "trial_type", "stimulus", "stimulus_name", "condition", "cue", "type", "class",
    "description",
)  # fmt: skip


def read_nwb(path: Path, wanted: str | None = None, markers: CueQuery | None = None) -> Recording:
    """Read one electrical series of an NWB file, in microvolts, and its markers.

    The table of electrodes gives the channels' names, kinds and positions. Without a column
    ``label`` or ``channel_name``, contacts are numbered within their electrode group, which is the
    shaft: ``LA1``, ``LA2`` ... Markers are the annotations and the starts of trials. A trial's
    label is in the first column found of ``word``, ``label``, ``trial_type``, ``stimulus`` ...

    ``wanted`` is the name of the series; ``markers`` selects the marker streams.

    Raises `RecordingError` if pynwb is missing, the file is damaged or too large, or several
    series fit.
    """
    try:
        import pynwb
    except ImportError as error:
        raise RecordingError(f"{path}: NWB files need pynwb: pip install 'bci[nwb]'") from error
    try:
        with pynwb.NWBHDF5IO(str(path), "r") as io:
            file = io.read()
            return _recording(file, _choose(file, path, wanted), path, markers or CueQuery())
    except RecordingError:
        raise
    except Exception as error:
        raise RecordingError(
            f"{path}: damaged or not an NWB file ({first_line(error):.200})"
        ) from error


def _choose(file: Any, path: Path, wanted: str | None) -> Any:
    from pynwb.ecephys import ElectricalSeries

    found = {
        each.name: each for each in file.objects.values() if isinstance(each, ElectricalSeries)
    }
    if wanted is not None and wanted in found:
        return found[wanted]
    # Acquired series are preferred to processed ones.
    acquired = [name for name, each in found.items() if file.acquisition.get(name) is each]
    choice = acquired if len(acquired) == 1 else list(found)
    if wanted is None and len(choice) == 1:
        return found[choice[0]]
    if not found:
        raise RecordingError(f"{path}: holds no ElectricalSeries")
    raise RecordingError(f"{path}: which series is meant? There are {', '.join(sorted(found))}")


def _recording(file: Any, series: Any, path: Path, query: CueQuery) -> Recording:
    data = series.data
    n_samples = len(data)
    if not n_samples or len(data.shape) > 2 or n_samples * _width(data) > _MAX_VALUES:
        raise RecordingError(f"{path}: {series.name} is empty or too large: {data.shape} values")
    if _width(data) > _MAX_CHANNELS:
        raise RecordingError(f"{path}: {series.name} has {_width(data)} channels")
    volts = np.asarray(data[:], dtype=np.float64).reshape(n_samples, -1) * series.conversion
    if series.channel_conversion is not None:
        volts *= np.asarray(series.channel_conversion[:], dtype=np.float64)
    microvolts = ((volts + (series.offset or 0.0)) * 1e6).astype(np.float32)
    channels = _channels(series)
    if len(channels) != microvolts.shape[1]:
        raise RecordingError(
            f"{path}: {series.name} has {microvolts.shape[1]} channels and {len(channels)} "
            "electrodes"
        )
    sfreq, times, indices, start = _times(series, n_samples, path)
    markers, of_streams = _meant(_marker_streams(file, start, path), query, path)
    return Recording(
        info=StreamInfo(
            path.stem, "EEG" if {c.kind for c in channels} == {"eeg"} else "iEEG", sfreq, channels,
            f"file-{path.stem}",
            simulated=(file.session_description or "").lower().startswith("simulated"),
        ),
        data=microvolts,
        timestamps=times,
        indices=indices,
        markers=markers,
        source=str(path),
        marker_streams=of_streams,
    )  # fmt: skip


def _width(data: Any) -> int:
    return int(data.shape[1]) if len(data.shape) > 1 else 1


def _times(
    series: Any, n_samples: int, path: Path
) -> tuple[float, NDArray[np.float64], NDArray[np.int64], float]:
    """Return the rate in hertz, times from the first sample, absolute indices, start.

    The start is the time of the first sample in the file, in seconds.
    """
    if series.rate:
        sfreq = float(series.rate)
        indices = np.arange(n_samples, dtype=np.int64)
        return sfreq, indices / sfreq, indices, float(series.starting_time or 0.0)
    stamps = np.asarray(series.timestamps[:], dtype=np.float64)
    steps = np.diff(stamps)
    if len(stamps) != n_samples or n_samples < 2 or not (steps > 0).all():
        raise RecordingError(
            f"{path}: the time stamps of {series.name} do not ascend, one a sample"
        )
    sfreq = 1.0 / float(np.median(steps))
    # Rounded time stamps give nearly a whole number; the true rate is then the whole number.
    sfreq = float(round(sfreq)) if abs(sfreq - round(sfreq)) < 1e-3 * sfreq else sfreq
    numbered, _ = number_samples(stamps, sfreq)
    start = float(numbered.timestamps[0])
    return sfreq, numbered.timestamps - start, numbered.indices, start


def _channels(series: Any) -> tuple[Channel, ...]:
    region, table = series.electrodes, series.electrodes.table
    rows = [int(row) for row in region.data[:]]
    columns = {name: table[name][:] for name in table.colnames if name != "group"}
    groups = [table["group"][row] for row in rows] if "group" in table.colnames else []
    shafts = [str(group.name) for group in groups] or [""] * len(rows)
    named = next((columns[key] for key in ("label", "channel_name") if key in columns), None)
    seen: dict[str, int] = {}
    stated = []
    for i, row in enumerate(rows):
        seen[shafts[i]] = seen.get(shafts[i], 0) + 1
        name = str(named[row]) if named is not None else f"{shafts[i] or 'E'}{seen[shafts[i]]}"
        group = groups[i] if groups else None
        stated.append(DeclaredChannels(name, _kind(group), "uV", _place(columns, row)))
    return describe(stated)


def _kind(group: Any) -> str:
    """Infer the channel kind from the texts of the electrode group; ``seeg`` if they name none."""
    words = " ".join(
        str(part or "") for part in (
            getattr(group, "description", ""), getattr(getattr(group, "device", None), "name", ""),
            getattr(getattr(group, "device", None), "description", ""),
        )
    ).lower()  # fmt: skip
    if "ecog" in words or "grid" in words or "strip" in words:
        return "ecog"
    return "eeg" if "scalp" in words else "seeg"


def _place(columns: dict[str, Any], row: int) -> tuple[float, float, float] | None:
    if not all(axis in columns for axis in "xyz"):
        return None
    whole = np.array([np.asarray(columns[axis], dtype=np.float64) for axis in "xyz"])
    back, down, right = whole[:, row]
    reach = np.nanmax(np.abs(whole), initial=0.0, where=np.isfinite(whole))
    if not np.isfinite(whole[:, row]).all() or reach < _LEAST_REACH_UM:
        return None
    x, y, z = (round(float(um) * 1e-6, 6) for um in (right, -back, -down))
    return x, y, z


def _meant(
    streams: list[MarkerStream], query: CueQuery, path: Path
) -> tuple[tuple[Marker, ...], tuple[MarkerStream, ...]]:
    """Select the markers of the streams that ``query`` names.

    If the query names none, all markers are returned, with all streams as the second value, since
    some of these may hold other markers than cues.
    """
    found = tuple(s for s in streams if query.fits(s.name, s.type, "", is_text=True))
    if not found and query.named is not None:
        there = ", ".join(repr(stream.name) for stream in streams) or "none"
        raise RecordingError(f"{path}: no markers with {query}; there are: {there}")
    if not found or query.is_general:
        return merged(streams), tuple(streams)
    return merged(found), ()


def _marker_streams(file: Any, start: float, path: Path) -> list[MarkerStream]:
    from pynwb.misc import AnnotationSeries

    found = []
    trials = file.trials
    if trials is not None:
        column = next((name for name in _LABELS if name in trials.colnames), None)
        labels = trials[column] if column else ["trial"] * len(trials)
        found.append(_stream("trials", "Markers", trials["start_time"], labels, start))
    # Tables of events are newer than schema 2.8; files before it have annotations.
    for each in file.objects.values():
        if isinstance(each, AnnotationSeries):
            found.append(_stream(each.name, "Annotations", each.timestamps, each.data, start))
    for name, each in (getattr(file, "events", None) or {}).items():
        if "annotation" in each.colnames:
            times, labels = each["timestamp"], each["annotation"]
            found.append(_stream(str(name), "Annotations", times, labels, start))
    if any(not np.isfinite(marker.time) for stream in found for marker in stream.markers):
        raise RecordingError(f"{path}: a trial or annotation has no time")
    return [stream for stream in found if stream.markers]


def _stream(name: str, kind: str, times: Any, labels: Any, start: float) -> MarkerStream:
    if len(times) > _MAX_MARKERS:
        return MarkerStream(name, kind, ())
    pairs = zip(times[:], labels[:], strict=True)
    markers = sorted(Marker(float(time) - start, str(label)) for time, label in pairs)
    return MarkerStream(name, kind, tuple(markers))
