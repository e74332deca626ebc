"""EDF and BDF files: gaps, rates, annotations and trigger codes."""

import contextlib
from pathlib import Path

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.signals import Recording
from tests.files.edf import Made, ramp, timed, write_edf

STEP = 6000 / 65535  # resolution of 16 bits over the range of the files made here


def labels(recording: Recording) -> list[tuple[str, float]]:
    return [(marker.label, round(marker.time, 3)) for marker in recording.markers]


def value_at(recording: Recording, time: float) -> float:
    return float(recording.data[np.argmin(np.abs(recording.timestamps - time)), 0])


def test_real_files_have_the_values_and_events_that_mne_reads(
    eegmmidb: Path, shared_data: Path
) -> None:
    for path in (eegmmidb / "S001" / "S001R04.edf", shared_data / "seeg" / "sample_seeg.edf"):
        recording, raw = read_recording(path), mne.io.read_raw_edf(path, verbose="error")
        np.testing.assert_allclose(recording.data.T, 1e6 * raw.get_data(), rtol=1e-6, atol=1e-3)
        notes = zip(raw.annotations.description, raw.annotations.onset, strict=True)
        assert labels(recording) == [(str(text), round(onset, 3)) for text, onset in notes]


def test_gap_of_a_discontinuous_file_is_lost_samples(tmp_path: Path) -> None:
    onsets = [*range(10), *range(60, 70)]
    notes = timed(onsets, {12: b"+62\x14left\x14\0"})
    path = write_edf(tmp_path / "gap.edf", [Made("C3", ramp(2000))], notes, "EDF+D")
    recording = read_recording(path)
    (seam,) = np.flatnonzero(np.diff(recording.indices) != 1)
    assert (recording.indices[seam], recording.indices[seam + 1]) == (999, 6000)
    assert recording.timestamps[-1] == pytest.approx(69.99)
    assert labels(recording) == [("left", 62.0)]
    assert value_at(recording, 62.0) == pytest.approx(120.0, abs=STEP)


def test_discontinuous_file_without_a_gap_has_none(tmp_path: Path) -> None:
    onsets = 0.25 + np.arange(10)
    path = write_edf(tmp_path / "whole.edf", [Made("C3", ramp(1000))], timed(onsets), "EDF+D")
    recording = read_recording(path)
    assert (np.diff(recording.indices) == 1).all()
    assert recording.findings == ()


def test_records_that_go_back_in_time_are_reported(tmp_path: Path) -> None:
    onsets = [0, 1, 0, 3]
    path = write_edf(tmp_path / "back.edf", [Made("C3", ramp(400))], timed(onsets), "EDF+D")
    (finding,) = [text for text in read_recording(path).findings if "before" in text]
    assert finding.startswith("1 data records")


@pytest.mark.parametrize("untimed", [0, 2])
def test_record_without_a_time_follows_the_one_before(tmp_path: Path, untimed: int) -> None:
    notes = timed([0, 1, 2, 3, 10])
    notes[untimed] = b""
    path = write_edf(tmp_path / "untimed.edf", [Made("C3", ramp(500))], notes, "EDF+D")
    recording = read_recording(path)
    assert np.flatnonzero(np.diff(recording.indices) != 1).tolist() == [399]
    assert recording.indices[-1] == 1099


def test_first_record_may_begin_within_a_second(tmp_path: Path) -> None:
    onsets = 0.75 + np.arange(10)
    notes = timed(onsets, {3: b"+4.25\x14left\x14\0"})
    recording = read_recording(
        write_edf(tmp_path / "part.edf", [Made("C3", ramp(1000))], notes, "EDF+C")
    )
    assert value_at(recording, recording.markers[0].time) == pytest.approx(35.0, abs=STEP)


@pytest.mark.parametrize(
    "text", ["left, right", "a\tb", "Δθ 左", "R1\r\nR2", "BAD electrode", "edge of bed"]
)
def test_every_text_is_a_marker(tmp_path: Path, text: str) -> None:
    notes = timed(range(10), {2: b"+2.5\x14" + text.encode() + b"\x14\0"})
    path = write_edf(tmp_path / "notes.edf", [Made("C3", ramp(1000))], notes, "EDF+C")
    assert labels(read_recording(path)) == [(text, 2.5)]


def test_texts_of_one_moment_and_late_notes_are_kept(tmp_path: Path) -> None:
    late = {6: b"+2.5\x151.25\x14left\x14cue\x14\0+3\x14gr\xfcn\x14\0"}
    notes = timed(range(10), late)
    path = write_edf(tmp_path / "notes.edf", [Made("C3", ramp(1000))], notes, "EDF+C")
    assert labels(read_recording(path)) == [("cue", 2.5), ("left", 2.5), ("grün", 3.0)]


def test_eeg_keeps_its_rate_beside_faster_channels(tmp_path: Path) -> None:
    n = 20
    slow = 50 * np.sin(2 * np.pi * 10 * np.arange(n * 256) / 256)
    signals = [
        Made("C3", slow, 256), Made("C4", -slow, 256),
        Made("ECG", np.zeros(n * 1024), 1024), Made("Resp", np.zeros(n * 32), 32),
    ]  # fmt: skip
    recording = read_recording(write_edf(tmp_path / "rates.edf", signals))
    assert recording.info.sfreq == 256
    assert recording.info.ch_names == ("C3", "C4")
    np.testing.assert_allclose(recording.data[:, 0], slow, atol=STEP)
    (finding,) = recording.findings
    assert "ECG (1024 Hz), Resp (32 Hz) left out" in finding


def test_biosemi_codes_are_the_low_bits_and_need_no_zero_between(tmp_path: Path) -> None:
    code = np.zeros(2560, np.int64)
    code[300:310], code[900:910], code[1200:1300], code[1300:1400] = 5, 257, 5, 3
    status = code | (1 << 20) | (1 << 18) | (1 << 23)
    status[0] |= 1 << 16
    status = np.where(status >= 1 << 23, status - (1 << 24), status)
    signals = [Made("C3", ramp(2560), 256), Made("Status", status, 256, "Boolean", codes=True)]
    recording = read_recording(write_edf(tmp_path / "status.bdf", signals, kind="24BIT"))
    events = [(m.label, round(m.time * 256)) for m in recording.markers]
    assert events == [("5", 300), ("257", 900), ("5", 1200), ("3", 1300)]
    np.testing.assert_allclose(recording.data[:, 0], ramp(2560), atol=6000 / (1 << 24))


def test_negative_code_is_the_16_bit_code_that_it_stands_for(tmp_path: Path) -> None:
    codes = np.zeros(1000)
    codes[400:450] = -32765
    signals = [Made("C3", ramp(1000)), Made("TRIG", codes, codes=True)]
    assert labels(read_recording(write_edf(tmp_path / "low.edf", signals))) == [("32771", 4.0)]


def test_codes_of_a_faster_trigger_channel_keep_their_times_over_a_gap(tmp_path: Path) -> None:
    codes = np.zeros(4000)
    codes[3000:3010] = 7
    signals = [Made("C3", ramp(2000)), Made("Trigger", codes, 200.0, codes=True)]
    notes = timed([*range(10), *range(60, 70)])
    recording = read_recording(write_edf(tmp_path / "fast.edf", signals, notes, "EDF+D"))
    assert labels(recording) == [("7", 65.0)]


def test_truncated_damaged_and_empty_files_say_so(tmp_path: Path) -> None:
    whole = write_edf(tmp_path / "whole.edf", [Made("C3", ramp(1000))])
    content = whole.read_bytes()
    for name, made, message in (
        ("cut", content[:-100], "truncated"),
        ("header", content[:300], "header cannot be read"),
        ("words", content[:184] + b"hello   " + content[192:], "header cannot be read"),
    ):
        (tmp_path / f"{name}.edf").write_bytes(made)
        with pytest.raises(RecordingError, match=message):
            read_recording(tmp_path / f"{name}.edf")
    hypnogram = write_edf(tmp_path / "sleep.edf", [], timed(range(3)), "EDF+C")
    with pytest.raises(RecordingError, match="holds no signal and only annotations"):
        read_recording(hypnogram)


def test_an_unfilled_number_of_records_follows_from_the_length(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "open.edf", [Made("C3", ramp(1000))], n_records=-1)
    assert len(read_recording(path).data) == 1000
    path = write_edf(tmp_path / "more.edf", [Made("C3", ramp(1000))], n_records=8)
    assert len(read_recording(path).data) == 800
    assert read_recording(path).findings[0].startswith("2 data records behind the last")


@given(at=st.integers(0, 1400), junk=st.binary(min_size=1, max_size=24), keep=st.integers(0, 9000))
def test_damaged_bytes_give_a_recording_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes, keep: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    notes = timed([0, 1, 5, 6], {1: b"+1.5\x14left\x14\0"})
    signals = [Made("C3", ramp(400)), Made("Status", ramp(400), codes=True)]
    path = write_edf(folder / "x.edf", signals, notes, "EDF+D")
    content = bytearray(path.read_bytes())
    content[at : at + len(junk)] = junk
    path.write_bytes(content[: max(keep, 0) or None])
    with contextlib.suppress(RecordingError):
        assert read_recording(path).data.ndim == 2
