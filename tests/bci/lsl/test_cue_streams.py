"""The rule for the streams that carry cues, and the labels of markers."""

import numpy as np
import pytest

from bci.lsl.cue_streams import CueQuery, Rank, choose, cue_query, rank_of
from bci.lsl.discovery import StreamQuery
from bci.lsl.marker_labels import labels_of
from bci.profiles.paradigm import Paradigm
from bci.signals import Marker, MarkerStream


def labels(rows: list, stream_type: str = "Markers", names: tuple[str, ...] = ("a", "b")) -> list:
    return list(labels_of(rows, stream_type, names))


@pytest.mark.parametrize(
    ("stream_type", "rank"),
    [
        ("Cues", Rank.GUIDED), ("Markers", Rank.MARKERS), ("marker", Rank.MARKERS),
        ("MARKERS", Rank.MARKERS), ("Events", Rank.MARKERS), ("stim", Rank.MARKERS),
        ("Triggers", Rank.MARKERS), ("annotations", Rank.MARKERS), ("", Rank.MARKERS),
        ("Notes", Rank.NOTES), ("Decisions", None), ("Status", None), ("Quality", None),
        ("Battery", None), ("Contact", None), ("EEG", None), ("Predictions", None),
    ],
)  # fmt: skip
def test_the_type_of_a_stream_says_whether_it_may_carry_cues(
    stream_type: str, rank: Rank | None
) -> None:
    assert rank_of(stream_type) is rank


def test_numbers_without_a_type_are_no_markers() -> None:
    assert rank_of("", is_text=False) is None


@pytest.mark.parametrize("said", [None, StreamQuery(), StreamQuery(type="Markers")])
def test_type_markers_of_a_profile_means_every_type_of_markers(
    said: StreamQuery | None,
) -> None:
    query = cue_query(said)
    assert query.is_general
    assert query.fits("any", "Cues", "", is_text=True)
    assert query.fits("any", "events", "", is_text=False)
    assert not query.fits("muse_battery", "Battery", "", is_text=False)


@pytest.mark.parametrize("query", [CueQuery(named="Decisions"), CueQuery(name="bci-decisions")])
def test_own_decisions_are_no_cues_even_if_they_are_named(query: CueQuery) -> None:
    assert not query.fits("bci-decisions", "Decisions", "", is_text=True)


def test_a_named_stream_is_meant_whatever_its_type() -> None:
    assert cue_query(None, "mine").fits("mine", "Keyboard", "", is_text=True)
    assert cue_query(None, "keyboard").fits("mine", "Keyboard", "", is_text=True)
    assert not cue_query(None, "mine").fits("other", "Markers", "", is_text=True)


def test_a_guided_query_means_no_other_markers() -> None:
    assert not cue_query(StreamQuery(type="Cues")).fits("sim-markers", "Markers", "", True)


def stream(name: str, stream_type: str, *said: str) -> MarkerStream:
    return MarkerStream(name, stream_type, tuple(Marker(float(i), s) for i, s in enumerate(said)))


def is_cue(label: str) -> bool:
    return label in ("left", "right")


def test_of_several_streams_the_one_with_cues_is_chosen() -> None:
    mine = stream("mine", "Markers", "left", "rest")
    assert choose([stream("amp", "Markers", "S 1"), mine], is_cue, "eeg") == (mine,)


def test_a_guided_calibration_comes_before_an_amplifier_s_markers_and_notes_come_last() -> None:
    guided, amp = stream("bci-cues", "Cues", "left"), stream("amp", "Markers", "left")
    note = stream("notes", "Notes", "left")
    assert choose([note, amp, guided], is_cue, "eeg") == (guided,)
    assert choose([note, amp], is_cue, "eeg") == (amp,)
    assert choose([note, stream("amp", "Markers", "S 1")], is_cue, "eeg") == (note,)


def test_two_streams_with_cues_are_ambiguous_unless_one_is_the_signal_s_own() -> None:
    one, other = stream("A-markers", "Markers", "left"), stream("B-markers", "Markers", "right")
    assert choose([one, other], is_cue, "C") == (one, other)
    assert choose([one, other], is_cue, "B") == (other,)


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "int64", "float32", "float64", "object"]
)
def test_a_number_has_one_label_whatever_its_type(dtype: str) -> None:
    assert labels(list(np.array([[7], [-3]], dtype)), names=("a",)) == ["7", "-3"]


def test_fractions_of_single_and_double_precision_have_one_label() -> None:
    assert labels([np.array([0.1], np.float32)]) == labels([np.array([0.1])]) == ["0.1"]


def test_a_value_that_is_no_number_has_no_label() -> None:
    assert labels([[float("nan")], [float("inf")]]) == ["", ""]


def test_an_integer_beyond_double_precision_keeps_its_digits() -> None:
    assert labels([np.array([2**53 + 1])]) == [str(2**53 + 1)]


def test_several_texts_are_joined_and_empty_ones_left_out() -> None:
    assert labels([["1", "left"], ["", " rest "], ["", ""]]) == ["1/left", "rest", ""]


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert labels([[b"gr\xfcn"], ["左手".encode()]]) == ["gr�n", "左手"]


def test_durations_of_annotations_are_named_by_their_channels() -> None:
    rows = [np.array([-1.0, 0.0]), np.array([0.0, 4.1])]
    assert labels(rows, "annotations", ("T1", "T2")) == ["T1", "T2"]
    assert labels([["T1"]], "annotations", ("description",)) == ["T1"]


def test_a_cue_may_stand_for_all_markers_that_begin_with_it() -> None:
    paradigm = Paradigm.model_validate({"classes": {"left": "left/*", "right": "1/right"}})
    assert paradigm.cue_of("left/trial 17").label == "left"
    assert paradigm.cue_of("1/right").label == "right"
    assert paradigm.cue_of("left") is None
    assert paradigm.cue_of("leftover/1") is None
