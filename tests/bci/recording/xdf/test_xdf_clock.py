"""Recorded streams with a wrong clock or rate, and the commands that read them."""

import json
from pathlib import Path

import numpy as np
import pylsl
import pytest

from bci.clock.timekeeping import losses_of
from bci.errors import RecordingError
from bci.recording.read import read_recording
from bci.recording.summary import describe_recording
from bci.recording.xdf.writer import XdfWriter
from tests.commands import bci, refused

N = 5000


def write(
    path: Path, stamps: np.ndarray, nominal: float = 250.0, compared_s: float = 60.0,
    loop_gap: int = 0,
) -> Path:  # fmt: skip
    """Write two channels of sample numbers, three cues, and clock offsets from 1000 s."""
    info = pylsl.StreamInfo("amp", "EEG", 2, nominal, "float32", "amp")
    if loop_gap:
        info.desc().append_child_value("loop_gap", str(loop_gap))
    writer = XdfWriter(path)
    signal = writer.add_stream(info.as_xml())
    cues = writer.add_stream(pylsl.StreamInfo("cues", "Markers", 1, 0, "string", "c").as_xml())
    data = np.repeat(np.arange(len(stamps), dtype=np.float32)[:, None], 2, axis=1)
    for row in range(0, len(stamps), 250):
        rows = slice(row, row + 250)
        writer.write_samples(signal, stamps[rows], data[rows])
    for at, label in ((1002.0, b"left"), (1006.0, b"right"), (1010.0, b"left")):
        writer.write_samples(cues, np.array([at]), np.array([[label]], object))
    for at in np.arange(0.0, compared_s, 5.0):
        writer.write_offset(signal, 1000.0 + at, 0.0)
        writer.write_offset(cues, 1000.0 + at, 0.0)
    writer.close()
    return path


def even(sfreq: float = 250.0) -> np.ndarray:
    return 1000.0 + np.arange(N) / sfreq


def test_a_recording_that_keeps_time_has_no_findings(tmp_path: Path) -> None:
    path = write(tmp_path / "good.xdf", even())
    assert read_recording(path).findings == ()
    assert describe_recording(path)[0].findings == ()


def test_unix_time_is_reported_and_its_markers_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "unix.xdf", even() + 1.7e9)
    (finding,) = read_recording(path).findings
    assert "Unix time, 53.9 years ahead" in finding
    assert finding in bci("info", path).stdout.replace("\n", "")
    assert finding in json.loads(bci("info", path, "--json").stdout)[0]["findings"]
    done = bci("calibrate", "motor-imagery", path, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert finding in done.stderr
    assert "different clocks" in done.stderr


@pytest.mark.parametrize("true", [125.0, 320.0, 250_000.0])
def test_a_wrong_rate_is_reported_by_every_command_that_reads_the_file(
    tmp_path: Path, true: float
) -> None:
    path = write(tmp_path / "rate.xdf", even(true))
    (report, _) = describe_recording(path)
    assert report.effective_hz == pytest.approx(true, rel=1e-3)
    assert report.lost_samples == 0
    (finding,) = report.findings
    assert "nominal rate is 250 Hz" in finding
    assert read_recording(path).findings == (finding,)
    done = bci("export", path, "--folder", tmp_path / "bids", "--subject", "01", "--task", "x")
    assert finding in done.stderr
    done = bci(
        "export", path, "--folder", tmp_path / "bids", "--subject", "02", "--task", "x",
        "--rate", true,
    )  # fmt: skip
    assert done.returncode == 0
    assert "nominal" not in done.stderr
    assert read_recording(path, given_hz=true).findings == ()
    assert read_recording(path, given_hz=true).info.sfreq == true


def test_a_signal_without_a_rate_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = write(tmp_path / "irregular.xdf", even(257.0), nominal=0.0)
    assert describe_recording(path)[0].effective_hz == pytest.approx(257.0, rel=1e-3)
    with pytest.raises(RecordingError, match=r"amp: .* regularly at 257 Hz; set timing.sfreq"):
        read_recording(path)
    assert "timing.sfreq" in refused("export", path, "--subject", "01", "--task", "x")
    recording = read_recording(path, given_hz=257.0)
    assert (recording.info.sfreq, len(recording.data)) == (257.0, N)
    assert recording.indices[-1] == N - 1


def test_a_clock_set_ahead_of_the_recorder_is_no_loss(tmp_path: Path) -> None:
    stamps = even()
    stamps[2500:] += 3600.0
    (report, _) = describe_recording(write(tmp_path / "set.xdf", stamps))
    assert (report.clock_jumps, report.lost_samples) == (1, 0)
    assert "its clock was set once" in report.findings[0]


def test_one_wild_stamp_neither_loses_nor_fills_anything(tmp_path: Path) -> None:
    stamps = even()
    stamps[2500] += 200_000.0
    path = write(tmp_path / "wild.xdf", stamps)
    recording = read_recording(path)
    np.testing.assert_array_equal(recording.indices, np.arange(N))
    np.testing.assert_allclose(recording.timestamps, np.arange(N) / 250.0, atol=1e-3)
    folder = tmp_path / "bids"
    assert bci("export", path, "--folder", folder, "--subject", "01", "--task", "x").returncode == 0
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 200_000


@pytest.mark.parametrize("by_s", [200_000.0, -200_000.0])
def test_a_wild_first_stamp_moves_no_marker(tmp_path: Path, by_s: float) -> None:
    stamps = even()
    stamps[0] += by_s
    path = write(tmp_path / "first.xdf", stamps)
    recording = read_recording(path)
    assert [m.time for m in recording.markers] == pytest.approx([2.0, 6.0, 10.0], abs=1e-3)
    (signal, _) = describe_recording(path)
    assert signal.duration_s == pytest.approx((N - 1) / 250.0, abs=1e-3)


def test_the_length_of_a_stream_is_that_of_its_samples(tmp_path: Path) -> None:
    stamps = even()
    stamps[2500:] -= 3600.0
    (signal, _) = describe_recording(write(tmp_path / "back.xdf", stamps))
    assert signal.duration_s == pytest.approx((N - 1) / 250.0, abs=1e-3)


def test_streams_of_events_that_come_evenly_have_no_wrong_rate(tmp_path: Path) -> None:
    writer = XdfWriter(tmp_path / "even.xdf")
    at = 1000.0 + 0.5 * np.arange(200)
    for kind, layout in (("Markers", "string"), ("Status", "string"), ("Predictions", "float32")):
        info = pylsl.StreamInfo(kind, kind, 1, 0, layout, kind)
        number = writer.add_stream(info.as_xml())
        values = np.array([[b"left"]] * 200, object) if layout == "string" else np.ones((200, 1))
        writer.write_samples(number, at, values.astype(object if layout == "string" else "f4"))
    writer.close()
    for report in describe_recording(tmp_path / "even.xdf"):
        assert (report.effective_hz, report.findings) == (0.0, ())


def test_a_clock_set_that_only_its_offsets_show_is_reported_alike(tmp_path: Path) -> None:
    writer = XdfWriter(tmp_path / "offsets.xdf")
    signal = writer.add_stream(pylsl.StreamInfo("amp", "EEG", 1, 250.0, "float32", "a").as_xml())
    stamps = even()
    stamps[2500:] -= 900.0
    writer.write_samples(signal, stamps, np.zeros((N, 1), np.float32))
    for at in np.arange(0.0, 20.0, 5.0):
        set_back = 900.0 if at >= 10.0 else 0.0
        writer.write_offset(signal, 1000.0 + at - set_back, set_back)
    writer.close()
    (report,) = describe_recording(tmp_path / "offsets.xdf")
    assert report.findings == read_recording(tmp_path / "offsets.xdf").findings != ()


def test_export_refuses_to_write_a_day_of_zeros(tmp_path: Path) -> None:
    stamps = even()
    stamps[2500:] += 80_000.0
    path = write(tmp_path / "day.xdf", stamps, compared_s=5.0)
    line = refused("export", path, "--folder", tmp_path / "b", "--subject", "01", "--task", "x")
    assert "20,000,000 samples are lost and only 5,000 are there" in line


def test_the_rounds_of_a_recorded_replay_are_no_losses(tmp_path: Path) -> None:
    stamps = np.r_[even()[:2500], even()[2500:] + 0.5]
    (report, _) = describe_recording(write(tmp_path / "loop.xdf", stamps, loop_gap=125))
    assert (report.loops, report.gaps, report.lost_samples) == (1, 0, 0)
    assert losses_of(read_recording(tmp_path / "loop.xdf")) is None


def test_export_calibrate_and_evaluate_tell_losses(tmp_path: Path) -> None:
    kept = np.ones(N, dtype=bool)
    kept[1] = kept[2500:2550] = False
    path = write(tmp_path / "lost.xdf", even()[kept])
    told = f"{path}: lost 51 samples in 2 gaps"
    done = bci("export", path, "--folder", tmp_path / "b", "--subject", "01", "--task", "x")
    assert told in done.stderr.replace("\n", "")
    done = bci("calibrate", "motor-imagery", path, "--out", tmp_path / "model")
    assert told in done.stderr.replace("\n", "")
