"""Commands on files with several streams, on copies, and on interrupted runs."""

import json
from pathlib import Path

import pytest
import yaml

from bci.recording.read import read_recording
from bci.recording.write_fif import write_fif
from bci.signals import Marker, Recording
from tests.commands import bci, evaluations, refused
from tests.files.xdf_files import Sent, eeg, write_xdf
from tests.signals import two_class_recording

SETTINGS = {
    "task": "test",
    "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1.0},
    "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    "decoder": {"name": "log-power"},
}


def run(n_trials: int = 10, seed: int = 1) -> Recording:
    return two_class_recording(n_trials=n_trials, seed=seed)


def sent(recording: Recording, name: str) -> Sent:
    labels = [channel.name for channel in recording.info.channels]
    return Sent(
        name, "EEG", recording.timestamps, recording.data, "float32", recording.info.sfreq, labels
    )


def markers(recording: Recording, name: str, *more: Marker) -> Sent:
    every = sorted((*recording.markers, *more))
    return Sent(name, "Markers", [m.time for m in every], [m.label for m in every])


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "profile.yaml"
    file.write_text(yaml.safe_dump(SETTINGS))
    return file


def flat(text: str) -> str:
    """Return ``text`` without the line breaks of a narrow terminal."""
    return "".join(text.split())


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Return a file of two amplifiers, each with cues; those of B have other names."""
    one, other = run(), run(seed=2)
    return write_xdf(
        tmp_path / "several.xdf", sent(one, "A"), sent(other, "B"), markers(one, "A-markers"),
        markers(other, "task"), markers(other, "echo"),
    )  # fmt: skip


def test_calibrate_takes_the_stream_and_the_markers_that_are_named(
    several: Path, profile: Path, tmp_path: Path
) -> None:
    unclear = refused("calibrate", profile, several, "--out", tmp_path / "m")
    assert "2 streams fit" in unclear
    assert "--stream" in unclear
    unclear = refused("calibrate", profile, several, "--stream", "B", "--out", tmp_path / "m")
    assert "cues are in 3 streams" in unclear
    assert "--markers" in unclear
    done = bci(
        "calibrate", profile, several, "--stream", "B", "--markers", "task", "--out", tmp_path / "m"
    )
    assert done.returncode == 0, done.stderr
    assert flat("several.xdf: 10 trials (left 5, right 5)") in flat(done.stderr)
    done = bci("evaluate", tmp_path / "m", several, "--stream", "B", "--markers", "task", "--json")
    assert evaluations(done)[0].trial_accuracy.n == 10


def test_a_profile_s_stream_and_markers_hold_for_files_too(
    several: Path, profile: Path, tmp_path: Path
) -> None:
    named = {"stream": {"name": "B"}, "markers": {"name": "echo"}}
    profile.write_text(yaml.safe_dump(SETTINGS | named))
    done = bci("calibrate", profile, several, "--out", tmp_path / "m")
    assert done.returncode == 0, done.stderr


def test_an_amplifier_s_own_markers_are_found_and_reported(
    several: Path, profile: Path, tmp_path: Path
) -> None:
    done = bci("calibrate", profile, several, "--stream", "A", "--out", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    assert flat("cues from 'A-markers'") in flat(done.stderr)


def test_a_stream_is_refused_where_a_file_has_none(profile: Path, tmp_path: Path) -> None:
    write_fif(run(), tmp_path / "run_eeg.fif")
    told = refused(
        "export", tmp_path / "run_eeg.fif", "--stream", "x", "--subject", "1", "--task", "x"
    )
    assert "leave --stream out" in told


def test_an_interrupted_run_and_a_copy_are_reported_before_the_training(
    profile: Path, tmp_path: Path
) -> None:
    whole, short = run(), run(seed=2)
    cues = [m for m in short.markers if m.label != "rest"]
    end = Marker(cues[4].time + 2.5, "interrupted")
    before = [m for m in short.markers if m.time < end.time]
    files = [
        write_xdf(tmp_path / "whole.xdf", sent(whole, "amp"), markers(whole, "cues")),
        write_xdf(
            tmp_path / "short.xdf", sent(short, "amp"),
            Sent("cues", "Markers", [m.time for m in (*before, end)],
                 [m.label for m in (*before, end)]),
        ),
        write_xdf(tmp_path / "copy.xdf", sent(whole, "amp"), markers(whole, "cues")),
    ]  # fmt: skip
    done = bci("calibrate", profile, *files, "--out", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    told = flat(done.stderr)
    assert flat("short.xdf: 4 trials") in told
    assert flat("of 5 cues; 1 broken off") in told
    assert flat("copy.xdf: left out, since") in told
    assert flat("trials by run: whole.xdf 10, short.xdf 4") in flat(done.stdout)
    assert flat("n = 14,") in flat(done.stdout)


def test_programs_get_the_trials_of_each_run(profile: Path, tmp_path: Path) -> None:
    file = write_xdf(tmp_path / "a.xdf", sent(run(), "amp"), markers(run(), "cues"))
    done = bci("calibrate", profile, file, "--out", tmp_path / "m", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    (told,) = [event for event in events if event["event"] == "run"]
    assert told["file"] == str(file)
    assert told["trials"] == {"left": 5, "right": 5}
    assert (told["cues"], told["broken_off"], told["rest"]) == (10, 0, 0)


def test_pretrain_counts_a_recording_once_and_reports_the_runs(
    profile: Path, tmp_path: Path
) -> None:
    profile.write_text(yaml.safe_dump(SETTINGS | {"decoder": {"name": "tangent-space"}}))
    people = tmp_path / "people"
    for person, seeds in (("01", (1, 2)), ("02", (3,)), ("03", (4, 1))):
        (people / person).mkdir(parents=True)
        for seed in seeds:
            made = run(seed=seed)
            path = people / person / f"run-{seed}.xdf"
            write_xdf(path, sent(made, "amp"), markers(made, "cues"))
    done = bci("pretrain", profile, people, "--out", tmp_path / "base")
    assert done.returncode == 0, done.stderr
    told = flat(done.stderr)
    assert flat("03/run-1.xdf: left out, since") in told
    assert told.count(flat("10 trials (left 5, right 5)")) == 4


def test_a_file_that_is_streamed_sends_its_own_markers(several: Path) -> None:
    from bci.lsl.cue_streams import to_replay

    assert [s.name for s in to_replay(read_recording(several, "A"))] == ["A-markers"]
    assert [s.name for s in to_replay(read_recording(several, "B"))] == [
        "A-markers", "task", "echo",
    ]  # fmt: skip


def test_a_neighbour_of_numbers_costs_nothing(profile: Path, tmp_path: Path) -> None:
    battery = Sent("battery", "Battery", range(20), [1] * 20, "int32")
    path = write_xdf(tmp_path / "a.xdf", eeg(20), battery)
    told = refused("calibrate", profile, path, "--out", tmp_path / "m")
    assert "no marker 'left' (left)" in told
    assert "its markers are: none" in told
