"""Live, recorded, evaluated and replayed decisions are identical."""

import csv
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import decoders
from bci.decisions import Decision, DecisionEvent, RunningDecision
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import PredictedEvent, read_event
from bci.models.bundle import save_bundle
from bci.models.load import load_model
from bci.profiles.profile import Profile
from bci.recording.recorder import Recorder
from bci.recording.xdf.read import load_streams
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Marker
from bci.training.calibrate import Calibration, calibrate
from gui.replay.window import ReplayWindow
from gui.settings import DashboardSettings
from tests.commands import BCI, bci
from tests.engines import end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import find, send, wait_until

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "markers": {"type": "Markers"},
        "pipeline": {
            "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
            "window_s": 1.0,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "decoder": {"name": "log-power"},
        # Half a second of evidence: five windows.
        "output": {"evidence_s": 0.5, "false_positives_per_min": 20},
    }
)
N_LOST = 150
WHOLE_AT = 4  # index of the first window with enough evidence

Decided = list[tuple[str | None, float] | None]


def as_sent(decisions: list[Decision | None]) -> Decided:
    """Return decisions at the precision of the stream."""
    return [None if d is None else (d.label, float(np.float32(d.confidence))) for d in decisions]


def from_text(decision: str, confidence: str) -> Decision | None:
    """Return the decision in a row of the table."""
    return Decision(decision or None, float(confidence)) if confidence else None


def from_row(number: float, confidence: float) -> tuple[str | None, float] | None:
    """Return the decision in the last two channels of a recorded prediction."""
    if np.isnan(number):
        return None
    return (None, "left", "right")[int(number) + 1], float(confidence)


@pytest.mark.slow
def test_decisions_live_recorded_evaluated_and_replayed_are_the_same(
    qtbot: QtBot, tmp_path: Path
) -> None:
    runs = [stored(two_class_recording(12, seed), tmp_path / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, PROFILE, lambda: decoders.create("log-power"), "me")
    model = tmp_path / "models" / "me"
    save_bundle(model, made.card, made.decoder.arrays() | made.patterns)
    card, decoder = load_model(model)
    live, events = record_live(Calibration(decoder, card), tmp_path / "session.xdf")
    assert live[:WHOLE_AT] == [None] * WHOLE_AT
    assert live[WHOLE_AT:].count(None) == WHOLE_AT, "after the gap evidence is gathered anew"
    assert {decision[0] for decision in live if decision} == {None, "left", "right"}

    # Recorded.
    streams = {s["info"]["type"][0]: s for s in load_streams(tmp_path / "session.xdf")}
    rows = streams["Predictions"]["time_series"]
    assert [from_row(*row[-2:]) for row in rows] == live

    # Evaluated, as events and as a table.
    table = tmp_path / "decisions.csv"
    given = ("evaluate", model, tmp_path / "session.xdf", "--json", "--windows")
    done = bci(*given, "--predictions", table)
    assert done.returncode == 0, done.stderr
    told = [read_event(line) for line in done.stdout.splitlines()]
    windows = [event for event in told if isinstance(event, PredictedEvent)]
    evaluated = [
        None if w.confidence is None else Decision(w.decision, w.confidence) for w in windows
    ]
    assert as_sent(evaluated) == live
    with table.open(newline="") as text:
        written = [from_text(row["decision"], row["confidence"]) for row in csv.DictReader(text)]
    assert written == evaluated

    # Replayed.
    window = ReplayWindow(
        BCI, tmp_path, DashboardSettings(tmp_path / "settings.json"), lambda _: None
    )
    window.open(tmp_path / "session.xdf")
    qtbot.waitUntil(lambda: window.opened is not None, timeout=20_000)
    with qtbot.waitSignal(window.run.finished, timeout=60_000):
        window.run_model()
    assert window.predictions is not None
    assert list(window.predictions.decisions) == evaluated
    shown = []
    for time in window.predictions.times:
        window.playhead.seek(time)
        shown.append(window.decision.decision)
    names = {None: "no decision yet"} | {d: d[0] or "undecided" for d in live if d}
    assert shown == [names[decision] for decision in live]
    window.stop()

    # The published changes; the last decision ends after the last window.
    expected = changes_of(evaluated)
    assert [each[:2] for each in events[: len(expected)]] == expected
    assert all(each == ("offset", None, None) for each in events[len(expected) :])


def changes_of(decisions: list[Decision | None]) -> list[tuple[str, str | None]]:
    """Return event and label of each change."""
    running = RunningDecision()
    events = (running.add(decision, 0.0) for decision in decisions)
    return [(event.event, event.label) for event in events if event]


def record_live(
    made: Calibration, file: Path
) -> tuple[Decided, list[tuple[str, str | None, float | None]]]:
    """Decode and record a signal with a gap; return the live decisions and changes."""
    name = f"amp-{uuid.uuid4().hex[:8]}"
    played = two_class_recording(n_trials=8, seed=3, amplitude=8.0)
    signal = SignalOutlet(replace(played.info, name=name, source_id=name))
    cues = MarkerOutlet(f"{name}-markers", f"{name}-markers", True)
    live = start_engine(made, name, decision_threshold=None)
    streams = (name, f"{name}-markers", f"{live.name}-predictions")
    recorder, done = Recorder(XdfWriter(file), streams), threading.Event()
    writing = threading.Thread(target=recorder.run, args=(done,))
    writing.start()
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    changes = DecisionInlet(find(f"{live.name}-decisions"))
    wait_until(lambda: len(recorder.streams) == len(streams), 30)
    wait_until(lambda: signal.has_consumers and cues.has_consumers)
    half = len(played.data) // 2
    start = send(signal, played.data[:half])
    for marker in played.markers:
        cues.push(Marker(start + marker.time, marker.label))
    send(signal, played.data[half + N_LOST :], half + N_LOST, start)
    got: list[ReceivedPrediction] = []
    last = start + (len(played.data) - 1) / played.info.sfreq

    def all_came() -> bool:
        got.extend(inlet.pull(0.02))
        return bool(got) and got[-1].taken > last - 0.11

    wait_until(all_came, 30)
    counts = lambda: {r.found.info.name: r.n_samples for r in recorder.streams}  # noqa: E731
    wait_until(lambda: counts()[name] == len(played.data) - N_LOST)
    wait_until(lambda: counts()[streams[2]] == len(got))
    events: list[DecisionEvent] = []
    n_changes = len(changes_of([each.decision for each in got]))
    wait_until(lambda: (events.extend(changes.pull(0.05)), len(events) >= n_changes)[1])
    done.set()
    writing.join(5)
    end(live)
    for stream in (inlet, changes, signal, cues):
        stream.close()
    told = [(event.event, event.label, event.confidence) for event in events]
    return as_sent([each.decision for each in got]), told
