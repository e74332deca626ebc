"""Recorded runs of a subject: the files that a model can be trained on."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bci.recording.bids.names import EXECUTED_TASK, IMAGINED_TASK, Session


class RecordedRun(NamedTuple):
    """A recorded run: its file, the file's time of modification and its size in MB."""

    file: Path
    recorded: datetime
    megabytes: float

    @classmethod
    def of(cls, file: Path) -> "RecordedRun":
        """Read the time of modification and the size of ``file``."""
        status = file.stat()
        return cls(file, datetime.fromtimestamp(status.st_mtime), status.st_size / 1e6)


@dataclass(frozen=True, slots=True)
class RecordedRuns:
    """Runs of a subject, oldest first; ``same_visit`` has the files of the visit just recorded."""

    runs: list[RecordedRun]
    same_visit: set[Path]


def find_runs(session: Session, run: Path | None, recordings: Path) -> RecordedRuns:
    """Find the runs in ``recordings`` that have the subject and the task of ``session``.

    If the task is imagined movement, runs of executed movement are found too. ``run`` is the
    file that was recorded just now. Runs in the same folder belong to the same visit.
    """
    runs = earlier_runs(recordings, session)
    if session.task == IMAGINED_TASK:
        runs += earlier_runs(recordings, replace(session, task=EXECUTED_TASK))
        runs.sort(key=_age)
    same_visit = {other for other in runs if run is not None and other.parent == run.parent}
    return RecordedRuns([RecordedRun.of(other) for other in runs], same_visit)


def earlier_runs(folder: Path, session: Session) -> list[Path]:
    """List the recordings of ``session``'s subject and task, of all sessions, oldest first."""
    pattern = f"sub-{session.subject}_*task-{session.task}_run-*_{session.suffix}.xdf"
    found = (folder / f"sub-{session.subject}").rglob(pattern)
    return sorted(found, key=_age)


def _age(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, file.name
