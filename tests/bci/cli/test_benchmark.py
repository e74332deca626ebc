"""``bci benchmark motor-imagery``: refusals, and the resumption of a file."""

import json
from pathlib import Path

import pytest

from bci.cli.benchmark import motor_imagery as benchmark
from bci.cli.benchmark.motor_imagery import motor_imagery
from bci.errors import RecordingError
from bci.evaluation.compare_people import PROTOCOLS, Outcome
from bci.plugins.decoder_offers import classical
from tests.commands import bci, refused


def stored(file: Path) -> list[list]:
    """Return the rows of a file: decoder, protocol, person, seed, figures."""
    return json.loads(file.read_text())["rows"]


def stored_with(file: Path) -> dict:
    """Return the settings with which the rows of a file were made."""
    return json.loads(file.read_text())["made_with"]


@pytest.fixture
def two(eegmmidb: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("S001", "S007"):
        (folder / name).symlink_to(eegmmidb / name)
    return folder


def test_one_person_alone_has_no_others_to_train_on(eegmmidb: Path, tmp_path: Path) -> None:
    (tmp_path / "S001").symlink_to(eegmmidb / "S001")
    with pytest.raises(RecordingError, match=r"S001 is alone; .* two or more"):
        motor_imagery(tmp_path, ["tangent-space"], ["transfer"], 1, None)


@pytest.mark.slow
def test_existing_rows_are_kept_and_impossible_ones_reported(
    two: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results.json"
    motor_imagery(two, ["log-power"], ["within", "transfer"], 1, file)
    told = capsys.readouterr()
    assert "log-power does not carry over" in told.err
    assert "90 trials, chance 0.51" in told.out
    rows = stored(file)
    assert [row[:3] for row in rows] == [["log-power", "within", who] for who in ("S001", "S007")]

    rows[0][4] = 0.125
    file.write_text(json.dumps({"made_with": stored_with(file), "rows": rows}))
    motor_imagery(two, ["log-power"], None, 1, file)
    assert "0.12 (" in capsys.readouterr().out
    file.write_text("[]")
    with pytest.raises(RecordingError, match="not a file of this benchmark"):
        motor_imagery(two, ["log-power"], None, 1, file)


@pytest.mark.parametrize("name", ["motor-imagery", "emotion", "images", "speech"])
def test_a_file_that_cannot_be_written_is_reported_before_anything_is_done(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    folder = [tmp_path] if name == "motor-imagery" else []
    for place, why in ((tmp_path, "it is a folder"), (tmp_path / "file" / "x", "is no folder")):
        line = refused("benchmark", name, *folder, "--out", place)
        assert f"{place} cannot be written" in line
        assert why in line


@pytest.mark.parametrize("name", ["differential-entropy", "duin", "image-ridge", "svm"])
def test_a_decoder_that_cannot_be_compared_is_refused_with_those_that_can(
    name: str, tmp_path: Path
) -> None:
    done = bci("benchmark", "motor-imagery", tmp_path, "--decoder", name)
    assert done.returncode == 2
    said = " ".join(word for word in done.stderr.replace("│", " ").split())
    assert f"'{name}' is none of csp-lda, log-power, tangent-space, conformer" in said
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_folders_that_results_lack_are_made(two: Path, tmp_path: Path) -> None:
    file = tmp_path / "no" / "such" / "results.json"
    motor_imagery(two, ["log-power"], ["within"], 1, file)
    assert {row[0] for row in stored(file)} == {"log-power"}


def test_all_protocols_and_networks_run_by_default(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="networks need PyTorch")
    done = Outcome(0.6, 15, 1.0, 0.1, 0.2, 10, 0.0)
    monkeypatch.setattr(benchmark, "run_protocols", lambda asked, *_: dict.fromkeys(asked, done))
    file = tmp_path / "results.json"
    motor_imagery(two, None, None, 1, file)
    done_by: dict[str, set[str]] = {}
    for name, protocol, *_ in stored(file):
        done_by.setdefault(name, set()).add(protocol)
    assert set(done_by) == {*classical(), "eegnet", "ifnet", "dbconformer", "mvcnet"}
    assert done_by["mvcnet"] == done_by["tangent-space"] == set(PROTOCOLS)
    assert done_by["csp-lda"] == {"within"}


def test_only_seeds_that_are_missing_are_trained(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="networks need PyTorch")
    asked: list[str] = []

    def score(protocols: list[str], *_: object) -> dict[str, Outcome]:
        asked.extend(protocols)
        return dict.fromkeys(protocols, Outcome(0.6, 15, 1.0, 0.1, 0.2, 10, 0.0))

    monkeypatch.setattr(benchmark, "run_protocols", score)
    file = tmp_path / "results.json"
    motor_imagery(two, ["eegnet"], ["within"], 3, file)
    assert len(asked) == 3 * 2
    rows = [row for row in stored(file) if row[3] != 1]
    file.write_text(json.dumps({"made_with": stored_with(file), "rows": rows}))
    asked.clear()
    motor_imagery(two, ["eegnet"], ["within"], 3, file)
    assert len(asked) == 2
    for person in ("S001", "S007"):
        assert sorted(row[3] for row in stored(file) if row[2] == person) == [0, 1, 2]
