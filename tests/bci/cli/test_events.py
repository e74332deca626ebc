"""Events that commands print with --json."""

import json
import re
import threading
import uuid
from pathlib import Path

import numpy as np
import pytest

from bci.cli import events
from bci.cli.console import note, warn
from bci.cli.federate import _print_end, _print_round
from bci.cli.run_summary import DecisionPrinter
from bci.decisions import DecisionEvent
from bci.lsl.outlet import SignalOutlet
from bci.messages import (
    AnyEvent,
    DecidedEvent,
    EngineStatus,
    ErrorEvent,
    FileEvent,
    ModelEvent,
    NoteEvent,
    OutcomeEvent,
    ProgressEvent,
    RecordedEvent,
    RecordingEvent,
    RoundEvent,
    RunEvent,
    SitesEvent,
    StoppedEvent,
    WarningEvent,
    read_event,
)
from bci.profiles.profile import load_profile
from decoders.federation.agreement import CommonSpace, Federation, Partner
from decoders.federation.rounds import Round, RoundsProgress
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci, one_line
from tests.signals import eeg_info


def printed(text: str) -> list[AnyEvent]:
    return [read_event(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("calibrate", "nosuch", "a.xdf", "--out", "m"),
        ("pretrain", "nosuch", "folder", "--out", "m"),
        ("pretrain-speech", "nosuch", "a.xdf", "--out", "m"),
        ("record", "--subject", "a/b"),
        ("monitor", "--profile", "nosuch"),
        ("export", "/nowhere.xdf", "--subject", "1", "--task", "rest"),
        ("import", "deap", "/nowhere/s01.mat", "--out", "deap"),
        ("import", "embeddings", "/nowhere.npy", "x.txt", "--made-by", "x", "--out", "g"),
        ("benchmark", "motor-imagery", "/nowhere"),
        ("federate", "simulate", "/nowhere.yaml", "--out", "m"),
        ("info", "/nowhere.edf"),
        ("run", "nosuch"),
        ("repair", "/nowhere.xdf"),
        ("evaluate", "/nowhere", "a.xdf"),
        ("models", "/nowhere"),
    ],
)
def test_an_error_is_an_event_beside_its_one_line(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = bci(*arguments, "--json")
    (event,) = printed(done.stdout)
    assert isinstance(event, ErrorEvent)
    assert one_line(done) == f"error: {event.text}"
    assert not events.wanted()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        # The wording differs between versions of Typer.
        (("calibrate",), r"Missing argument '(?i:profile)'\."),
        (("monitor", "--line-hz", "5"), r"Invalid value for '--line-hz': .*\b40\b"),
        (("stream", "--device", "simulator", "channels"), "'channels' is not of the form"),
        (("streams", "--wait", "x"), r"Invalid value for '--wait': .*\bvalid (float|number)\b"),
    ],
)
def test_a_wrong_argument_is_an_event(arguments: tuple[str, ...], why: str) -> None:
    done = bci(*arguments, "--json")
    (event,) = printed(done.stdout)
    assert isinstance(event, ErrorEvent)
    assert re.search(why, event.text)
    assert done.returncode == 2
    assert bci(*arguments).stdout == ""


def test_without_json_an_error_is_no_event(tmp_path: Path) -> None:
    assert bci("info", tmp_path / "nowhere.edf").stdout == ""


def test_a_command_with_one_result_prints_no_event_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events.want_result(True)
    try:
        warn("the file is damaged")
        note("it was read all the same")
    finally:
        events.want_result(False)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["the file is damaged", "it was read all the same"]


def test_what_a_library_prints_is_no_line_between_events(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events.want(True)
    try:
        print("fitting ...")
        note("fitted")
    finally:
        events.want(False)
    print("over")
    captured = capsys.readouterr()
    assert captured.err == "fitting ...\n"
    event, over = captured.out.splitlines()
    assert read_event(event) == NoteEvent(text="fitted")
    assert over == "over"


def test_a_result_is_json_whatever_a_name_holds(capsys: pytest.CaptureFixture[str]) -> None:
    result = [{"name": "a\x7fb\x9fc\u2028é\x1b[2J"}]
    events.print_result(result)
    printed_text = capsys.readouterr().out
    assert printed_text.isascii()
    assert json.loads(printed_text) == result


def test_a_number_that_is_not_finite_is_null_in_a_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events.print_result([{"rate_hz": float("nan"), "gaps": 2}])
    assert json.loads(capsys.readouterr().out) == [{"rate_hz": None, "gaps": 2}]


def test_import_prints_the_file_that_it_wrote(tmp_path: Path) -> None:
    vectors, names, gallery = (tmp_path / name for name in ("a.npy", "a.txt", "g.safetensors"))
    np.save(vectors, np.eye(3, dtype=np.float32))
    names.write_text("cat\ndog\ncow\n")
    done = bci(
        "import", "embeddings", vectors, names, "--made-by", "me", "--out", gallery, "--json"
    )
    assert printed(done.stdout)[-1] == FileEvent(file=str(gallery))
    assert done.stderr == ""


def test_run_prints_decisions_and_its_last_status(capsys: pytest.CaptureFixture[str]) -> None:
    decided = DecisionPrinter(False, as_json=True)
    decided(DecisionEvent("onset", "left", 0.8, 12.5))
    decided(DecisionEvent("offset", None, None, 13.0, "left"))
    status = EngineStatus(state="running", model="me", stream="amp")
    decided.print_summary(status)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert printed(captured.out) == [
        DecidedEvent(change="onset", label="left", confidence=0.8, time=12.5),
        DecidedEvent(change="offset", time=13.0, ended="left"),
        StoppedEvent(status=status),
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_run_whose_lines_nobody_reads_is_asked_to_end(
    as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_args: object) -> None:
        raise BrokenPipeError if as_json else SystemExit(1)

    monkeypatch.setattr(f"bci.cli.run_summary.{'emit' if as_json else 'out.print'}", closed)
    gone = threading.Event()
    decided = DecisionPrinter(True, as_json, gone.set)
    decided(DecisionEvent("onset", "left", 0.8, 12.5))
    assert gone.wait(5)


@pytest.mark.slow
def test_simulate_prints_the_files_that_it_wrote(tmp_path: Path) -> None:
    told = printed(bci("simulate", tmp_path, "--runs", 1, "--json").stdout)
    assert told == [FileEvent(file=str(file)) for file in tmp_path.rglob("*.fif")]


@pytest.mark.slow
def test_pretrain_prints_its_runs_and_its_model(tmp_path: Path) -> None:
    for person in (1, 2):
        run = simulate_run(SubjectSettings(person, trials_per_class=3), 1)
        (folder := tmp_path / "people" / f"{person:02d}").mkdir(parents=True)
        write_run(run, folder / "run_raw.fif")
    profile = load_profile("motor-imagery").model_dump(mode="json", exclude_none=True)
    profile["pipeline"] |= {"channels": ["C3", "Cz", "C4"], "window_s": 1.0, "hop_s": 0.5}
    (tmp_path / "profile.yaml").write_text(json.dumps(profile))
    base = tmp_path / "base"
    done = bci("pretrain", tmp_path / "profile.yaml", tmp_path / "people", "--out", base, "--json")
    assert done.returncode == 0, done.stderr
    told = printed(done.stdout)
    assert sum(isinstance(event, RunEvent) for event in told) == 2
    assert any(isinstance(event, ProgressEvent) for event in told)
    last = told[-1]
    assert isinstance(last, ModelEvent)
    assert last.folder == str(base)
    assert last.accuracy is not None
    assert last.accuracy.n == 12


def test_record_prints_the_file_at_its_beginning_and_its_end(tmp_path: Path) -> None:
    name = f"amp-{uuid.uuid4().hex[:8]}"
    outlet = SignalOutlet(eeg_info(name=name))
    file = tmp_path / "a.xdf"
    done = bci("record", "--stream", name, "--output", file, "--duration", "2", "--json")
    outlet.close()
    told = printed(done.stdout)
    assert told[0] == RecordingEvent(file=str(file))
    last = told[-1]
    assert isinstance(last, RecordedEvent)
    assert (last.file, last.n_bytes) == (str(file), file.stat().st_size)
    assert [stream.name for stream in last.streams] == [name]


def test_a_round_and_a_missing_site_are_events(capsys: pytest.CaptureFixture[str]) -> None:
    events.want(True)
    try:
        _print_round(Round(number=3, accuracies={"a": 0.5}, excluded={"b": "it sent NaN"}))
        agreed = Federation(
            name="labs", model=CommonSpace(share_head=False),
            sites=(Partner(name="a"), Partner(name="b")),
        )  # fmt: skip
        _print_end(agreed, RoundsProgress(banned={"b": "it sent NaN"}, finished={"a": 0.5}), True)
    finally:
        events.want(False)
    done, ended, missing = printed(capsys.readouterr().out)
    assert ended == SitesEvent(accuracies={"a": 0.5})
    assert done == RoundEvent(number=3, accuracies={"a": 0.5}, excluded={"b": "it sent NaN"})
    assert isinstance(missing, WarningEvent)
    assert missing.text == "b has no model: it sent NaN"


def test_outcomes_of_trainings_are_events(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bci.cli.benchmark.runner import Results, tracked
    from bci.cli.benchmark.speech import SpeechRow

    results = Results("speech", SpeechRow, 6, None)
    row = SpeechRow("distributed", 4, True, "duin", 2, 1, 0.5, float("nan"), 60, 0.1)
    results.add([row])
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(events, "_wanted", True)
    for each in tracked([row], "Trainings"):
        results.add([each])
    first, outcome, last = printed(capsys.readouterr().out)
    assert (first, last) == tuple(ProgressEvent(doing="Trainings", done=n, of=1) for n in (0, 1))
    assert isinstance(outcome, OutcomeEvent)
    assert outcome.study == "speech"
    assert outcome.conditions == {
        "world": "distributed", "n_runs": 4, "is_shuffled": True, "decoder": "duin", "subject": 2,
        "seed": 1,
    }  # fmt: skip
    assert outcome.figures == {"accuracy": 0.5, "in_top": None, "n_trials": 60.0, "chance": 0.1}
