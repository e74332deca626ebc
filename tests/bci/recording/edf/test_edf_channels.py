"""Channels of EDF files: kinds and units from labels and header, and exact values."""

from pathlib import Path

import numpy as np
import pytest

from bci.recording.edf.format import open_edf
from bci.recording.read import read_recording
from tests.files.edf_ramp import N, write_edf


def test_labels_and_units_say_what_is_eeg(tmp_path: Path) -> None:
    stated = [
        ("EEG Fp1-Ref", "uV"), ("EEG C3-Ref", "uV"), ("EEG A1-A2", "uV"), ("EOG left", "uV"),
        ("ECG V2", "mV"), ("EMG chin", "uV"), ("Temp rectal", "degC"), ("Resp nasal", "uV"),
        ("SaO2 finger", "%"), ("Snore", "uV"),
    ]  # fmt: skip
    recording = read_recording(write_edf(tmp_path / "kinds.edf", stated))
    channels = recording.info.channels
    assert recording.info.ch_names[:3] == ("Fp1", "C3", "EEG A1-A2")
    assert [channel.kind for channel in channels] == [
        "eeg", "eeg", "eeg", "eog", "ecg", "emg", "temperature", "resp", "spo2", "unknown",
    ]  # fmt: skip
    assert [channel.position is not None for channel in channels] == [True, True] + [False] * 8
    assert [channel.unit for channel in channels] == ["uV"] * 6 + ["degC", "uV", "%", "uV"]
    assert recording.info.type == "EEG"


@pytest.mark.parametrize(
    ("unit", "kept", "factor"),
    [
        ("uV", "uV", 1.0), ("µV", "uV", 1.0), ("mV", "uV", 1e3), ("V", "uV", 1e6),
        ("nV", "uV", 1e-3), ("degC", "degC", 1.0), ("%", "%", 1.0), ("", "unknown", 1.0),
        ("bananas", "bananas", 1.0),
    ],
)  # fmt: skip
def test_values_are_those_of_the_file(tmp_path: Path, unit: str, kept: str, factor: float) -> None:
    recording = read_recording(write_edf(tmp_path / "unit.edf", [("C3", "uV"), ("x", unit)]))
    assert recording.info.channels[1].unit == kept
    expected = np.linspace(0, 32767, N).astype("<i2") / 32767 * 100
    np.testing.assert_allclose(recording.data[:, 0], expected, atol=0.01)
    np.testing.assert_allclose(
        recording.data[:, 1], factor * expected, rtol=1e-5, atol=0.01 * factor
    )


def test_labels_that_occur_twice_are_made_distinct_as_in_streams(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "twice.edf", [("C3", "uV"), ("C3", "uV"), ("Cz..", "uV")])
    assert read_recording(path).info.ch_names == ("C3", "C3-2", "Cz")


def test_a_real_header_is_read_as_it_is(eegmmidb: Path, shared_data: Path) -> None:
    signals = open_edf(eegmmidb / "S001" / "S001R04.edf").signals
    assert len(signals) == 64
    assert (signals[0].label, signals[0].unit) == ("Fc5.", "uV")
    seeg = open_edf(shared_data / "seeg" / "sample_seeg.edf").signals
    assert {each.unit for each in seeg} <= {"uV", "mV"}
