"""The output of `bci info` for real recordings."""

import json
import threading
import uuid
from pathlib import Path

import numpy as np
import pytest
from pylsl import local_clock

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import DecisionOutlet
from bci.recording.recorder import Recorder
from bci.recording.summary import describe_recording
from bci.recording.xdf.writer import XdfWriter
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci
from tests.files.edf_ramp import write_edf
from tests.streams import wait_until


def test_a_clock_reset_is_reported_with_its_gap(shared_data: Path) -> None:
    markers, signal = describe_recording(shared_data / "xdf" / "clock_resets.xdf")
    # Before the reset the sender falls back twice for good: by one sample, and by four.
    assert (signal.name, signal.n_samples, signal.gaps, signal.clock_jumps) == (
        "BioSemi", 27815, 4, 1,
    )  # fmt: skip
    assert signal.longest_gap_s == pytest.approx(273.9, abs=0.5)
    assert signal.drift_ppm is None
    assert sum(markers.markers.values()) == 175


def test_every_real_xdf_file_is_described_and_empty_streams_are_tolerated(
    shared_data: Path,
) -> None:
    for path in sorted((shared_data / "xdf").glob("*.xdf")):
        reports = describe_recording(path)
        assert reports
        assert all(np.isfinite(report.duration_s) for report in reports)
    reports = describe_recording(shared_data / "xdf" / "empty_streams.xdf")
    assert [report.n_samples for report in reports].count(0) == 2
    muse = {r.type: r for r in describe_recording(shared_data / "xdf" / "muse_sub-P001.xdf")}
    assert muse["EEG"].effective_hz == pytest.approx(255.96, abs=0.05)
    assert (muse["EEG"].gaps, muse["PPG"].n_samples) == (0, 0)


def test_other_formats_get_the_same_report(shared_data: Path, tmp_path: Path) -> None:
    (edf,) = describe_recording(shared_data / "eegmmidb" / "S001" / "S001R04.edf")
    assert (edf.n_channels, edf.n_samples, edf.nominal_hz) == (64, 20_000, 160.0)
    assert edf.markers == {"T0": 15, "T1": 8, "T2": 7}
    run = simulate_run(SubjectSettings(trials_per_class=2), 1)
    write_run(run, tmp_path / "run_eeg.fif")
    (fif,) = describe_recording(tmp_path / "run_eeg.fif")
    assert fif.simulated
    assert fif.n_samples == len(run.data)


def test_decisions_are_counted_by_their_events_and_labels(tmp_path: Path) -> None:
    name = f"engine-{uuid.uuid4().hex[:8]}"
    outlet = DecisionOutlet(name, name)
    recorder = Recorder(XdfWriter(tmp_path / "run.xdf"), (f"{name}-decisions",))
    stop = threading.Event()
    recording = threading.Thread(target=recorder.run, args=(stop,))
    recording.start()
    wait_until(lambda: outlet.has_consumers)
    start = local_clock()
    for k, label in enumerate(("left", "right", "left")):
        outlet.push(DecisionEvent("onset", label, 0.8 + k / 100, start + k))
    outlet.push(DecisionEvent("offset", None, 0.5, start + 3, "left"))
    wait_until(lambda: [stream.n_samples for stream in recorder.streams] == [4])
    stop.set()
    recording.join(10)
    outlet.close()
    (report,) = describe_recording(tmp_path / "run.xdf")
    assert report.markers == {"onset left": 2, "onset right": 1, "offset left": 1}


def test_channels_are_reported_with_kinds_and_units(tmp_path: Path) -> None:
    path = write_edf(
        tmp_path / "kinds.edf",
        [("EEG Fp1-Ref", "uV"), ("EEG C3-Ref", "uV"), ("EOG left", "uV"), ("Temp rectal", "degC")],
    )
    done = bci("info", str(path))
    told = "channels of kinds: Fp1, C3 (2 eeg in uV); EOG left (eog in uV); Temp rectal"
    assert told in done.stdout.replace("\n", " ")
    (report,) = json.loads(bci("info", str(path), "--json").stdout)
    assert [(c["name"], c["kind"], c["unit"]) for c in report["channels"]] == [
        ("Fp1", "eeg", "uV"), ("C3", "eeg", "uV"), ("EOG left", "eog", "uV"),
        ("Temp rectal", "temperature", "degC"),
    ]  # fmt: skip
