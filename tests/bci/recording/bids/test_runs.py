"""The recorded runs that are offered for training."""

import os
from pathlib import Path

from bci.recording.bids.names import Session, is_executed
from bci.recording.bids.runs import find_runs


def written(folder: Path, task: str, run: int, age: int, subject: str = "07") -> Path:
    file = Session(subject, task).path(folder, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    os.utime(file, (age, age))
    return file


def test_executed_runs_are_offered_with_imagined_ones(tmp_path: Path) -> None:
    moved = written(tmp_path, "motorexecution", 1, 100)
    imagined = written(tmp_path, "motorimagery", 1, 200)
    written(tmp_path, "wordreading", 1, 300)
    written(tmp_path, "motorexecution", 1, 400, subject="08")

    found = find_runs(Session("07", "motorimagery"), imagined, tmp_path)
    assert [run.file for run in found.runs] == [moved, imagined]
    assert found.same_visit == {moved, imagined}
    assert [is_executed(run.file) for run in found.runs] == [True, False]
    words = find_runs(Session("07", "wordreading"), None, tmp_path)
    assert [run.file.name for run in words.runs] == ["sub-07_task-wordreading_run-01_eeg.xdf"]
