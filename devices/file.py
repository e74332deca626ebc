"""A recorded file as a device, which replays its samples and markers in real time."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pylsl import local_clock

from bci.errors import RecordingError
from bci.signals import Chunk, Marker, Reading, Recording, StreamInfo

# Gap between the end of a loop and its next start, in seconds. Every receiver detects it, so that
# no window contains both. The stream's description states it, so that it does not count as a loss.
_SEAM_S = 0.5
# Length of a chunk, in seconds of recording.
_CHUNK_S = 0.01


class ReplayDevice:
    """Replay a recording.

    Time stamps are on the LSL clock and advance as in the recording, from the first read on. At
    ``speed`` 1 they are the times of sending. At another speed, nominal rate and steps of the
    stamps stay those of the recording, so that filters, windows and gaps are the same; the stamps
    then run ahead of the clock or behind it. Samples lost in the recording are gaps in the stamps.

    Raises `RecordingError` if the chosen part has no sample.
    """

    def __init__(
        self,
        recording: Recording,
        speed: float | None = 1.0,  # Factor of real time; None for as fast as possible
        loop: bool = False,  # Restart at the end, after half a second
        start_s: float = 0.0,  # Start of the replayed part, in seconds of the recording
        stop_s: float | None = None,  # End of the replayed part; None for the recording's end
        clock: Callable[[], float] = local_clock,
    ) -> None:
        stop_s = float("inf") if stop_s is None else stop_s
        rows = (recording.timestamps >= start_s) & (recording.timestamps < stop_s)
        if not rows.any():
            part = (
                f"after {start_s:g} s"
                if np.isinf(stop_s)
                else f"between {start_s:g} and {stop_s:g} s"
            )
            raise RecordingError(
                f"{recording.source}: no sample {part}; it is {recording.duration:.1f} s long"
            )
        self.recording = replace(
            recording,
            data=recording.data[rows],
            timestamps=recording.timestamps[rows] - start_s,
            indices=recording.indices[rows] - recording.indices[rows][0],
            markers=tuple(
                Marker(m.time - start_s, m.label)
                for m in recording.markers
                if start_s <= m.time < stop_s
            ),
        )
        self._period = 1.0 / recording.info.sfreq
        self._chunk = max(1, round(_CHUNK_S * recording.info.sfreq))
        self._speed = speed
        self._loop = loop
        self._clock = clock
        seams = np.flatnonzero(np.diff(self.recording.indices) != 1) + 1
        self._seams = [*seams.tolist(), len(self.recording.data)]

    def describe(self) -> tuple[StreamInfo, ...]:
        """Return the recording's description, with the gap between two loops if it loops."""
        own = self.recording.info
        seam = round(_SEAM_S * own.sfreq) if self._loop else own.loop_gap
        return (replace(own, loop_gap=seam),)

    def open(self) -> None:
        """Go to the beginning; the clock starts with the first read."""
        self._origin: float | None = None  # time on the clock of the recording's second 0
        self._shift = 0.0  # seconds that earlier loops have added to the time stamps
        self._row = 0
        self._marker = 0
        self._seam = 0

    def read(self, timeout: float) -> Reading | None:
        """Return the next samples when they are due; no samples if not within ``timeout`` seconds.

        A marker comes with the chunk that reaches its time. Returns None at the end.
        """
        recording = self.recording
        if self._origin is None:
            self._origin = self._clock()
        if self._row == len(recording.data):
            if not self._loop:
                return None
            self._rewind()
        stop = min(self._row + self._chunk, self._seams[self._seam])
        due = self._due(stop)
        if (wait := due - self._clock()) > 0:
            time.sleep(min(wait, timeout))
            if wait > timeout:
                return self._take(self._row)
        # After a delay, all due samples are in one chunk, at most a second of the recording.
        limit = min(self._seams[self._seam], self._row + round(1.0 / self._period) + 1)
        if self._speed is not None:
            further = min(stop + self._chunk, limit)
            while stop < further and self._due(further) <= self._clock():
                stop, further = further, min(further + self._chunk, limit)
        return self._take(stop)

    def close(self) -> None:
        """Do nothing: no resource is open."""

    def _due(self, stop: int) -> float:
        """Return the time on the clock at which the sample before row ``stop`` is due."""
        assert self._origin is not None
        if self._speed is None:
            return self._origin
        at = float(self.recording.timestamps[stop - 1]) + self._shift
        return self._origin + at / self._speed

    def _take(self, stop: int) -> Reading:
        assert self._origin is not None
        recording, rows = self.recording, slice(self._row, stop)
        shift = self._origin + self._shift
        chunk = Chunk(
            recording.data[rows],
            recording.timestamps[rows] + shift,
            int(recording.indices[min(self._row, len(recording.indices) - 1)]),
        )
        until = float("inf")
        if stop < len(recording.data):
            until = float(recording.timestamps[stop])
        markers = []
        while self._marker < len(recording.markers) and stop > self._row:
            marker = recording.markers[self._marker]
            if marker.time >= until:
                break
            markers.append(Marker(marker.time + shift, marker.label))
            self._marker += 1
        self._row = stop
        if stop == self._seams[self._seam] and self._seam + 1 < len(self._seams):
            self._seam += 1
        return Reading([(0, chunk)] if len(chunk.data) else [], markers)

    def _rewind(self) -> None:
        length = float(self.recording.timestamps[-1]) + self._period
        self._shift += length + _SEAM_S
        self._row = self._marker = self._seam = 0
