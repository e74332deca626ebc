"""Real recordings without electrode names or with numeric markers, read by a profile."""

from dataclasses import replace
from pathlib import Path

import pytest

from bci.errors import MismatchError
from bci.head.remap import map_recording, named_channels
from bci.head.top_view import MIN_ELECTRODES, flatten
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile, load_profile
from bci.profiles.stream_options import apply_stream_options
from bci.recording.read import read_recording
from bci.training.epochs import cut_epochs

EIGHT = ["EOG", "FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4"]
AVERAGE = {"kind": "common_average"}


def profile(classes: dict[object, object], **pipeline: object) -> Profile:
    return load_profile(
        {
            "task": "test",
            "pipeline": {"filters": [AVERAGE], "window_s": 0.5, **pipeline},
            "paradigm": {"classes": classes, "start_s": 0.0, "stop_s": 0.6, "rest": 0},
        }
    )


@pytest.mark.parametrize(
    "file", ["xdf/clock_resets.xdf", "openbci/OpenBCI_GUI-v6-blinks-jawClench-alpha.txt"]
)
def test_names_give_places_and_leave_an_eog_out_of_the_average(
    file: str, shared_data: Path
) -> None:
    recording = read_recording(shared_data / file)
    assert all(channel.position is None for channel in recording.info.channels)
    unnamed = Pipeline(profile({"a": 1, "b": 2}).pipeline, recording.info).chain
    assert "by the stream's type alone" in unnamed.remarks[0]

    wanted = profile({"a": 1, "b": 2}, names=EIGHT, unit="uV").pipeline
    chain = Pipeline(wanted, recording.info).chain
    assert [channel.name for channel in chain.picked] == EIGHT[1:]
    assert chain.remarks == []
    named = apply_stream_options(recording.info, wanted)
    assert len(flatten(named.channels)) == 7 >= MIN_ELECTRODES


def test_a_named_recording_is_mapped_to_another_montage(shared_data: Path) -> None:
    recording = read_recording(shared_data / "xdf/clock_resets.xdf")
    wanted = profile({"a": 1, "b": 2}, names=["Fz", *EIGHT[1:]], unit="uV").pipeline
    recording = replace(recording, info=apply_stream_options(recording.info, wanted))
    targets = named_channels(("C3", "FCz", "CPz"), recording.info)
    mapped = map_recording(recording, targets).info
    assert mapped.ch_names == ("C3", "FCz", "CPz")
    assert mapped.interpolated == ("FCz", "CPz")


def test_numbers_are_class_markers_without_quotes(shared_data: Path, tmp_path: Path) -> None:
    file = tmp_path / "oddball.yaml"
    file.write_text(
        "task: oddball\n"
        "pipeline: {window_s: 0.5, at_cues: true}\n"
        "paradigm: {classes: {often: 1, seldom: 2}, start_s: 0.0, stop_s: 0.6}\n"
    )
    wanted = load_profile(file)
    (recording, *_) = sorted((shared_data / "muse_p300").glob("*.csv"))
    found = cut_epochs([read_recording(recording)], wanted.pipeline, wanted.paradigm)
    assert found.signal is not None
    assert [channel.name for channel in found.signal.channels] == ["TP9", "AF7", "AF8", "TP10"]
    assert (found.labels == "often").sum() > 150
    assert (found.labels == "seldom").sum() > 25


def test_too_few_names_say_how_many_there_have_to_be(shared_data: Path) -> None:
    recording = read_recording(shared_data / "openbci/OpenBCI_GUI-v6-blinks-jawClench-alpha.txt")
    wanted = profile({"a": 1, "b": 2}, names=EIGHT[:7]).pipeline
    with pytest.raises(MismatchError, match=r"7 names for 11 channels \(8 of them EEG\)"):
        apply_stream_options(recording.info, wanted)
