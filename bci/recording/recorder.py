"""Recording LSL streams together into one XDF file."""

import os
import queue
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from pylsl import local_clock

from bci.errors import RecordingError, StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.raw_inlet import RawInlet
from bci.messages import RecordedStream, RecorderStatus
from bci.recording.xdf.writer import XdfWriter

_ARRIVE_S = 0.1
_PULL_EVERY_S = 0.1
_SYNC_EVERY_S = 0.5
_OFFSET_EVERY_S = 5.0
_BOUNDARY_EVERY_S = 10.0
# A restarted stream is listed twice for a moment; two streams that are alike stay listed longer.
_TWIN_S = 6.0
_MISS_AFTER_S = 3.0
_WARN_BELOW_BYTES = 1 << 30
_STOP_BELOW_BYTES = 8 << 20
_MAX_STREAMS = 256
# Pulls from one stream per turn, so that a fast stream does not block the others.
_MAX_PULLS = 16


@dataclass(slots=True)
class Recorded:
    """One recorded stream, with its number of samples in the file.

    ``stream_id`` is its number in the XDF file. ``there`` is True while it is on the network.
    """

    found: FoundStream
    stream_id: int
    n_samples: int = 0
    there: bool = True


class Recorder:
    """Record the chosen streams unchanged: number type, sender's time stamps, clock offsets.

    Streams that appear later are added. A stream that disappears and returns is continued.
    """

    def __init__(
        self,
        writer: XdfWriter,
        names: tuple[str, ...] = (),  # Names of the streams; empty for all streams
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._writer = writer
        self._names = names
        self._report = report
        self._status_id = f"recorder-{uuid.uuid4()}"
        self._opened: queue.SimpleQueue[tuple[FoundStream, RawInlet | StreamError]] = (
            queue.SimpleQueue()
        )
        self._opening: set[str] = set()
        self._sources: list[tuple[Recorded, RawInlet]] = []
        self._refused: dict[str, str] = {}
        self._twins: dict[str, float] = {}
        self._finished: list[Recorded] = []
        self._warned = False
        self._began = local_clock()

    @property
    def streams(self) -> list[Recorded]:
        """All streams that are or were recorded, in order of appearance."""
        return sorted(
            [*self._finished, *(recorded for recorded, _ in self._sources)],
            key=lambda recorded: recorded.stream_id,
        )

    def run(self, stop: threading.Event, on_second: Callable[[], None] = lambda: None) -> None:
        """Record until ``stop`` is set; call ``on_second`` about once per second.

        Raises `RecordingError` if the disk is full or fails; the file stays readable.
        """
        watch = StreamWatch(StreamQuery())
        outlet = StatusOutlet("recorder", self._status_id)
        sync = offset = boundary = began = time.monotonic()
        missed = began + _MISS_AFTER_S
        try:
            while not stop.wait(_PULL_EVERY_S):
                now = time.monotonic()
                self._adopt()
                self._pull()
                if now >= missed:
                    missed = float("inf")
                    self._report_missing()
                if now >= offset:
                    offset = now + _OFFSET_EVERY_S
                    self._write_offsets()
                if now >= boundary:
                    boundary = now + _BOUNDARY_EVERY_S
                    self._writer.write_boundary()
                if now >= sync:
                    sync = now + _SYNC_EVERY_S
                    self._look(watch.poll(), now)
                    self._writer.sync()
                    self._check_disk()
                    outlet.push(self.status(now - began))
                    on_second()
            # Samples sent before ``stop`` was set may still arrive.
            time.sleep(_ARRIVE_S)
            self._pull()
            self._write_offsets()
        finally:
            outlet.close()
            for _, inlet in self._sources:
                inlet.close()
            self._writer.close()

    def _look(self, listed: list[FoundStream], now: float) -> None:
        uids = {found.uid for found in listed}
        for recorded, _ in self._sources:
            if recorded.there and not self._is_listed(recorded, listed):
                recorded.there = False
                self._report(f"{recorded.found.info.name} vanished; its return is waited for")
            elif not recorded.there and self._is_listed(recorded, listed):
                recorded.there = True
                self._report(f"{recorded.found.info.name} is back")
        for found in listed:
            if not self._is_wanted(found) or found.uid in self._opening:
                continue
            if self._resumes(found, uids, now):
                continue
            if len(self._opening) >= _MAX_STREAMS:
                self._report(f"not recorded: {found}; {_MAX_STREAMS} streams are the most")
                return
            self._opening.add(found.uid)
            threading.Thread(target=self._open, args=(found,), daemon=True).start()

    def _report_missing(self) -> None:
        there = {recorded.found.info.name for recorded in self.streams}
        for name in self._names:
            if name not in there:
                self._report(f"there is no stream called {name!r} so far; it is waited for")
        if not there and not self._names:
            self._report("there is no stream on the network so far; they are waited for")

    def _is_wanted(self, found: FoundStream) -> bool:
        if found.info.source_id == self._status_id or found.channel_format == "undefined":
            return False
        return not self._names or found.info.name in self._names

    def _is_listed(self, recorded: Recorded, listed: list[FoundStream]) -> bool:
        return any(
            found.uid == recorded.found.uid or _same_source(found, recorded.found)
            for found in listed
        )

    def _resumes(self, found: FoundStream, uids: set[str], now: float) -> bool:
        """Return whether ``found`` is a recorded stream or its restarted outlet.

        The existing inlet reconnects to a restarted outlet by itself.
        """
        same = [r for r, _ in self._sources if _same_source(r.found, found)]
        if not same:
            return False
        for recorded in same:
            if recorded.found.uid == found.uid:
                return True
            if recorded.found.uid not in uids:
                recorded.found = found
                return True
        return now - self._twins.setdefault(found.uid, now) < _TWIN_S

    def _open(self, found: FoundStream) -> None:
        """Open an inlet, in a thread of its own: a stream that hangs blocks for seconds."""
        try:
            self._opened.put((found, RawInlet(found)))
        except StreamError as error:
            self._opened.put((found, error))

    def _adopt(self) -> None:
        while not self._opened.empty():
            found, inlet = self._opened.get()
            if isinstance(inlet, StreamError):
                self._opening.discard(found.uid)
                if self._refused.get(found.uid) != str(inlet):
                    self._report(f"not recorded for now: {inlet}")
                self._refused[found.uid] = str(inlet)
                continue
            stream_id = self._writer.add_stream(inlet.header)
            self._writer.write_offset(stream_id, *inlet.offset())
            self._sources.append((Recorded(found, stream_id), inlet))
            self._report(f"recording {found}")
            if inlet.was_cut:
                self._report(f"{found.info.name}: its description is too long and is left out")
            if self._lacks_adaptation(inlet):
                self._report(
                    f"{found.info.name}: its engine adapts ({inlet.unpublished}) and ran before "
                    "this recording, so 'bci verify' cannot repeat its decisions. To verify them "
                    "start the recording first, or the engine with --adapt off"
                )

    def _lacks_adaptation(self, inlet: RawInlet) -> bool:
        """Return whether an engine adapted before the recording and does not publish its state."""
        return bool(inlet.unpublished) and inlet.created < self._began

    def _pull(self) -> None:
        for recorded, inlet in list(self._sources):
            try:
                self._drain(recorded, inlet)
            except StreamError as error:
                self._report(f"{error}; without a source id it cannot be waited for")
                recorded.there = False
                inlet.close()
                self._finished.append(recorded)
                self._sources.remove((recorded, inlet))

    def _drain(self, recorded: Recorded, inlet: RawInlet) -> None:
        for _ in range(_MAX_PULLS):
            stamps, values = inlet.pull()
            if not len(stamps):
                return
            self._writer.write_samples(recorded.stream_id, stamps, values)
            recorded.n_samples += len(stamps)

    def _write_offsets(self) -> None:
        for recorded, inlet in self._sources:
            if recorded.there:
                self._writer.write_offset(recorded.stream_id, *inlet.offset())

    def _check_disk(self) -> None:
        try:
            free = shutil.disk_usage(self._writer.path.parent).free
        except OSError as error:
            raise RecordingError(
                f"{self._writer.path.parent} is gone ({error.strerror}): recording stopped"
            ) from error
        if free < _STOP_BELOW_BYTES:
            raise RecordingError(
                f"{self._writer.path}: the disk is full; recording stopped, the file is whole"
            )
        if free < _WARN_BELOW_BYTES and not self._warned:
            self._warned = True
            self._report(f"the disk is nearly full: {free / 1e6:.0f} MB are left")

    def status(self, elapsed_s: float) -> RecorderStatus:
        """Status message after ``elapsed_s`` seconds of recording."""
        return RecorderStatus(
            pid=os.getpid(),
            file=str(self._writer.path),
            elapsed_s=round(elapsed_s, 1),
            n_bytes=self._writer.n_bytes,
            streams=tuple(
                RecordedStream(
                    name=each.found.info.name,
                    samples=each.n_samples,
                    sfreq=rate if isfinite(rate := each.found.info.sfreq) else 0.0,
                    present=each.there,
                )
                for each in self.streams
            ),
        )


def _same_source(one: FoundStream, other: FoundStream) -> bool:
    """Return whether liblsl would treat one stream as the other's restarted outlet."""
    return bool(one.info.source_id) and (
        (one.info, one.channel_format, one.raw.channel_count())
        == (other.info, other.channel_format, other.raw.channel_count())
    )
