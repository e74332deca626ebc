"""A recorded file as a device: its samples and markers come again, at their own pace."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pylsl import local_clock

from bci.errors import RecordingError
from bci.signals import Chunk, Marker, Reading, Recording, StreamInfo

# Between the end of a loop and its next beginning: long enough to be seen as a gap by any
# receiver, so that no window mixes the two. The stream's description states it, so that it is not
# counted as a loss.
_SEAM_S = 0.5
# Length of a chunk, in seconds of recording.
_CHUNK_S = 0.01


class ReplayDevice:
    """Play a recording.

    Time stamps are on the LSL clock and advance as in the recording, from the first read on.
    At ``speed`` 1 they are when each sample is sent; at another speed the nominal rate stays
    that of the recording and the stamps run ahead of the clock (or behind it), so that filters,
    windows and gaps mean the same. Samples that the recording lost stay lost: the stamps jump.

    Raises `RecordingError` if the part chosen holds no sample.
    """

    def __init__(
        self,
        recording: Recording,  # The part that is played
        speed: float | None = 1.0,  # Times real time; None is as fast as possible
        loop: bool = False,  # Begin again at the end, after half a second
        start_s: float = 0.0,  # In seconds from its beginning
        stop_s: float | None = None,
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
        """The recording's own description, with the seam between two rounds if it loops."""
        own = self.recording.info
        seam = round(_SEAM_S * own.sfreq) if self._loop else own.loop_gap
        return (replace(own, loop_gap=seam),)

    def open(self) -> None:
        """Go to the beginning; the clock starts with the first read."""
        self._origin: float | None = None  # when, on the clock, the recording's second 0 is due
        self._shift = 0.0  # what earlier loops have added to the time stamps, in seconds
        self._row = 0
        self._marker = 0
        self._seam = 0

    def read(self, timeout: float) -> Reading | None:
        """The next samples, as soon as they are due; none if that is later than ``timeout`` s.

        Markers come with the chunk that reaches their time. None at the end.
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
        # After a delay catch up in one chunk, a second of recording at most.
        limit = min(self._seams[self._seam], self._row + round(1.0 / self._period) + 1)
        if self._speed is not None:
            further = min(stop + self._chunk, limit)
            while stop < further and self._due(further) <= self._clock():
                stop, further = further, min(further + self._chunk, limit)
        return self._take(stop)

    def close(self) -> None:
        """Nothing is held open."""

    def _due(self, stop: int) -> float:
        """Time on the clock at which the sample before ``stop`` is due."""
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
