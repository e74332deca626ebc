"""Connection to one LSL stream: opening, clock offset, loss and reconnection."""

import contextlib
import time

import pylsl
from pylsl.util import LostError
from pylsl.util import TimeoutError as LslTimeoutError

from bci.errors import StreamError
from bci.lsl.clock_offset import RENEWED_S, OffsetHistory, measure_offset
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.metadata import MAX_CHANNELS, from_lsl

_OPEN_S = 5.0


class Connection:
    """One LSL inlet, its clock offset, and its reconnection after the outlet was lost.

    liblsl's own recovery is silent and needs a source id. This one reports the loss and works for
    all streams.

    Raises `StreamError` if the stream does not answer or has too many channels.
    """

    def __init__(self, found: FoundStream, buffer_s: float) -> None:
        self._buffer_s = buffer_s
        self._open(found.raw)
        self.reconnects = 0

    @property
    def offset(self) -> float:
        """Offset that is added to the sender's time stamps, in seconds."""
        return self.clock.offset_s

    def _open(self, described: pylsl.StreamInfo) -> None:
        if not 1 <= described.channel_count() <= MAX_CHANNELS:
            raise StreamError(
                f"stream {described.name()!r} claims {described.channel_count()} channels"
            )
        inlet = pylsl.StreamInlet(
            described, max_buflen=max(1, round(self._buffer_s)), recover=False
        )
        try:
            self.info = from_lsl(inlet.info(timeout=_OPEN_S))
            inlet.open_stream(timeout=_OPEN_S)
            measured = measure_offset(inlet, _OPEN_S)
        except RuntimeError as error:
            raise StreamError(
                f"stream {described.name()!r} does not answer; is its program still running?"
            ) from error
        self.inlet: pylsl.StreamInlet | None = inlet
        self._offset_due = pylsl.local_clock() + RENEWED_S
        self.offsets = OffsetHistory(measured)
        self.clock = self.offsets.best(pylsl.local_clock())
        self._watch: StreamWatch | None = None

    def refresh_offset(self, now: float) -> None:
        """Update the clock offset once per second; liblsl measures it in its own thread."""
        if now < self._offset_due or self.inlet is None:
            return
        self._offset_due = now + RENEWED_S
        # Without a newer measurement, the last one is kept.
        with contextlib.suppress(LostError, LslTimeoutError):
            self.offsets.add(measure_offset(self.inlet, 0.001))
            self.clock = self.offsets.best(now)

    def lose(self) -> None:
        """Drop the lost outlet and start to search for its return."""
        self.inlet = None
        wanted = self.info
        # The restarted outlet is found by source id and type, or by name and type without an id.
        known = {"source_id": wanted.source_id} if wanted.source_id else {"name": wanted.name}
        self._watch = StreamWatch(StreamQuery(type=wanted.type, **known))

    def try_again(self, timeout: float) -> bool:
        """Try once, for at most ``timeout`` seconds, to reconnect; return True on success.

        Raises `StreamError` if the stream returned with other channels or another rate.
        """
        assert self._watch is not None
        for found in self._watch.poll():
            before = self.info
            try:
                self._open(found.raw)
            except StreamError:
                continue
            if (self.info.sfreq, self.info.channels) != (before.sfreq, before.channels):
                self.inlet = None
                raise StreamError(
                    f"stream {before.name!r} came back changed: {before.n_channels} channels at "
                    f"{before.sfreq:g} Hz before, {self.info.n_channels} at {self.info.sfreq:g} Hz "
                    "now, or with other names; start again"
                )
            self.reconnects += 1
            return True
        # Discovery runs in liblsl's own thread; the caller tries again soon.
        time.sleep(max(0.0, min(timeout, 0.1)))
        return False

    def close(self) -> None:
        if self.inlet is not None:
            self.inlet.close_stream()
            self.inlet = None
        self._watch = None
