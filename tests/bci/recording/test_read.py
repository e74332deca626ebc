from pathlib import Path

import mne
import numpy as np
import pytest

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Marker
from devices.simulated.subject import SubjectSettings, simulate_run, write_run


def write_fif(folder: Path, kinds: list[str], annotations: mne.Annotations | None = None) -> Path:
    info = mne.create_info([f"X{i}" for i in range(len(kinds))], 100.0, kinds)
    data = np.random.default_rng(0).normal(size=(len(kinds), 1000)) * 1e-6
    for row, kind in zip(data, kinds, strict=True):
        if kind == "stim":
            row[:] = 0
            row[200:210], row[500:510] = 3, 7
    raw = mne.io.RawArray(data, info, verbose="error")
    if annotations is not None:
        raw.set_annotations(annotations, verbose="error")
    path = folder / "made_raw.fif"
    raw.save(path, verbose="error")
    return path


def test_a_real_edf_comes_in_microvolts_with_standard_names_and_markers(eegmmidb: Path) -> None:
    recording = read_recording(eegmmidb / "S001" / "S001R04.edf")
    info = recording.info
    assert (info.sfreq, info.n_channels, info.type, info.simulated) == (160.0, 64, "EEG", False)
    assert {"FC5", "C3", "Cz", "FCz", "Fp1", "Iz"} <= set(info.ch_names)
    assert {(c.kind, c.unit) for c in info.channels} == {("eeg", "uV")}
    assert all(c.position is not None for c in info.channels)
    left = next(c for c in info.channels if c.name == "C3").position
    assert left is not None
    assert left[0] < -0.04
    assert 10 < np.median(recording.data.std(axis=0)) < 200
    assert recording.data.shape == (20_000, 64)
    assert {marker.label for marker in recording.markers} == {"T0", "T1", "T2"}
    assert recording.markers[1] == Marker(4.2, "T2")


def test_seeg_meg_and_eeglab_files_come_with_their_kinds_and_units(shared_data: Path) -> None:
    seeg = read_recording(shared_data / "seeg" / "sample_seeg.edf")
    assert (seeg.info.n_channels, seeg.info.sfreq) == (98, 1000.0)
    assert seeg.info.ch_names[0] == "L'1"
    meg = read_recording(shared_data / "meg" / "sample_audvis_raw.fif")
    units = {c.kind: c.unit for c in meg.info.channels}
    assert (units["grad"], units["mag"], units["eeg"]) == ("T/m", "T", "uV")
    grads = [i for i, c in enumerate(meg.info.channels) if c.kind == "grad"]
    assert 1e-13 < np.median(meg.data[:, grads].std(axis=0)) < 1e-10
    assert meg.info.type == "MEG"
    eeglab = read_recording(shared_data / "eeglab" / "eeglab_data.set")
    assert {"square", "rt"} <= {marker.label for marker in eeglab.markers}
    assert read_recording(shared_data / "meg" / "sample-ant-aux-raw.fif").info.sfreq == 1024.0


@pytest.mark.parametrize(
    ("file", "stream", "n_channels", "sfreq", "n_samples"),
    [
        ("minimal.xdf", None, 3, 10.0, 9),
        ("empty_streams.xdf", None, 1, 1.0, 10),
        ("clock_resets.xdf", None, 8, 100.0, 27_815),
        ("muse_sub-P001.xdf", None, 5, 256.0, 2820),
        ("muse_sub-P002.xdf", "EEG", 5, 256.0, 4356),
        ("muse_sub-P031.xdf", "ACC", 3, 52.0, 261),
    ],
)
def test_every_real_xdf_file_loads(
    shared_data: Path, file: str, stream: str | None, n_channels: int, sfreq: float, n_samples: int
) -> None:
    recording = read_recording(shared_data / "xdf" / file, stream)
    assert (recording.info.n_channels, recording.info.sfreq) == (n_channels, sfreq)
    assert recording.data.shape == (n_samples, n_channels)
    assert (np.diff(recording.indices) >= 1).all()


def test_a_clock_reset_shows_as_the_samples_that_it_cost(shared_data: Path) -> None:
    recording = read_recording(shared_data / "xdf" / "clock_resets.xdf")
    assert np.diff(recording.timestamps).max() == pytest.approx(274, abs=2)
    # The device ran at 93 Hz instead of its nominal 100 Hz, so samples are missing.
    true_rate = 1 / np.median(np.diff(recording.timestamps))
    assert np.diff(recording.indices).max() == pytest.approx(274 * true_rate, rel=0.01)
    assert len(recording.markers) == 175


def test_an_xdf_file_with_several_signals_asks_which(shared_data: Path) -> None:
    with pytest.raises(RecordingError, match=r"choose one by its name or type of: .*ACC.*GYRO"):
        read_recording(shared_data / "xdf" / "muse_sub-P001.xdf", "Muse")


def test_a_simulated_run_stays_simulated_and_loses_nothing_on_disk(tmp_path: Path) -> None:
    run = simulate_run(SubjectSettings(trials_per_class=2), 1)
    path = tmp_path / "run-01_eeg.fif"
    write_run(run, path)
    again = read_recording(path)
    assert again.info.simulated
    assert again.info.ch_names == run.info.ch_names
    assert {(c.kind, c.unit) for c in again.info.channels} == {("eeg", "uV")}
    np.testing.assert_allclose(again.data, run.data, rtol=1e-6, atol=1e-3)
    assert [m.label for m in again.markers] == [m.label for m in run.markers]
    np.testing.assert_allclose(
        [m.time for m in again.markers], [m.time for m in run.markers], atol=1e-3
    )


def test_events_of_a_stim_channel_become_markers(tmp_path: Path) -> None:
    recording = read_recording(write_fif(tmp_path, ["eeg", "stim"]))
    assert recording.markers == (Marker(2.0, "3"), Marker(5.0, "7"))


def test_a_pause_of_the_acquisition_is_lost_samples_and_no_marker(tmp_path: Path) -> None:
    notes = mne.Annotations([3.0, 1.0, 6.0], [2.0, 0.0, 0.5], ["BAD_ACQ_SKIP", "go", "BAD blink"])
    recording = read_recording(write_fif(tmp_path, ["eeg", "eeg"], notes))
    assert [marker.label for marker in recording.markers] == ["go"]
    (seam,) = np.flatnonzero(np.diff(recording.indices) != 1)
    assert (recording.indices[seam], recording.indices[seam + 1]) == (299, 500)
    assert recording.timestamps[seam + 1] == 5.0


def cut(source: Path, target: Path, share: float) -> Path:
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_a_truncated_edf_is_called_truncated(eegmmidb: Path, tmp_path: Path, share: float) -> None:
    broken = cut(eegmmidb / "S001" / "S001R04.edf", tmp_path / "cut.edf", share)
    with pytest.raises(RecordingError, match=r"cut\.edf: truncated"):
        read_recording(broken)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.99])
def test_a_truncated_xdf_is_called_truncated(
    shared_data: Path, tmp_path: Path, share: float
) -> None:
    broken = cut(shared_data / "xdf" / "muse_sub-P001.xdf", tmp_path / "cut.xdf", share)
    with pytest.raises(RecordingError, match=r"cut\.xdf: truncated or damaged at byte"):
        read_recording(broken)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.md", b"hello", "not a kind of recording"),
        ("file.abc", b"hello", "not a kind of recording"),
        ("empty.edf", b"", "empty.edf: "),
        ("noise.edf", b"\xff" * 5000, "noise.edf: "),
        ("noise_raw.fif", b"\x00\x01" * 5000, "noise_raw.fif: "),
        ("noise.xdf", b"hello world", "not an XDF file"),
        ("huge.xdf", b"XDF:\x08" + b"\xff" * 12, "truncated or damaged"),
        ("noise.set", b"nonsense", "noise.set: "),
    ],
)
def test_what_is_no_recording_gives_one_line(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as caught:
        read_recording(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_a_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        read_recording(tmp_path / "none.edf")
    with pytest.raises(RecordingError, match=r"is a folder|not a kind"):
        read_recording(tmp_path)
