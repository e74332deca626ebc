"""Small files in the layout of SEED's Preprocessed_EEG."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import CliRunner

from bci.cli import app
from bci.datasets.seed import read_seed
from bci.errors import RecordingError
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.training.epochs import cut_epochs

LABELS = [1, 0, -1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 0, 1, -1]


def write(folder: Path, name: str = "7_20131027.mat", n_channels: int = 62) -> Path:
    rng = np.random.default_rng(0)
    # Sorted by name, as some programs write them: eeg10 before eeg2.
    numbers = sorted(range(1, 16), key=str)
    films = {f"djc_eeg{k}": rng.normal(0, 20, (n_channels, 1200 + k)) for k in numbers}
    savemat(folder / name, films, do_compression=True)
    savemat(folder / "label.mat", {"label": np.array([LABELS], dtype=np.int16)})
    return folder / name


def test_a_session_is_a_recording_of_films_in_their_order(tmp_path: Path) -> None:
    read = read_seed(write(tmp_path))

    assert read.info.name == "sub-07_task-emotion_eeg"
    assert (read.info.sfreq, read.info.n_channels, read.info.simulated) == (200, 62, False)
    placeless = [c.name for c in read.info.channels if c.position is None]
    assert placeless == ["CB1", "CB2"]
    feelings = {1: "positive", 0: "neutral", -1: "negative"}
    assert [m.label for m in read.markers] == [
        f"film-{k:02d}/{feelings[label]}" for k, label in enumerate(LABELS, 1)
    ]
    chunks = list(read.chunks(10**6))
    assert [len(chunk.data) for chunk in chunks] == [1200 + k for k in range(1, 16)]


def test_the_imported_session_is_cut_into_three_classes(tmp_path: Path) -> None:
    file = write(tmp_path)
    argv = ["import", "seed", str(file), "--out", str(tmp_path / "seed")]

    done = CliRunner().invoke(app, argv)

    assert done.exit_code == 0, done.output
    read = read_recording(tmp_path / "seed/sub-07/sub-07_ses-20131027_task-emotion_eeg.fif")
    np.testing.assert_allclose(read.data, read_seed(file).data, rtol=1e-6)
    assert [c.name for c in read.info.channels if c.position is None] == ["CB1", "CB2"]
    profile = load_profile("emotion")
    epochs = cut_epochs([read], profile.pipeline, profile.paradigm)
    assert set(epochs.labels) == {"negative", "neutral", "positive"}
    assert epochs.items is not None
    assert len(set(epochs.items)) == 15


@pytest.mark.slow
def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"eeg1 is no signal of 62 channels.*\(1201, 61\)"):
        read_seed(write(tmp_path, n_channels=61))
    file = write(tmp_path)
    savemat(tmp_path / "label.mat", {"label": [1, 0, 2]})
    with pytest.raises(RecordingError, match=r"label\.mat: label is not -1, 0 or 1"):
        read_seed(file)
    savemat(tmp_path / "label.mat", {"label": [1, 0]})
    with pytest.raises(RecordingError, match=r"2 labels, but 7_20131027\.mat has film 15"):
        read_seed(file)
    (tmp_path / "label.mat").unlink()
    with pytest.raises(RecordingError, match=r"label\.mat: no such file"):
        read_seed(file)
    savemat(tmp_path / "1_20131027.mat", {"de_LDS1": np.zeros((62, 10, 5))})
    with pytest.raises(RecordingError, match="no variable like djc_eeg1"):
        read_seed(tmp_path / "1_20131027.mat")
    file = write(tmp_path)
    (tmp_path / "2_20131027.mat").write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(RecordingError, match="damaged"):
        read_seed(tmp_path / "2_20131027.mat")
    with pytest.raises(RecordingError, match="not named like"):
        read_seed(tmp_path / "label.mat")
