"""The benchmark of flashes resumes its file, and refuses too few runs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.cli.benchmark.p300 import STUDIED, P300Row, interval, recorded, shuffled_flashes
from bci.errors import RecordingError
from bci.profiles.profile import load_profile
from tests.spelled import spelled_run


def rows() -> list[P300Row]:
    return [
        P300Row(
            subject, name, n, shuffled, 2.0 * n, 0.5 if shuffled else 0.8, 0.7, 0.9, 5.0, 4.0, 3.2,
            17.0, 4, "1 3 6 9 12 13 14 14 15 15", 15, 1800,
        )
        for subject in (1, 2)
        for name in STUDIED
        for n, shuffled in ((1, False), (2, False), (3, False), (3, True))
    ]  # fmt: skip


def benchmark(*argv: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["benchmark", "p300", *argv], env={"COLUMNS": "170"})
    return done.exit_code, done.output


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "p300.json"
    before = json.dumps({"made_with": {}, "rows": rows()})
    file.write_text(before)

    code, output = benchmark("--subjects", "2", "--out", str(file))

    assert code == 0
    assert "0.80 ± 0.00" in output
    assert "labels shuffled" in output
    assert "2 subjects, 30 symbols, 3600 flashes" in output
    assert "4, 4" in output
    assert "chance of a symbol 0.028" in output
    assert file.read_text() == before


def test_too_few_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="0 recordings are too few to leave one out"):
        recorded(tmp_path, load_profile("p300"), None)


def test_shuffling_keeps_how_many_flashes_are_targets() -> None:
    run = spelled_run("A", 1, repetitions=2)
    shuffled = shuffled_flashes(run, 0)
    labels = [[m.label for m in each.markers] for each in (run, shuffled)]
    assert labels[0] != labels[1]
    assert sorted(labels[0]) == sorted(labels[1])
    assert [m.time for m in run.markers] == [m.time for m in shuffled.markers]


def test_an_interval_over_runs_is_students() -> None:
    mean, low, high = interval([0.7, 0.8, 0.9])
    assert abs(mean - 0.8) < 1e-12
    assert abs((high - low) / 2 - 4.303 * 0.1 / 3**0.5) < 1e-3
