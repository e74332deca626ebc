"""How many trials each recording has, counted in a thread."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.profile import Profile
from bci.recording.reading import read_recording
from bci.trials import find_trials
from bci.types import StreamInfo
from gui.amounts import counted
from gui.background import Background

_MOST_CLASSES = 4


@dataclass(frozen=True, slots=True)
class TrialCount:
    """A recording's trials by class, and the stream that it is of."""

    by_class: dict[str, int]
    info: StreamInfo

    @property
    def text(self) -> str:
        """``12 trials (6 left, 6 right)``."""
        total = counted(sum(self.by_class.values()), "trial")
        if len(self.by_class) > _MOST_CLASSES:
            return f"{total} of {counted(len(self.by_class), 'different cue')}"
        return f"{total} ({', '.join(f'{n} {name}' for name, n in self.by_class.items())})"


def count_trials(file: Path, profile: Profile) -> TrialCount:
    """Read a recording as a training with the profile does, and find its trials.

    Raises
    ------
    BciError
        If it cannot be read, or a class has no trial; the message says which.
    """
    recording = read_recording(file, profile=profile)
    found = Counter(trial.label for trial in find_trials(recording, profile.paradigm))
    return TrialCount(dict(sorted(found.items())), recording.info)


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
