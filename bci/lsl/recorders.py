"""Recorders that run on the network, found by the status that each publishes."""

import queue
import socket
import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

from bci.errors import StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.engine_streams import StatusInlet
from bci.messages import RecorderStatus

_MAX_PATH, _MAX_NAME = 1000, 200
# Until a recorder that did not answer is asked again.
_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class FoundRecorder:
    """A recorder on the network and its last status; ``pid`` is 0 where it runs elsewhere.

    ``streams`` are those that are there, ``missing`` the others, and ``regular`` those with a rate
    and the number of samples of each.
    """

    uid: str
    hostname: str
    pid: int
    file: str
    elapsed_s: float
    n_bytes: int
    streams: tuple[str, ...]
    missing: tuple[str, ...]
    regular: tuple[tuple[str, int], ...] = ()


class RecorderNews(NamedTuple):
    """Recorders that run, those that went since the last look, and statuses of other versions."""

    running: list[FoundRecorder]
    gone: list[FoundRecorder]
    unread: list[str]


@dataclass
class _Open:
    found: FoundStream
    inlet: StatusInlet
    status: FoundRecorder | None = None
    unread: bool = False


class RecorderWatch:
    """Look for recorders and read what each reports; call `poll` a few times a second."""

    def __init__(self) -> None:
        self._watch = StreamWatch(StreamQuery(name="recorder-status", type="Status"))
        self._opened: queue.SimpleQueue[_Open] = queue.SimpleQueue()
        self._open: dict[str, _Open] = {}
        self._known: set[str] = set()
        self._unanswered: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()

    def poll(self) -> RecorderNews:
        """Look now; returns at once."""
        self._forgive(time.monotonic())
        for found in self._watch.poll():
            if found.uid not in self._known:
                self._known.add(found.uid)
                # In a thread of its own, since a stream that hangs takes seconds to give up.
                threading.Thread(target=self._connect, args=(found,), daemon=True).start()
        while not self._opened.empty():
            opened = self._opened.get()
            self._open[opened.found.uid] = opened
        news = RecorderNews([], [], [])
        for recorder in list(self._open.values()):
            self._read(recorder, news)
        return news

    def forget(self, pid: int) -> None:
        """Drop a recorder that has ended: its last status must not stand as the present one."""
        for uid, recorder in list(self._open.items()):
            if recorder.status is not None and recorder.status.pid == pid:
                recorder.inlet.close()
                del self._open[uid]

    def close(self) -> None:
        for recorder in self._open.values():
            recorder.inlet.close()

    def _connect(self, found: FoundStream) -> None:
        try:
            self._opened.put(_Open(found, StatusInlet(found)))
        except StreamError:
            # A busy computer may answer too late once.
            self._unanswered.put((time.monotonic() + _AGAIN_S, found.uid))

    def _forgive(self, now: float) -> None:
        for _ in range(self._unanswered.qsize()):
            due, uid = self._unanswered.get()
            if now >= due:
                self._known.discard(uid)
            else:
                self._unanswered.put((due, uid))

    def _read(self, recorder: _Open, news: RecorderNews) -> None:
        inlet, uid = recorder.inlet, recorder.found.uid
        try:
            for status in inlet.pull():
                if isinstance(status, RecorderStatus):
                    recorder.status = found_recorder(recorder.found, status)
            is_gone = not inlet.connected
        except StreamError:
            is_gone = True
        if inlet.problem is not None and not recorder.unread:
            recorder.unread = True
            news.unread.append(inlet.problem)
        if is_gone:
            inlet.close()
            del self._open[uid]
            # A recorder that was frozen is listed again under the same number.
            self._known.discard(uid)
        if recorder.status is not None:
            (news.gone if is_gone else news.running).append(recorder.status)


def found_recorder(found: FoundStream, status: RecorderStatus) -> FoundRecorder:
    """Describe a recorder; the number of its process is of use on this computer only."""
    # The first process is the system, or a container's own: no signal is sent to it.
    is_here = found.hostname == socket.gethostname() and status.pid > 1
    present = tuple(stream for stream in status.streams if stream.present)
    return FoundRecorder(
        uid=found.uid,
        hostname=found.hostname,
        pid=status.pid if is_here else 0,
        file=status.file[:_MAX_PATH],
        elapsed_s=status.elapsed_s,
        n_bytes=status.n_bytes,
        streams=tuple(stream.name[:_MAX_NAME] for stream in present),
        missing=tuple(stream.name[:_MAX_NAME] for stream in status.streams if not stream.present),
        regular=tuple((s.name[:_MAX_NAME], s.samples) for s in present if s.sfreq > 0),
    )
