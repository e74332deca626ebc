"""The live engine over real LSL streams, compared with the same recording offline."""

import json
import re
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

import decoders
from bci.decisions import DecisionEvent
from bci.errors import MismatchError, StreamError
from bci.lsl.device_stream import stream_device
from bci.lsl.engine_streams import DecisionInlet, PredictionInlet, ReceivedPrediction, StatusInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import save_bundle
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.recording.recorder import Recorder
from bci.recording.xdf.read import load_streams
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Prediction, Reading, Recording
from bci.training.calibrate import Calibration, calibrate
from devices.file import ReplayDevice
from tests.engines import end, start_engine
from tests.signals import eeg_info, stored, two_class_recording
from tests.streams import find, send, wait_until

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {
            "filters": [
                {"kind": "common_average"},
                {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
            ],
            "window_s": 1.0,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    runs = [stored(two_class_recording(seed=seed), folder / f"{seed}.bin") for seed in (1, 2)]
    return calibrate(runs, PROFILE, lambda: decoders.create("tangent-space"), "me")


@pytest.fixture
def test_run() -> Recording:
    made = two_class_recording(n_trials=6, seed=3)
    name = f"run-{uuid.uuid4().hex[:8]}"
    return replace(made, info=replace(made.info, name=name, source_id=name))


def offline(trained: Calibration, recording: Recording) -> list[Prediction]:
    pipeline = Pipeline(trained.card.pipeline, recording.info, trained.decoder)
    return [p for chunk in recording.chunks() for p in pipeline.push(chunk)]


@pytest.mark.slow
def test_a_recorded_session_replayed_gives_the_predictions_it_gave_live(
    trained: Calibration, test_run: Recording, tmp_path: Path
) -> None:
    live = start_engine(trained, test_run.info.name)
    predictions = f"{live.name}-predictions"
    recorder = Recorder(XdfWriter(tmp_path / "session.xdf"), (test_run.info.name, predictions))
    recording_stop, stop, ready = threading.Event(), threading.Event(), threading.Event()

    class Gated(ReplayDevice):
        def read(self, timeout: float) -> Reading | None:
            assert ready.wait(20)
            return super().read(timeout)

    player = threading.Thread(target=stream_device, args=(Gated(test_run, speed=4.0), stop))
    player.start()
    recording = threading.Thread(target=recorder.run, args=(recording_stop,))
    recording.start()
    wait_until(lambda: len(recorder.streams) == 2, 30)
    ready.set()
    wait_until(lambda: not player.is_alive(), 60)
    expected = offline(trained, test_run)
    wait_until(lambda: max(r.n_samples for r in recorder.streams) == len(test_run.data))
    wait_until(lambda: min(r.n_samples for r in recorder.streams) == len(expected))
    recording_stop.set()
    recording.join(5)
    end(live)
    session = read_recording(tmp_path / "session.xdf", test_run.info.name)
    np.testing.assert_array_equal(session.data, test_run.data)
    streams = {s["info"]["name"][0]: s for s in load_streams(tmp_path / "session.xdf")}
    n_classes = len(trained.card.classes)
    said_live = streams[predictions]["time_series"][:, :n_classes]
    replayed = np.array([p.probabilities for p in offline(trained, session)], dtype=np.float32)
    np.testing.assert_array_equal(said_live, replayed)
    # Both are on the recorder's clock; a prediction has the time of its window's last sample.
    first = streams[test_run.info.name]["time_stamps"][0]
    at = [test_run.timestamps[p.end - 1] - test_run.timestamps[0] for p in expected]
    np.testing.assert_allclose(streams[predictions]["time_stamps"] - first, at, atol=2e-3)


@pytest.mark.parametrize("speed", [None, pytest.param(8.0, marks=pytest.mark.slow)])
def test_live_over_lsl_equals_offline(
    trained: Calibration, test_run: Recording, speed: float | None
) -> None:
    expected = offline(trained, test_run)
    live = start_engine(trained, test_run.info.name)
    stop, listening = threading.Event(), threading.Event()

    class Gated(ReplayDevice):
        def read(self, timeout: float) -> Reading | None:
            assert listening.wait(20)
            return super().read(timeout)

    player = threading.Thread(target=stream_device, args=(Gated(test_run, speed=speed), stop))
    player.start()
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    listening.set()
    got: list[ReceivedPrediction] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) >= len(expected))[1], 30)
    stop.set()
    player.join(2)
    end(live)
    inlet.close()
    assert len(got) == len(expected) > 200
    assert inlet.simulated
    for live_one, offline_one in zip(got, expected, strict=True):
        published = offline_one.probabilities.astype(np.float32)
        assert live_one.probabilities.tobytes() == published.tobytes()
        assert live_one.filtered_s - live_one.arrived_s > 0 or speed is None
        assert live_one.filtered_s <= live_one.decoded_s <= live_one.published_s


def test_the_status_lists_models_and_losses(trained: Calibration, test_run: Recording) -> None:
    outlet = SignalOutlet(test_run.info)
    live = start_engine(trained, test_run.info.name)
    wait_until(lambda: outlet.has_consumers, 20)
    status = StatusInlet(find(f"{live.name}-status"))
    data = test_run.data
    start = send(outlet, data[:1000])
    send(outlet, data[1200:2400], first=1200, start=start)
    last: list[EngineStatus] = []
    wait_until(lambda: (last.extend(status.pull(0.05)), last and last[-1].samples == 2200)[1])
    assert last[-1].state == "running"
    assert (last[-1].stream, last[-1].model) == (test_run.info.name, "me")
    assert (last[-1].gaps, last[-1].lost_samples) == (1, 200)
    assert last[-1].simulated is True
    assert last[-1].filter_delay_s == trained.card.group_delay_s > 0
    assert last[-1].windows.rejected_gap > 10
    assert last[-1].windows.predicted > 50
    assert EngineStatus.model_validate_json(last[-1].line()) == last[-1]
    end(live)
    status.close()
    outlet.close()


@pytest.mark.slow
def test_a_slow_decoder_skips_to_the_newest_window_and_reports_how_many(
    trained: Calibration, test_run: Recording
) -> None:
    class Slow:
        classes = trained.decoder.classes

        def predict_proba(self, window):
            time.sleep(0.35)
            return trained.decoder.predict_proba(window)

    slow = Calibration(Slow(), trained.card)
    live = start_engine(slow, test_run.info.name)
    stop = threading.Event()
    player = threading.Thread(
        target=stream_device,
        args=(ReplayDevice(test_run, speed=1.0), stop),
        kwargs={"wait_for_consumers_s": 20.0},
    )
    player.start()
    status = StatusInlet(find(f"{live.name}-status"))
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    last: list[EngineStatus] = []
    wait_until(
        lambda: (last.extend(status.pull(0.05)), last and last[-1].windows.skipped > 15)[1],
        30,
    )
    late = [prediction.published_s for prediction in inlet.pull()]
    # Without skipped windows, the delay would be several seconds by now.
    assert late[-1] < 1.5
    assert last[-1].lost_samples == 0
    stop.set()
    player.join(2)
    end(live)
    inlet.close()
    status.close()


def test_a_stream_that_goes_and_comes_back_is_decoded_again(
    trained: Calibration, test_run: Recording
) -> None:
    outlet = SignalOutlet(test_run.info)
    live = start_engine(trained, test_run.info.name)
    wait_until(lambda: outlet.has_consumers, 20)
    start = send(outlet, test_run.data[:800])
    status = StatusInlet(find(f"{live.name}-status"))
    last: list[EngineStatus] = []
    state = lambda: (last.extend(status.pull(0.02)), last and last[-1])[1]  # noqa: E731
    wait_until(lambda: (found := state()) and found.samples == 800)
    outlet.close()
    wait_until(lambda: state().state == "stream lost")
    outlet = SignalOutlet(test_run.info)
    wait_until(lambda: state().state == "running" and outlet.has_consumers)
    send(outlet, test_run.data[:800], first=3000, start=start)
    wait_until(lambda: state().samples == 1600)
    assert last[-1].reconnects == 1
    assert any("was lost" in sentence for sentence in live.said)
    assert any("is back" in sentence for sentence in live.said)
    end(live)
    status.close()
    outlet.close()


def test_a_stream_that_does_not_fit_the_model_is_refused(trained: Calibration) -> None:
    info = eeg_info(4, 256.0, f"other-{uuid.uuid4().hex[:8]}")
    outlet = SignalOutlet(info)
    live = start_engine(trained, info.name)
    live.thread.join(40)
    (error,) = live.errors
    assert isinstance(error, MismatchError)
    assert "rate 256 Hz instead of 128 Hz; 2 channels missing (E5, E6)" in str(error)
    outlet.close()


@pytest.mark.slow
def test_a_stream_that_never_comes_is_given_up_when_asked(trained: Calibration) -> None:
    live = start_engine(trained, "nobody", wait_s=0.5)
    live.thread.join(40)
    (error,) = live.errors
    assert isinstance(error, StreamError)
    assert "no LSL stream with name 'nobody'" in str(error)


@pytest.fixture
def model(trained: Calibration, tmp_path: Path) -> Path:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    profile = PROFILE.model_dump(mode="json")
    profile["output"]["name"] = f"engine-{uuid.uuid4().hex[:8]}"
    (tmp_path / "profile.yaml").write_text(json.dumps(profile))
    return tmp_path / "me"


@pytest.mark.slow
def test_second_engine_of_a_name_is_refused_and_names_the_computer_of_the_first(
    trained: Calibration, test_run: Recording
) -> None:
    outlet = SignalOutlet(test_run.info)
    first = start_engine(trained, test_run.info.name)
    find(f"{first.name}-predictions")
    status = find(f"{first.name}-status")
    assert status.info.source_id == f"{first.name}-status@{status.hostname}"
    second = start_engine(trained, test_run.info.name, name=first.name)
    second.thread.join(30)
    (error,) = second.errors
    assert isinstance(error, StreamError)
    assert re.search(f"'{first.name}' runs on {status.hostname} already.*--name", str(error))
    end(first)
    # When that engine has ended, its name is free.
    third = start_engine(trained, test_run.info.name, name=first.name)
    find(f"{first.name}-predictions")
    end(third)
    outlet.close()


def test_decision_ends_when_windows_stop_coming_and_when_the_engine_stops(
    trained: Calibration, test_run: Recording
) -> None:
    outlet = SignalOutlet(test_run.info)
    live = start_engine(trained, test_run.info.name)
    wait_until(lambda: outlet.has_consumers, 20)
    decisions = DecisionInlet(find(f"{live.name}-decisions"))
    got: list[DecisionEvent] = []

    def last() -> str:
        got.extend(decisions.pull(0.05))
        return got[-1].event if got else ""

    # Sent live, so that its samples have the present time.
    start = send(outlet, test_run.data[:1500])
    wait_until(lambda: last() == "offset")
    assert (got[-1].label, got[-1].confidence) == (None, None)
    assert got[-1].ended == got[-2].label
    send(outlet, test_run.data[1500:3000], 1500, start)
    wait_until(lambda: last() == "onset")
    outlet.close()
    wait_until(lambda: last() == "offset")
    back = SignalOutlet(test_run.info)
    wait_until(lambda: back.has_consumers, 20)
    send(back, test_run.data[:1500])
    wait_until(lambda: last() == "onset")
    live.stop.set()
    wait_until(lambda: last() == "offset")
    end(live)
    decisions.close()
    back.close()


@pytest.mark.slow
def test_the_engine_process_decodes_and_stops_on_ctrl_c(model: Path, test_run: Recording) -> None:
    import signal

    outlet = SignalOutlet(test_run.info)
    profile = model.parent / "profile.yaml"
    name = json.loads(profile.read_text())["output"]["name"]
    command = [sys.executable, "-m", "bci", "run", str(profile), "--model", str(model)]
    child = subprocess.Popen(
        [*command, "--stream", test_run.info.name, "--decisions"], text=True,
        stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_until(lambda: outlet.has_consumers, 40)
        send(outlet, test_run.data[:1500])
        decisions = DecisionInlet(find(f"{name}-decisions"))
        inlet = PredictionInlet(find(f"{name}-predictions"))
        send(outlet, test_run.data[1500:3000], first=1500)
        wait_until(inlet.pull, 20)
        child.send_signal(signal.SIGINT)
        assert child.wait(5) == 0
        decisions.close()
        inlet.close()
    finally:
        child.kill()
        child.wait(5)
        outlet.close()
    assert child.stderr is not None
    said = child.stderr.read()
    assert "decoding" in said
    (predicted,) = re.findall(
        r"^(\d+) windows predicted, \d+ skipped, rejected: .*p99\)$", said, re.M
    )
    assert int(predicted) > 0
    (decided,) = re.findall(r"^decisions: (left|right) \d+", said, re.M)
    assert child.stdout is not None
    assert re.search(rf"^ +\d+\.\d s  {decided}  \d+ %$", child.stdout.read(), re.M)


@pytest.mark.slow
def test_the_engine_process_ends_with_its_parent(model: Path, test_run: Recording) -> None:
    outlet = SignalOutlet(test_run.info)
    command = [
        sys.executable, "-m", "bci", "run", str(model.parent / "profile.yaml"), "--model",
        str(model), "--stream", test_run.info.name, "--with-parent",
    ]  # fmt: skip
    code = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"
    parent = subprocess.Popen([sys.executable, "-c", code, *command], stderr=subprocess.DEVNULL)
    wait_until(lambda: outlet.has_consumers, 40)
    (engine,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait(5)
    wait_until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, 40)
    outlet.close()
