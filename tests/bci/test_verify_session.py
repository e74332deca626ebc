"""A session that ran live through real streams, with a hot swap and a gap, is verified."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import decoders
from bci.bundle import save_bundle
from bci.calibration import Calibration, calibrate
from bci.cli.models import load_model
from bci.lsl.outlet import SignalOutlet
from bci.profile import Profile
from bci.recorder import Recorder
from bci.recording.writer import XdfWriter
from bci.verification.verify import verify
from tests.engines import end, start_engine
from tests.signals import stored, two_class_recording
from tests.streams import send, wait_until


def load(folder: Path):  # type: ignore[no-untyped-def]
    return load_model(folder, sealed=False)


def model(folder: Path, name: str, low_hz: float, window_s: float) -> Path:
    band = {"kind": "bandpass", "low_hz": low_hz, "high_hz": 30}
    profile = Profile.model_validate(
        {
            "task": "test",
            "pipeline": {
                "filters": [{"kind": "common_average"}, band],
                "window_s": window_s,
                "hop_s": 0.1,
            },
            "paradigm": {"classes": {"left": "left", "right": "right"}, "stop_s": 3},
            "decoder": {"name": "tangent-space"},
        }
    )
    runs = [
        stored(two_class_recording(seed=seed), folder / f"{name}-{seed}.bin") for seed in (1, 2)
    ]
    made = calibrate(runs, profile, lambda: decoders.create("tangent-space"), name)
    save_bundle(folder / name, made.card, made.decoder.arrays())
    return folder / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    model(folder, "first", 8, 1.0)
    model(folder, "second", 10, 1.5)
    return folder


def recorded(folder: Path, file: Path, late: bool = False) -> None:
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=40, seed=3)
    signal = replace(made, info=replace(made.info, name=name, source_id=name))
    outlet = SignalOutlet(signal.info)
    card, decoder = load_model(folder / "first")
    live = start_engine(Calibration(decoder, card), name, load=load_model, decision_threshold=0.6)
    recorder, done = Recorder(XdfWriter(file)), threading.Event()
    writing = threading.Thread(target=recorder.run, args=(done,))
    if not late:
        writing.start()
    start, sent = None, 0

    def play(n: int, until: Callable[[], bool] = lambda: True) -> None:
        nonlocal start, sent
        first = sent
        while sent - first < n or not until():
            data = signal.data[sent : sent + 16]
            assert len(data)
            start = send(outlet, data, sent, start)
            sent += len(data)
            time.sleep(0.02)

    def streams() -> dict[str, int]:
        return {each.found.info.name: each.n_samples for each in recorder.streams}

    if late:
        wait_until(lambda: outlet.has_consumers, 20)
        play(500)
        writing.start()
    play(
        0,
        lambda: (
            {name, *(f"{live.name}-{what}" for what in ("predictions", "decisions", "provenance"))}
            <= set(streams())
        ),
    )
    play(600)
    sent += 37
    play(600)
    live.commands.put(f"use {folder / 'second'}")
    play(0, lambda: "second" in live.said[-1])
    play(900)
    wait_until(lambda: streams()[name] >= 1000, 20)
    end(live)
    done.set()
    writing.join(20)
    outlet.close()
    print(streams(), live.said)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
def test_a_session_with_a_hot_swap_and_a_gap_is_equal_to_the_bit(
    folder: Path, tmp_path: Path, late
) -> None:
    file = tmp_path / "session.xdf"
    recorded(folder, file, late)
    (event,) = verify(file, load, places=[folder])
    print(event.model_dump_json(indent=1))
    import shutil

    shutil.copy(file, f"/tmp/verify-session-{late}.xdf")
    shutil.copytree(folder, "/tmp/verify-models", dirs_exist_ok=True)
    assert event.all_equal
    assert (event.swaps, event.gaps) == (1, 1)
