"""Cues of XDF files with several streams, as other programs record them."""

from pathlib import Path

import numpy as np
import pytest

from bci.errors import RecordingError
from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.recording.summary import describe_recording
from bci.training.epochs import cue_markers, find_rest, find_trials
from tests.files.xdf_files import Sent, eeg, write_xdf

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "markers": {"type": "Markers"},
        "pipeline": {"window_s": 1.0},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)
TIMES = [2.0, 5.0, 7.0, 10.0, 12.0]
LABELS = ["left", "rest", "right", "rest", "left"]
CUES = Sent("cues", "Markers", TIMES, LABELS)
DECISIONS = Sent("bci-decisions", "Decisions", [2.5, 3.5, 7.7], ["right", "left", "left"])
STATUS = Sent("bci-status", "Status", np.arange(0, 15, 0.5), ['{"state": "running"}'] * 30)
QUALITY = Sent("amp-quality", "Quality", [1.0, 2.2], [["good", "{}"], ["good", "{}"]])


def trials(path: Path, **which: str) -> list[tuple[str, float]]:
    recording = read_recording(path, profile=PROFILE, **which)
    return [(t.label, round(t.onset, 6)) for t in find_trials(recording, PROFILE.paradigm)]


EXPECTED = [("left", 2.0), ("right", 7.0), ("left", 12.0)]


def test_what_the_engine_published_is_no_cue(tmp_path: Path) -> None:
    path = write_xdf(tmp_path / "s.xdf", eeg(15), DECISIONS, CUES, STATUS, QUALITY)
    assert trials(path) == EXPECTED
    recording = read_recording(path)
    assert [m.label for m in recording.markers] == LABELS
    assert find_rest(recording, PROFILE.paradigm) == [
        (pytest.approx(5.5), pytest.approx(7.0)),
        (pytest.approx(10.5), pytest.approx(12.0)),
    ]


def test_battery_and_contact_are_no_cues(tmp_path: Path) -> None:
    numbers = Sent("codes", "Markers", TIMES, [1, 9, 2, 9, 1], "int32")
    battery = Sent("muse_battery", "Battery", np.arange(15), [[1, 2]] * 15, "int32")
    contact = Sent("muse_contact", "Contact", np.arange(0, 15, 0.1), [1] * 150, "int32")
    path = write_xdf(tmp_path / "s.xdf", eeg(15), battery, numbers, contact)
    assert [m.label for m in read_recording(path).markers] == ["1", "9", "2", "9", "1"]


@pytest.mark.parametrize(
    "channel_format", ["int8", "int16", "int32", "int64", "float32", "double64"]
)
def test_numbers_of_every_type_are_the_same_labels(tmp_path: Path, channel_format: str) -> None:
    numbers = Sent("codes", "Markers", [1.0, 2.0], [101, 102], channel_format)
    path = write_xdf(tmp_path / "s.xdf", eeg(4), numbers)
    assert [m.label for m in read_recording(path).markers] == ["101", "102"]


def test_markers_of_several_texts_keep_them_all(tmp_path: Path) -> None:
    texts = Sent("cues", "Markers", [1.0, 2.0, 3.0], [["1", "left"], ["1", "right"], ["", "rest"]])
    path = write_xdf(tmp_path / "s.xdf", eeg(4), texts)
    assert [m.label for m in read_recording(path).markers] == ["1/left", "1/right", "rest"]


def test_annotations_that_are_sent_as_durations_are_named(tmp_path: Path) -> None:
    sent = Sent(
        "player-annotations", "annotations", [1.0, 2.0], [[4.1, 0.0], [0.0, -1.0]], "double64",
        labels=("T1", "T2"),
    )  # fmt: skip
    path = write_xdf(tmp_path / "s.xdf", eeg(4), sent)
    assert [m.label for m in read_recording(path).markers] == ["T1", "T2"]


def test_text_markers_at_a_nominal_rate_are_markers(tmp_path: Path) -> None:
    sent = Sent("cues", "Marker", [1.0, 2.0], ["left", "right"], sfreq=1000.0)
    path = write_xdf(tmp_path / "s.xdf", eeg(4), sent)
    assert [m.label for m in read_recording(path).markers] == ["left", "right"]


def test_the_stream_with_the_profile_s_cues_is_found_among_an_amplifier_s_markers(
    tmp_path: Path,
) -> None:
    amp = Sent("amp-trigger", "Markers", [2.1, 5.5], ["S  1", "S 15"])
    path = write_xdf(tmp_path / "s.xdf", eeg(15), amp, CUES)
    assert trials(path) == EXPECTED
    # A marker of the amplifier does not end rest.
    assert find_rest(read_recording(path), PROFILE.paradigm)[0][1] == pytest.approx(7.0)


def test_cues_in_two_streams_are_listed_and_one_is_asked_for(tmp_path: Path) -> None:
    keys = Sent("keyboard", "Markers", [3.0, 8.0], ["left", "right"])
    path = write_xdf(tmp_path / "s.xdf", eeg(15), keys, CUES)
    with pytest.raises(RecordingError, match=r"cues are in 2 streams: 'keyboard'.*'cues'.*--mark"):
        trials(path)
    assert trials(path, markers="cues") == EXPECTED
    assert trials(path, markers="keyboard") == [("left", 3.0), ("right", 8.0)]


def test_a_name_in_the_profile_chooses_the_stream(tmp_path: Path) -> None:
    keys = Sent("keyboard", "Markers", [3.0, 8.0], ["left", "right"])
    path = write_xdf(tmp_path / "s.xdf", eeg(15), keys, CUES)
    named = Profile.model_validate(PROFILE.model_dump() | {"markers": {"name": "cues"}})
    recording = read_recording(path, profile=named)
    assert [m.label for m in cue_markers(recording, PROFILE.paradigm)] == LABELS


def test_a_profile_that_names_a_live_stream_reads_a_file_of_other_streams(tmp_path: Path) -> None:
    named = Profile.model_validate(PROFILE.model_dump() | {"markers": {"name": "live-cues"}})
    path = write_xdf(tmp_path / "s.xdf", eeg(15), CUES)
    assert len(find_trials(read_recording(path, profile=named), named.paradigm)) == 3


def test_a_stream_that_is_not_there_is_reported_with_those_that_are(tmp_path: Path) -> None:
    path = write_xdf(tmp_path / "s.xdf", eeg(15), CUES, DECISIONS)
    with pytest.raises(
        RecordingError, match=r"no marker stream with name or type 'x'.*'cues'"
    ) as e:
        trials(path, markers="x")
    assert "bci-decisions" not in str(e.value)
    with pytest.raises(RecordingError, match="no marker stream"):
        trials(path, markers="bci-decisions")


def test_a_guided_calibration_beside_an_amplifier_s_markers_is_what_asked(tmp_path: Path) -> None:
    followed = Sent("sim-markers", "Markers", [2.3, 7.3], ["left", "right"])
    guided = Sent("bci-cues", "Cues", TIMES, LABELS)
    path = write_xdf(tmp_path / "s.xdf", eeg(15), followed, guided)
    assert trials(path) == EXPECTED


def test_notes_are_kept_but_end_neither_trial_nor_rest(tmp_path: Path) -> None:
    notes = Sent(
        "dashboard-notes", "Notes", [2.8, 5.5, 7.5], ["rest", "subject moved", "interrupted"]
    )
    path = write_xdf(tmp_path / "s.xdf", eeg(15), notes, CUES)
    recording = read_recording(path)
    assert "subject moved" in [m.label for m in recording.markers]
    found = find_trials(recording, PROFILE.paradigm)
    assert [round(t.stop - t.onset, 6) for t in found] == [3.0, 3.0, 3.0]
    assert find_rest(recording, PROFILE.paradigm)[0][1] == pytest.approx(7.0)


def test_a_stream_that_was_restarted_is_one(tmp_path: Path) -> None:
    before, after = (
        Sent("cues", "Markers", times, said)
        for times, said in (([2.0], ["left"]), ([7.0, 12.0], ["right", "left"]))
    )
    path = write_xdf(tmp_path / "s.xdf", eeg(15), before, after)
    assert trials(path) == EXPECTED


def test_of_two_amplifiers_each_has_its_own_markers(tmp_path: Path) -> None:
    a = Sent("A-markers", "Markers", TIMES, LABELS)
    b = Sent("B-markers", "Markers", [3.0, 8.0], ["right", "left"])
    path = write_xdf(tmp_path / "s.xdf", eeg(15, "A"), eeg(15, "B"), a, b)
    assert trials(path, stream="A") == EXPECTED
    assert trials(path, stream="B") == [("right", 3.0), ("left", 8.0)]


def test_the_profile_s_stream_is_read_where_a_file_holds_several(tmp_path: Path) -> None:
    path = write_xdf(tmp_path / "s.xdf", eeg(15, "A"), eeg(15, "B"), CUES)
    with pytest.raises(RecordingError, match=r"2 streams fit.*'A'.*'B'.*--stream"):
        read_recording(path)
    wants_b = Profile.model_validate(PROFILE.model_dump() | {"stream": {"name": "B"}})
    assert read_recording(path, profile=wants_b).info.name == "B"
    assert read_recording(path, "A", profile=wants_b).info.name == "A"


def test_a_report_counts_labels_of_cues_and_decisions_but_no_messages(tmp_path: Path) -> None:
    path = write_xdf(tmp_path / "s.xdf", eeg(15), DECISIONS, CUES, STATUS, QUALITY)
    reports = {each.name: each for each in describe_recording(path)}
    roles = {name: each.role for name, each in reports.items()}
    assert roles == {
        "amp": "signal", "bci-decisions": "decisions", "cues": "cues", "bci-status": "own",
        "amp-quality": "own",
    }  # fmt: skip
    assert reports["cues"].markers == {"left": 2, "rest": 2, "right": 1}
    assert reports["bci-decisions"].markers == {"left": 2, "right": 1}
    assert reports["bci-status"].markers == reports["amp-quality"].markers == {}
