"""Verification of a live session with real streams, a hot swap and a gap."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import decoders
from bci.engine import publish_provenance
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import save_bundle
from bci.models.load import load_model
from bci.profiles.profile import Profile
from bci.recording.recorder import Recorder
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Recording
from bci.training.calibrate import Calibration, calibrate
from bci.verification.verify import verify
from tests.engines import end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import send, wait_until

N_LOST = 37


def model(folder: Path, name: str, low_hz: float, window_s: float) -> Path:
    band = {"kind": "bandpass", "low_hz": low_hz, "high_hz": 30}
    profile = Profile.model_validate(
        {
            "task": "test",
            "pipeline": {
                "filters": [{"kind": "common_average"}, band],
                "window_s": window_s,
            },
            "paradigm": {"classes": {"left": "left", "right": "right"}, "stop_s": 3},
        }
    )
    runs = [stored(two_class_recording(8, seed), folder / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, profile, lambda: decoders.create("tangent-space"), name)
    save_bundle(folder / name, made.card, made.decoder.arrays())
    return folder / name


@dataclass
class Player:
    """Sends a recording piece by piece."""

    recording: Recording
    outlet: SignalOutlet = field(init=False)
    row: int = 0
    n_sent: int = 0
    start: float | None = None

    def __post_init__(self) -> None:
        self.outlet = SignalOutlet(self.recording.info)

    def play(self, at_least: int, until: Callable[[], object] = lambda: True) -> None:
        first = self.n_sent
        while self.n_sent - first < at_least or not until():
            data = self.recording.data[self.row : self.row + 16]
            assert len(data), "the condition did not come true while the recording lasted"
            self.start = send(self.outlet, data, self.row, self.start)
            self.row += len(data)
            self.n_sent += len(data)
            time.sleep(0.02)


@pytest.mark.slow
def test_a_live_session_with_hot_swap_and_gap_equals_to_the_bit(tmp_path: Path) -> None:
    first, second = model(tmp_path, "first", 8, 1.0), model(tmp_path, "second", 10, 1.5)
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=40, seed=3)
    player = Player(replace(made, info=replace(made.info, name=name, source_id=name)))
    card, decoder = load_model(first)
    live = start_engine(
        Calibration(decoder, card), name, load=load_model, decision_threshold=0.6, evidence_s=0.5
    )
    file = tmp_path / "session.xdf"
    recorder, done = Recorder(XdfWriter(file)), threading.Event()
    writing = threading.Thread(target=recorder.run, args=(done,))
    writing.start()
    expected = {name, *(f"{live.name}-{what}" for what in ("predictions", "provenance"))}

    def recorded() -> dict[str, int]:
        return {each.found.info.name: each.n_samples for each in recorder.streams}

    wait_until(lambda: expected <= set(recorded()), 60)
    player.play(600)
    player.row += N_LOST
    player.play(300)
    live.commands.put(f"use {second}")
    player.play(0, lambda: "second" in live.said[-1])
    player.play(600)
    wait_until(lambda: recorded()[name] == player.n_sent, 30)
    end(live)
    done.set()
    writing.join(20)
    player.outlet.close()
    (event,) = verify(file, load_model, places=[tmp_path])
    assert event.all_equal
    assert (event.swaps, event.gaps, event.models) == (1, 1, ("first", "second"))
    assert event.windows == event.windows_equal > 80
    assert event.decisions > 2
    assert event.differs == ()


@pytest.mark.slow
def test_a_recorder_that_starts_after_an_adapting_engine_records_what_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The signal is sent at six times its rate, and so are the states.
    monkeypatch.setattr(publish_provenance, "_STATE_EVERY_S", 1.0)
    folder = model(tmp_path, "first", 8, 1.0)
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=40, seed=3)
    player = Player(replace(made, info=replace(made.info, name=name, source_id=name)))
    card, decoder = load_model(folder)
    live = start_engine(
        Calibration(decoder, card), name, adapt="alignment", decision_threshold=0.6,
        evidence_s=1.0,
    )  # fmt: skip
    wait_until(lambda: player.outlet.has_consumers, 20)
    player.play(1000)
    file = tmp_path / "session.xdf"
    said: list[str] = []
    recorder, done = Recorder(XdfWriter(file), report=said.append), threading.Event()
    writing = threading.Thread(target=recorder.run, args=(done,))
    writing.start()
    expected = {name, *(f"{live.name}-{what}" for what in ("predictions", "provenance"))}

    def recorded() -> dict[str, int]:
        return {each.found.info.name: each.n_samples for each in recorder.streams}

    player.play(0, lambda: expected <= set(recorded()))
    begun = player.n_sent
    player.play(3000, lambda: recorded()[f"{live.name}-provenance"] >= 4)
    end(live)
    done.set()
    writing.join(20)
    player.outlet.close()
    (event,) = verify(file, load_model, places=[tmp_path])
    assert event.all_equal, event
    assert event.windows == event.windows_equal > 60
    assert event.states == event.states_equal >= 1
    assert event.decisions == event.decisions_equal > 0
    assert event.left_out * card.pipeline.hop_s * 128 < player.n_sent - begun
    assert any("resumed from a state" in note for note in event.notes)
    assert not [line for line in said if "bci verify" in line]
