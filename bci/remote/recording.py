"""The recording that remote clients start and stop; it continues after this process ends."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bci.commands import is_recorder
from bci.errors import RemoteError
from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.recorders import FoundRecorder, RecorderWatch
from bci.messages import RecordedEvent, RecordingEvent
from bci.remote.child import WatchedCommand
from bci.remote.file_names import FileNames, free_part, make_way

_LOOK_S = 0.05
_BEGIN_S = 30.0
# Longest wait for all streams; one that answers later is added later.
_STREAMS_S = 10.0
_END_S = 30.0
# File with the process id of the running recorder, for the next remote control.
_NOTE = ".bci-remote.json"
_MAX_NOTE = 10_000


class RemoteRecording:
    """Control of at most one recording at a time.

    A recording continues when clients disconnect and when this process dies. The next remote
    control in the same folder can stop it.
    """

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self.names = FileNames(folder, folder)
        self._folder = folder
        self._report = report
        self._child: WatchedCommand | None = None
        self._noted = 0
        self._watch = RecorderWatch()
        self._all = StreamWatch(StreamQuery())
        self._found: list[FoundRecorder] = []

    async def look(self) -> None:
        """Follow the recorders on the network until cancelled; write the own recorder's note."""
        try:
            while True:
                self._found = self._watch.poll().running
                self._note()
                await asyncio.sleep(_LOOK_S)
        finally:
            self._watch.close()

    async def start(self) -> None:
        """Start the next recording; return when all present streams are written to it.

        Raises `RemoteError` if a recording runs already, or the new one cannot start.
        """
        if self._child is not None and self._child.is_running:
            raise RemoteError("a recording runs already; send stop first")
        if (other := self._left_behind()) is not None:
            raise RemoteError(f"a recording runs already, by process {other}; send stop first")
        path = self.names.next_path()
        if (old := make_way(path)) is not None:
            self._report(f"{path.name} was there already and is now {old.name}")

        def arguments(start: int) -> tuple[str, ...]:
            return "record", f"--output={free_part(path) if start else path}", "--json"

        self._child = child = WatchedCommand("recorder", arguments, self._report)
        await _until(lambda: not child.is_running or self._begun(child), _BEGIN_S)
        if not child.is_running or not self._begun(child):
            raise RemoteError(child.error or f"{path}: the recorder did not begin")
        await _until(lambda: not child.is_running or self._writes_all(child.pid), _STREAMS_S)
        self._report(f"recording {path}")

    async def stop(self) -> None:
        """End the recording; return when its file is complete.

        Raises `RemoteError` if no recording runs, or it failed.
        """
        child = self._child
        if child is not None and child.is_running:
            if not await child.stop(_END_S):
                raise RemoteError("the recorder has not ended yet; its file is whole up to here")
            recorded = [each for each in child.events if isinstance(each, RecordedEvent)]
            if not recorded or child.error:
                raise RemoteError(child.error or "the recorder ended without reporting its file")
            self._forget()
            self._report(f"recorded {recorded[-1].file}: {recorded[-1].elapsed_s:.0f} s")
        elif (other := self._left_behind()) is not None:
            os.kill(other, signal.SIGINT)
            if not await _until(lambda: not is_recorder(other), _END_S):
                raise RemoteError(f"recorder {other} has not ended yet")
            self._forget()
            self._report(f"ended the recording of process {other}")
        else:
            # A recorder that ended by itself has reported the reason.
            raise RemoteError((child and child.error) or "nothing is being recorded")

    async def end(self, patience_s: float) -> None:
        """End the recording that was started here, at the end of this process."""
        if (
            self._child is not None
            and self._child.is_running
            and await self._child.stop(patience_s)
        ):
            self._forget()

    def _note(self) -> None:
        """Write the id of the recording process to the note, once it records."""
        child = self._child
        if child is None or child.pid == self._noted or not self._begun(child):
            return
        self._noted = child.pid
        with contextlib.suppress(OSError):
            # A failure to write the note must not stop the recording.
            (self._folder / _NOTE).write_text(json.dumps({"pid": child.pid}))

    def _forget(self) -> None:
        """Remove the note after the recording has ended."""
        with contextlib.suppress(OSError):
            (self._folder / _NOTE).unlink(missing_ok=True)

    def _left_behind(self) -> int | None:
        """Return the process id of a recorder that an earlier remote control left; None if none."""
        try:
            with (self._folder / _NOTE).open() as file:
                pid = json.loads(file.read(_MAX_NOTE))["pid"]
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None
        # The id may now belong to another program. Ids of 1 and below belong to the system.
        if type(pid) is not int or not 1 < pid < 1 << 31 or pid == self._noted:
            return None
        return pid if is_recorder(pid) else None

    def _begun(self, child: WatchedCommand) -> bool:
        return any(isinstance(each, RecordingEvent) for each in child.events)

    def _writes_all(self, pid: int) -> bool:
        # Two headsets of the same model have streams with the same name.
        there = Counter(found.info.name for found in self._all.poll())
        del there["recorder-status"]
        written = [Counter(each.streams) for each in self._found if each.pid == pid]
        return any(there <= streams for streams in written)


async def _until(condition: Callable[[], bool], longest_s: float) -> bool:
    """Wait up to ``longest_s`` seconds for a condition; return whether it became true."""
    deadline = time.monotonic() + longest_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_S)
    return True
