"""Find running recorders on the network by the status streams that they publish."""

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
# Time until a recorder that did not answer is tried again, in seconds.
_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class FoundRecorder:
    """A recorder on the network and its last status.

    ``pid`` is its process number, 0 on another computer. ``streams`` names the recorded streams
    that are present, ``missing`` the absent ones. ``regular`` has the names of the present streams
    with a sampling rate, and their numbers of recorded samples.
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
    """Result of one `RecorderWatch.poll`.

    ``running`` are the running recorders and ``gone`` those that ended since the last call.
    ``unread`` has the error of each status that could not be read, as of another version.
    """

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
    """Search for recorders, which also reads their status.

    Call `poll` a few times per second.
    """

    def __init__(self) -> None:
        self._watch = StreamWatch(StreamQuery(name="recorder-status", type="Status"))
        self._opened: queue.SimpleQueue[_Open] = queue.SimpleQueue()
        self._open: dict[str, _Open] = {}
        self._known: set[str] = set()
        self._unanswered: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()

    def poll(self) -> RecorderNews:
        """Return the present recorders and the changes since the last call.

        This does not wait.
        """
        self._forgive(time.monotonic())
        for found in self._watch.poll():
            if found.uid not in self._known:
                self._known.add(found.uid)
                # In its own thread, since a hanging stream takes seconds to time out.
                threading.Thread(target=self._connect, args=(found,), daemon=True).start()
        while not self._opened.empty():
            opened = self._opened.get()
            self._open[opened.found.uid] = opened
        news = RecorderNews([], [], [])
        for recorder in list(self._open.values()):
            self._read(recorder, news)
        return news

    def forget(self, pid: int) -> None:
        """Drop the ended recorder of process ``pid``.

        Its last status is then no longer shown.
        """
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
            # A busy computer may answer too late, so the recorder is tried again.
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
            # A recorder that was only frozen is listed again with the same ``uid``.
            self._known.discard(uid)
        if recorder.status is not None:
            (news.gone if is_gone else news.running).append(recorder.status)


def found_recorder(found: FoundStream, status: RecorderStatus) -> FoundRecorder:
    """Describe a recorder by its stream and status.

    ``pid`` is kept only on this computer.
    """
    # Process 1 is the system's or the container's own and must not be sent a signal.
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
