"""A new model in a running engine: no window is lost, and an invalid model is refused."""

import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.engine.provenance import model_run, read_provenance
from bci.errors import StreamError
from bci.lsl.engine_streams import PredictionInlet, ReceivedPrediction, StatusInlet
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.outlet import SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import ARRAYS, save_bundle
from bci.models.load import load_model
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.signals import Recording
from bci.training.calibrate import Calibration, calibrate
from tests.engines import end, start_engine
from tests.models import two_class_profile
from tests.signals import stored, two_class_recording
from tests.streams import find, send, wait_until

HOP_S = 0.2
HOP = 26  # samples
_THRESHOLDS = {"first": 0.6, "second": 0.85}


def profile(low_hz: float, window_s: float, **classes: str) -> Profile:
    pipeline: dict[str, object] = {"window_s": window_s, "hop_s": HOP_S}
    return two_class_profile(low_hz=low_hz, pipeline=pipeline, classes=classes)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models: two alike, one with other classes, one for another rate."""
    folder = tmp_path_factory.mktemp("models")
    sides = {"left": "left", "right": "right"}
    for name, wanted, sfreq in (
        ("first", profile(8, 1.0, **sides), 128.0),
        ("second", profile(10, 1.5, **sides), 128.0),
        ("limbs", profile(8, 1.0, hand="left", foot="right"), 128.0),
        ("fast", profile(8, 1.0, **sides), 256.0),
    ):
        runs = [
            stored(two_class_recording(12, seed, sfreq), folder / f"{name}-{seed}.bin")
            for seed in (1, 2)
        ]
        made = calibrate(runs, wanted, lambda: decoders.create("log-power"), name)
        assert made.card.confidence is not None
        sure = made.card.confidence.model_copy(update={"threshold": _THRESHOLDS.get(name)})
        card = made.card.model_copy(update={"confidence": sure})
        save_bundle(folder / name, card, made.decoder.arrays())
    return folder


@pytest.fixture
def signal() -> Recording:
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = two_class_recording(n_trials=40, seed=3)
    return replace(made, info=replace(made.info, name=name, source_id=name))


def loaded(folder: Path) -> Calibration:
    card, decoder = load_model(folder)
    return Calibration(decoder, card)


def offline(model: Calibration, recording: Recording) -> dict[int, np.ndarray]:
    """Return probabilities by the index of the sample after the window."""
    pipeline = Pipeline(model.card.pipeline, recording.info, model.decoder)
    predictions = [p for chunk in recording.chunks() for p in pipeline.push(chunk)]
    return {p.end: p.probabilities.astype(np.float32) for p in predictions}


class Player:
    """Streams a recording faster than real time, piece by piece while a test waits."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.outlet = SignalOutlet(recording.info)
        self.sent = 0
        self.start: float | None = None

    def play_until(self, condition: Callable[[], object], at_least: int = 0) -> None:
        first = self.sent
        while not (self.sent - first >= at_least and condition()):
            data = self.recording.data[self.sent : self.sent + 16]
            assert len(data), "the condition did not come true while the recording lasted"
            self.start = send(self.outlet, data, self.sent, self.start)
            self.sent += len(data)
            time.sleep(0.02)

    def index(self, prediction: ReceivedPrediction) -> int:
        assert self.start is not None
        return round((prediction.taken - self.start) * self.recording.info.sfreq) + 1


@pytest.fixture
def player(signal: Recording) -> Iterator[Player]:
    player = Player(signal)
    yield player
    player.outlet.close()


def test_the_other_model_takes_over_without_a_hole(
    models: Path, signal: Recording, player: Player
) -> None:
    first, second = loaded(models / "first"), loaded(models / "second")
    live = start_engine(first, signal.info.name, decision_threshold=None, load=load_model)
    wait_until(lambda: player.outlet.has_consumers, 20)
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    status = StatusInlet(find(f"{live.name}-status"))
    provenance = MarkerInlet(find(f"{live.name}-provenance"))
    got: list[ReceivedPrediction] = []
    player.play_until(lambda: (got.extend(inlet.pull()), len(got) > 5)[1])
    live.commands.put(f"use {models / 'second'}")
    player.play_until(lambda: (got.extend(inlet.pull()), "second" in live.said[-1])[1])
    n_before = len(got)
    player.play_until(lambda: (got.extend(inlet.pull()), len(got) > n_before + 10)[1], 1500)
    told: list[EngineStatus] = []
    wait_until(
        lambda: (told.extend(status.pull(0.05)), told and told[-1].samples == player.sent)[1]
    )
    got.extend(inlet.pull(0.5))
    ran = read_provenance(provenance.pull(1.0)[-1].label)
    end(live)
    inlet.close()
    status.close()
    provenance.close()
    assert [model.name for model in ran.models] == ["first", "second"]
    assert 0 < ran.models[1].fed_from < ran.models[1].decides_from < player.sent
    assert ran.models[1].arrays == model_run(second.card, second.decoder).arrays
    assert (ran.skipped, len(ran.seams)) == (0, 1)
    ends = np.array([player.index(one) for one in got])
    assert np.diff(ends).max() <= 3 * HOP
    assert (told[-1].model, told[-1].swaps) == ("second", 1)
    assert told[-1].decision_threshold == 0.85
    assert told[-1].lost_samples == 0
    assert told[-1].windows.predicted == len(got)
    assert live.said[-1] == "decoding with second from here on"
    # Predictions of each model for the whole signal, as if it ran from the start.
    of_first, of_second = offline(first, signal), offline(second, signal)
    # Often both have such high confidence that their numbers are equal.
    by_first = {k: one.probabilities.tobytes() == of_first[e].tobytes()
                for k, (one, e) in enumerate(zip(got, ends, strict=True))
                if e not in of_second
                or np.abs(of_first[e] - of_second[e]).max() > 0.01}  # fmt: skip
    swapped = next(k for k, is_first in by_first.items() if not is_first)
    assert not any(is_first for k, is_first in by_first.items() if k >= swapped)
    assert 5 < swapped < len(got) - 10
    for one, e in zip(got[swapped:], ends[swapped:], strict=True):
        np.testing.assert_allclose(one.probabilities, of_second[e], atol=2e-3)


@pytest.mark.slow
def test_a_model_of_other_classes_gets_a_new_stream_of_predictions(
    models: Path, signal: Recording, player: Player
) -> None:
    live = start_engine(loaded(models / "first"), signal.info.name, load=load_model)
    wait_until(lambda: player.outlet.has_consumers, 20)
    find(f"{live.name}-predictions")
    live.commands.put(f"use {models / 'limbs'}")
    player.play_until(lambda: "limbs" in live.said[-1])
    assert (
        "-predictions is a new stream, since the classes are now foot, hand (test)"
        in (live.said[-1])
    )

    def classes() -> tuple[str, ...]:
        try:
            inlet = PredictionInlet(find(f"{live.name}-predictions"))
        except StreamError:  # the old stream is still announced on the network
            return ()
        inlet.close()
        return inlet.classes

    wait_until(lambda: classes() == ("foot", "hand"), 15)
    end(live)


@pytest.mark.slow
def test_a_model_that_is_no_good_leaves_the_old_one_running(
    models: Path, signal: Recording, player: Player, tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(models / "second", tmp_path / "changed"))
    (changed / ARRAYS).write_bytes(b"x" + (changed / ARRAYS).read_bytes())
    narrow = loaded(models / "second")
    arrays = narrow.decoder.arrays()
    arrays["coef"] = np.asarray(arrays["coef"])[:, :4]
    save_bundle(tmp_path / "narrow", narrow.card, arrays)
    live = start_engine(loaded(models / "first"), signal.info.name, load=load_model)
    wait_until(lambda: player.outlet.has_consumers, 20)
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    status = StatusInlet(find(f"{live.name}-status"))
    for folder, what in (
        (tmp_path / "none", "is not a model"),
        (changed, "was changed after training"),
        (models / "fast", "rate 128 Hz instead of 256 Hz"),
        (tmp_path / "narrow", "fails on a window of its own card"),
    ):
        live.commands.put(f"use {folder}")
        player.play_until(lambda what=what: what in live.said[-1])
        assert live.said[-1].endswith("; first continues")
        assert "\n" not in live.said[-1]
    live.commands.put("load it")
    player.play_until(lambda: "not understood" in live.said[-1])
    inlet.pull()
    player.play_until(inlet.pull)
    told: list[EngineStatus] = []
    wait_until(
        lambda: (told.extend(status.pull(0.05)), told and told[-1].samples == player.sent)[1]
    )
    assert (told[-1].model, told[-1].swaps) == ("first", 0)
    end(live)
    inlet.close()
    status.close()


@pytest.mark.slow
def test_the_engine_process_takes_a_model_by_a_line_of_its_input(
    models: Path, signal: Recording, player: Player, tmp_path: Path
) -> None:
    settings = profile(8, 1.0, left="left", right="right").model_dump(mode="json")
    settings["output"]["name"] = name = f"engine-{uuid.uuid4().hex[:8]}"
    (tmp_path / "profile.yaml").write_text(json.dumps(settings))
    command = [
        sys.executable, "-m", "bci", "run", str(tmp_path / "profile.yaml"), "--with-parent",
        "--model", str(models / "first"), "--stream", signal.info.name,
    ]  # fmt: skip
    engine = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        wait_until(lambda: player.outlet.has_consumers, 40)
        status = StatusInlet(find(f"{name}-status"))
        assert engine.stdin is not None
        engine.stdin.write(f"use {models / 'second'}\n")
        told: list[EngineStatus] = []
        player.play_until(
            lambda: (told.extend(status.pull()), told and told[-1].model == "second")[1]
        )
        status.close()
        engine.stdin.close()
        assert engine.wait(40) == 0
    finally:
        engine.kill()
        engine.wait(5)
    assert engine.stderr is not None
    assert "decoding with second from here on" in engine.stderr.read()
