"""The measured offset in a user's profile."""

from datetime import date
from pathlib import Path

import pytest

from bci.errors import PlaceError, ProfileError
from bci.profiles.profile import load_profile, shipped_profiles
from bci.profiles.stimulus import Stimulus
from bci.stimulus.profile_lines import profile_lines, write_stimulus

MEASURED = Stimulus(
    offset_s=0.02314, spread_s=0.0009, measured=date(2026, 11, 29), screen='DELL "U2" #1: left'
)
SHIPPED = Path("configs/motor-imagery.yaml")


def test_line_reads_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{SHIPPED.read_text()}\n{profile_lines(MEASURED)}\n")
    found = load_profile(file).stimulus
    assert found == MEASURED.model_copy(update={"offset_s": 0.0231})


@pytest.mark.parametrize(
    "before",
    [
        "",
        "stimulus: {offset_s: 0.5}  # old\n",
        "stimulus:\n  offset_s: 0.5  # old\n  screen: here\n",
        "stimulus: {offset_s: 0.5,\n           screen: here}\n",
        "stimulus: null\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_writing_changes_this_key_alone(tmp_path: Path, before: str, newline: str) -> None:
    text = SHIPPED.read_text()
    head, tail = text.split("\noutput:")
    whole = f"{head}\n{before}# a note\noutput:{tail}".replace("\n", newline)
    file = tmp_path / "mine.yaml"
    file.write_bytes(whole.encode())
    write_stimulus(file, MEASURED)
    changed = file.read_bytes().decode()
    found = load_profile(file)
    assert found.stimulus is not None
    assert found.stimulus.offset_s == 0.0231
    kept = [line for line in whole.split(newline) if not _is_of_key(line)]
    assert [line for line in changed.split(newline) if line in kept and line] == [
        line for line in kept if line
    ]
    write_stimulus(file, MEASURED)
    assert file.read_bytes().decode() == changed
    assert list(tmp_path.iterdir()) == [file]


def _is_of_key(line: str) -> bool:
    return line.startswith(("stimulus:", "  offset_s: 0.5", "  screen: here", "           screen"))


def test_shipped_profile_is_never_changed() -> None:
    before = SHIPPED.read_bytes()
    for file in (SHIPPED, shipped_profiles()["motor-imagery"]):
        with pytest.raises(PlaceError, match="ships with bci and is not changed: copy it first"):
            write_stimulus(file, MEASURED)
    assert SHIPPED.read_bytes() == before


def test_file_that_is_no_profile_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    with pytest.raises(PlaceError, match="no such file"):
        write_stimulus(file, MEASURED)
    file.write_text("task: x\n")
    with pytest.raises(ProfileError, match="pipeline"):
        write_stimulus(file, MEASURED)
    assert file.read_text() == "task: x\n"
