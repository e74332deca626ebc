"""An output place that cannot be written to gives one line of error before any work."""

from pathlib import Path

import pytest

from bci import cli
from bci.commands import bci_command
from bci.files.writable import appearing, obstacle
from tests.commands import bci, one_line, refused
from tests.unprivileged import run_unprivileged

# The input files are missing, which is not noticed, since the output place is refused first.
WRITING = (
    "simulate {place}",
    "demo --folder {place}",
    "calibrate motor-imagery missing.fif --out {place}",
    "pretrain motor-imagery missing --out {place}",
    "pretrain-speech speech missing.fif --out {place}",
    "import dreamer missing.mat --out {place}",
    "import deap missing.mat --out {place}",
    "import seed missing.mat --out {place}",
    "import things-meg missing.fif --out {place}",
    "import embeddings missing.npy missing.txt --made-by x --out {place}.safetensors",
    "embed-images missing --model simple --out {place}.safetensors",
    "export missing.fif --subject 01 --task rest --folder {place}",
    "record --output {place}.xdf",
    "benchmark motor-imagery missing --out {place}.json",
    "benchmark emotion missing --out {place}.json",
    "benchmark images --out {place}.json",
    "benchmark speech --out {place}.json",
    "federate experiment missing --out {place}.json",
)


@pytest.mark.parametrize("command", WRITING)
def test_unwritable_place_is_refused_before_anything_is_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    line = refused(*command.format(place="file/below").split())
    assert "file/below" in line
    assert "missing" not in line


@pytest.mark.parametrize(
    "command",
    ["simulate r", pytest.param("demo", marks=pytest.mark.slow),
     "import embeddings a.npy b.txt --made-by x --out g.safetensors",
     pytest.param("benchmark motor-imagery x --out r/x.json", marks=pytest.mark.slow)],
)  # fmt: skip
def test_read_only_folder_is_one_line(command: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = run_unprivileged((*bci_command(), *command.split()), tmp_path)
    tmp_path.chmod(0o755)
    assert "may not be written to" in one_line(done)


def test_folder_that_may_not_be_looked_into_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    place = tmp_path / "closed" / "inner" / "x.json"
    command = (*bci_command(), "benchmark", "motor-imagery", "x", "--out", str(place))
    done = run_unprivileged(command, tmp_path)
    (tmp_path / "closed").chmod(0o755)
    assert "Permission denied" in one_line(done)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), "error: No space left on device"),
        (PermissionError(13, "Permission denied", "a.csv"), "error: a.csv: Permission denied"),
    ],
)
def test_fault_of_the_disk_is_one_line_in_every_command(
    error: OSError, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    assert one_line(bci()) == expected


def test_obstacle_is_none_where_a_file_can_be_made(tmp_path: Path) -> None:
    assert obstacle(tmp_path / "new" / "folder" / "file") == ""
    (tmp_path / "file").write_text("")
    assert obstacle(tmp_path / "file" / "below").endswith("is no folder")


def test_a_file_that_two_write_at_the_same_time_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "run.fif"
    with appearing(file) as one:
        one.write_text("whole")
        with appearing(file) as other:
            other.write_text("whole")
        assert file.read_text() == "whole"
    assert file.read_text() == "whole"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_whose_writing_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "run.fif"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError), appearing(file) as new:
        new.write_text("half" + "\ud800", encoding="utf-8")
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
