"""The people that a pretraining uses: recordings only, and no person by mistake."""

import dataclasses
from pathlib import Path

import pytest

from bci.errors import RecordingError
from bci.recording.formats import recordings_in
from bci.training.others.people import executed_apart, files_of_people
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci, refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two people, with other usual files beside their runs."""
    for person in ("S001", "S002"):
        own = tmp_path / "people" / person
        (own / "ses-1").mkdir(parents=True)
        for name in (
            "R04.edf", "R08.EDF", "R04.edf.event", "card.yaml", "channels.tsv",
            "ses-1/run-01_eeg.xdf", "ses-1/run-01_eeg_profile.yaml",
        ):  # fmt: skip
            (own / name).touch()
    return tmp_path / "people"


def names(files: dict[str, list[Path]], person: str) -> list[str]:
    return [file.name for file in files[person]]


def test_without_a_pattern_every_recording_is_taken_and_nothing_else(folder: Path) -> None:
    files = files_of_people(folder)
    assert list(files) == ["S001", "S002"]
    assert names(files, "S001") == ["R04.edf", "R08.EDF", "run-01_eeg.xdf"]
    assert names(files_of_people(folder, ["*R0[48].edf"]), "S002") == ["R04.edf"]
    assert list(files_of_people(folder, without=["S001"])) == ["S002"]


def test_a_recording_that_is_a_folder_is_one(tmp_path: Path) -> None:
    for part in ("a/run.ds/run.meg4", "a/run.ds/hz.ds/hz.res4", "a/run.mff/x.fif"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    assert [path.name for path in recordings_in(tmp_path)] == ["run.ds", "run.mff"]
    assert names(files_of_people(tmp_path, ["*.ds"]), "a") == ["run.ds"]


@pytest.mark.parametrize("pattern", ["/x/*", "", ".", "../S002/*"])
def test_what_is_no_pattern_within_a_folder_is_reported(folder: Path, pattern: str) -> None:
    line = refused("pretrain", "motor-imagery", folder, "--out", folder / "m", "--runs", pattern)
    assert f"--runs {pattern!r} is no pattern of files in a person's folder" in line


def test_who_is_to_be_left_out_has_to_be_there(folder: Path) -> None:
    line = refused("pretrain", "motor-imagery", folder, "--out", folder / "m", "--without", "S099")
    assert "there is no S099 that could be left out" in line
    assert "there are: S001, S002" in line


def test_an_empty_folder_is_reported(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"holds a file that fits --runs '\*\.bdf'"):
        files_of_people(folder, ["*.bdf"])
    with pytest.raises(RecordingError, match=r"holds a file that fits --executed '\*\.bdf'"):
        files_of_people(folder, ["*.bdf"], option="--executed")
    (tmp_path / "empty" / "S001").mkdir(parents=True)
    with pytest.raises(RecordingError, match="no folder of a person in it holds a recording"):
        files_of_people(tmp_path / "empty")
    with pytest.raises(RecordingError, match="no such folder"):
        files_of_people(tmp_path / "nowhere")


def test_executed_runs_are_distinguished_and_are_not_all_of_a_person() -> None:
    made, imagined = Path("R03.edf"), Path("R04.edf")
    files, executed = {"a": [made, imagined], "b": [imagined]}, {"a": [made], "b": []}
    assert executed_apart(files, executed) == {"a": [imagined], "b": [imagined]}
    with pytest.raises(RecordingError, match="a has runs of executed movement only"):
        executed_apart({"a": [made]}, executed)


@pytest.mark.slow
def test_runs_without_the_cues_are_to_be_left_out_by_a_pattern(tmp_path: Path) -> None:
    for person in (1, 2):
        (tmp_path / f"people/{person}").mkdir(parents=True)
        run = simulate_run(SubjectSettings(person, trials_per_class=4), 1)
        write_run(run, tmp_path / f"people/{person}/run_raw.fif")
        (tmp_path / f"people/{person}/card.yaml").write_text("x: 1\n")
        moved = simulate_run(SubjectSettings(person, trials_per_class=4), 2)
        write_run(moved, tmp_path / f"people/{person}/moved_raw.fif")
    out = tmp_path / "base"
    done = bci(
        "pretrain", "motor-imagery", tmp_path / "people", "--out", out, "--executed", "moved*"
    )
    assert done.returncode == 0, done.stderr
    assert "trained on 16 imagined and 16 executed trials" in done.stdout
    rest = dataclasses.replace(simulate_run(SubjectSettings(trials_per_class=4), 3), markers=())
    write_run(rest, tmp_path / "people/2/baseline_raw.fif")
    line = refused("pretrain", "motor-imagery", tmp_path / "people", "--out", out, "--force")
    assert "baseline_raw.fif: no marker 'left'" in line
    assert "leave such runs out by --runs" in line
