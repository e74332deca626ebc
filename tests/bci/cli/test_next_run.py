"""Numbers of runs if two recorders begin at the same time."""

from pathlib import Path

import pytest

from bci.cli.record import _next_run
from bci.errors import RecordingError
from bci.recording.bids.names import Session


def test_a_run_that_another_recorder_begins_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session("01", "rest")
    first = session.path(tmp_path, 1)
    found = Session.next_path

    def raced(self: Session, folder: Path) -> Path:
        path = found(self, folder)
        if path == first:
            first.parent.mkdir(parents=True)
            first.touch()
        return path

    monkeypatch.setattr(Session, "next_path", raced)
    writer = _next_run(session, tmp_path)
    writer.close()
    assert writer.path == session.path(tmp_path, 2)
    assert first.read_bytes() == b""


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "sub-01").touch()
    with pytest.raises(RecordingError, match="cannot be written"):
        _next_run(Session("01", "rest"), tmp_path)
