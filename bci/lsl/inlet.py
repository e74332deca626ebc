"""Receive signals from LSL on this computer's clock, with reconnection."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pylsl
from numpy.typing import NDArray
from pylsl.util import LostError

from bci.clock.dejitter import DeviceClock, Position, SampleClock, Stamps
from bci.clock.timekeeping import Timekeeping, findings, split_loops
from bci.errors import StreamError
from bci.lsl.connection import Connection
from bci.lsl.discovery import FoundStream
from bci.recording.rounding import is_rounded
from bci.signals import Chunk, FloatArray, StreamInfo, TimeArray

_MAX_SEAMS = 200


@dataclass(frozen=True, slots=True)
class InletStats:
    """Counts of an inlet so far, and the timing of its sender's clock.

    ``effective_rate`` is the measured rate in hertz. ``jitter_s`` is the deviation of the time
    stamps. ``clock_offset_s`` is added to the sender's time to give this computer's; its error is
    at most ``clock_error_s``. ``clock_drift_ppm`` is the excess rate of the sender's clock in parts
    per million, NaN for the first half minute. ``lost_at`` is the LSL time at which the newest gap
    ended, NaN without a gap. ``loops`` counts the restarts of a replay, which are no losses.
    ``findings`` has one sentence for each fault of clock or rate.
    """

    samples: int
    lost_samples: int
    gaps: int
    clock_jumps: int
    reconnects: int
    effective_rate: float
    jitter_s: float
    clock_offset_s: float
    clock_error_s: float
    clock_drift_ppm: float
    lost_at: float = float("nan")
    loops: int = 0
    findings: tuple[str, ...] = ()


class SignalInlet:
    """Receiver of a numeric stream, in float32 chunks.

    Time stamps are smoothed. The index of a sample is absolute: lost samples are counted.

    Raises `StreamError` if the stream does not answer, or is not numeric.
    """

    def __init__(
        self,
        found: FoundStream,
        buffer_s: float = 360.0,  # Length of liblsl's buffer, in seconds
        # Use times of arrival instead of the sender's stamps; stamps off by years always are
        by_arrival: bool = False,
        given_hz: float | None = None,  # The true rate, if the nominal one is wrong
    ) -> None:
        if found.channel_format in ("string", "undefined"):
            raise StreamError(
                f"stream {found.info.name!r} carries {found.channel_format} values, not a signal"
            )
        # Compiled before samples flow: liblsl drops samples not yet pulled when an outlet closes.
        SampleClock(1.0).stamp(np.zeros(1))
        self._connection = Connection(found, buffer_s)
        own = self._connection.info
        self.info: StreamInfo = own if given_hz is None else replace(own, sfreq=given_hz)
        self._n_channels = self.info.n_channels
        self._map: Callable[[Chunk], Chunk] | None = None
        self._tap: Callable[[Chunk], None] | None = None
        self._clock = SampleClock(self.info.sfreq) if self.info.sfreq > 0 else None
        self._by_arrival = by_arrival
        self._arrivals: DeviceClock | None = None
        self._keeping = Timekeeping(self.info.sfreq, 0.0, 0)
        self._next: int | None = None
        self._lost_at = float("nan")
        self._loops = self._skipped = 0
        # Samples held back until later stamps show whether samples were lost before them.
        self._waiting = np.empty((0, self._n_channels), dtype=np.float32)
        self._n_samples = 0
        self.seams: deque[Position] = deque(maxlen=_MAX_SEAMS)
        """Positions of the first sample, and of the first one behind each gap or clock step.

        Only the newest 200 are kept.
        """
        self._newest: tuple[Stamps, TimeArray, int] | None = None
        self._stamp_before = self._stamp_last = float("nan")
        self._jumps_noted = 0
        self._buffer: NDArray[Any] = np.empty((0, 0))
        self._converted = np.empty((0, 0), dtype=np.float32)
        self.rounds = False
        """True once a value was received that float32 cannot represent exactly."""

    def map_channels(self, info: StreamInfo, apply: Callable[[Chunk], Chunk]) -> None:
        """Convert later chunks by ``apply`` to the channels of ``info``.

        See `bci.head.remap`.
        """
        self.info, self._map = info, apply

    def tap(self, take: Callable[[Chunk], None]) -> None:
        """Call ``take`` with each chunk before its channels are mapped."""
        self._tap = take

    @property
    def connected(self) -> bool:
        return self._connection.inlet is not None

    @property
    def stats(self) -> InletStats:
        clock = self._clock
        return InletStats(
            samples=self._n_samples - len(self._waiting),
            lost_samples=clock.lost_samples - self._skipped if clock else 0,
            gaps=clock.gaps - self._loops if clock else 0,
            clock_jumps=clock.clock_jumps if clock else 0,
            reconnects=self._connection.reconnects,
            effective_rate=clock.sfreq if clock else 0.0,
            jitter_s=clock.jitter_s if clock else 0.0,
            clock_offset_s=self._connection.offset,
            clock_error_s=self._connection.clock.error_s,
            clock_drift_ppm=self._connection.offsets.drift_ppm,
            lost_at=self._lost_at,
            loops=self._loops,
            findings=findings(self.keeping),
        )

    @property
    def keeping(self) -> Timekeeping:
        """Timing of the stream so far: its clock and its rate."""
        clock = self._clock
        return replace(
            self._keeping,
            effective_hz=clock.sfreq if clock else 0.0,
            n_samples=self._n_samples if clock else 0,
            clock_jumps=clock.clock_jumps if clock else 0,
            by_arrival=self._arrivals is not None,
        )

    @property
    def here(self) -> Position | None:
        """Position of a recent sample whose stamp differs from the last.

        It is None if there is no such sample.
        """
        if self._newest is None:
            return None
        stamps, times, before = self._newest
        raw = stamps.raw
        fresh = np.isfinite(raw) & (np.diff(raw, prepend=self._stamp_before) != 0)
        if not fresh.any():
            return None
        return _position(stamps, times, before, int(fresh.argmax()))

    def pull(self, max_samples: int, timeout: float) -> list[Chunk]:
        """Wait for samples and return them in chunks.

        The call returns when ``max_samples`` have arrived, or after ``timeout`` seconds. It returns
        no chunk, one chunk, or several if samples were lost between them. Their arrays are valid
        until the next call. After irregular stamps, samples are held back until later stamps
        distinguish a loss from a delay; see `bci.clock.dejitter.SampleClock`.

        Raises `StreamError` if the stream returned with other channels or another rate.
        """
        if not self.connected and not self._return(timeout):
            return []
        inlet = self._connection.inlet
        assert inlet is not None
        if len(self._buffer) < max_samples:
            shape = (max_samples, self._n_channels)
            self._buffer = np.empty(shape, dtype=inlet.np_dtype)
            self._converted = np.empty(shape, dtype=np.float32)
        try:
            _, stamps = inlet.pull_chunk(
                timeout=timeout, max_samples=max_samples, dest_obj=self._buffer, as_numpy=True
            )
        except LostError:
            self._connection.lose()
            return []
        if not len(stamps):
            return []
        arrived = pylsl.local_clock()
        self._connection.refresh_offset(arrived)
        chunks = self._number(self._as_float32(len(stamps)), stamps, arrived)
        if self._tap is not None:
            for chunk in chunks:
                self._tap(chunk)
        return chunks if self._map is None else [self._map(chunk) for chunk in chunks]

    def _return(self, timeout: float) -> bool:
        """Try once to reconnect; correct the sample clock for a changed clock offset."""
        before = self._connection.offset
        if not self._connection.try_again(timeout):
            return False
        if self._clock is not None:
            self._clock.resume(before - self._connection.offset)
        return True

    def _judge_clock(self, newest: float, arrived: float) -> None:
        """Compare the first stamps with the LSL clock.

        If they are off by years, times of arrival are used instead.
        """
        self._keeping = replace(self._keeping, newest=newest, ahead_s=newest - arrived)
        if self._by_arrival or self._keeping.is_off_by_years:
            self._arrivals = DeviceClock()

    def _as_float32(self, n: int) -> FloatArray:
        if self._buffer.dtype == np.float32:
            pulled: FloatArray = self._buffer[:n]
            return pulled
        # A double too large for float32 becomes infinite; the pipeline replaces and counts it.
        with np.errstate(over="ignore"):
            self._converted[:n] = self._buffer[:n]
        self.rounds = self.rounds or is_rounded(self._buffer[:n])
        return self._converted[:n]

    def _number(self, data: FloatArray, stamps: TimeArray, arrived: float) -> list[Chunk]:
        n, offset = len(data), self._connection.offset
        first = self._n_samples
        self._n_samples += n
        if self._clock is None:
            if not first:
                self._judge_clock(float(stamps[-1]) + offset, arrived)
            times = stamps + offset
            if self._arrivals is not None:
                times = self._arrivals.to_lsl(times, arrived)
            return [Chunk(data, times, first, arrived)]
        stamped = self._clock.stamp(stamps, arrived)
        if len(self._waiting) or self._clock.n_waiting:
            data = self._keep_back(data, len(stamped.indices))
            n = len(data)
            if not n:
                return []
        times, indices = stamped.timestamps + offset, stamped.indices
        if self._next is None:
            self._judge_clock(float(times[-1]), arrived)
        if self._arrivals is not None:
            times = self._arrivals.to_lsl(times, arrived)
        before = self._n_samples - len(self._waiting) - n
        self._stamp_before = float(stamped.raw[0]) if self._next is None else self._stamp_last
        self._stamp_last = float(stamped.raw[-1])
        self._newest = stamped, times, before
        if self._next is None:
            self.seams.append(_position(stamped, times, before, 0))
        elif self._clock.clock_jumps != self._jumps_noted:
            steps = np.abs(np.diff(stamped.raw, prepend=self._stamp_before))
            self.seams.append(_position(stamped, times, before, int(np.nan_to_num(steps).argmax())))
        self._jumps_noted = self._clock.clock_jumps
        expected = int(indices[0]) if self._next is None else self._next
        self._next = int(indices[-1]) + 1
        if self._next - expected == n:
            return [Chunk(data, times, expected, arrived)]
        steps = np.diff(indices, prepend=expected - 1) - 1
        gaps = np.flatnonzero(steps)
        loops, skipped = split_loops(steps[gaps], self.info.loop_gap)
        self._loops += loops
        self._skipped += skipped
        if loops < len(gaps):
            self._lost_at = float(times[gaps[-1]])
        self.seams.extend(_position(stamped, times, before, int(row)) for row in gaps)
        seams = [0, *gaps[gaps > 0].tolist(), n]
        return [
            Chunk(data[start:stop], times[start:stop], int(indices[start]), arrived)
            for start, stop in pairwise(seams)
        ]

    def _keep_back(self, data: FloatArray, n_ready: int) -> FloatArray:
        """Append ``data`` to the samples held back; return the first ``n_ready`` of them."""
        data = np.concatenate([self._waiting, data])
        self._waiting = data[n_ready:].copy()
        return data[:n_ready]

    def close(self) -> None:
        self._connection.close()


def _position(stamps: Stamps, times: TimeArray, before: int, row: int) -> Position:
    raw, index = float(stamps.raw[row]), int(stamps.indices[row])
    return Position(raw, before + row, index, float(times[row]))
