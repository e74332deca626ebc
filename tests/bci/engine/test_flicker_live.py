"""Selections by flicker, live over LSL and offline, by a model that needs no training."""

import threading
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

import decoders
from bci.errors import MismatchError, ProfileError
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.device_stream import stream_device
from bci.lsl.engine_streams import PredictionInlet, ReceivedPrediction
from bci.lsl.outlet import SignalOutlet
from bci.models.bundle import load_card
from bci.models.load import Model
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile, load_profile
from bci.signals import Reading, Recording
from bci.spelling.flicker_evidence import FlickerEvidence, FlickerWindows
from bci.spelling.posterior import Verdict, uniform
from bci.training.epochs import find_trials
from bci.training.without_training import without_training
from devices.file import ReplayDevice
from devices.simulated.flicker import ssvep
from devices.simulated.subject import SubjectSettings, simulate_run
from tests.commands import bci, refused
from tests.engines import end, start_engine
from tests.signals import eeg_info
from tests.streams import find, wait_until


@pytest.fixture(scope="module")
def profile() -> Profile:
    shipped = load_profile("ssvep")
    flicker = shipped.paradigm.flicker
    assert flicker is not None
    two = {name: flicker.targets[name].model_dump() for name in "AF"}
    paradigm = {"flicker": {"targets": two}, "rest": "rest", "start_s": 0.14, "stop_s": 2.5}
    return Profile.model_validate(shipped.model_dump() | {"paradigm": paradigm})


@pytest.fixture(scope="module")
def recording(profile: Profile) -> Recording:
    assert profile.paradigm.flicker is not None
    scenario = ssvep(profile.paradigm.flicker, trial_s=2.5, pause_s=(0.8, 1.0))
    made = simulate_run(SubjectSettings(1, "ssvep", 2), 1, scenario)
    name = f"flicker-{uuid.uuid4().hex[:8]}"
    return replace(made, info=replace(made.info, name=name, source_id=name))


@pytest.fixture(scope="module")
def model(profile: Profile, recording: Recording) -> Model:
    decoder = decoders.create("fbcca", stimuli=profile.stimuli)
    card, ready = without_training(profile, decoder, recording.info, "me")
    return Model(card, ready, ready.arrays())


def selections(
    model: Model, recording: Recording, predictions: list[tuple[float, object]]
) -> list[tuple[str, Verdict | None]]:
    """Return target and verdict of each trial, from predictions with their times."""
    paradigm = model.card.paradigm
    windows = FlickerWindows.of(model.classes, model.classes, paradigm.start_s, 1.0, 250.0)
    found = []
    for trial in find_trials(recording, paradigm):
        evidence = FlickerEvidence(uniform(2), windows.stopping(2.5, 0.1, 0.95), windows)
        evidence.shown(trial.onset, f"flicker/{trial.label}")
        for taken, probabilities in predictions:
            if trial.onset < taken <= trial.stop:
                evidence.received(taken, probabilities)  # type: ignore[arg-type]
        found.append((trial.label, evidence.give_up()))
    return found


def test_selections_live_equal_those_offline_to_the_bit(model: Model, recording: Recording) -> None:
    pipeline = Pipeline(model.card.pipeline, recording.info, model.decoder)
    expected = [p for chunk in recording.chunks() for p in pipeline.push(chunk)]
    live = start_engine(model, recording.info.name)
    stop, listening = threading.Event(), threading.Event()

    class Gated(ReplayDevice):
        def read(self, timeout: float) -> Reading | None:
            assert listening.wait(20)
            return super().read(timeout)

    player = threading.Thread(target=stream_device, args=(Gated(recording, speed=None), stop))
    player.start()
    inlet = PredictionInlet(find(f"{live.name}-predictions"))
    listening.set()
    got: list[ReceivedPrediction] = []
    wait_until(lambda: (got.extend(inlet.pull(0.01)), len(got) >= len(expected))[1], 40)
    stop.set()
    player.join(2)
    end(live)
    inlet.close()
    assert len(got) == len(expected) > 100
    for a, b in zip(got, expected, strict=True):
        assert a.probabilities.tobytes() == b.probabilities.astype("float32").tobytes()
    # Times on the recording's clock, as those of its markers.
    online = [(b.taken, a.probabilities) for a, b in zip(got, expected, strict=True)]
    of_live = selections(model, recording, online)
    offline = selections(model, recording, [(p.taken, p.probabilities) for p in expected])
    assert len(offline) == 4
    for (label, a), (_, b) in zip(of_live, offline, strict=True):
        assert a is not None
        assert b is not None
        assert (a.number, a.n_updates, a.confidence) == (b.number, b.n_updates, b.confidence)
        assert model.classes[a.number] == label


def test_a_model_without_training_is_not_scored_and_can_be_evaluated(
    model: Model, recording: Recording
) -> None:
    assert model.card.sources == ()
    assert model.card.score.is_missing
    assert not model.card.score.at_chance
    assert model.card.simulated
    assert evaluate(model.card, model.decoder, recording, 0.7).trial_accuracy.value == 1.0


def test_a_decoder_that_learns_or_a_stream_that_is_too_slow_is_refused(profile: Profile) -> None:
    other = profile.with_decoder("tangent-space")
    with pytest.raises(ProfileError, match="the decoder tangent-space learns from recordings"):
        without_training(other, decoders.create("tangent-space"), eeg_info(), "me")
    pipeline = profile.pipeline.model_copy(update={"filters": ()})
    slow = profile.model_copy(update={"pipeline": pipeline})
    decoder = decoders.create("fbcca", stimuli=profile.stimuli)
    with pytest.raises(MismatchError, match="a target of 12 Hz lies above 9 Hz"):
        without_training(slow, decoder, eeg_info(sfreq=20.0), "me")


def test_calibrate_without_recordings_makes_a_model_for_the_live_stream(tmp_path: Path) -> None:
    info = eeg_info(4, name=f"live-{uuid.uuid4().hex[:8]}")
    outlet = SignalOutlet(info)
    try:
        done = bci("calibrate", "ssvep", "--stream", info.name, "--out", tmp_path / "me")
    finally:
        outlet.close()
    assert done.returncode == 0, done.stderr
    assert "no training, and no score" in done.stdout
    card = load_card(tmp_path / "me")
    assert [channel.name for channel in card.stream.channels] == list(info.ch_names)
    assert "not scored" in bci("models", tmp_path).stdout
    line = refused("calibrate", "ssvep-trca", "--out", tmp_path / "other")
    assert "the decoder trca learns from recordings: give the person's runs" in line
    line = refused("calibrate", "ssvep", "--curve", "--rest", "r.fif", "--out", tmp_path / "other")
    assert "no recordings for --rest and --curve: give" in line
