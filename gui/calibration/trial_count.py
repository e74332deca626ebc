"""Count of the trials of each recording, in a thread."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.profiles.profile import Profile
from bci.training.run_counts import TrialCount, count_trials
from gui.workers.background import Background


class TrialCounter(QObject):
    """Counts one file after the other."""

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
        """Report nothing any more; returns at once."""
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
