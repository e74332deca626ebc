"""Count of the trials of each recording, in a thread."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.training.run_counts import RunCount, count_run
from bci.types import StreamInfo
from gui.workers.background import Background


class TrialCount(NamedTuple):
    """A recording's trials, and the stream that it is of."""

    run: RunCount
    info: StreamInfo


def count_trials(file: Path, profile: Profile) -> TrialCount:
    """Read a recording, as a training with this profile does, and count its trials.

    Raises
    ------
    BciError
        If it cannot be read, or a class has no trial; the message says which.
    """
    recording = read_recording(file, profile=profile)
    return TrialCount(count_run(recording, profile.paradigm), recording.info)


class TrialCounter(QObject):
    """Counts one file after the other, and tells of each."""

    counted = Signal(object, object)  # Path, TrialCount
    failed = Signal(object, str)  # Path, why it has none

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._waiting: list[Path] = []
        self._is_busy = False
        self._profile: Profile | None = None

    def count(self, files: list[Path], profile: Profile) -> None:
        """Count these after those that wait; those of another profile are given up."""
        waiting = self._waiting if profile == self._profile else []
        self._profile, self._waiting = profile, [*waiting, *files]
        if not self._is_busy:
            self._next()

    def retire(self) -> None:
        """Tell nothing any more; returns at once."""
        self._background.retire()

    def _next(self) -> None:
        self._is_busy = bool(self._waiting)
        if not self._waiting or self._profile is None:
            return
        file = self._waiting.pop(0)
        work = partial(count_trials, file, self._profile)
        self._background.ask(work, partial(self._on_counted, file), partial(self._on_failed, file))

    def _on_counted(self, file: Path, found: TrialCount) -> None:
        self.counted.emit(file, found)
        self._next()

    def _on_failed(self, file: Path, why: str) -> None:
        self.failed.emit(file, why)
        self._next()
