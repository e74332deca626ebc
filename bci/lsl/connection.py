"""The connection to one LSL stream: its opening, clock offset, loss and return."""

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
    """One LSL inlet, its clock offset, and its return after the outlet was gone.

    liblsl's own recovery is silent and works only for streams with a source id; this one is
    visible and works for all.

    Raises `StreamError` if the stream does not answer or has too many channels.
    """

    def __init__(self, found: FoundStream, buffer_s: float) -> None:
        self._buffer_s = buffer_s
        self._open(found.raw)
        self.reconnects = 0

    @property
    def offset(self) -> float:
        """Offset of the sender's clock that stamps are corrected by, in seconds."""
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
        """Take the newest clock offset; liblsl measures it in a thread of its own."""
        if now < self._offset_due or self.inlet is None:
            return
        self._offset_due = now + RENEWED_S
        # Where no newer measurement is to be had, the last one holds on.
        with contextlib.suppress(LostError, LslTimeoutError):
            self.offsets.add(measure_offset(self.inlet, 0.001))
            self.clock = self.offsets.best(now)

    def lose(self) -> None:
        """The outlet is gone: begin to look for its return."""
        self.inlet = None
        wanted = self.info
        # The same outlet, restarted: by its source id, else by everything else it is known by.
        known = {"source_id": wanted.source_id} if wanted.source_id else {"name": wanted.name}
        self._watch = StreamWatch(StreamQuery(type=wanted.type, **known))

    def try_again(self, timeout: float) -> bool:
        """Look once for the stream's return, at most ``timeout`` seconds; whether it is back.

        Raises `StreamError` if it came back with other channels or another rate.
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
        # Discovery runs in a thread of liblsl's; look again soon.
        time.sleep(max(0.0, min(timeout, 0.1)))
        return False

    def close(self) -> None:
        if self.inlet is not None:
            self.inlet.close_stream()
            self.inlet = None
        self._watch = None
