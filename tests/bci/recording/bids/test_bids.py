import builtins
import csv
import dataclasses
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest
from typer.testing import CliRunner

from bci.cli import app
from bci.errors import RecordingError
from bci.recording.bids.export import export_bids, markers_outside
from bci.recording.bids.names import Session
from bci.recording.bids.sidecars import with_sidecars
from bci.recording.read import read_recording
from bci.recording.write_fif import write_fif
from bci.signals import Channel, Marker, Recording, StreamInfo
from devices.simulated.subject import SubjectSettings, simulate_run, write_run

mne_bids = pytest.importorskip("mne_bids")
pytest.importorskip("pybv")

SESSION = Session("01", "motorimagery", "1")


@pytest.fixture(scope="module")
def simulated() -> Recording:
    return simulate_run(SubjectSettings(trials_per_class=2), 1)


def recording_of(channels: tuple[Channel, ...], markers: tuple[Marker, ...] = ()) -> Recording:
    data = np.random.default_rng(0).normal(size=(500, len(channels))).astype(np.float32)
    return Recording(
        StreamInfo("made", "EEG", 100.0, channels),
        data, np.arange(500) / 100.0, np.arange(500), markers, "made.xdf",
    )  # fmt: skip


def without_rows(recording: Recording, start: int, stop: int) -> Recording:
    keep = np.r_[0:start, stop : len(recording.data)]
    return dataclasses.replace(
        recording,
        data=recording.data[keep],
        timestamps=recording.timestamps[keep],
        indices=recording.indices[keep],
    )


def read_back(path: Path) -> Recording:
    return with_sidecars(read_recording(path), path)


def read_with_mne_bids(path: Path) -> mne.io.BaseRaw:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mne_bids.read_raw_bids(mne_bids.get_bids_path_from_fname(path), verbose="error")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem.rpartition('_')[0]}_{what}")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same(again: Recording, before: Recording) -> None:
    np.testing.assert_allclose(again.data, before.data, rtol=1e-6)
    np.testing.assert_array_equal(again.indices, before.indices)
    assert again.info.ch_names == before.info.ch_names
    assert again.info.sfreq == pytest.approx(before.info.sfreq, rel=1e-9)
    assert [c.unit for c in again.info.channels] == [c.unit for c in before.info.channels]
    assert again.info.simulated == before.info.simulated
    assert [m.label for m in again.markers] == [m.label for m in before.markers]
    half = 0.5001 / before.info.sfreq
    times = [m.time for m in before.markers]
    np.testing.assert_allclose([m.time for m in again.markers], times, rtol=0, atol=half)


def test_a_simulated_run_comes_back_whole_and_stays_simulated(
    tmp_path: Path, simulated: Recording, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = export_bids(simulated, SESSION, tmp_path)
    name = "sub-01_ses-1_task-motorimagery_run-01_eeg.vhdr"
    assert path == tmp_path / "sub-01" / "ses-1" / "eeg" / name
    assert capfd.readouterr() == ("", "")
    again = read_back(path)
    assert_same(again, simulated)
    np.testing.assert_array_equal(again.data, simulated.data)
    assert again.info.channels == simulated.info.channels
    assert again.info.simulated
    assert "sub-01 has simulated signals" in (tmp_path / "README").read_text()


def test_lost_samples_are_zeros_that_are_marked_and_come_back_lost(
    tmp_path: Path, simulated: Recording
) -> None:
    gapped = without_rows(without_rows(simulated, 3000, 3001), 1000, 1250)
    path = export_bids(gapped, SESSION, tmp_path)
    assert_same(read_back(path), gapped)
    np.testing.assert_array_equal(read_recording(path).indices, gapped.indices)
    skips = [r for r in rows(beside(path, "events.tsv")) if r["trial_type"] == "BAD_ACQ_SKIP"]
    assert [(float(r["onset"]), float(r["duration"])) for r in skips] == [(4, 1), (12, 0.004)]
    raw = read_with_mne_bids(path)
    assert not raw.get_data()[:, 1000:1250].any()
    assert "BAD_ACQ_SKIP" in raw.annotations.description


def test_tables_and_notes_say_what_the_recording_says(tmp_path: Path, simulated: Recording) -> None:
    path = export_bids(simulated, SESSION, tmp_path, bad_channels=("C3", "Cz"), line_hz=50)
    channels = rows(beside(path, "channels.tsv"))
    assert {(r["type"], r["units"]) for r in channels} == {("EEG", "µV")}
    assert {r["name"] for r in channels if r["status"] == "bad"} == {"C3", "Cz"}
    notes = json.loads(path.with_suffix(".json").read_text())
    assert (notes["TaskName"], notes["SamplingFrequency"]) == ("motorimagery", 250)
    assert (notes["PowerLineFrequency"], notes["Manufacturer"]) == (50, "n/a")
    assert notes["Simulated"] is True
    electrodes = rows(path.with_name("sub-01_ses-1_electrodes.tsv"))
    placed = {r["name"]: (float(r["x"]), float(r["y"]), float(r["z"])) for r in electrodes}
    assert placed == {c.name: c.position for c in simulated.info.channels}
    system = json.loads(path.with_name("sub-01_ses-1_coordsystem.json").read_text())
    assert system["EEGCoordinateUnits"] == "m"
    raw = read_with_mne_bids(path)
    assert raw.info["bads"] == ["C3", "Cz"]
    assert raw.info["line_freq"] == 50
    assert {"left", "right", "rest"} <= set(raw.annotations.description)
    assert raw.get_montage() is not None


def test_an_unknown_power_line_and_a_real_recording_claim_nothing(tmp_path: Path) -> None:
    path = export_bids(recording_of((Channel("C3", "eeg", "uV"),)), SESSION, tmp_path)
    notes = json.loads(path.with_suffix(".json").read_text())
    assert notes["PowerLineFrequency"] == "n/a"
    assert "Simulated" not in notes
    assert "simulated" not in (tmp_path / "README").read_text()
    assert not list(tmp_path.rglob("*electrodes*"))


def test_the_dataset_is_made_where_it_is_missing(tmp_path: Path, simulated: Recording) -> None:
    path = export_bids(simulated, SESSION, tmp_path / "new" / "bids")
    assert path.is_file()
    assert (tmp_path / "new" / "bids" / "dataset_description.json").is_file()


def test_nothing_is_overwritten(tmp_path: Path, simulated: Recording) -> None:
    export_bids(simulated, SESSION, tmp_path)
    participants = tmp_path / "participants.tsv"
    filled_in = participants.read_text().replace("n/a", "33", 1)
    participants.write_text(filled_in)
    before = contents(tmp_path)
    with pytest.raises(RecordingError, match="run 1 is there already"):
        export_bids(simulated, SESSION, tmp_path, run=1)
    assert contents(tmp_path) == before
    assert export_bids(simulated, SESSION, tmp_path).stem.endswith("run-02_eeg")
    assert export_bids(simulated, SESSION, tmp_path, run=7).stem.endswith("run-07_eeg")
    assert export_bids(simulated, SESSION, tmp_path).stem.endswith("run-03_eeg")
    export_bids(simulated, Session("02", "rest"), tmp_path)
    after = contents(tmp_path)
    grown = {"participants.tsv", "README", "sub-01_ses-1_scans.tsv"}
    assert {p.name for p in before if after[p] != before[p]} <= grown
    assert [r["age"] for r in rows(participants)] == ["33", "n/a"]
    assert len(rows(tmp_path / "sub-01" / "ses-1" / "sub-01_ses-1_scans.tsv")) == 4


def test_electrodes_that_differ_within_a_session_are_refused(
    tmp_path: Path, simulated: Recording
) -> None:
    export_bids(simulated, SESSION, tmp_path)
    before = contents(tmp_path)
    other = recording_of((Channel("C3", "eeg", "uV", (0.01, 0.02, 0.03)),))
    with pytest.raises(RecordingError, match=r"other electrodes .* another session"):
        export_bids(other, SESSION, tmp_path)
    assert contents(tmp_path) == before


def test_intracranial_positions_are_written(tmp_path: Path) -> None:
    contacts = (Channel("A1", "seeg", "uV", (0.01, 0.02, 0.03)), Channel("A2", "seeg", "uV"))
    for _ in range(2):
        path = export_bids(recording_of(contacts), SESSION, tmp_path)
    first, second = rows(path.with_name("sub-01_ses-1_electrodes.tsv"))
    assert (first["x"], first["y"], first["z"], second["x"]) == ("0.01", "0.02", "0.03", "n/a")
    assert read_back(path).info.type == "iEEG"
    assert set(read_with_mne_bids(path).get_channel_types()) == {"seeg"}


def test_every_kind_of_channel_keeps_its_values(tmp_path: Path) -> None:
    channels = (
        Channel("C3", "eeg", "uV"),
        Channel("up", "eog", "uV"),
        Channel("odd, name", "eeg", "unknown"),
        Channel("x", "acc", "g"),
        Channel("status", "stim"),
    )
    before = recording_of(channels)
    again = read_back(export_bids(before, SESSION, tmp_path))
    np.testing.assert_array_equal(again.data, before.data)
    assert [c.kind for c in again.info.channels] == ["eeg", "eog", "eeg", "misc", "stim"]
    assert [c.unit for c in again.info.channels] == ["uV", "uV", "unknown", "unknown", "unknown"]


def test_a_magnetometer_in_nanotesla_is_written_in_tesla(tmp_path: Path) -> None:
    data = np.arange(1.0, 501.0, dtype=np.float32)[:, None]
    info = StreamInfo("sensors", "MEG", 250.0, (Channel("M1", "mag", "nT"),), "sensors")
    times = np.arange(500) / 250.0
    before = Recording(info, data, times, np.arange(500), (), "sensors")
    again = read_back(export_bids(before, SESSION, tmp_path))
    assert [c.unit for c in again.info.channels] == ["T"]
    np.testing.assert_allclose(again.data, 1e-9 * data, rtol=1e-6)


def test_labels_that_a_table_cannot_hold_are_changed_and_stay_events(tmp_path: Path) -> None:
    labels = ("a\tb\nc", "one; two, three", "bad luck", "n/a", "größer ✓", "left/right")
    markers = tuple(Marker(float(i) / 2, label) for i, label in enumerate(labels))
    path = export_bids(recording_of((Channel("C3", "eeg", "uV"),), markers), SESSION, tmp_path)
    expected = ["a_b_c", "one_ two_ three", "_bad luck", "_n/a", "größer ✓", "left/right"]
    assert [m.label for m in read_back(path).markers] == expected
    assert [m.time for m in read_back(path).markers] == [m.time for m in markers]
    assert set(read_with_mne_bids(path).annotations.description) == set(expected)


def test_markers_outside_the_signal_are_counted_and_left_out(tmp_path: Path) -> None:
    markers = (Marker(-1.0, "early"), Marker(0.0, "first"), Marker(4.99, "last"), Marker(9.0, "x"))
    before = recording_of((Channel("C3", "eeg", "uV"),), markers)
    again = read_back(export_bids(before, SESSION, tmp_path))
    assert again.markers == markers[1:3]
    assert markers_outside(before) == 2


def test_markers_stay_with_their_samples_where_the_true_rate_is_not_the_nominal(
    tmp_path: Path,
) -> None:
    nominal = recording_of((Channel("C3", "eeg", "uV"),), (Marker(4.0, "go"),))
    slow = dataclasses.replace(nominal, timestamps=np.arange(500) / 80.0)
    again = read_back(export_bids(slow, SESSION, tmp_path))
    assert again.markers == (Marker(320 / 100.0, "go"),)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"bad_channels": ("C3", "Q9")}, "no channel Q9 to mark as bad; there are: C3"),
        ({}, {"run": 0}, "starts at 1"),
        ({}, {"line_hz": -50.0}, "50 or 60 Hz"),
        ({"channels": (Channel("C3", "eeg"),) * 2}, {}, "must differ in BIDS: C3"),
        ({"channels": (Channel("C\t3", "eeg"),)}, {}, "cannot hold the channel name"),
        (
            {"channels": (Channel("x", "acc"),)},
            {},
            "needs EEG, iEEG or MEG channels; these are acc",
        ),
        ({"sfreq": 0.0}, {}, "regular rate"),
    ],
)
def test_what_bids_cannot_hold_is_reported_and_nothing_is_written(
    tmp_path: Path, change: dict[str, object], arguments: dict[str, object], message: str
) -> None:
    channels = change.get("channels", (Channel("C3", "eeg", "uV"),))
    made = recording_of(channels)  # type: ignore[arg-type]
    made = dataclasses.replace(made, info=dataclasses.replace(made.info, **change))  # type: ignore[arg-type]
    with pytest.raises(RecordingError, match=message):
        export_bids(made, SESSION, tmp_path, **arguments)  # type: ignore[arg-type]
    assert not contents(tmp_path)


@pytest.mark.parametrize("subject", ["0-1", "", "a_b", "../x"])
def test_labels_of_a_session_are_letters_and_digits(subject: str) -> None:
    with pytest.raises(RecordingError, match="letters and digits only"):
        Session(subject, "rest")


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bids").write_text("mine")
    with pytest.raises(RecordingError, match="cannot export to BIDS") as caught:
        export_bids(recording_of((Channel("C3", "eeg"),)), SESSION, tmp_path / "bids")
    assert "\n" not in str(caught.value)


def test_without_mne_bids_the_message_reports_what_to_install(
    tmp_path: Path, simulated: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: Callable[..., object] = builtins.__import__

    def without(name: str, *arguments: object, **more: object) -> object:
        if name == "mne_bids":
            raise ImportError(name)
        return imported(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RecordingError, match=r"pip install 'bci\[bids\]'"):
        export_bids(simulated, SESSION, tmp_path)


@pytest.mark.parametrize(
    ("beside_it", "content"),
    [
        ("eeg.json", "{"),
        ("eeg.json", "[" * 100_000),
        ("eeg.json", "[1]"),
        ("events.tsv", "onset\0\n\xff"),
    ],
    ids=["cut", "nested", "a list", "binary"],
)
def test_damaged_sidecars_are_one_line_or_do_no_harm(
    tmp_path: Path, simulated: Recording, beside_it: str, content: str
) -> None:
    path = export_bids(simulated, SESSION, tmp_path)
    beside(path, beside_it).write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordingError, match="beside it in its BIDS dataset is damaged"):
        read_back(path)


@pytest.mark.parametrize("unit", [{"m": 1}, ["m"], 1, None])
def test_a_unit_that_is_no_text_gives_no_positions(
    tmp_path: Path, simulated: Recording, unit: object
) -> None:
    path = export_bids(simulated, SESSION, tmp_path)
    (table,) = path.parent.glob("*_coordsystem.json")
    table.write_text(json.dumps({"EEGCoordinateUnits": unit}))
    assert len(read_recording(path).info.channels) == simulated.info.n_channels


def test_a_file_outside_of_a_dataset_is_left_as_it_is(simulated: Recording) -> None:
    assert with_sidecars(simulated, Path("run-01_eeg.fif")) is simulated


@pytest.mark.parametrize(
    ("file", "stream", "folder", "extension"),
    [
        ("eegmmidb/S001/S001R04.edf", None, "eeg", ".vhdr"),
        ("eeglab/eeglab_data.set", None, "eeg", ".vhdr"),
        ("xdf/muse_sub-P001.xdf", "EEG", "eeg", ".vhdr"),
        ("xdf/minimal.xdf", None, "eeg", ".vhdr"),
        ("seeg/sample_seeg.edf", None, "ieeg", ".vhdr"),
        ("meg/sample_audvis_raw.fif", None, "meg", ".fif"),
    ],
)
def test_real_recordings_come_back_whole(
    shared_data: Path, tmp_path: Path, file: str, stream: str | None, folder: str, extension: str
) -> None:
    before = read_recording(shared_data / file, stream)
    path = export_bids(before, dataclasses.replace(SESSION, suffix=folder), tmp_path, line_hz=60)
    assert path.name == f"sub-01_ses-1_task-motorimagery_run-01_{folder}{extension}"
    assert path.parent.name == folder
    again = read_back(path)
    expected = before
    if file == "xdf/minimal.xdf":  # Its clock only jumps, and a marker has a whole document.
        inside = tuple(m for m in before.markers if m.time <= before.timestamps[-1] + 0.05)
        expected = dataclasses.replace(before, markers=inside)
    assert_same(again, expected)
    told = {"eeg": "seeg"} if folder == "ieeg" else {}
    kinds = [told.get(c.kind, c.kind) for c in before.info.channels]
    assert [c.kind for c in again.info.channels] == kinds
    raw = read_with_mne_bids(path)
    assert raw.ch_names == list(before.info.ch_names)
    assert sorted(set(raw.get_channel_types())) == sorted(set(kinds))


def test_a_gap_in_meg_comes_back_as_a_gap(shared_data: Path, tmp_path: Path) -> None:
    whole = read_recording(shared_data / "meg" / "sample_audvis_raw.fif")
    gapped = dataclasses.replace(without_rows(whole, 100, 160), markers=(Marker(1.5, "tone"),))
    simulated = dataclasses.replace(gapped, info=dataclasses.replace(gapped.info, simulated=True))
    path = export_bids(simulated, SESSION, tmp_path)
    assert_same(read_recording(path), simulated)


def test_a_clock_that_was_reset_is_a_long_gap(shared_data: Path, tmp_path: Path) -> None:
    before = read_recording(shared_data / "xdf" / "clock_resets.xdf")
    again = read_back(export_bids(before, SESSION, tmp_path))
    np.testing.assert_array_equal(again.data, before.data)
    np.testing.assert_array_equal(again.indices, before.indices)
    assert [m.label for m in again.markers] == [m.label for m in before.markers]


def test_the_command_prints_the_path_that_it_wrote(tmp_path: Path, simulated: Recording) -> None:
    write_run(simulated, tmp_path / "run_raw.fif")
    arguments = [
        "export", str(tmp_path / "run_raw.fif"), "--folder", str(tmp_path / "bids"),
        "--subject", "07", "--task", "rest", "--bad", "C3", "--bad", "C4", "--line-hz", "50",
    ]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    path = Path(result.stdout.strip())
    assert path == tmp_path / "bids" / "sub-07" / "eeg" / "sub-07_task-rest_run-01_eeg.vhdr"
    assert read_with_mne_bids(path).info["bads"] == ["C3", "C4"]
    assert read_back(path).info.simulated


@pytest.mark.parametrize(("unit", "volts"), [("mV", 1e-3), ("uV", 1e-6), ("V", 1.0)])
def test_fif_files_hold_volts_whatever_the_unit(tmp_path: Path, unit: str, volts: float) -> None:
    before = recording_of((Channel("C3", "eeg", unit),))
    write_fif(before, tmp_path / "volts_eeg.fif")
    raw = mne.io.read_raw_fif(tmp_path / "volts_eeg.fif", verbose="error")
    np.testing.assert_allclose(raw.get_data().T, volts * before.data, rtol=1e-6)
