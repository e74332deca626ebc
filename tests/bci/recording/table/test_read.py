"""Recordings as text: files of headset programs, and tables that people make."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Recording


def events(recording: Recording) -> list[tuple[str, float]]:
    return [(marker.label, round(marker.time, 3)) for marker in recording.markers]


def plain(n: int = 1000, sfreq: float = 250.0) -> pd.DataFrame:
    wave = np.arange(n) / 10
    return pd.DataFrame({"time": np.arange(n) / sfreq, "C3": wave, "C4": -wave})


def written(table: pd.DataFrame, path: Path, **options: object) -> Path:
    table.to_csv(path, index=False, **options)  # type: ignore[call-overload]
    return path


def test_a_real_openbci_file_comes_with_channels_rate_and_time(shared_data: Path) -> None:
    (path,) = (shared_data / "openbci").glob("*.txt")
    recording = read_recording(path)
    info = recording.info
    assert (info.sfreq, info.type) == (250.0, "EEG")
    assert [c.unit for c in info.channels] == ["uV"] * 8 + ["g"] * 3
    assert [c.kind for c in info.channels[:8]] == ["eeg"] * 8
    assert recording.data.shape == (22_490, 11)
    assert recording.indices[-1] == 22_489
    np.testing.assert_allclose(recording.data[0, [0, 7, 9]], [61379.36, 1740.11, 0.42])


def test_real_muse_files_come_with_channels_rate_and_markers(shared_data: Path) -> None:
    for path in sorted((shared_data / "muse_p300").glob("*.csv")):
        recording, table = read_recording(path), pd.read_csv(path)
        assert recording.info.sfreq == 256.0
        assert recording.info.ch_names[:4] == ("TP9", "AF7", "AF8", "TP10")
        assert {c.unit for c in recording.info.channels} == {"uV"}
        np.testing.assert_allclose(recording.data, table.iloc[:, 1:6], rtol=1e-6)
        marks = table["Marker"].to_numpy()
        assert len(recording.markers) == np.count_nonzero(marks)
        times = table["timestamps"].to_numpy()
        expected = times[marks > 0] - times[0]
        found = [marker.time for marker in recording.markers]
        np.testing.assert_allclose(found, expected, atol=0.05)


def openbci(folder: Path, version: int, rows: list[int]) -> Path:
    """Write two channels whose values are sample numbers; ``rows`` are not lost."""
    lines = [
        "%OpenBCI Raw EXG Data", "%Number of channels = 2", "%Sample Rate = 250 Hz",
        "%Board = OpenBCI_GUI$BoardCytonSerial",
    ]  # fmt: skip
    if version >= 5:
        lines.append(
            "Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Accel Channel 1, "
            "Accel Channel 2, Not Used, Digital Channel 0 (D11), Analog Channel 0, Timestamp, "
            "Marker Channel, Timestamp (Formatted)"
        )
    for row in rows:
        stamp = 1557936053329 + 4 * row
        if version >= 5:
            marker = 5.0 if row == 600 else 0.0
            rest = f"0.1, 0.2, 0.3,0,0,0, {stamp},{marker}, 12:00:53.329"
        else:
            rest = f"0.1, 0.2, 0.3, 12:00:53.329, {stamp}"
        lines.append(f"{row % 256}, {row}.00, {-row}.00, {rest}")
    path = folder / f"v{version}.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("version", [4, 6])
def test_openbci_losses_are_reported_by_the_package_counter(tmp_path: Path, version: int) -> None:
    rows = [row for row in range(1500) if not 300 <= row < 310 and row != 900]
    recording = read_recording(openbci(tmp_path, version, rows))
    np.testing.assert_array_equal(recording.indices, rows)
    np.testing.assert_array_equal(recording.data[:, 0], rows)
    assert recording.info.ch_names[:3] == ("EXG Channel 0", "EXG Channel 1", "Accel Channel 0")
    assert events(recording) == ([("5", 2.4)] if version >= 5 else [])


def test_openbci_file_without_its_rate_is_refused(tmp_path: Path) -> None:
    path = openbci(tmp_path, 6, list(range(100)))
    path.write_text(path.read_text().replace("%Sample Rate = 250 Hz\n", ""))
    with pytest.raises(RecordingError, match="do not state the rate"):
        read_recording(path)


def test_emotiv_export_has_its_electrodes_and_losses(tmp_path: Path) -> None:
    rows = [row for row in range(1280) if not 300 <= row < 310]
    table = pd.DataFrame({
        "Timestamp": [1.6e9 + row / 128 for row in rows],
        "EEG.Counter": [row % 128 for row in rows],
        "EEG.Interpolated": 0, "EEG.AF3": rows, "EEG.O1": rows, "EEG.RawCq": 0, "EEG.Battery": 90,
        "MarkerValueInt": [3 if row == 640 else 0 for row in rows], "CQ.AF3": 4,
        "MOT.AccX": [0.1 if row % 2 else None for row in rows],
    })  # fmt: skip
    path = tmp_path / "emotiv.csv"
    title = "title:rest, headset type:EPOCX, sampling rate:eeg_128;mot_64, channels:60\n"
    path.write_text(title + table.to_csv(index=False))
    recording = read_recording(path)
    assert recording.info.ch_names == ("AF3", "O1")
    assert (recording.info.sfreq, recording.info.channels[0].unit) == (128.0, "uV")
    np.testing.assert_array_equal(recording.indices, rows)
    assert events(recording) == [("3", 5.0)]


@pytest.mark.parametrize(
    ("name", "factor"),
    [("time", 1), ("Time (ms)", 1e3), ("time_ms", 1e3), ("t", 1), ("timestamp", 1e3), ("t", 1e6),
     ("LSL_Timestamp", 1), ("timestamps", 1e9), ("seconds", 1)],
)  # fmt: skip
@pytest.mark.parametrize("start", [0.0, 1.6e9])
def test_times_of_a_plain_table_give_the_rate(
    tmp_path: Path, name: str, factor: float, start: float
) -> None:
    table = plain()
    table["time"] = ((table["time"] + start) * factor).round(6)
    path = written(table.rename(columns={"time": name}), tmp_path / "plain.csv")
    recording = read_recording(path)
    assert recording.info.sfreq == 250.0
    assert recording.info.ch_names == ("C3", "C4")
    assert recording.indices[-1] == 999
    assert recording.duration == pytest.approx(999 / 250, abs=1e-3)
    np.testing.assert_allclose(recording.data[:, 0], np.arange(1000) / 10, rtol=1e-6)


def test_a_hole_in_the_times_is_lost_samples(tmp_path: Path) -> None:
    table = plain(2500).drop(index=range(1000, 1500))
    recording = read_recording(written(table, tmp_path / "hole.csv"))
    (seam,) = np.flatnonzero(np.diff(recording.indices) != 1)
    assert recording.indices[seam + 1] - recording.indices[seam] == 501


def test_a_clock_that_was_set_back_is_reported(tmp_path: Path) -> None:
    table = plain(5000)
    table.iloc[2500:, 0] -= 3600.0
    recording = read_recording(written(table, tmp_path / "set.csv"))
    assert recording.findings == ("its clock was set once; samples are counted on over it",)
    assert recording.duration == pytest.approx(19.996, abs=1e-3)


def test_words_and_held_codes_are_markers_where_they_change(tmp_path: Path) -> None:
    table = plain()
    table["label"], table["Trigger"] = "", 0.0
    table.loc[100:199, "label"], table.loc[200:299, "label"] = "left", "right, up"
    table.loc[500:599, "Trigger"], table.loc[600:699, "Trigger"] = 1, 2.5
    recording = read_recording(written(table, tmp_path / "marks.csv"))
    assert events(recording) == [("left", 0.4), ("right, up", 0.8), ("1", 2.0), ("2.5", 2.4)]
    assert recording.info.ch_names == ("C3", "C4")


def test_units_counters_and_words_are_no_channels(tmp_path: Path) -> None:
    table = plain().rename(columns={"C3": "C3 (uV)", "C4": "C4 [mV]"})
    table.insert(0, "index", range(len(table)))
    table["who"] = "me"
    recording = read_recording(written(table, tmp_path / "units.csv"))
    assert (recording.info.channels[0].name, recording.info.channels[0].unit) == ("C3", "uV")
    assert recording.info.ch_names == ("C3", "C4")
    assert recording.findings == ("columns without numbers left out: who",)


@pytest.mark.parametrize(("sep", "decimal"), [(";", ","), ("\t", "."), (";", ".")])
def test_other_separators_and_decimal_commas_are_understood(
    tmp_path: Path, sep: str, decimal: str
) -> None:
    path = written(plain(), tmp_path / "german.csv", sep=sep, decimal=decimal)
    recording = read_recording(path)
    assert recording.info.sfreq == 250.0
    np.testing.assert_allclose(recording.data[:, 0], np.arange(1000) / 10, rtol=1e-6)


def test_a_cut_row_is_left_out_and_reported(tmp_path: Path) -> None:
    path = written(plain(), tmp_path / "cut.csv")
    path.write_bytes(path.read_bytes()[:-8])
    recording = read_recording(path)
    assert len(recording.data) == 999
    assert recording.findings == ("damaged rows left out: 1",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no signal"),
        ("hello\n", "not a table of a recording"),
        ("a,b\n1,2\n3,4\n", "no column of time"),
        ("1,2\n3,4\n", "does not name the columns"),
        ("time,C3\n", "holds no signal"),
        ("time,C3\n1,2\n", "does not hold numbers"),
        ("time,C3\n1,2\n1,2\n1,2\n", "give no rate"),
        ("time,who\n0.0,a\n0.1,b\n0.2,c\n", "holds no signal"),
        ("time,C3\n" + "1,2,3,4\n" * 9, "rows do not have the 2 columns"),
        ("time,C3\n0.1,\0\n", "not a text file"),
        ("time,C3\n" + "9" * 3_000_000, "a line has no end"),
        ('time,C3\n0.1,"' + "9\n" * 200_000, "damaged table|not a table"),
    ],
)
def test_what_is_no_table_gives_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    with pytest.raises(RecordingError, match=message) as caught:
        read_recording(path)
    assert "\n" not in str(caught.value)


@given(content=st.binary(max_size=400))
def test_any_bytes_give_a_recording_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.csv"
    path.write_bytes(b"time,C3,marker\n0.0,1,a\n0.1,2,b\n" + content)
    try:
        assert read_recording(path).data.shape[1] == 1
    except RecordingError:
        return


def test_a_muse_auxiliary_input_is_no_electrode(shared_data: Path) -> None:
    path = min((shared_data / "muse_p300").glob("*.csv"))
    assert [c.kind for c in read_recording(path).info.channels] == ["eeg"] * 4 + ["misc"]


def test_a_clock_of_a_plain_table_that_was_set_back_is_reported(tmp_path: Path) -> None:
    table = plain(5000)
    table.loc[2500:, "time"] -= 7
    (finding,) = read_recording(written(table, tmp_path / "a.csv")).findings
    assert finding.startswith("its clock was set once")


def test_rows_in_disorder_are_refused(tmp_path: Path) -> None:
    path = written(plain().sample(frac=1, random_state=0), tmp_path / "a.csv")
    with pytest.raises(RecordingError, match="do not ascend; sort the rows"):
        read_recording(path)


def test_values_that_float32_rounds_are_reported_beside_missing_ones(tmp_path: Path) -> None:
    table = plain()
    table["C3"] = 2.0**24 + np.arange(len(table))
    table.loc[5, "C3"] = np.nan
    (finding,) = read_recording(written(table, tmp_path / "a.csv")).findings
    assert finding == "C3: values above 16777216 are rounded to float32"
    table["C3"] = 2.0**25
    table.loc[5, "C3"] = np.nan
    assert not read_recording(written(table, tmp_path / "b.csv")).findings


def test_a_rate_above_the_names_stands_for_the_times(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# Sample rate = 200 Hz\n" + plain().drop(columns="time").to_csv(index=False))
    recording = read_recording(path)
    assert recording.info.sfreq == 200
    assert recording.duration == pytest.approx(5, abs=0.01)


def test_names_without_rows_hold_no_signal(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no signal"):
        read_recording(written(plain(0), tmp_path / "a.csv"))
