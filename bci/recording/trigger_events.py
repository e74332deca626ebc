"""Events of a trigger channel, found chunk by chunk: one rule for files and for live streams."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, RecordingError, shortened
from bci.profiles.stimulus import Triggers
from bci.signals import Channel, Chunk, Marker, Recording, is_frame_note

_NEGATIVE = 1 << 15
_LARGEST = 1 << 53  # above this, float64 does not hold every whole number


class TriggerEvent(NamedTuple):
    """An event of a trigger channel: absolute sample index, time in seconds, and code."""

    sample: int
    time: float
    code: int


def codes_of(values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.int64]:
    """Convert the values of a trigger channel to whole numbers, (n_samples,).

    Negative values of a signed 16-bit channel become codes from 32768 to 65535. Values that are
    not finite become 0.
    """
    finite = np.nan_to_num(values, posinf=0.0, neginf=0.0).clip(-_LARGEST, _LARGEST)
    codes: NDArray[np.int64] = np.round(finite).astype(np.int64)
    return np.where((codes < 0) & (codes >= -_NEGATIVE), codes + 2 * _NEGATIVE, codes)


class TriggerEvents:
    """Find the events of one trigger channel, in chunks of any length.

    Settings are `bci.profiles.stimulus.Triggers`. Without them, every change to a code other than
    0 is an event. The state is the last accepted code and the present run of equal codes. The
    first code of the stream is no event. An event is returned after its code has lasted for the
    debounce time.
    """

    def __init__(self, settings: Triggers | None, sfreq: float) -> None:
        self._settings = settings
        debounce_s = 0.0 if settings is None else settings.debounce_s
        # The tolerance of 5e-7 samples absorbs rounding: 2 ms at 1000 Hz are two samples.
        self._n_held = max(1, math.ceil(debounce_s * sfreq - 5e-7))
        self._stable: int | None = None
        self._code = 0
        self._last = float("nan")  # The newest value
        self._began = (0, 0.0)  # Index and time of the first sample of the run under way

    def push(
        self,
        values: NDArray[np.floating] | NDArray[np.integer],  # Samples of the channel, (n_samples,)
        timestamps: NDArray[np.float64],  # In seconds, (n_samples,)
        first: int,  # Absolute index of the first sample
    ) -> list[TriggerEvent]:
        """Process samples; return the events whose debounce time is now over."""
        if not len(values):
            return []
        # In nearly every chunk the code does not change.
        if self._code == self._stable and bool((values == self._last).all()):
            return []
        self._last = float(values[-1])
        codes = self._read(values)
        if self._stable is None:
            self._stable = self._code = int(codes[0])
            self._began = (first, float(timestamps[0]))
        rows = np.flatnonzero(np.diff(codes, prepend=self._code))
        if not len(rows) and self._code == self._stable:
            return []
        # Runs of equal codes: the present one, and those that begin in this chunk.
        run_codes = np.concatenate([[self._code], codes[rows]])
        starts = np.concatenate([[self._began[0]], first + rows])
        times = np.concatenate([[self._began[1]], timestamps[rows]])
        lengths = np.diff(starts, append=first + len(codes))
        self._code, self._began = int(run_codes[-1]), (int(starts[-1]), float(times[-1]))
        held = np.flatnonzero(lengths >= self._n_held)
        if not len(held):
            return []
        before = np.concatenate([[self._stable], run_codes[held[:-1]]])
        self._stable = int(run_codes[held[-1]])
        found = run_codes[held] != before
        coded = run_codes[held]
        if self._settings is not None and self._settings.edge == "falling":
            found &= coded == 0
            coded = before
        found &= coded != 0
        if self._settings is not None and self._settings.codes is not None:
            low, high = self._settings.codes
            found &= (coded >= low) & (coded <= high)
        return [
            TriggerEvent(int(starts[run]), float(times[run]), int(code))
            for run, code in zip(held[found], coded[found], strict=True)
        ]

    def _read(self, values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.int64]:
        settings = self._settings
        if settings is not None and settings.threshold is not None:
            return (np.asarray(values) >= settings.threshold).astype(np.int64)
        codes = codes_of(values)
        return codes if settings is None or settings.mask is None else codes & settings.mask


class TriggerMarkers:
    """Make markers of the events of a stream's trigger channel; a label is the code as digits.

    Raises `MismatchError` if the stream lacks the channel or has no regular sampling rate.
    """

    def __init__(
        self, settings: Triggers, channels: Sequence[Channel], sfreq: float, source: str
    ) -> None:
        self.channel = settings.channel
        self._column = column_of(settings, channels, source)
        if sfreq <= 0:
            raise MismatchError(
                f"{source}: it is irregular, so triggers.channel {settings.channel!r} has no time "
                "to be held for; name the rate by timing.sfreq"
            )
        self._events = TriggerEvents(settings, sfreq)

    def push(self, chunk: Chunk) -> list[Marker]:
        """Process a chunk of all channels; return the markers of the events that are complete."""
        values = chunk.data[:, self._column]
        found = self._events.push(values, chunk.timestamps, chunk.first)
        return [Marker(event.time, str(event.code)) for event in found]


def column_of(settings: Triggers, channels: Sequence[Channel], source: str) -> int:
    """Find the column of the trigger channel.

    Upper and lower case may differ if only one channel fits.

    Raises `MismatchError` if no channel has that name; the message lists the stream's channels.
    """
    names = [channel.name for channel in channels]
    if settings.channel in names:
        return names.index(settings.channel)
    folded = [name.casefold() for name in names]
    if folded.count(settings.channel.casefold()) == 1:
        return folded.index(settings.channel.casefold())
    stims = [channel.name for channel in channels if channel.kind == "stim"]
    listed = f"its trigger channels are {shortened(stims)}" if stims else (
        f"none of its channels is a trigger channel; they are {shortened(names)}"
    )  # fmt: skip
    raise MismatchError(
        f"{source}: no channel {settings.channel!r} (triggers.channel of the profile); {listed}"
    )


def with_triggers(recording: Recording, settings: Triggers) -> Recording:
    """Replace the cues of a recording by the events of its trigger channel.

    The presenter's markers about screen frames are kept.

    Raises `RecordingError` if the recording lacks the channel.
    """
    try:
        found = TriggerMarkers(
            settings, recording.info.channels, recording.info.sfreq, recording.source
        )
    except MismatchError as problem:
        raise RecordingError(str(problem)) from problem
    cues = [marker for chunk in recording.chunks() for marker in found.push(chunk)]
    notes = [marker for marker in recording.markers if is_frame_note(marker.label)]
    return replace(recording, markers=tuple(sorted(cues + notes)), marker_streams=())
