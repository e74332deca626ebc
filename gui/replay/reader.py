"""Reading a recording in a thread, so that the window goes on drawing."""

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from bci.errors import BciError
from bci.profile import file_sha256
from bci.recording.reading import read_recording
from bci.types import Recording


@dataclass(frozen=True)
class OpenedRecording:
    """A recording and the file that it came from; ``sha256`` is empty where that is a folder."""

    file: Path
    recording: Recording
    sha256: str


class RecordingReader(QObject):
    """Reads one file at a time; of several asked for in turn only the last one is told of.

    The thread is a daemon: a file that is slow to read holds up neither the window nor its end.
    """

    opened = Signal(object)  # OpenedRecording
    failed = Signal(str)  # one sentence
    _done = Signal(int, object)  # which reading, and OpenedRecording or a sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = 0
        self._retired = threading.Event()
        self._done.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def read(self, file: Path) -> None:
        """Begin to read; returns at once."""
        self._asked += 1
        threading.Thread(target=self._read, args=(self._asked, file), daemon=True).start()

    def retire(self) -> None:
        """Tell nothing any more; returns at once."""
        self._retired.set()

    def _read(self, number: int, file: Path) -> None:
        result: OpenedRecording | str
        try:
            recording = read_recording(file)
            digest = file_sha256(file) if file.is_file() else ""
            result = OpenedRecording(file, recording, digest)
        except BciError as error:
            result = str(error)
        except (OSError, MemoryError) as error:
            result = f"{file}: cannot be read ({error or type(error).__name__})"
        # A thread that outlived the window must not touch what Qt has deleted.
        if not self._retired.is_set():
            self._done.emit(number, result)

    def _tell(self, number: int, result: OpenedRecording | str) -> None:
        if number != self._asked or self._retired.is_set():
            return
        if isinstance(result, str):
            self.failed.emit(result)
        else:
            self.opened.emit(result)
