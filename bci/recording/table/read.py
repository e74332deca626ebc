"""Reading recordings in text: tables of OpenBCI, Muse and Emotiv, and plain tables.

Sources: files of the OpenBCI GUI, versions 4 to 6, of muse-lsl, and EmotivPRO's description of its
exports (https://emotiv.gitbook.io/emotivpro-v3).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import DeclaredChannels, describe
from bci.clock.dejitter import number_samples
from bci.clock.package_counter import PackageCounter
from bci.clock.timekeeping import Timekeeping, findings
from bci.errors import RecordingError
from bci.recording.rounding import as_float32, rounded
from bci.recording.table.text import Head, TextTable, read_head, read_rows
from bci.signals import Channel, Marker, Recording, StreamInfo

_OPENBCI = "%OpenBCI"
_MUSE = ("timestamps", "tp9", "af7", "af8", "tp10")
_EMOTIV = re.compile(r"sampling(?: rate)?:\s*(?:eeg_)?(\d+)", re.IGNORECASE)
_RATE = re.compile(r"sampl\w* ?rate\s*[=:]\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
_N_CHANNELS = re.compile(r"number of channels\s*[=:]\s*(\d+)", re.IGNORECASE)

_TIME = re.compile(
    r"(?:lsl|unix|epoch)?[ _]?(?:t|times?|time[ _]?stamps?|seconds|milliseconds|sec|msec)"
    r"(?:[ _]*[(\[]?(?P<unit>s|sec|seconds|ms|msec|milliseconds|us|ns)[)\]]?)?"
)
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3,
            "us": 1e-6, "ns": 1e-9}  # fmt: skip
_EVENTS = re.compile(
    r"(?:eeg\.)?(?:marker|event|label|trigger|stim|cue|annotation)s?"
    r"(?:[ _]?(?:channel|valueint|hardware))?"
)
_COUNTERS = re.compile(
    r"|index|sample|samples|sample[ _]?(?:index|number|no)|(?:eeg\.)?counter|unnamed: 0|row|"
    r"(?:eeg\.)?(?:interpolated|battery|batterypercent|rawcq)|not used|markerindex|markertype|"
    r"(?:cq|eq|mot|pow|fe|pm|fac)\..*|(?:analog|digital) channel.*|timestamp.*|other"
)
_UNIT = re.compile(r"(?P<name>.*?\S)\s*[(\[](?P<unit>[^()\[\]]{1,20})[)\]]")
# A measured rate is rounded if a whole number is within this fraction of it.
_NEAR = 2e-3
_LAG = 1000
# Time stamps of chunks may overlap. A larger share of backward steps means unordered rows.
_MAX_BACKWARDS = 0.25
_MAX_NAMED = 8


@dataclass(frozen=True, slots=True)
class _Column:
    at: int
    label: str
    kind: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Columns of a table.

    ``events``, ``time`` and ``counter`` are numbers of columns. The values in the column ``time``
    are in units of ``time_s`` seconds; None means that the values decide the unit.
    """

    channels: tuple[_Column, ...]
    events: tuple[int, ...] = ()
    time: int | None = None
    time_s: float | None = None
    counter: int | None = None
    sfreq: float | None = None


def is_of_a_headset(path: Path) -> bool:
    """Return whether a text file begins like one from OpenBCI's, Muse's or Emotiv's programs."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            beginning = file.read(1 << 14)
    except OSError:
        return False
    first, _, rest = beginning.partition("\n")
    names = [name.strip().lower() for name in first.split(",")]
    return (
        first.startswith(_OPENBCI)
        or tuple(names[: len(_MUSE)]) == _MUSE
        or any(name.startswith("eeg.") for name in names)
        or (bool(_EMOTIV.search(first)) and "eeg." in rest.lower())
    )


def read_table(path: Path) -> Recording:
    """Read a recording from a text table.

    Supported are raw files of the OpenBCI GUI, tables of muse-lsl and EmotivPRO, and plain tables.
    A plain table has a line with column names; one column has the time, the others are channels.
    In a column called ``marker``, ``event``, ``label``, ``trigger`` or ``stim``, each change to a
    value that is neither empty nor 0 is a marker. Lost samples are counted by the packet counter if
    the table has one, otherwise by the times.

    Raises `RecordingError` if the file is no such table, or lacks a time or channels.
    """
    head = read_head(path)
    if any(comment.startswith(_OPENBCI) for comment in head.comments):
        layout = _openbci(path, head)
    else:
        layout = _named(path, head)
    table = read_rows(path, head, layout.events)
    channels = [each for each in layout.channels if _is_signal(table, each)]
    if not channels:
        raise RecordingError(f"{path}: holds no signal: no column of numbers is a channel")
    sfreq, timestamps, indices, keeping = _times(path, table, layout)
    described = _channels(channels)
    values = table.numbers[:, [column.at for column in channels]]
    markers = [
        Marker(float(timestamps[row]), label)
        for found in table.events.values()
        for row, label in found
    ]
    return Recording(
        info=StreamInfo(
            name=path.stem,
            type="EEG",
            sfreq=sfreq,
            channels=described,
            source_id=f"file-{path.stem}",
        ),
        data=as_float32(values),
        timestamps=timestamps,
        indices=indices,
        markers=tuple(sorted(markers)),
        source=str(path),
        findings=(
            *_left_out(table, layout, channels),
            *findings(keeping),
            *rounded(values, [channel.name for channel in described]),
        ),
    )


def _channels(columns: Iterable[_Column]) -> tuple[Channel, ...]:
    return describe([DeclaredChannels(each.label, each.kind, each.unit) for each in columns], "EEG")


def _openbci(path: Path, head: Head) -> _Layout:
    text = " ".join(head.comments)
    rate, number = _RATE.search(text), _N_CHANNELS.search(text)
    if rate is None or number is None or float(rate[1]) <= 0:
        raise RecordingError(
            f"{path}: its first lines do not state the rate and number of channels"
        )
    n_channels = int(number[1])
    names = [name.lower() for name in head.names]
    if names:
        exg = [i for i, name in enumerate(names) if name.startswith("exg channel")]
        accel = [i for i, name in enumerate(names) if name.startswith("accel channel")]
        time = next((i for i, name in enumerate(names) if name == "timestamp"), None)
        events = [i for i, name in enumerate(names) if name == "marker channel"]
    else:  # versions before 5: sample number, channels, three acceleration columns, time at the end
        exg = list(range(1, 1 + n_channels))
        accel = list(range(1 + n_channels, min(4 + n_channels, head.n_columns)))
        last = head.n_columns - 1
        time, events = (last if last > 3 + n_channels else None), []
    if len(exg) != n_channels or max(exg, default=0) >= head.n_columns:
        raise RecordingError(
            f"{path}: does not have the {n_channels} channels that its first lines state"
        )
    channels = [_Column(at, f"EXG Channel {i}", "eeg", "uV") for i, at in enumerate(exg)]
    channels += [_Column(at, f"Accel Channel {i}", "acc", "g") for i, at in enumerate(accel)]
    return _Layout(tuple(channels), tuple(events), time, None, 0, float(rate[1]))


def _named(path: Path, head: Head) -> _Layout:
    names = [name.lower() for name in head.names]
    if not names:
        raise RecordingError(f"{path}: its first line does not name the columns")
    times = [(i, found) for i, name in enumerate(names) if (found := _TIME.fullmatch(name))]
    rate = _RATE.search(text := " ".join(head.comments)) or _EMOTIV.search(text)
    counter = next((i for i, n in enumerate(names) if n in ("eeg.counter", "counter")), None)
    if not times and rate is None:
        raise RecordingError(
            f"{path}: no column of time; call one 'time', in seconds, or 'time_ms', or write "
            "'# sample rate = 250' above the names; there are: "
            f"{', '.join(head.names[:_MAX_NAMED])}"
        )
    time, found = times[0] if times else (None, None)
    events = tuple(i for i, name in enumerate(names) if _EVENTS.fullmatch(name))
    of_emotiv = any(name.startswith("eeg.") for name in names)
    in_microvolts = of_emotiv or set(_MUSE) <= set(names)
    channels = []
    for i, name in enumerate(names):
        known = i in events or any(i == at for at, _ in times) or _COUNTERS.fullmatch(name)
        if known or (of_emotiv and not name.startswith("eeg.")):
            continue
        label = head.names[i][4:] if of_emotiv else head.names[i]
        stated = _UNIT.fullmatch(label)
        unit = stated["unit"] if stated else "uV" if in_microvolts else ""
        channels.append(_Column(i, stated["name"] if stated else label, unit=unit))
    scale = None
    if found is not None and time is not None:
        scale = _SECONDS.get(found["unit"] or "", _SECONDS.get(names[time]))
    return _Layout(tuple(channels), events, time, scale, counter, float(rate[1]) if rate else None)


def _is_signal(table: TextTable, column: _Column) -> bool:
    return bool(2 * np.isfinite(table.numbers[:, column.at]).sum() > len(table.numbers))


def _left_out(table: TextTable, layout: _Layout, channels: list[_Column]) -> list[str]:
    findings = []
    kept = {column.at for column in channels}
    if left_out := [column.label for column in layout.channels if column.at not in kept]:
        more = " ..." if len(left_out) > _MAX_NAMED else ""
        findings.append(
            f"columns without numbers left out: {', '.join(left_out[:_MAX_NAMED])}{more}"
        )
    if table.n_unfit:
        findings.append(f"damaged rows left out: {table.n_unfit}")
    return findings


def _times(
    path: Path, table: TextTable, layout: _Layout
) -> tuple[float, NDArray[np.float64], NDArray[np.int64], Timekeeping]:
    """Return the rate in hertz, times from the first sample, absolute indices, `Timekeeping`."""
    n_rows = len(table.numbers)
    times = None if layout.time is None else table.numbers[:, layout.time]
    if times is not None and np.isfinite(times).sum() < max(2, n_rows / 2):
        times = None
    if times is None and layout.sfreq is None:
        raise RecordingError(
            f"{path}: its column of time does not hold numbers, two or more; give it in seconds"
        )
    if times is not None and np.mean(np.diff(times) < 0) > _MAX_BACKWARDS:
        raise RecordingError(f"{path}: its times do not ascend; sort the rows by them")
    period = 0.0 if times is None else _period(times)
    seconds = np.arange(n_rows) / (layout.sfreq or 1.0)
    if times is not None and period > 0:
        scale = layout.time_s or _scale(period, layout.sfreq)
        seconds, period = (times - times[np.isfinite(times)][0]) * scale, period * scale
    sfreq = layout.sfreq or (_rate(1.0 / period) if period > 0 else 0.0)
    if not 0.1 < sfreq < 1e6:
        raise RecordingError(f"{path}: its times give no rate: {sfreq:g} samples a second")
    counter = None if layout.counter is None else table.numbers[:, layout.counter]
    if counter is not None and np.isfinite(counter).all():
        indices = PackageCounter(sfreq).count(counter, seconds)
        indices = indices - indices[0]
        return sfreq, indices / sfreq, indices, Timekeeping(sfreq, sfreq, n_rows)
    stamped, clock = number_samples(seconds, sfreq)
    keeping = Timekeeping(sfreq, clock.sfreq, n_rows, clock_jumps=clock.clock_jumps)
    return sfreq, stamped.timestamps - stamped.timestamps[0], stamped.indices, keeping


def _period(times: NDArray[np.float64]) -> float:
    """Estimate the step between times, over up to 1000 rows to average out rounding and bursts."""
    known = times[np.isfinite(times)]
    lag = max(1, min(_LAG, len(known) // 4))
    return float(np.median(known[lag:] - known[:-lag]) / lag)


def _scale(period: float, sfreq: float | None) -> float:
    """Infer the unit of the times, in seconds: 1, 1e-3, 1e-6 or 1e-9.

    It is the unit that fits ``sfreq``, or else the unit that gives a plausible sampling rate.
    """
    if sfreq is not None:
        return min((1.0, 1e-3, 1e-6, 1e-9), key=lambda s: abs(np.log(period * s * sfreq)))
    return next(
        s for least, s in ((5e5, 1e-9), (500, 1e-6), (0.5, 1e-3), (0, 1.0)) if period > least
    )


def _rate(measured: float) -> float:
    near = round(measured)
    return float(near) if near and abs(measured - near) < _NEAR * measured else measured
