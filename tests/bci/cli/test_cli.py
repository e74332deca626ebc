"""The command line, above all its errors."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from bci.messages import PredictedEvent, read_event
from bci.models.bundle import ARRAYS, CARD, load_bundle, load_card, save_bundle
from bci.plugins.decoder_offers import decoder_names, decoder_traits
from bci.profiles.profile import DecoderChoice, shipped_profiles
from bci.training.time_course import load_time_course
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import BCI, bci, bci_process, evaluations, one_line, refused


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two simulated runs, and a model calibrated on them."""
    folder = tmp_path_factory.mktemp("subject")
    for run in (1, 2):
        settings = SubjectSettings(trials_per_class=5)
        write_run(simulate_run(settings, run), folder / f"run-{run:02d}_eeg.fif")
    runs = sorted(folder.glob("*.fif"))
    done = bci("calibrate", "motor-imagery", *runs, "--out", folder / "model")
    assert done.returncode == 0, done.stderr
    assert "chance 0.50" in done.stdout
    assert "leave one run out" in done.stdout
    return folder


def test_help_teaches_every_command() -> None:
    text = bci_process("--help").stdout
    for command in ("demo", "gui", "run", "replay", "streams", "calibrate", "evaluate", "models",
                    "simulate", "devices", "doctor", "benchmark"):  # fmt: skip
        assert command in text
    assert "Example" in bci("calibrate", "--help").stdout


@pytest.mark.parametrize("command", ["calibrate", "pretrain"])
def test_help_of_a_training_lists_its_inputs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = bci(command, "--help").stdout
    assert "a YAML file" in text
    assert ("The person's runs" if command == "calibrate" else "folder of recordings") in text
    for name in decoder_names():
        assert (name in text) == (command == "calibrate" or decoder_traits(name).carries_over), name


@pytest.mark.parametrize(("argument", "code"), [("--version", 0), ("nosuch", 2)])
def test_a_command_ends_without_being_taken_apart(argument: str, code: int) -> None:
    program = (
        "import atexit, sys\n"
        "class Part:\n"
        "    def __del__(self): print('taken apart')\n"
        "part = Part()\n"
        "atexit.register(print, 'put in order')\n"
        "from bci.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, argument], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert argument in done.stderr or "bci" in done.stdout
    assert "put in order" in done.stdout
    assert "taken apart" not in done.stdout


def test_importing_bci_is_light() -> None:
    code = (
        "import bci, bci.cli, sys; "
        "heavy = {'torch', 'PySide6', 'numba', 'mne', 'sklearn', 'scipy', 'pylsl', 'pyriemann'}; "
        "heavy &= set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_evaluate_reports_everything_and_as_json(subject: Path) -> None:
    text = bci("evaluate", subject / "model", subject / "run-02_eeg.fif").stdout
    for what in ("simulated", "kappa", "bit/min", "false positives", "chance", "with a decision"):
        assert what in text
    done = bci("evaluate", subject / "model", subject / "run-02_eeg.fif", "--json", "--windows")
    (result,) = evaluations(done)
    assert result.trial_accuracy.n == len(result.trials) == 10
    assert result.simulated
    events = [read_event(line) for line in done.stdout.splitlines()]
    assert [event.event for event in (events[0], events[-1])] == ["progress", "evaluation"]
    # Each event has the prediction of a window, and the decision by the model's evidence.
    predicted = [event for event in events if isinstance(event, PredictedEvent)]
    assert result.n_windows <= len(predicted) == len(events) - 2
    for event in predicted:
        assert event.label == result.classes[int(np.argmax(event.probabilities))]
        sure = event.confidence is not None and event.confidence >= result.threshold
        assert (event.decision is not None) == sure


def test_windows_are_events_and_so_need_json(subject: Path) -> None:
    given = "evaluate", subject / "model", subject / "run-02_eeg.fif", "--windows"
    assert "give --json too" in refused(*given)


@pytest.mark.long
def test_calibrate_prints_what_it_promises_and_what_a_promise_takes(
    subject: Path, tmp_path: Path
) -> None:
    runs = sorted(subject.glob("*.fif"))
    rest = tmp_path / "rest_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=5), 3), rest)
    printed = {}
    for name, given in (("alone", ()), ("more", ("--rest", rest))):
        done = bci("calibrate", "motor-imagery", *runs, *given, "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
        printed[name] = " ".join(done.stdout.split())
    assert (
        "No promise of at most 2 false decisions a minute at rest: it takes 1.5 min"
        in (printed["alone"])
    )
    assert "add it: bci calibrate ... --rest FILE" in printed["alone"]
    assert "95 % interval" in printed["alone"]
    assert "held-out cues" in printed["alone"]
    alone, more = (load_card(tmp_path / name) for name in ("alone", "more"))
    assert not alone.confidence.promised
    assert more.confidence.rest_min > alone.confidence.rest_min
    assert [source.file for source in more.rest_sources] == ["rest_eeg.fif"]


def test_evaluate_gives_the_reason_where_a_model_decides_nothing(
    subject: Path, tmp_path: Path
) -> None:
    card, arrays = load_bundle(subject / "model")
    score = card.score.model_copy(update={"p_value": 0.4, "shuffled_p": 0.4})
    save_bundle(tmp_path / "me", card.model_copy(update={"score": score}), arrays)
    run = subject / "run-02_eeg.fif"
    done = bci("evaluate", tmp_path / "me", run)
    assert "0 of 10" in done.stdout
    assert "me is not distinguishable from chance" in (done.stdout + done.stderr).replace("\n", " ")
    assert "distinguishable" not in str(bci("evaluate", tmp_path / "me", run, "--threshold", "0.5"))


def test_a_recording_of_rest_is_no_run_as_well(subject: Path, tmp_path: Path) -> None:
    run = subject / "run-01_eeg.fif"
    problem = refused("calibrate", "motor-imagery", run, "--rest", run, "--out", tmp_path / "me")
    assert "holds the same signal as" in problem


@pytest.mark.slow
def test_a_score_on_training_recordings_is_marked(subject: Path, tmp_path: Path) -> None:
    known, new = subject / "run-02_eeg.fif", tmp_path / "new_eeg.fif"
    write_run(simulate_run(SubjectSettings(trials_per_class=5), 3), new)
    assert "was trained on this recording" in bci("evaluate", subject / "model", known).stdout
    assert "trained on this recording" not in bci("evaluate", subject / "model", new).stdout
    told = evaluations(bci("evaluate", subject / "model", known, new, "--json"))
    assert [each.learnt_from for each in told] == [True, False]


def test_the_parameters_of_a_profile_stay_where_its_own_decoder_is_named(
    subject: Path, tmp_path: Path
) -> None:
    content = yaml.safe_load(shipped_profiles()["motor-imagery"].read_text())
    content["decoder"] = {"name": "csp-lda", "params": {"n_components": 2}}
    profile = tmp_path / "mine.yaml"
    profile.write_text(yaml.safe_dump(content))
    runs = sorted(subject.glob("*.fif"))
    for decoder, params in (("csp-lda", {"n_components": 2}), ("log-power", {})):
        model = tmp_path / decoder
        done = bci("calibrate", profile, *runs, "--out", model, "--decoder", decoder)
        assert done.returncode == 0, done.stderr
        assert load_card(model).decoder == DecoderChoice(name=decoder, params=params)


@pytest.mark.slow
def test_calibrate_sends_programs_each_step_and_then_the_model(
    subject: Path, tmp_path: Path
) -> None:
    runs = sorted(subject.glob("*.fif"))
    model = tmp_path / "told"
    done = bci_process("calibrate", "motor-imagery", *runs, "--out", model, "--json", "--curve")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} == {"progress", "run", "point", "model"}
    assert all(read_event(line) for line in done.stdout.splitlines())
    assert events[-1]["folder"] == str(model)
    assert events[-1]["accuracy"]["value"] == load_card(model).score.accuracy
    assert all(e["done"] <= e["of"] for e in events if e["event"] == "progress")
    point = next(event for event in events if event["event"] == "point")
    assert point["low"] <= point["accuracy"] <= point["high"]
    assert done.stderr == ""
    course = load_time_course(model)
    assert course is not None
    assert course.seconds[0] == pytest.approx(3.0)


def test_models_lists_what_was_calibrated(subject: Path) -> None:
    assert "tangent-space" in bci("models", subject).stdout


def test_streams_as_json_is_nothing_but_json() -> None:
    assert isinstance(json.loads(bci("streams", "--wait", "0.3", "--json").stdout), list)


def test_doctor_finds_this_machine_fit() -> None:
    done = bci("doctor")
    assert done.returncode == 0, done.stdout
    assert "discovery in" in done.stdout


def test_nothing_is_overwritten_without_force(subject: Path) -> None:
    runs = sorted(subject.glob("*.fif"))
    before = (subject / "model" / CARD).read_bytes()
    line = refused("calibrate", "motor-imagery", *runs, "--out", subject / "model")
    assert "exists already" in line
    assert (subject / "model" / CARD).read_bytes() == before


def test_a_place_that_no_model_can_be_written_to_is_named_before_any_training(
    subject: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bci.recording.read.read_recording", pytest.fail)
    file = tmp_path / "file"
    file.write_text("x")
    notes = tmp_path / "notes"
    notes.mkdir()
    run = subject / "run-01_eeg.fif"
    for command in (
        ("calibrate", "motor-imagery", run), ("pretrain", "motor-imagery", subject),
    ):  # fmt: skip
        assert f"{file} is no folder" in refused(*command, "--out", file / "x" / "model")
        assert "notes is not a model" in refused(*command, "--out", notes, "--force")
    line = refused("pretrain-speech", "speech", run, "--out", file / "model")
    assert f"{file} is no folder" in line
    assert list(notes.iterdir()) == []


def test_a_missing_file_is_named(subject: Path, tmp_path: Path) -> None:
    for arguments in (
        ("evaluate", subject / "model", tmp_path / "none.edf"),
        ("replay", tmp_path / "none.edf"),
        ("calibrate", "motor-imagery", tmp_path / "none.edf", "--out", tmp_path / "m"),
        ("demo", tmp_path / "none.edf", "--model", subject / "model"),
    ):
        assert "none.edf: no such file" in refused(*arguments)


def test_an_unknown_extension_is_named(tmp_path: Path) -> None:
    (tmp_path / "signal.abc").write_text("x")
    assert "not a kind of recording that is known here" in refused(
        "replay", tmp_path / "signal.abc"
    )


def test_a_truncated_recording_is_named(eegmmidb: Path, shared_data: Path, tmp_path: Path) -> None:
    edf = (eegmmidb / "S001" / "S001R04.edf").read_bytes()
    (tmp_path / "cut.edf").write_bytes(edf[: len(edf) // 2])
    assert "cut.edf: truncated" in refused("replay", tmp_path / "cut.edf")
    xdf = (shared_data / "xdf" / "muse_sub-P001.xdf").read_bytes()
    (tmp_path / "cut.xdf").write_bytes(xdf[: len(xdf) // 2])
    assert "cut.xdf: truncated" in refused("replay", tmp_path / "cut.xdf")


def test_a_recording_without_the_markers_asked_for_is_named(eegmmidb: Path, tmp_path: Path) -> None:
    line = refused(
        "calibrate", "motor-imagery", eegmmidb / "S001" / "S001R04.edf", "--out", tmp_path / "m"
    )
    assert "no marker 'left' (left) or 'right' (right); its markers are: 'T0' x15" in line
    assert not (tmp_path / "m").exists()


def test_a_recording_that_does_not_fit_the_model_is_named(subject: Path, eegmmidb: Path) -> None:
    line = refused("evaluate", subject / "model", eegmmidb / "S001" / "S001R12.edf")
    assert "rate 160 Hz instead of 250 Hz" in line


def copy_of_model(subject: Path, folder: Path) -> Path:
    import shutil

    return Path(shutil.copytree(subject / "model", folder / "model"))


@pytest.mark.slow
def test_a_tampered_or_incomplete_bundle_is_named(subject: Path, tmp_path: Path) -> None:
    model = copy_of_model(subject, tmp_path)
    content = bytearray((model / ARRAYS).read_bytes())
    content[-3] ^= 255
    (model / ARRAYS).write_bytes(content)
    assert "was changed after training" in refused("run", "motor-imagery", "--model", model)
    (model / ARRAYS).unlink()
    assert f"{ARRAYS} is missing" in refused("run", "motor-imagery", "--model", model)
    done = bci_process("run", "motor-imagery", "--model", tmp_path)
    assert "is not a model" in one_line(done)


def test_a_misspelt_key_is_named_with_those_allowed(subject: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    profile.write_text("task: x\npipelin: {}\n")
    line = refused("run", profile, "--model", subject / "model")
    assert "mine.yaml" in line
    assert "there is no such key" in line or "Field required" in line


def test_a_profile_that_differs_from_its_model_is_refused(subject: Path, tmp_path: Path) -> None:
    content = yaml.safe_load(shipped_profiles()["motor-imagery"].read_text())
    content["pipeline"]["window_s"] = 2.0
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    line = refused("run", tmp_path / "mine.yaml", "--model", subject / "model")
    assert "pipeline.window_s of the profile differs" in line


def test_no_stream_is_reported_with_what_there_is(subject: Path) -> None:
    line = refused(
        "run", "motor-imagery", "--model", subject / "model", "--stream", "none", "--wait", "0.5"
    )
    assert "no LSL stream with name 'none'" in line


def test_a_missing_screen_is_reported(subject: Path) -> None:
    import os

    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [*BCI, "demo", "--folder", subject],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    if sys.platform == "linux":
        assert done.returncode == 2
        assert "there is no screen here" in done.stderr


def test_arguments_that_make_no_sense_exit_with_2(subject: Path) -> None:
    run = subject / "run-01_eeg.fif"
    for arguments in (
        ("replay", run, "--speed", "fast"),
        ("replay", run, "--speed", "-1"),
        ("replay", run, "--start", "9999"),
        ("run", "motor-imagery"),
        ("demo", run),
        ("calibrate", "motor-imagery", run, "--out", subject / "x", "--decoder", "svm"),
        ("models", subject / "nowhere"),
        ("nonsense",),
    ):
        done = bci(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
