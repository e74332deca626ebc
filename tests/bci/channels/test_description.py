"""Names, kinds, units and positions of channels, the same for streams and files."""

import threading
import uuid
from pathlib import Path

import numpy as np
import pylsl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bci.channels.description import DeclaredChannels, describe
from bci.channels.units import canonical_unit, factor
from bci.head.electrodes import standard_position
from bci.lsl.inlet import SignalInlet
from bci.lsl.metadata import from_lsl, to_lsl
from bci.recording.read import read_recording
from bci.recording.recorder import Recorder
from bci.recording.xdf.writer import XdfWriter
from bci.signals import StreamInfo
from tests.streams import find, wait_until


def kind_of(label: str, **said: str) -> str:
    return describe([DeclaredChannels(label, **said)], "EEG")[0].kind


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("EEG Fp1-Ref", "Fp1"), ("EEG FP1-LE", "Fp1"), ("EEG C3-REF", "C3"), ("C3..", "C3"),
        ("fcz", "FCz"), ("C3-A2", "C3"), ("EEG C4-M1", "C4"), ("C4-A1A2", "C4"), ("EEG_Cz", "Cz"),
        ("EEG A1-A2", "EEG A1-A2"), ("Fp1-F3", "Fp1-F3"), ("EEG 058", "EEG 058"), ("L'1", "L'1"),
    ],
)  # fmt: skip
def test_electrodes_get_their_name_and_place(label: str, name: str) -> None:
    (channel,) = describe([DeclaredChannels(label)], "EEG")
    assert (channel.name, channel.kind) == (name, "eeg")
    assert channel.position == standard_position(name)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("EOG left", "eog"), ("HEOG", "eog"), ("EOG1", "eog"), ("ECG V2", "ecg"), ("EKG1", "ecg"),
        ("EMG chin", "emg"), ("Temp rectal", "temperature"), ("Resp nasal", "resp"),
        ("SaO2 finger", "spo2"), ("acc1", "acc"), ("Accelerometer_X", "acc"), ("AccY", "acc"),
        ("Gyro_Z", "gyro"), ("AUX1", "misc"), ("AUX_RIGHT", "misc"), ("Status", "stim"),
        ("TRIGGER", "stim"), ("STI 014", "stim"), ("EEG EOG", "eog"), ("HEO", "eog"),
        ("VEOU", "eog"), ("vertical EOG", "eog"), ("LOC", "eog"), ("ROC-A2", "eog"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said", ["", "EEG"])
def test_a_label_that_names_another_quantity_outweighs_eeg(
    label: str, kind: str, said: str
) -> None:
    assert kind_of(label, kind=said) == kind


def test_a_stated_kind_other_than_eeg_is_kept() -> None:
    assert kind_of("C3", kind="SEEG") == "seeg"
    assert kind_of("EOG1", kind="emg") == "emg"
    assert kind_of("x", kind="VEOG") == "eog"
    assert kind_of("x", kind="unknown") == "unknown"
    assert describe([DeclaredChannels("C3", "seeg")])[0].position is None


def test_a_unit_that_is_no_volt_is_not_eeg_by_default() -> None:
    assert kind_of("x", unit="degC") == "unknown"
    assert kind_of("x", unit="g") == "unknown"
    assert kind_of("x", unit="T") == "unknown"
    assert kind_of("x", unit="counts") == "eeg"
    assert kind_of("x", unit="mV") == "eeg"
    assert describe([DeclaredChannels("x")], "Gaze")[0].kind == "unknown"


@pytest.mark.parametrize("label", ["LOC1", "ROC3", "LO1", "HEON1"])
def test_contacts_that_begin_like_eye_electrodes_are_none(label: str) -> None:
    assert kind_of(label) == "eeg"


def test_contacts_in_the_cingulate_cortex_are_no_accelerometers() -> None:
    shaft = describe([DeclaredChannels(f"ACC{i}") for i in range(1, 9)], "EEG")
    assert {channel.kind for channel in shaft} == {"eeg"}
    axes = describe([DeclaredChannels(f"acc{i}") for i in (1, 2, 3)], "EEG")
    assert {channel.kind for channel in axes} == {"acc"}


def test_where_labels_say_eeg_one_by_one_the_others_are_not() -> None:
    channels = describe(
        [DeclaredChannels("EEG C3-A2"), DeclaredChannels("Snore"), DeclaredChannels("C4")], "EEG"
    )
    assert [channel.kind for channel in channels] == ["eeg", "unknown", "eeg"]


@pytest.mark.parametrize(
    ("unit", "kind", "expected"),
    [
        ("microvolts", "eeg", "uV"), ("µV", "eeg", "uV"), ("\ufffdV", "eeg", "uV"),
        ("\x83\xcaV", "eeg", "uV"), ("mV", "eeg", "mV"), ("volts", "eeg", "V"), ("nV", "eeg", "nV"),
        ("0", "eeg", "V"), ("-6", "eeg", "uV"), ("-3", "ecg", "mV"), ("0", "mag", "T"),
        ("-15", "mag", "fT"), ("0", "grad", "T/m"), ("0", "stim", "unknown"),
        ("7", "eeg", "unknown"),
        ("", "eeg", "unknown"), ("n/a", "eeg", "unknown"), ("degC", "temperature", "degC"),
        ("%", "spo2", "%"), ("furlongs", "misc", "furlongs"),
    ],
)  # fmt: skip
def test_units_have_one_spelling(unit: str, kind: str, expected: str) -> None:
    assert canonical_unit(unit, kind) == expected


def test_factors_between_units_of_one_quantity_are_exact() -> None:
    assert factor("V", "uV") == 1e6
    assert factor("mV", "uV") == 1e3
    assert factor("nV", "uV") == 1e-3
    assert factor("fT", "T") == 1e-15
    assert factor("uV", "uV") == factor("unknown", "unknown") == 1.0
    assert factor("unknown", "uV") is None
    assert factor("degC", "uV") is None


text = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"),
    max_size=12,
)
labels = st.one_of(
    text, st.sampled_from(["C3", "c3..", "C3-2", "EEG Fp1-Ref", "EOG left", "ACC_X", "EEG 1", ""])
)
kinds = st.sampled_from(["", "EEG", "eog", "seeg", "misc", "unknown", "TRIG", "Accelerometer"])
units = st.one_of(text, st.sampled_from(["uV", "volts", "0", "-6", "degC", "\ufffdV", ""]))
positions = st.one_of(st.none(), st.tuples(*[st.floats(-0.2, 0.2)] * 3))
said = st.lists(
    st.builds(DeclaredChannels, labels, kinds, units, positions), min_size=1, max_size=8
)


@given(said, st.sampled_from(["EEG", "", "EXG", "MEG"]))
@hypothesis_settings(max_examples=200, deadline=None)
def test_what_was_decided_stays_over_the_wire(
    said: list[DeclaredChannels], stream_type: str
) -> None:
    channels = describe(said, stream_type)
    assert len({channel.name.lower() for channel in channels}) == len(channels)
    info = StreamInfo("amp", stream_type, 250.0, channels)
    assert from_lsl(to_lsl(info)).channels == channels


FOREIGN = (
    DeclaredChannels("Fp1.", "EEG", "microvolts"),
    DeclaredChannels("C3", "EEG", "-6"),
    DeclaredChannels("C3", "EEG", "volts"),
    DeclaredChannels("", "", ""),
    DeclaredChannels("EOG left", "EEG", "mV"),
    DeclaredChannels("acc1", "", "g"),
    DeclaredChannels("X9", "EEG", "uV", (0.01, 0.02, 0.03)),
    DeclaredChannels("EEG Pz-Ref", "", "uV"),
)


def foreign(name: str) -> pylsl.StreamInfo:
    """Return a stream of another program, with the labels, kinds and units of `FOREIGN`."""
    described = pylsl.StreamInfo(name, "EEG", len(FOREIGN), 250, "float32", name)
    channels = described.desc().append_child("channels")
    for each in FOREIGN:
        node = channels.append_child("channel")
        for key, value in (("label", each.label), ("type", each.kind), ("unit", each.unit)):
            node.append_child_value(key, value)
        if each.position is not None:
            location = node.append_child("location")
            for axis, metres in zip("XYZ", each.position, strict=True):
                location.append_child_value(axis, str(1000 * metres))
    return described


def test_a_stream_and_its_recording_have_the_same_channels(tmp_path: Path) -> None:
    name = f"foreign-{uuid.uuid4().hex[:8]}"
    outlet = pylsl.StreamOutlet(foreign(name))
    inlet = SignalInlet(find(name))
    recorder = Recorder(XdfWriter(tmp_path / "run.xdf"), (name,))
    stop = threading.Event()
    thread = threading.Thread(target=recorder.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: recorder.streams)

        def recorded() -> bool:
            outlet.push_chunk(np.zeros((25, len(FOREIGN)), dtype=np.float32))
            return recorder.streams[0].n_samples > 0

        wait_until(recorded)
        live = inlet.info.channels
    finally:
        stop.set()
        thread.join(10)
        inlet.close()
    recording = read_recording(tmp_path / "run.xdf")
    assert recording.info.channels == live
    names = ("Fp1", "C3", "C3-3", "ch4", "EOG left", "acc1", "X9", "Pz")
    assert recording.info.ch_names == names
    assert [c.kind for c in live] == [
        "eeg", "eeg", "eeg", "unknown", "eog", "acc", "eeg", "eeg",
    ]  # fmt: skip
    assert [c.unit for c in live] == ["uV", "uV", "V", "unknown", "mV", "g", "uV", "uV"]
    assert live[6].position == (0.01, 0.02, 0.03)
    assert live[7].position == standard_position("Pz")
