"""The emotion benchmark resumes its file; its second world has the stated properties."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.cli.benchmark.emotion import STUDIED, WORLDS, EmotionRow, _jobs
from bci.cli.benchmark.emotion import emotion as emotion_benchmark
from bci.errors import RecordingError
from devices.simulated.scenarios import emotion

PEOPLE = ("simulated 1", "simulated 2")


def rows() -> list[EmotionRow]:
    return [
        EmotionRow(world, *job, person, "valence, accuracy", 0.25 if job[-1] else 0.75, 0.2, 50)
        for world in WORLDS
        for job in _jobs(1, list(STUDIED))
        for person in PEOPLE
    ]


def benchmark(file: Path) -> tuple[int, str]:
    argv = ["benchmark", "emotion", "--people", "2", "--seeds", "1", "--out", str(file)]
    done = CliRunner().invoke(app, argv, env={"COLUMNS": "150"})
    return done.exit_code, done.output


def test_what_is_done_is_not_done_again_and_shown_world_by_world(tmp_path: Path) -> None:
    file = tmp_path / "emotion.json"
    before = json.dumps({"made_with": {}, "rows": rows()})
    file.write_text(before)

    code, output = benchmark(file)

    assert code == 0
    assert "0.75 ± 0.00" in output
    assert "0.25 ± 0.00" in output
    assert "2 people, 100 films" in output
    assert "no measure of anything" in output
    assert all(f"simulated, {world}: by film" in output for world in WORLDS)
    assert file.read_text() == before


def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text('[["histn", "by film", false]]')

    code, _ = benchmark(file)

    assert code != 0
    assert file.read_text() == '[["histn", "by film", false]]'


def test_results_of_fewer_people_do_not_pass_for_those_of_more(tmp_path: Path) -> None:
    file = tmp_path / "emotion.json"
    file.write_text(json.dumps({"made_with": {}, "rows": rows()}))

    with pytest.raises(RecordingError, match="other people"):
        emotion_benchmark(None, None, 3, 1, file)


@pytest.mark.parametrize("within_band", [False, True])
def test_a_place_is_as_active_at_every_level_where_they_show_within_a_band(
    within_band: bool,
) -> None:
    scenario = emotion(within_band=within_band)
    power: dict[tuple, list[float]] = {}
    above: dict[tuple, list[float]] = {}
    for level in range(1, 6):
        for source in scenario.sources:
            assert source.rhythm is not None
            label = f"valence-{level}/arousal-{level}"
            own = float(source.gain(label, np.array([5.0]), 0.5)[0]) ** 2
            power.setdefault(source.place, [0.0] * 5)[level - 1] += own
            above.setdefault(source.place, [0.0] * 5)[level - 1] += own * (source.rhythm[0] > 11)

    changes = [not np.allclose(each, each[0]) for each in power.values()]
    assert not any(changes) if within_band else all(changes)
    if within_band:
        assert all((np.diff(each) > 0).all() for each in above.values())
