"""The experiment on EEGMMIDB: different headsets made from one, and the comparisons."""

import json
from pathlib import Path

import numpy as np
import pytest

from bci.cli.benchmark import federation as federation_experiment
from bci.cli.benchmark.federation import (
    CONDITIONS,
    Format,
    _material,
    _pooled,
    default_agreement,
    experiment,
    format_of,
    in_format,
)
from bci.errors import RecordingError
from bci.signals import Marker, Recording
from decoders.federation.rounds import run_rounds
from tests.signals import eeg_info

MINUTE = 60 * 160


def test_eleven_sites_have_every_montage_rate_and_window() -> None:
    formats = [format_of(number) for number in range(11)]
    assert {str(f).partition(" ch")[0] for f in formats} == {"64", "32", "16", "8"}
    assert {f.sfreq for f in formats} == {160.0, 128.0}
    assert {f.window_s for f in formats} == {2.0, 3.0, 4.0}
    assert len({str(f) for f in formats}) == 11


def test_another_rate_changes_neither_rhythm_nor_time() -> None:
    time = np.arange(MINUTE) / 160
    rhythm = np.sin(2 * np.pi * 12 * time).astype(np.float32)[:, None]
    recording = Recording(
        eeg_info(1, 160.0), rhythm, time, np.arange(MINUTE), (Marker(30.0, "cue"),)
    )
    other = in_format(recording, Format(None, 128.0, 2.0))

    assert other.info.sfreq == 128
    assert other.duration == pytest.approx(recording.duration, abs=1 / 100)
    assert other.markers == recording.markers
    found = np.abs(np.fft.rfft(other.data[:, 0]))
    assert found.argmax() / 60 == pytest.approx(12)
    inner = slice(128, -128)
    expected = np.sin(2 * np.pi * 12 * other.timestamps)
    np.testing.assert_allclose(other.data[inner, 0], expected[inner], atol=0.01)
    assert in_format(recording, Format(None, 160.0, 2.0)) is recording


def test_a_person_becomes_a_site_with_its_headset(eegmmidb: Path) -> None:
    own = _material(eegmmidb / "S001", 2, "own")  # 16 channels, 128 Hz, 4 s
    assert own.training.windows.shape[1:] == (16, 512)
    assert len(np.unique(own.training.trials)) == 30
    assert len(np.unique(own.held_out.trials)) == 15
    assert Path(own.recordings[-1].source).name == "S001R12.edf"

    common = [_material(eegmmidb / "S001", number, "common") for number in (0, 1)]
    assert {m.training.windows.shape[1:] for m in common} == {(8, 256)}
    together = _pooled(common)
    assert len(np.unique(together.training.runs)) == 4
    assert len(np.unique(together.training.trials)) == 60
    half = len(common[0].training.labels)
    np.testing.assert_array_equal(together.training.windows[half:], common[1].training.windows)


def test_a_file_of_other_results_is_refused(eegmmidb: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    out.write_text("[]")
    with pytest.raises(RecordingError, match="not a file of this benchmark"):
        experiment(eegmmidb, 1, out)
    out.write_text(json.dumps({"made_with": {"subjects": []}, "rows": []}))
    with pytest.raises(RecordingError, match="made with other subjects or settings"):
        experiment(eegmmidb, 1, out)
    with pytest.raises(RecordingError, match="needs two or more folders"):
        experiment(tmp_path, 1, out)


def two_people(eegmmidb: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of two people, who train one round; return it."""
    for name in ("S001", "S002"):
        (folder / "data" / name).parent.mkdir(exist_ok=True)
        (folder / "data" / name).symlink_to(eegmmidb / name)
    agreed = default_agreement(("S001", "S002"), "shallow")
    short = agreed.training.model_copy(update={"rounds": 1})
    monkeypatch.setattr(
        federation_experiment, "default_agreement",
        lambda *_: agreed.model_copy(update={"training": short}),
    )  # fmt: skip
    return folder / "data"


@pytest.mark.slow
def test_another_version_of_the_code_trains_anew_and_leaves_no_states(
    eegmmidb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = two_people(eegmmidb, tmp_path, monkeypatch)
    trained: list[int] = []

    def noted(wire, agreed, folder: Path, _on_round):
        return run_rounds(wire, agreed, folder, lambda done: trained.append(done.number))

    monkeypatch.setattr(federation_experiment, "run_rounds", noted)
    for version in (1, 2):
        monkeypatch.setattr(federation_experiment, "_VERSION", version)
        experiment(folder, 1, tmp_path / "results.json", conditions=("federated",))
        assert trained == [1] * version
    assert {each.name for each in tmp_path.iterdir()} == {"data", "results.json"}


@pytest.mark.long
def test_two_people_are_compared_in_every_condition(
    eegmmidb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    folder = two_people(eegmmidb, tmp_path, monkeypatch)
    out = tmp_path / "results.json"
    experiment(folder, 1, out)

    rows = json.loads(out.read_text())["rows"]
    every = {(condition, name, 0) for condition in CONDITIONS for name in ("S001", "S002")}
    assert {(condition, name, seed) for condition, name, seed, _ in rows} == every
    assert all(0 <= accuracy <= 1 for *_, accuracy in rows)
    assert "federated minus alone:" in capsys.readouterr().out
    experiment(folder, 1, out, conditions=("alone", "federated"))
    printed = capsys.readouterr().out
    assert "federated minus alone:" in printed
    assert "pooled" not in printed
