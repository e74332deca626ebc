"""Files of studies: versions, old formats, remaining time."""

import json
from pathlib import Path

import pytest

from bci.cli.benchmark import emotion, images, p300, speech, ssvep
from bci.cli.benchmark.runner import Results
from bci.cli.benchmark.study import TimeLeft, duration, fill
from bci.jobs.workers import THIS_PROCESS
from tests.studied import WANTED, do, given, results

RESULTS = Path(__file__).parents[3] / "docs" / "results"


def test_rows_of_another_version_are_kept_and_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "study.json"
    fill(results(file), WANTED, do, THIS_PROCESS, lambda _: given(tmp_path))
    assert len(results(file).rows) == len(WANTED)
    newer = results(file, number=2)
    assert newer.rows == []
    assert f"{len(WANTED)} results of other code or settings are kept" in capsys.readouterr().err
    fill(newer, WANTED[:2], do, THIS_PROCESS, lambda _: given(tmp_path))
    assert [row[:3] for row in results(file, number=2).rows] == WANTED[:2]
    assert [row[:3] for row in results(file).rows] == WANTED


def test_a_file_without_versions_is_taken_over_once(tmp_path: Path) -> None:
    file = tmp_path / "study.json"
    fill(results(file), WANTED, do, THIS_PROCESS, lambda _: given(tmp_path))
    stored = json.loads(file.read_text())
    old = {"made_with": {}, "rows": [each for each in stored["rows"] if each[0] == "a"]}
    file.write_text(json.dumps(old))
    study = results(file)
    assert len(study.lacking(WANTED)) == len(WANTED) / 2
    fill(study, WANTED, do, THIS_PROCESS, lambda _: given(tmp_path))
    assert json.loads(file.read_text()) == stored


@pytest.mark.parametrize(
    ("study", "arguments"),
    [
        (emotion, (None, None, 3, 1)), (images, (5, 3)), (speech, (5, 3)),
        (ssvep, (None, None, 5)), (p300, (None, 5)),
    ],
)  # fmt: skip
def test_published_results_are_read_and_none_of_them_is_made_again(
    study, arguments: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = study.__name__.rpartition(".")[2]
    asked: list[tuple[Results, list]] = []

    def noted(results: Results, wanted: list, *_: object, **__: object) -> int:
        asked.append((results, wanted))
        return 0

    monkeypatch.setattr(study, "fill", noted)
    file = RESULTS / f"{name}.json"
    before = file.read_bytes()
    getattr(study, name)(*arguments, file)
    ((found, wanted),) = asked
    assert len(found.rows) == len(json.loads(before)["rows"])
    made = {tuple(row)[: len(wanted[0])] for row in found.rows}
    assert made - set(wanted) == set()
    assert file.read_bytes() == before


def test_time_left_depends_on_kind_and_number_of_parallel_jobs() -> None:
    now = [0.0]
    left = TimeLeft(["slow", "slow", "fast", "fast"], lambda: now[0])
    assert left.seconds() is None
    now[0] = 100.0
    left.took(0, 100.0)
    assert left.seconds() == pytest.approx(300.0)
    left.took(2, 2.0)
    now[0] = 102.0
    assert left.seconds() == pytest.approx(102.0)
    now[0] = 51.0  # As if both had run in parallel
    assert left.seconds() == pytest.approx(51.0)
    assert duration(left.seconds()) == "51 s left"
    assert duration(11_400) == "3 h 10 min left"
    assert duration(95) == "1 min 35 s left"
