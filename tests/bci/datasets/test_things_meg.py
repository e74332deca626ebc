"""Small files in THINGS-MEG's formats, written by MNE as in the authors' script."""

from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.datasets.things_meg import read_epochs, read_run
from bci.errors import RecordingError
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.training.epochs import cut_epochs

SFREQ, N_CHANNELS = 200.0, 5
SHOWN = [
    ("exp", "images_meg/aardvark/aardvark_01b.jpg"),
    ("catch", "images_catch_meg/catch_003.jpg"),
    ("exp", "images_meg/zucchini/zucchini_02s.jpg"),
    ("test", "images_test_meg/bat1_12s.jpg"),
    ("exp", "images_meg/abacus/abacus_05s.jpg"),
]


def meg_info(sfreq: float = SFREQ) -> mne.Info:
    info = mne.create_info([f"MLO{i}-1609" for i in range(N_CHANNELS)], sfreq, "mag")
    for k, described in enumerate(info["chs"]):
        described["loc"][:3] = (0.01 * k, -0.08, 0.05)
    return info


def table(session: int = 1) -> pd.DataFrame:
    return pd.DataFrame({
        "trial_type": [kind for kind, _ in SHOWN],
        "image_nr": np.arange(len(SHOWN)),
        "things_image_nr": [1.0, np.nan, 26107.0, 900.0, 13.0],
        "image_path": [path for _, path in SHOWN],
        "session_nr": session,
        "run_nr": 1,
    })  # fmt: skip


@pytest.fixture
def preprocessed(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Return a file of epochs from -0.1 to 1.3 s of two sessions, and its data."""
    data = np.random.default_rng(0).normal(size=(10, N_CHANNELS, 281))
    events = np.column_stack([1000 * np.arange(1, 11), np.zeros(10), np.arange(1, 11)]).astype(int)
    epochs = mne.EpochsArray(data, meg_info(), events, tmin=-0.1, verbose="error")
    epochs.metadata = pd.concat([table(1), table(2)], ignore_index=True)
    file = tmp_path / "preprocessed_P1-epo.fif"
    epochs.save(file, verbose="error")
    return file, data


def test_epochs_come_back_as_the_windows_of_their_images(
    preprocessed: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    file, data = preprocessed
    run = ["import", "things-meg", str(file), "--out", str(tmp_path / "things")]
    result = CliRunner().invoke(app, run)
    assert result.exit_code == 0, result.output
    written = sorted((tmp_path / "things" / "sub-P1").iterdir())
    assert [path.name for path in written] == [
        f"sub-P1_ses-0{session}_task-{task}_meg.fif"
        for session in (1, 2)
        for task in ("images", "imagestest")
    ]
    profile = load_profile("images-things")

    recording = read_recording(written[0])
    epochs = cut_epochs([recording], profile.pipeline, profile.paradigm)

    assert list(epochs.labels) == ["image-aardvark_01b", "image-zucchini_02s", "image-abacus_05s"]
    # From the onset of the image: the 21st of 281 samples is at 0 s.
    np.testing.assert_allclose(epochs.windows, data[[0, 2, 4]][:, :, 20:220], rtol=1e-5)
    assert recording.info.sfreq == SFREQ
    assert recording.info.channels[1].position == pytest.approx((0.01, -0.08, 0.05))
    tested = read_recording(written[3])
    assert [marker.label for marker in tested.markers] == ["image-bat1_12s"]
    again = CliRunner().invoke(app, run)
    assert isinstance(again.exception, RecordingError)


def test_a_filter_that_cannot_settle_within_an_epoch_gives_no_window(
    preprocessed: tuple[Path, np.ndarray],
) -> None:
    profile = load_profile("images-things")
    filtered = profile.pipeline.model_validate(
        profile.pipeline.model_dump() | {"filters": [{"kind": "remove_dc", "cutoff_hz": 0.5}]}
    )
    part = next(read_epochs(preprocessed[0]))
    with pytest.raises(RecordingError, match="no sound window"):
        cut_epochs([part.recording], filtered, profile.paradigm)


def test_epochs_of_another_data_set_are_refused(tmp_path: Path) -> None:
    epochs = mne.EpochsArray(np.zeros((2, N_CHANNELS, 50)), meg_info(), verbose="error")
    epochs.save(tmp_path / "other-epo.fif", verbose="error")
    with pytest.raises(RecordingError, match="no table with session_nr, trial_type, image_path"):
        list(read_epochs(tmp_path / "other-epo.fif"))
    (tmp_path / "broken-epo.fif").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match="not epochs that MNE can read"):
        list(read_epochs(tmp_path / "broken-epo.fif"))


@pytest.fixture
def raw_run(tmp_path: Path) -> tuple[Path, Path]:
    """Return a raw run, as FIF since MNE writes no CTF, and the table of attributes."""
    file = tmp_path / "sub-BIGMEG1_ses-02_task-main_run-01_meg.fif"
    data = np.random.default_rng(0).normal(size=(N_CHANNELS, 12_000)) * 1e-13
    mne.io.RawArray(data, meg_info(1200.0), verbose="error").save(file, verbose="error")
    samples = 1200 + 1800 * np.arange(len(SHOWN))
    events = pd.DataFrame({
        "onset": samples / 1200.0, "duration": 0.5, "trial_type": "image", "value": 64,
        "sample": samples,
    })  # fmt: skip
    events.to_csv(
        tmp_path / "sub-BIGMEG1_ses-02_task-main_run-01_events.tsv", sep="\t", index=False
    )
    attributes = tmp_path / "sample_attributes_P1.csv"
    pd.concat([table(1), table(2)]).to_csv(attributes, index=False)
    return file, attributes


def test_a_raw_run_gets_the_names_of_its_session(raw_run: tuple[Path, Path]) -> None:
    recording = read_run(*raw_run)
    assert [(round(m.time, 6), m.label) for m in recording.markers] == [
        (1.0, "image-aardvark_01b"), (4.0, "image-zucchini_02s"), (5.5, "image-bat1_12s"),
        (7.0, "image-abacus_05s"),
    ]  # fmt: skip


def test_tables_that_do_not_fit_together_are_refused(raw_run: tuple[Path, Path]) -> None:
    file, attributes = raw_run
    table(2).iloc[:3].to_csv(attributes, index=False)
    with pytest.raises(RecordingError, match=r"has 5 trials.* has 3 of session 2, run 1"):
        read_run(file, attributes)
    attributes.write_text("a,b\n1,2\n")
    with pytest.raises(RecordingError, match="needs the columns run_nr"):
        read_run(file, attributes)
    with pytest.raises(RecordingError, match="no ses-01 and run-01"):
        read_run(file.with_name("other_meg.ds"), attributes)
