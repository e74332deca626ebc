"""A whole session, recorded and trained on: signal, cues, engine, quality and notes."""

import json
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import mne
import pytest
import yaml
from pylsl import local_clock

import decoders
from bci.lsl.device_stream import stream_device
from bci.lsl.discovery import StreamQuery
from bci.lsl.outlet import MarkerOutlet
from bci.models.bundle import save_bundle
from bci.profiles.profile import Profile
from bci.quality.monitor import monitor
from bci.recording.read import read_recording
from bci.recording.recorder import Recorder
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Marker, Reading, Recording
from bci.training.calibrate import Calibration, calibrate
from bci.training.epochs import find_rest, find_trials
from devices.file import ReplayDevice
from tests.commands import bci, evaluations
from tests.engines import end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import wait_until

SETTINGS = {
    "task": "test",
    "markers": {"type": "Markers"},
    "pipeline": {
        "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
        "window_s": 1.0,
    },
    "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    "decoder": {"name": "log-power"},
}
PROFILE = Profile.model_validate(SETTINGS)
N_TRIALS = 10


@dataclass(frozen=True)
class Session:
    """The file of a session, the played signal, the model, and the profile's file."""

    file: Path
    played: Recording
    made: Calibration
    profile: Path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Record all streams on the network during decoding into one file."""
    folder = tmp_path_factory.mktemp("session")
    runs = [stored(two_class_recording(seed=seed), folder / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, PROFILE, lambda: decoders.create("log-power"), "me")
    name = f"amp-{uuid.uuid4().hex[:8]}"
    whole = two_class_recording(n_trials=N_TRIALS, seed=3)
    played = replace(whole, info=replace(whole.info, name=name, source_id=name))
    file = folder / "session.xdf"
    recorder, done = Recorder(XdfWriter(file)), threading.Event()
    writing = threading.Thread(target=recorder.run, args=(done,))
    live = start_engine(made, name)
    expected = {
        name, f"{name}-markers", f"{name}-quality", "dashboard-notes",
        *(f"{live.name}-{what}" for what in ("predictions", "decisions", "status")),
    }  # fmt: skip

    class Waiting(ReplayDevice):
        """A player that begins when all expected streams are being recorded."""

        def read(self, timeout: float) -> Reading | None:
            assert begin.wait(60)
            return super().read(timeout)

    begin, stop = threading.Event(), threading.Event()
    streaming = threading.Thread(target=stream_device, args=(Waiting(played, 10.0), stop))
    watching = threading.Thread(
        target=monitor, args=(StreamQuery(name=name), stop, lambda _: None), kwargs={"wait_s": 30}
    )
    notes = MarkerOutlet("dashboard-notes", f"notes-{name}", False, "Notes")
    threads = (writing, streaming, watching)
    for thread in threads:
        thread.start()

    def recorded() -> dict[str, int]:
        return {each.found.info.name: each.n_samples for each in recorder.streams}

    wait_until(lambda: expected <= set(recorded()), 60)
    begin.set()
    wait_until(lambda: recorded()[f"{name}-markers"] > N_TRIALS, 60)
    for label in ("rest", "interrupted", "the subject moved"):
        notes.push(Marker(local_clock(), label))
    wait_until(lambda: recorded()[name] == len(played.data), 60)
    wait_until(lambda: recorded()["dashboard-notes"] == 3, 60)
    stop.set()
    end(live)
    done.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    notes.close()
    profile = folder / "profile.yaml"
    profile.write_text(yaml.safe_dump(SETTINGS))
    return Session(file, played, made, profile)


def test_the_session_holds_what_the_engine_decided(session: Session) -> None:
    done = bci("info", session.file, "--json")
    found = {each["role"]: each for each in json.loads(done.stdout)}
    assert found["decisions"]["n_samples"] > 2
    assert {"onset left", "onset right"} <= set(found["decisions"]["markers"])
    assert {"signal", "cues", "notes", "decisions", "own"} <= set(found)


def test_the_trials_and_the_rest_are_those_that_were_cued(session: Session) -> None:
    recording = read_recording(session.file, profile=PROFILE)
    start = session.played.timestamps[0]
    expected = [(t.label, t.onset - start) for t in find_trials(session.played, PROFILE.paradigm)]
    found = [(t.label, t.onset) for t in find_trials(recording, PROFILE.paradigm)]
    assert [label for label, _ in found] == [label for label, _ in expected]
    for (_, onset), (_, cued) in zip(found, expected, strict=True):
        assert onset == pytest.approx(cued, abs=0.01)
    rest = find_rest(recording, PROFILE.paradigm)
    assert len(rest) == len(find_rest(session.played, PROFILE.paradigm))
    # Two seconds from each marker to the next; the first half second does not count.
    assert all(stop - begin == pytest.approx(1.5, abs=0.02) for begin, stop in rest)


def test_a_model_is_trained_on_those_trials_and_reports_it(
    session: Session, tmp_path: Path
) -> None:
    done = bci("calibrate", session.profile, session.file, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert f"session.xdf: {N_TRIALS} trials (left 5, right 5)" in " ".join(done.stderr.split())
    assert f"n = {N_TRIALS}," in " ".join(done.stdout.split())


def test_the_session_is_scored_by_those_trials(session: Session, tmp_path: Path) -> None:
    made = session.made
    save_bundle(tmp_path / "me", made.card, made.decoder.arrays() | made.patterns)
    done = bci("evaluate", tmp_path / "me", session.file, "--json")
    assert done.returncode == 0, done.stderr
    (result,) = evaluations(done)
    assert result.trial_accuracy.n == N_TRIALS
    assert result.trial_accuracy.chance == pytest.approx(0.5)
    assert Counter(t.label for t in result.trials) == {"left": 5, "right": 5}


def test_what_is_printed_of_a_session_is_short(session: Session) -> None:
    done = bci("info", session.file)
    assert '{"state"' not in done.stdout
    assert "messages of bci, no cues" in done.stdout
    assert "decisions (no cues) of" in done.stdout


def test_cues_and_notes_are_exported_and_no_decision(session: Session, tmp_path: Path) -> None:
    done = bci("export", session.file, "--folder", tmp_path, "--subject", "01", "--task", "x")
    assert done.returncode == 0, done.stderr
    notes = mne.io.read_raw_brainvision(done.stdout.split()[-1], verbose="error").annotations
    counts = Counter(str(label).removeprefix("Comment/") for label in notes.description)
    counts.pop("New Segment/", None)
    assert counts == {
        "left": 5, "right": 5, "rest": N_TRIALS + 1, "interrupted": 1, "the subject moved": 1,
    }  # fmt: skip
