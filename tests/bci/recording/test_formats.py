"""Formats of recordings, files that belong together, and errors of other files."""

import struct
from pathlib import Path

import mne
import numpy as np
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.errors import RecordingError
from bci.recording import formats
from bci.recording.by_mne.neuroscan import bytes_a_sample
from bci.recording.formats import ENDINGS, FORMATS, described_formats, recordings_in, without_parts
from bci.recording.read import read_recording
from gui.widgets import open_recording as recording_dialog

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "formats.md"


def split_fif(folder: Path, naming: str = "neuromag", seconds: int = 40) -> list[Path]:
    """Write one recording into several files; values are sample numbers, in uV."""
    n = 250 * seconds
    info = mne.create_info([f"E{i}" for i in range(64)], 250.0, "eeg")
    raw = mne.io.RawArray(np.tile(np.arange(n) * 1e-6, (64, 1)), info, verbose="error")
    folder.mkdir(parents=True, exist_ok=True)
    name = "x_raw.fif" if naming == "neuromag" else "sub-01_task-x_eeg.fif"
    raw.save(folder / name, split_size="2MB", split_naming=naming, verbose="error")
    return sorted(folder.glob("*.fif"))


@pytest.mark.parametrize("naming", ["neuromag", "bids"])
def test_parts_of_a_split_recording_count_once(tmp_path: Path, naming: str) -> None:
    files = split_fif(tmp_path / "01", naming)
    assert len(files) > 1
    (first,) = recordings_in(tmp_path)
    assert without_parts(files) == [first]
    assert without_parts(files[::-1]) == [first]
    recording = read_recording(first)
    assert len(recording.data) == 10_000
    np.testing.assert_allclose(recording.data[-1], 9999, rtol=1e-6)


def test_runs_that_are_numbered_like_parts_are_runs(tmp_path: Path) -> None:
    (whole,) = split_fif(tmp_path, seconds=5)
    runs = [tmp_path / f"run{end}.fif" for end in ("", "-1", "-2")]
    for run in runs:
        run.write_bytes(whole.read_bytes())
    assert without_parts(runs) == runs
    assert recordings_in(tmp_path) == [*sorted(runs), whole]


def test_commands_leave_out_the_parts_and_name_them(tmp_path: Path) -> None:
    files = split_fif(tmp_path)
    ran = CliRunner().invoke(app, ["evaluate", str(tmp_path / "none"), *map(str, files)])
    assert f"{files[0].name}: a part of another" in ran.stderr.replace("\n", "")


def test_a_missing_part_is_reported(tmp_path: Path) -> None:
    files = split_fif(tmp_path)
    first = next(path for path in files if path.name == "x_raw.fif")
    next(path for path in files if path != first).unlink()
    with pytest.raises(RecordingError, match="next file"):
        read_recording(first)


def test_files_that_mne_writes_beside_a_recording_are_none(tmp_path: Path) -> None:
    for end in ("eve", "epo", "ave", "cov", "ica", "trans"):
        (tmp_path / f"run-1-{end}.fif").touch()
        (tmp_path / f"run-1_{end}.fif").touch()
    (tmp_path / "run-1_raw.fif").touch()
    assert [path.name for path in recordings_in(tmp_path)] == ["run-1_raw.fif"]


def test_tables_count_where_a_headset_wrote_them(tmp_path: Path) -> None:
    for name, line in (
        ("cyton.txt", "%OpenBCI Raw EXG Data"),
        ("muse.csv", "timestamps,TP9,AF7,AF8,TP10,Right AUX,Marker"),
        ("emotiv.csv", "title:a, sampling rate:eeg_128\nTimestamp,EEG.Counter,EEG.AF3"),
        ("predictions.csv", "time,left,right"),
        ("notes.txt", "today was fine"),
    ):
        (tmp_path / name).write_text(line + "\n")
    assert [path.name for path in recordings_in(tmp_path)] == [
        "cyton.txt",
        "emotiv.csv",
        "muse.csv",
    ]


def test_a_folder_asks_for_its_files(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is a folder; give its files"):
        read_recording(tmp_path)


def test_a_stream_cannot_be_chosen_where_there_is_one(eegmmidb: Path) -> None:
    with pytest.raises(RecordingError, match="leave --stream out"):
        read_recording(eegmmidb / "S001" / "S001R04.edf", "EEG")


def test_message_docs_and_dialog_name_the_formats_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "x.docx").touch()
    with pytest.raises(RecordingError) as caught:
        read_recording(tmp_path / "x.docx")
    assert described_formats() in str(caught.value)
    page = PAGE.read_text(encoding="utf-8")
    for each in FORMATS:
        assert each.name in page
        for ending in each.endings:
            assert f"`{ending}`" in page
    assert all(f"*{ending}" in recording_dialog.RECORDINGS for ending in ENDINGS)


@pytest.mark.parametrize(
    ("name", "head", "message"),
    [
        ("x.cnt", b"RIFF1234", "ANT files need antio: pip install 'bci[formats]'"),
        ("x.set", b"MATLAB 7.3 MAT-file", "MATLAB 7.3 need pymatreader"),
        ("x.nwb", b"\x89HDF", "need pynwb"),
    ],
)
def test_what_an_installation_cannot_read_is_reported_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: bytes, message: str
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)
    (tmp_path / name).write_bytes(head + bytes(2000))
    with pytest.raises(RecordingError, match=message.replace("[", r"\[").replace("]", r"\]")):
        read_recording(tmp_path / name)


def test_an_egi_folder_reports_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    (tmp_path / "x.mff").mkdir()
    with pytest.raises(RecordingError, match="EGI files need mffpy"):
        read_recording(tmp_path / "x.mff")


def neuroscan(path: Path, width: int, n_samples: int, seconds: float) -> Path:
    """Write two channels of 1000 samples at 250 Hz, with the given values in the header."""
    n_channels, n = 2, 1000
    head = bytearray(900 + 75 * n_channels)
    head[225:247] = b"01/02/24  10:00:00    "
    struct.pack_into("<H", head, 370, n_channels)
    struct.pack_into("<H", head, 376, 250)
    struct.pack_into("<i", head, 864, n_samples)
    table = len(head) + n * n_channels * width
    struct.pack_into("<i", head, 886, table)
    struct.pack_into("<f", head, 890, seconds)
    for i, name in enumerate((b"C3", b"C4")):
        at = 900 + 75 * i
        head[at : at + 2] = name
        struct.pack_into("<f", head, at + 59, 204.8)  # sensitivity
        struct.pack_into("<f", head, at + 71, 1.0)  # calibration
    ramp = np.column_stack([np.arange(n), -np.arange(n)]).astype(f"<i{width}")
    path.write_bytes(bytes(head) + ramp.tobytes() + struct.pack("<Bll", 1, 0, 0)[:9] + bytes(9))
    return path


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize(("n_samples", "seconds"), [(1000, 4.0), (0, 4.0), (0, 0.0), (777, 4.0)])
def test_neuroscan_samples_of_16_and_of_32_bits_are_distinguished(
    tmp_path: Path, width: int, n_samples: int, seconds: float
) -> None:
    path = neuroscan(tmp_path / "x.cnt", width, n_samples, seconds)
    assert bytes_a_sample(path) == width
    recording = read_recording(path)
    np.testing.assert_allclose(recording.data[:, 0], np.arange(1000), rtol=1e-5)
