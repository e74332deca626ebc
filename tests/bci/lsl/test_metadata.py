import pylsl
import pytest

from bci.errors import StreamError
from bci.head.electrodes import standard_position
from bci.lsl.metadata import from_lsl, to_lsl
from bci.signals import Channel, StreamInfo


def test_a_description_survives_the_round_trip() -> None:
    channels = (
        Channel("C3", "eeg", "uV", (-0.0654, 0.0119, 0.0901)),
        Channel("MEG 0111", "grad", "T/m", None),
        Channel("Größe µ", "misc", "arbitrary"),
        Channel("EOG1", "eog", "mV"),
    )
    info = StreamInfo("amp", "EEG", 512.5, channels, "serial-1", simulated=True)
    again = from_lsl(to_lsl(info))
    assert again.channels[0].position == pytest.approx(channels[0].position, abs=1e-12)
    positions = [channel.position for channel in again.channels]
    assert positions[1:] == [None, None, None]
    for before, after in zip(channels, again.channels, strict=True):
        assert (after.name, after.kind, after.unit) == (before.name, before.kind, before.unit)
    assert (again.name, again.type, again.sfreq) == ("amp", "EEG", 512.5)
    assert (again.source_id, again.simulated) == ("serial-1", True)


def test_missing_metadata_becomes_unknown_and_numbered() -> None:
    bare = from_lsl(pylsl.StreamInfo("amp", "EEG", 3, 250, "float32", ""))
    assert bare.ch_names == ("ch1", "ch2", "ch3")
    assert {(c.kind, c.unit, c.position) for c in bare.channels} == {("eeg", "unknown", None)}
    other = from_lsl(pylsl.StreamInfo("amp", "", 1, 0, "float32", ""))
    assert other.channels[0].kind == "unknown"
    assert not other.simulated


def described(labels: list[str], **values: str) -> pylsl.StreamInfo:
    info = pylsl.StreamInfo("amp", "EEG", len(labels), 250, "float32", "")
    channels = info.desc().append_child("channels")
    for label in labels:
        node = channels.append_child("channel")
        node.append_child_value("label", label)
        for key in ("unit", "type"):
            if key in values:
                node.append_child_value(key, values[key])
        if "location" in values:
            location = node.append_child("location")
            for axis in "XYZ":
                location.append_child_value(axis, values["location"])
    return info


def test_a_label_that_occurs_twice_gets_its_number() -> None:
    assert from_lsl(described(["Cz", "cz", "", "Cz"])).ch_names == ("Cz", "Cz-2", "ch3", "Cz-4")


@pytest.mark.parametrize("location", ["north", "", "nan", "inf", "1e999"])
def test_a_location_that_is_no_number_is_left_out(location: str) -> None:
    assert from_lsl(described(["X1"], location=location)).channels[0].position is None


@pytest.mark.parametrize("unit", ["microvolts", "uV", "UV", "µV", "μV"])
def test_spellings_of_a_unit_are_one_unit(unit: str) -> None:
    assert from_lsl(described(["Cz"], unit=unit)).channels[0].unit == "uV"


def test_fewer_or_more_described_channels_than_there_are_do_no_harm() -> None:
    info = described(["a", "b", "c"])
    extra = info.desc().child("channels").append_child("channel")
    extra.append_child_value("label", "d")
    assert from_lsl(info).ch_names == ("a", "b", "c")
    channels = info.desc().child("channels")
    for _ in range(2):
        channels.remove_child(channels.child("channel"))
    assert from_lsl(info).ch_names == ("c", "d", "ch3")


def test_absurd_claims_are_refused() -> None:
    with pytest.raises(StreamError, match="claims 20000 channels"):
        from_lsl(pylsl.StreamInfo("amp", "EEG", 20_000, 250, "float32", ""))
    with pytest.raises(StreamError, match="claims a rate of 1000000000000"):
        from_lsl(pylsl.StreamInfo("amp", "EEG", 2, 1e12, "float32", ""))


def test_labels_of_any_length_are_bounded() -> None:
    (channel,) = from_lsl(described(["x" * 100_000], unit="y" * 100_000)).channels
    assert len(channel.name) <= 200
    assert len(channel.unit) <= 200


def test_electrodes_without_a_location_are_placed_by_their_names() -> None:
    info = from_lsl(described(["Fp1.", "C3", "X1"]))
    assert info.ch_names == ("Fp1", "C3", "X1")
    places = [channel.position for channel in info.channels]
    assert places == [standard_position("Fp1"), standard_position("C3"), None]
