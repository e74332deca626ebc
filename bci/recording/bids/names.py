"""Folders and file names of recordings, after BIDS."""

import re
from dataclasses import dataclass
from pathlib import Path

from bci.errors import RecordingError

IMAGINED_TASK, EXECUTED_TASK = "motorimagery", "motorexecution"

_LABEL = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Session:
    """BIDS labels of a recording: subject, task and session.

    A label has letters and digits only (https://bids-specification.readthedocs.io). ``session`` is
    None where the file names have none. ``suffix`` is the BIDS modality, such as ``eeg``.

    Raises `RecordingError` if a label has any other character.
    """

    subject: str
    task: str
    session: str | None = None
    suffix: str = "eeg"

    def __post_init__(self) -> None:
        for what in ("subject", "task", "session"):
            label = getattr(self, what)
            if label is not None and not _LABEL.fullmatch(label):
                raise RecordingError(f"the {what} {label!r} may have letters and digits only")

    def path(self, folder: Path, run: int) -> Path:
        """Path of a run: ``sub-…/ses-…/eeg/sub-…_ses-…_task-…_run-…_eeg.xdf``."""
        parts = [f"sub-{self.subject}"]
        if self.session:
            parts.append(f"ses-{self.session}")
        stem = "_".join([*parts, f"task-{self.task}", f"run-{run:02d}", self.suffix])
        return folder.joinpath(*parts, self.suffix, f"{stem}.xdf")

    def next_path(self, folder: Path) -> Path:
        """Return the path of the lowest run number that has no file in ``folder``."""
        run = 1
        while self.path(folder, run).exists():
            run += 1
        return self.path(folder, run)


def is_executed(file: Path) -> bool:
    """Return whether the run's movements were executed and not imagined, by its file name."""
    return f"_task-{EXECUTED_TASK}_" in file.name
