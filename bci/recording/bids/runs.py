"""Recorded runs of a subject: the files that a model can be trained on."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bci.recording.bids.names import EXECUTED_TASK, IMAGINED_TASK, Session


class RecordedRun(NamedTuple):
    """A recorded run: when it was recorded, and its size in MB."""

    file: Path
    recorded: datetime
    megabytes: float

    @classmethod
    def of(cls, file: Path) -> "RecordedRun":
        """Read time and size of a file."""
        status = file.stat()
        return cls(file, datetime.fromtimestamp(status.st_mtime), status.st_size / 1e6)


@dataclass(frozen=True, slots=True)
class RecordedRuns:
    """This subject's runs, and those of the same visit."""

    runs: list[RecordedRun]
    same_visit: set[Path]


def find_runs(session: Session, run: Path | None, recordings: Path) -> RecordedRuns:
    """Find the runs of a subject with the task of a session; with imagined movements, executed too.

    Those of the same visit as ``run``, which was recorded just now, are proposed.
    """
    runs = earlier_runs(recordings, session)
    if session.task == IMAGINED_TASK:
        runs += earlier_runs(recordings, replace(session, task=EXECUTED_TASK))
        runs.sort(key=_age)
    same_visit = {other for other in runs if run is not None and other.parent == run.parent}
    return RecordedRuns([RecordedRun.of(other) for other in runs], same_visit)


def earlier_runs(folder: Path, session: Session) -> list[Path]:
    """List the recordings of this subject with this task, of all sessions, oldest first."""
    pattern = f"sub-{session.subject}_*task-{session.task}_run-*_{session.suffix}.xdf"
    found = (folder / f"sub-{session.subject}").rglob(pattern)
    return sorted(found, key=_age)


def _age(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, file.name
