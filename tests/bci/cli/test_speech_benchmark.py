"""The benchmark of words resumes its file; its second world has the stated properties."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from bci.cli import app
from bci.cli.benchmark.speech import WORLDS, SpeechRow, _jobs
from devices.simulated.montages import positions, seeg
from devices.simulated.scenarios import WORDS, speech
from tests.commands import refused


def rows(subject: int) -> list[SpeechRow]:
    return [
        SpeechRow(world, *job, subject, 0, 0.25 if job[1] else 0.75, 0.5, 60, 0.1)
        for world in WORLDS
        for job in _jobs(0)
    ]


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "speech.json"
    file.write_text(json.dumps({"made_with": {}, "rows": rows(2) + rows(3)}))

    done = CliRunner().invoke(
        app, ["benchmark", "speech", "--subjects", "2", "--out", str(file)], env={"COLUMNS": "150"}
    )

    assert done.exit_code == 0
    assert "2 subjects, 120 trials" in done.output
    assert "0.75 ± 0.00" in done.output
    assert len(json.loads(file.read_text())["rows"]) == len(rows(2)) * 2


def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text('{"a": 1}')

    done = CliRunner().invoke(app, ["benchmark", "speech", "--out", str(file)])

    assert done.exit_code != 0
    assert file.read_text() == '{"a": 1}'


@pytest.mark.parametrize("is_distributed", [False, True])
def test_a_contact_is_as_active_in_every_word_where_they_are_distributed(
    is_distributed: bool,
) -> None:
    scenario = speech(positions(seeg(48)), speaker=2, is_distributed=is_distributed)
    covariances = []
    for word in WORDS:
        amplitudes = [float(s.gain(word, np.array([0.3]), 0.5)[0]) for s in scenario.sources]
        total: dict[tuple, float] = {}
        for source, amplitude in zip(scenario.sources, amplitudes, strict=True):
            spots = ((source.place, 1.0), *source.also)
            for one, weight in spots:
                for other, other_weight in spots:
                    key = (one, other)
                    shared = amplitude**2 * weight * other_weight
                    total[key] = total.get(key, 0.0) + shared
        covariances.append(total)
    same = {key for key in covariances[0] if len({round(c[key], 6) for c in covariances}) == 1}
    power = {key for key in covariances[0] if key[0] == key[1]}

    assert (power <= same) == is_distributed
    assert len(same) < len(covariances[0])


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has the device")
def test_a_device_that_this_machine_lacks_is_refused_before_anything_is_trained() -> None:
    assert "device = mps, but PyTorch finds no" in refused("benchmark", "speech", "--device", "mps")
