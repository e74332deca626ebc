"""Cues from live streams of other programs."""

import ctypes
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pylsl
import pytest
from pylsl import local_clock
from pylsl.lib import lib

from bci.lsl.cue_listener import CueListener
from bci.lsl.cue_streams import CueQuery
from bci.lsl.discovery import StreamQuery
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker
from tests.streams import find, wait_until


@pytest.fixture
def name() -> str:
    return f"cues-{uuid.uuid4().hex[:8]}"


@contextmanager
def listening(query: CueQuery | StreamQuery, *outlets: object, **more) -> Iterator[CueListener]:
    """Yield a listener that is connected to these outlets."""
    listener = CueListener(query, **more)
    try:
        wait_until(lambda: len(listener.streams) == len(outlets))
        yield listener
    finally:
        listener.close()


def heard(listener: CueListener, n: int) -> list[str]:
    """Wait for ``n`` markers, and return their labels."""
    labels: list[str] = []

    def enough() -> bool:
        labels.extend(marker.label for marker in listener.pull())
        return len(labels) >= n

    wait_until(enough)
    return labels


def said(listener: CueListener, words: str) -> str:
    told: list[str] = []

    def there() -> str:
        assert [each for each in listener.pull() if is_cue(each.label)] == []
        told.extend(listener.news())
        return next((sentence for sentence in told if words in sentence), "")

    return wait_until(there)


def send(outlet: MarkerOutlet, *labels: str) -> None:
    for label in labels:
        outlet.push(Marker(local_clock(), label))


def send_bytes(outlet: pylsl.StreamOutlet, text: bytes) -> None:
    array = (ctypes.c_char_p * 1)(text)
    pointer = ctypes.cast(array, ctypes.POINTER(ctypes.c_char_p))
    lib.lsl_push_sample_strtp(outlet.obj, pointer, ctypes.c_double(0.0), ctypes.c_int(1))


def test_a_marker_that_is_no_utf_8_ends_nothing(name: str) -> None:
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, "string", name))
    with listening(StreamQuery(name=name), outlet) as listener:
        for text in (b"first", b"gr\xfcn", b"third"):
            send_bytes(outlet, text)
        assert heard(listener, 3) == ["first", "gr�n", "third"]


def test_markers_in_unix_time_are_on_time_and_reported(name: str) -> None:
    outlet = MarkerOutlet(name, name)
    with listening(CueQuery(name=name), outlet) as listener:
        sent = local_clock()
        outlet.push(Marker(1.7e9, "left"))
        came: list[Marker] = []
        wait_until(lambda: came.extend(listener.pull()) or came)
        assert sent - 0.1 < came[0].time < sent + 1.0
        told: list[str] = []
        wait_until(lambda: told.extend(listener.news()) or "moments of arrival" in " ".join(told))
        assert "Unix time" in " ".join(told)
    outlet.close()


def test_a_silent_twin_that_was_there_first_hides_no_cue(name: str) -> None:
    dead = MarkerOutlet(name, f"{name}-dead")
    with listening(StreamQuery(name=name), dead) as listener:
        live = MarkerOutlet(name, f"{name}-live")
        said(listener, "listening")
        said(listener, "listening")
        send(live, "left", "right")
        assert heard(listener, 2) == ["left", "right"]
        live.close()
    dead.close()


def test_a_stream_that_goes_and_comes_back_is_received_again(name: str) -> None:
    outlet = MarkerOutlet(name, name)
    with listening(StreamQuery(name=name), outlet) as listener:
        outlet.close()
        said(listener, "was lost")
        wait_until(lambda: not listener.connected)
        outlet = MarkerOutlet(name, name)
        wait_until(lambda: outlet.has_consumers)
        send(outlet, "left")
        assert heard(listener, 1) == ["left"]
        outlet.close()


def test_a_stream_that_is_not_there_is_reported(name: str) -> None:
    with listening(CueQuery(named=name)) as listener:
        assert f"name or type '{name}'" in said(listener, "there is no marker stream")
        assert listener.streams == ()


def test_a_type_is_as_good_as_a_name_in_any_case(name: str) -> None:
    outlet = MarkerOutlet(name, name, stream_type=f"Kind-{name}")
    with listening(CueQuery(named=f"kind-{name}".upper()), outlet) as listener:
        send(outlet, "left")
        assert heard(listener, 1) == ["left"]
    outlet.close()


def is_cue(label: str) -> bool:
    return label in ("left", "right")


ANY = CueQuery(type="Markers")


def test_of_several_streams_of_markers_that_with_the_cues_counts(name: str) -> None:
    amp, mine = MarkerOutlet(f"{name}-a", f"{name}-a"), MarkerOutlet(f"{name}-b", f"{name}-b")
    with listening(ANY, amp, mine, is_cue=is_cue) as listener:
        send(mine, "left")
        assert heard(listener, 1) == ["left"]
        assert f"'{name}-b'" in said(listener, "cues come from")
        assert listener.streams == (f"{name}-b",)
        send(amp, "S 1", "right")
        said(listener, "sends cues too")
        send(mine, "right")
        assert heard(listener, 1) == ["right"]
    amp.close()
    mine.close()


def test_the_signal_s_own_markers_come_before_those_of_another_device(name: str) -> None:
    own, other = f"{name}-markers", f"{name}-other"
    ours, theirs = MarkerOutlet(own, own), MarkerOutlet(other, other)
    with listening(ANY, ours, theirs, is_cue=is_cue, signal=name) as listener:
        send(theirs, "left")
        assert heard(listener, 1) == ["left"]
        send(ours, "right")
        assert heard(listener, 1) == ["right"]
        assert listener.streams == (own,)
    ours.close()
    theirs.close()


def test_a_guided_calibration_comes_before_markers_and_notes_are_none(name: str) -> None:
    kinds = ("Markers", "Cues", "Notes", "Decisions")
    outlets = {
        kind: MarkerOutlet(f"{name}-{kind}", f"{name}-{kind}", False, kind) for kind in kinds
    }
    markers, guided, notes, decisions = outlets.values()
    with listening(ANY, markers, guided, notes, is_cue=is_cue) as listener:
        assert not decisions.has_consumers
        send(notes, "moved")
        send(markers, "left")
        assert heard(listener, 1) == ["left"]
        send(guided, "right")
        assert heard(listener, 1) == ["right"]
        send(markers, "left")
        send(guided, "left")
        assert heard(listener, 1) == ["left"]
        assert listener.pull() == []
    for outlet in outlets.values():
        outlet.close()


def test_a_person_in_a_guided_calibration_receives_no_other_stream(name: str) -> None:
    markers = MarkerOutlet(f"{name}-m", f"{name}-m")
    guided = MarkerOutlet(f"{name}-g", f"{name}-g", stream_type="Cues")
    with listening(StreamQuery(type="Cues"), guided) as listener:
        assert not markers.has_consumers
        wait_until(lambda: listener.streams == (f"{name}-g",))
    markers.close()
    guided.close()


def test_numbers_of_another_type_are_no_markers(name: str) -> None:
    described = pylsl.StreamInfo(f"{name}-battery", "Battery", 1, 0, "int32", f"{name}-battery")
    battery, outlet = pylsl.StreamOutlet(described), MarkerOutlet(name, name)
    with listening(ANY, outlet):
        assert not battery.have_consumers()
    outlet.close()


@pytest.mark.parametrize("channel_format", ["float32", "double64", "int8", "int64"])
def test_numbers_of_every_type_are_labels(name: str, channel_format: str) -> None:
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, channel_format, name))
    with listening(StreamQuery(name=name), outlet) as listener:
        outlet.push_sample([101])
        assert heard(listener, 1) == ["101"]


def test_texts_of_several_channels_and_durations_are_labels(name: str) -> None:
    texts = pylsl.StreamOutlet(
        pylsl.StreamInfo(f"{name}-t", "Markers", 2, 0, "string", f"{name}-t")
    )
    described = pylsl.StreamInfo(f"{name}-d", "annotations", 2, 0, "double64", f"{name}-d")
    channels = described.desc().append_child("channels")
    for label in ("T1", "T2"):
        channels.append_child("channel").append_child_value("label", label)
    durations = pylsl.StreamOutlet(described)
    inlets = [MarkerInlet(find(f"{name}-{kind}")) for kind in "td"]
    wait_until(lambda: texts.have_consumers() and durations.have_consumers())
    texts.push_sample(["1", "left"])
    durations.push_sample(np.array([0.0, 4.1]))
    for inlet, label in zip(inlets, ("1/left", "T2"), strict=True):
        (marker,) = wait_until(lambda inlet=inlet: inlet.pull(0.05))
        assert marker.label == label
        inlet.close()


@pytest.mark.parametrize(
    "unusual",
    ["Märker {}", '{} it\'s "here"', "{} " + 250 * "long"],
    ids=["accent", "quotes", "long"],
)
@pytest.mark.parametrize("key", ["named", "name", "type"])
def test_names_and_types_that_xpath_cannot_compare_are_found(
    name: str, unusual: str, key: str
) -> None:
    label = unusual.format(name)
    stream_type = label if key == "type" else "Codes"
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(label, stream_type, 1, 0, "string", name))
    with listening(CueQuery(**{key: label}), outlet) as listener:
        outlet.push_sample(["left"])
        assert heard(listener, 1) == ["left"]
