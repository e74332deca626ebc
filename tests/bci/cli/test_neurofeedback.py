"""The command ``bci neurofeedback`` on recordings, and its refusals."""

from pathlib import Path

import pytest
import yaml

from bci.errors import ProfileError
from bci.messages import FeedbackRunEvent, read_event
from bci.neurofeedback.baseline import load_baseline, write_baseline
from bci.neurofeedback.offline import replay
from bci.profiles.profile import load_profile, shipped_profiles
from bci.recording.read import read_recording
from devices.simulated.subject import write_run
from tests.commands import bci
from tests.neurofeedback import session

PLAN = (
    ("baseline", 12.0), ("feedback", 10.0), ("feedback", 10.0), ("feedback", 10.0),
    ("transfer", 8.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("neurofeedback") / "session_eeg.fif"
    write_run(session(4, PLAN), path)
    return path


def test_report_of_a_recording_has_its_runs_and_the_learning(recording: Path) -> None:
    done = bci("neurofeedback", "--recording", recording)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("feedback ") >= 3
    assert "transfer" in done.stdout
    assert "baseline SD a run (95 % interval" in done.stdout
    assert "simulated" in done.stderr


def test_report_for_programs_is_an_event_a_run(recording: Path) -> None:
    done = bci("neurofeedback", "--recording", recording, "--recording", recording, "--json")
    events = [read_event(line) for line in done.stdout.splitlines()]
    runs = [event for event in events if isinstance(event, FeedbackRunEvent)]
    assert [(run.session, run.kind) for run in runs] == [
        (number, kind)
        for number in (1, 2)
        for kind in ("feedback", "feedback", "feedback", "transfer")
    ]
    assert runs[0].model_dump(exclude={"session"}) == runs[4].model_dump(exclude={"session"})
    assert runs[0].own_success is not None
    assert runs[0].allocation is None


def changed(folder: Path, **changes: object) -> Path:
    content = yaml.safe_load(shipped_profiles()["neurofeedback-alpha"].read_text())
    content["neurofeedback"] |= changes
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feature": {"kind": "ratio", "sites": ["O1"], "band_hz": [4, 7]}}, "over_hz is missing"),
        ({"feature": {"kind": "coherence", "sites": ["O1"], "band_hz": [4, 7]}}, "of 2 sites"),
        ({"feature": {"kind": "band_power", "sites": ["O1"], "band_hz": [9, 7]}}, "lower"),
        ({"threshold": {"kind": "adaptive", "rate": 0.6}}, "threshold.rate: there is no such key"),
        ({"feature": {"kind": "band_power", "sites": ["Oz"], "band_hz": [8, 9]}}, "no channel Oz"),
    ],
)
def test_protocol_that_cannot_be_is_named(
    tmp_path: Path, recording: Path, changes: dict[str, object], message: str
) -> None:
    done = bci("neurofeedback", changed(tmp_path, **changes), "--recording", recording)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_refusals_are_one_sentence(tmp_path: Path, recording: Path) -> None:
    other = tmp_path / "baseline.yaml"
    other.write_text("version: 1\n")
    untrained = changed(tmp_path, runs={"transfer_runs": 0})
    kept = tmp_path / "kept.yaml"
    profile = load_profile(str(untrained))
    made = replay(read_recording(recording), profile).baseline
    assert made is not None
    write_baseline(made, kept)
    for arguments, message in (
        (("motor-imagery",), "no section neurofeedback"),
        (("--allocate", "P07"), "give --sham FILE as well"),
        (("--transfer", "--runs", "2"), "leave --runs out"),
        ((untrained, "--baseline", kept, "--runs", "0"), "there is no run to make"),
        (("--baseline", other, "--wait", "0"), "baseline.yaml: protocol: Field required"),
        (("--wait", "0.1", "--stream", "nowhere"), "no LSL stream with name 'nowhere'"),
    ):
        done = bci("neurofeedback", *arguments)
        assert done.returncode == 2
        assert message in done.stderr


def test_sound_without_a_card_is_a_warning_only(tmp_path: Path) -> None:
    done = bci("neurofeedback", "--sound", "--wait", "0.1", "--stream", "nowhere")
    assert done.returncode == 2
    assert "continues without sound" in done.stderr or "no LSL stream" in done.stderr


def test_sham_is_read_before_a_session_and_refused_without_a_baseline(
    tmp_path: Path, recording: Path
) -> None:
    nowhere = ("--stream", "nowhere", "--wait", "0.1")
    done = bci("neurofeedback", "--sham", recording, "--allocate", "P07", *nowhere)
    assert "no LSL stream" in done.stderr
    alone = tmp_path / "alone_eeg.fif"
    write_run(session(4, (("feedback", 5.0),)), alone)
    done = bci("neurofeedback", "--sham", alone, *nowhere)
    assert done.returncode == 2
    assert "alone_eeg.fif: there is no baseline yet" in done.stderr


def test_baseline_file_is_read_back_and_must_be_of_the_protocol(
    tmp_path: Path, recording: Path
) -> None:
    profile = load_profile("neurofeedback-alpha")
    made = replay(read_recording(recording), profile).baseline
    assert made is not None
    file = tmp_path / "me.yaml"
    write_baseline(made, file)
    assert load_baseline(file, profile) == made
    muscles = changed(tmp_path, artifacts={"muscle_hz": [20, 45]})
    for other in ("neurofeedback-smr", str(muscles)):
        with pytest.raises(ProfileError, match="of another feature, muscle_hz or pipeline"):
            load_baseline(file, load_profile(other))
