"""Times of markers and breaks in FIF, EEGLAB and BrainVision files."""

import struct
from pathlib import Path

import mne
import numpy as np
import pytest
from scipy.io import savemat

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Recording

FS, N = 250, 5000


def raw_of(stim: dict[str, np.ndarray] | None = None, first: int = 0) -> mne.io.RawArray:
    """Return two EEG channels with sample numbers as values in uV, and trigger channels."""
    stim = stim or {}
    info = mne.create_info(["C3", "C4", *stim], FS, ["eeg", "eeg", *["stim"] * len(stim)])
    data = np.vstack([np.arange(N) * 1e-6, np.arange(N) * -1e-6, *stim.values()])
    return mne.io.RawArray(data, info, first_samp=first, verbose="error")


def saved(raw: mne.io.BaseRaw, folder: Path) -> Path:
    path = folder / "made_raw.fif"
    raw.save(path, overwrite=True, verbose="error")
    return path


def value_at(recording: Recording, time: float) -> float:
    return float(recording.data[np.argmin(np.abs(recording.timestamps - time)), 0])


def events(recording: Recording) -> list[tuple[str, int]]:
    return [(marker.label, round(marker.time * FS)) for marker in recording.markers]


def steps() -> np.ndarray:
    stim = np.zeros(N)
    stim[500:1000], stim[1000:1500], stim[1500:2000], stim[2500:2501] = 1, 2, 1, 7
    return stim


STEPS = [("1", 500), ("2", 1000), ("1", 1500), ("7", 2500)]


@pytest.mark.parametrize("date", [None, 1.7e9])
@pytest.mark.parametrize("first", [0, 777])
def test_cropping_moves_no_marker_and_no_gap(
    tmp_path: Path, date: float | None, first: int
) -> None:
    raw = raw_of(first=first)
    raw.set_meas_date(date)
    notes = mne.Annotations(
        [12.0, 14.0], [0, 1.0], ["left", "BAD_ACQ_SKIP"], orig_time=raw.info["meas_date"]
    )
    if date is not None:  # times count from the date, which is before the first sample
        notes.onset += raw.first_time
    raw.set_annotations(notes)
    raw.crop(8.0, 16.0)
    recording = read_recording(saved(raw, tmp_path))
    assert value_at(recording, recording.markers[0].time) == pytest.approx(3000, abs=0.5)
    (seam,) = np.flatnonzero(np.diff(recording.indices) != 1)
    np.testing.assert_allclose(recording.data[[seam, seam + 1], 0], [3499, 3750], atol=0.5)


def test_appended_files_have_a_break_between_them(tmp_path: Path) -> None:
    raw = raw_of()
    raw.set_annotations(mne.Annotations([1.0], [0], ["left"]))
    later = raw_of()
    later.set_annotations(mne.Annotations([2.0], [0], ["right"]))
    raw.append(later)
    recording = read_recording(saved(raw, tmp_path))
    assert np.flatnonzero(np.diff(recording.indices) != 1).tolist() == [N - 1]
    assert [marker.label for marker in recording.markers] == ["left", "right"]
    assert value_at(recording, recording.markers[1].time) == pytest.approx(500, abs=0.5)
    assert recording.findings == (
        "breaks of unknown length, each counted as one lost sample, at 20.0 s",
    )


def test_codes_held_until_the_next_one_are_events(tmp_path: Path) -> None:
    assert events(read_recording(saved(raw_of({"STI 014": steps()}), tmp_path))) == STEPS


def test_annotations_hide_no_trigger_codes_and_either_can_be_chosen(tmp_path: Path) -> None:
    raw = raw_of({"STI 014": steps()})
    raw.set_annotations(mne.Annotations([1.0], [0.5], ["blink"]))
    path = saved(raw, tmp_path)
    assert events(read_recording(path)) == [("blink", 250), *STEPS]
    assert events(read_recording(path, markers="STI 014")) == STEPS
    assert events(read_recording(path, markers="annotations")) == [("blink", 250)]
    with pytest.raises(RecordingError, match=r"no marker.*STI 014"):
        read_recording(path, markers="STI 101")


def test_combined_trigger_channel_stands_for_its_lines(tmp_path: Path) -> None:
    line = np.zeros(N)
    line[100:200] = 3
    raw = raw_of({"STI 001": line, "STI101": steps()}, first=1000)
    path = saved(raw, tmp_path)
    assert events(read_recording(path)) == STEPS
    assert events(read_recording(path, markers="STI 001")) == [("3", 100)]


def test_negative_codes_are_codes_of_16_bits(tmp_path: Path) -> None:
    stim = np.zeros(N)
    stim[400:450] = -32765
    assert events(read_recording(saved(raw_of({"STI101": stim}), tmp_path))) == [("32771", 400)]


def test_noise_on_a_trigger_channel_is_reported(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 9, N).astype(float)
    recording = read_recording(saved(raw_of({"TRIG": noise}), tmp_path))
    (finding,) = recording.findings
    assert finding.startswith("trigger channel TRIG has")
    assert "looks like noise" in finding


def eeglab(folder: Path, duration: float, n_trials: int = 1) -> Path:
    made = np.zeros(4, dtype=[("type", "O"), ("latency", "O"), ("duration", "O")])
    made["type"] = ["left", "boundary", "right", 7]
    made["latency"] = [101.0, 2500.5, 2601.0, 4001.0]
    made["duration"] = [0.0, duration, 0.0, 0.0]
    places = np.zeros(2, dtype=[("labels", "O"), ("X", "O"), ("Y", "O"), ("Z", "O")])
    places["labels"] = ["C3", "C4"]
    nothing = np.zeros((0, 0))
    for axis in "XYZ":
        places[axis] = [nothing] * 2
    data = np.vstack([np.arange(N), -np.arange(N)]).astype(np.float32)
    content = {
        "setname": "t", "nbchan": 2, "trials": n_trials, "pnts": N // n_trials, "srate": FS,
        "xmin": 0.0, "xmax": (N - 1) / FS, "data": data, "event": made, "chanlocs": places,
        "epoch": nothing, "ref": "common", "icawinv": nothing, "icasphere": nothing,
        "icaweights": nothing, "times": np.arange(N) / FS * 1000,
    }  # fmt: skip
    savemat(folder / "marks.set", {"EEG": content}, appendmat=False)
    return folder / "marks.set"


@pytest.mark.parametrize(("duration", "lost"), [(5000.0, 5000), (0.0, 1), (np.nan, 1)])
def test_boundary_of_eeglab_is_a_gap_and_no_marker(
    tmp_path: Path, duration: float, lost: int
) -> None:
    recording = read_recording(eeglab(tmp_path, duration))
    assert [marker.label for marker in recording.markers] == ["left", "right", "7"]
    assert [round(value_at(recording, m.time)) for m in recording.markers] == [100, 2600, 4000]
    (seam,) = np.flatnonzero(np.diff(recording.indices) != 1)
    assert (seam, recording.indices[seam + 1]) == (2499, 2500 + lost)


def test_epochs_and_events_are_no_recording(tmp_path: Path) -> None:
    events = tmp_path / "run-eve.fif"
    mne.write_events(events, np.array([[10, 0, 1]]), verbose="error")
    for path in (events, eeglab(tmp_path, 0.0, n_trials=5)):
        with pytest.raises(RecordingError, match="holds no continuous recording"):
            read_recording(path)


def gdf(path: Path, table: list[tuple[int, int]]) -> Path:
    """Write a GDF 2.20 file, float32 in uV; positions in its event table count from 1."""
    names = (b"C3", b"C4")
    head = bytearray(256 * (len(names) + 1))
    head[:8] = b"GDF 2.20"
    struct.pack_into("<Q", head, 168, 739252 << 32)
    struct.pack_into("<H", head, 184, len(names) + 1)
    struct.pack_into("<q", head, 236, N)
    struct.pack_into("<IIH", head, 244, 1, FS, len(names))
    at = 256
    texts, low, high, nothing = ("80s", b""), ("<d", -9e3), ("<d", 9e3), ("<f", 0.0)
    same = [texts, ("6s", b"uV"), ("<H", 4275), low, high, low, high, ("68s", b"")]
    same += [nothing, nothing, nothing, ("<I", 1), ("<I", 16), ("12s", b""), ("20s", b"")]
    for form, values in [("16s", names), *((form, (value,) * 2) for form, value in same)]:
        for value in values:
            struct.pack_into(form, head, at, value)
            at += struct.calcsize(form)
    data = np.column_stack([np.arange(N), -np.arange(N)]).astype("<f4").tobytes()
    events = struct.pack("<B", 1) + struct.pack("<I", len(table))[:3] + struct.pack("<f", FS)
    events += b"".join(struct.pack("<I", position) for position, _ in table)
    events += b"".join(struct.pack("<H", code) for _, code in table)
    path.write_bytes(bytes(head) + data + events)
    return path


def test_new_segment_of_gdf_is_a_break(tmp_path: Path) -> None:
    table = [(1, 32766), (101, 769), (2501, 32766), (2601, 770)]
    recording = read_recording(gdf(tmp_path / "run.gdf", table))
    assert [marker.label for marker in recording.markers] == ["769", "770"]
    assert [round(value_at(recording, m.time)) for m in recording.markers] == [100, 2600]
    assert np.flatnonzero(np.diff(recording.indices) != 1).tolist() == [2499]


def brainvision(folder: Path, dates: list[str], encoding: str = "utf-8", name: str = "run") -> Path:
    """Write segments of 500 samples, with an event on the hundredth of each."""
    n = 500 * len(dates)
    folder.mkdir(exist_ok=True)
    data = np.column_stack([np.arange(n), -np.arange(n)]).astype("<f4")
    (folder / f"{name}.eeg").write_bytes(data.tobytes())
    page = "Codepage=UTF-8\n" if encoding == "utf-8" else ""
    head = (
        f"Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\n{page}"
        f"DataFile={name}.eeg\nMarkerFile={name}.vmrk\nDataFormat=BINARY\n"
        "DataOrientation=MULTIPLEXED\nNumberOfChannels=2\nSamplingInterval=4000\n\n"
        "[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n\n"
        "[Channel Infos]\nCh1=C3,,1,µV\nCh2=C4,,1,µV\n"
    )
    marks = []
    for number, date in enumerate(dates):
        at = 500 * number + 1
        marks += [f"New Segment,,{at},1,0,{date}".rstrip(","), f"Stimulus,grün,{at + 100},1,0"]
    table = "".join(f"Mk{i}={mark}\n" for i, mark in enumerate(marks, 1))
    (folder / "run.vhdr").write_text(head, encoding)
    (folder / f"{name}.vmrk").write_text(
        f"Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\n{page}"
        f"DataFile={name}.eeg\n\n[Marker Infos]\n{table}",
        encoding,
    )
    return folder / "run.vhdr"


def test_new_segment_of_brainvision_is_a_gap_as_long_as_its_date_says(tmp_path: Path) -> None:
    dates = ["20240101100000000000", "20240101100100000000", "20240101100102000000"]
    recording = read_recording(brainvision(tmp_path, dates))
    assert [m.label for m in recording.markers] == ["Stimulus/grün"] * 3
    assert [round(value_at(recording, m.time)) for m in recording.markers] == [100, 600, 1100]
    (seam,) = np.flatnonzero(np.diff(recording.indices) > 2)
    assert (seam, recording.indices[seam + 1]) == (499, 60 * FS)
    # The third segment began when the second ended; it is still a break, of unknown length.
    assert recording.indices[1000] - recording.indices[999] == 2


def test_new_segment_without_a_date_is_a_break_of_unknown_length(tmp_path: Path) -> None:
    recording = read_recording(brainvision(tmp_path, ["20240101100000000000", ""]))
    assert recording.indices[500] - recording.indices[499] == 2
    assert "unknown length" in recording.findings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("name", ["run", "aufnahme_ü"])
def test_brainvision_in_an_old_encoding_is_read(tmp_path: Path, encoding: str, name: str) -> None:
    path = brainvision(tmp_path, ["20240101100000000000"] * 2, encoding, name)
    recording = read_recording(path)
    assert [m.label for m in recording.markers] == ["Stimulus/grün"] * 2
    assert (np.diff(recording.indices) != 1).sum() == 1
    np.testing.assert_array_equal(recording.data[:, 0], np.arange(1000))
