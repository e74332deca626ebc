"""Supervised adaptation: it helps if the signal has changed, and no label leaks."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pylsl
import pytest

import decoders
from bci.engine.adapt_supervised import LATENESS_S, LEARNING_S, Supervised
from bci.engine.engine import Engine
from bci.engine.running_model import RunningModel
from bci.errors import MismatchError, StreamError
from bci.evaluation.pseudo_online import evaluate
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionInlet, ReceivedPrediction, StatusInlet
from bci.lsl.metadata import UNPUBLISHED
from bci.lsl.outlet import MarkerOutlet, SignalOutlet
from bci.messages import EngineStatus
from bci.models.bundle import ARRAYS, save_bundle
from bci.models.load import load_model
from bci.pipeline.pipeline import Pipeline
from bci.profiles.paradigm import Rest
from bci.profiles.profile import Output
from bci.signals import Marker, Prediction, Recording
from bci.training.calibrate import Calibration
from bci.training.epochs import JudgedWindow
from tests.engines import end, start_engine
from tests.models import two_class_model, two_class_profile
from tests.signals import two_class_recording
from tests.streams import find, send, wait_until

STOP_S = 3.0


def trained_on(folder: Path, decoder: str, **paradigm: object) -> Calibration:
    profile = two_class_profile(decoder, common_average=False, **paradigm)
    return two_class_model(folder, profile, amplitude=8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return trained_on(tmp_path_factory.mktemp("runs"), "log-power")


def electrodes_that_changed(n_trials: int = 40) -> Recording:
    """Return a recording in which two channels have other gains than at calibration."""
    made = two_class_recording(n_trials=n_trials, seed=3, amplitude=8)
    gains = np.array([1, 0.3, 1, 3, 1, 1], dtype=np.float32)
    return replace(made, data=made.data * gains, source="changed")


def decided(made: Calibration, recording: Recording, size: int = 4096) -> list[Prediction]:
    """Return the predictions, with markers received as late as allowed."""
    decoding = RunningModel(made.card, made.decoder, recording.info, adapt="supervised")
    markers = list(recording.markers)
    said = []
    for chunk in recording.chunks(size):
        while markers and markers[0].time <= chunk.timestamps[-1]:
            decoding.on_marker(markers.pop(0))
        said += [each.prediction for each in decoding.push(chunk)]
    return said


def bits(predictions: list[Prediction]) -> list[bytes]:
    return [each.probabilities.tobytes() for each in predictions]


@pytest.mark.slow
@pytest.mark.parametrize("decoder", ["tangent-space", "csp-lda", "log-power"])
def test_cues_recover_what_a_change_of_gains_cost(decoder: str, tmp_path: Path) -> None:
    made = trained_on(tmp_path, decoder)
    changed = electrodes_that_changed()
    still, taught = (
        evaluate(made.card, made.decoder, changed, 0.7, adapt=adapt)
        for adapt in ("off", "supervised")
    )
    assert still.trial_accuracy.value < 0.65
    assert taught.trial_accuracy.value > still.trial_accuracy.value + 0.15
    assert taught.adaptation == "supervised, 39 trials"  # too little signal follows the last one


@pytest.mark.slow
def test_a_signal_that_did_not_change_loses_nothing_by_it(trained: Calibration) -> None:
    same = two_class_recording(n_trials=40, seed=3, amplitude=8)
    still, taught = (
        evaluate(trained.card, trained.decoder, same, 0.7, adapt=adapt).trial_accuracy.value
        for adapt in ("off", "supervised")
    )
    assert taught >= still - 1 / 40


@pytest.mark.parametrize("number", [0, 9])
def test_no_prediction_of_a_trial_depends_on_its_own_label(
    trained: Calibration, number: int
) -> None:
    made = electrodes_that_changed(14)
    markers = list(made.markers)
    cue = markers[2 * number + 1]
    other = "left" if cue.label == "right" else "right"
    markers[2 * number + 1] = Marker(cue.time, other)
    told, turned = (decided(trained, r) for r in (made, replace(made, markers=tuple(markers))))
    same = [one == another for one, another in zip(bits(told), bits(turned), strict=True)]
    until = cue.time + STOP_S + LATENESS_S + LEARNING_S
    own = [same[k] for k, each in enumerate(told) if each.taken <= until]
    assert all(own)
    assert not all(same)


def test_labels_that_mean_nothing_teach_nothing_that_helps(trained: Calibration) -> None:
    made = electrodes_that_changed(60)
    rng = np.random.default_rng(0)
    labels = rng.permutation([m.label for m in made.markers[1::2]])
    markers = [m for k, rest in enumerate(made.markers[::2])
               for m in (rest, Marker(made.markers[2 * k + 1].time, str(labels[k])))]  # fmt: skip
    shuffled = replace(made, markers=tuple(markers))
    result = evaluate(trained.card, trained.decoder, shuffled, 0.7, adapt="supervised")
    assert result.trial_accuracy.low < 0.5 < result.trial_accuracy.high


@pytest.mark.slow
def test_neither_chunks_nor_late_markers_change_a_bit(trained: Calibration) -> None:
    made = electrodes_that_changed(8)
    watched: list[JudgedWindow] = []
    evaluate(trained.card, trained.decoder, made, 0.7, watched.append, adapt="supervised")
    whole = [each.prediction.probabilities.tobytes() for each in watched]
    assert bits(decided(trained, made, 1)) == bits(decided(trained, made, 33)) == whole
    late = replace(made, markers=tuple(Marker(m.time, m.label) for m in made.markers))
    decoding = RunningModel(trained.card, trained.decoder, made.info, adapt="supervised")
    waiting, said = list(late.markers), []
    for chunk in made.chunks(16):
        while waiting and waiting[0].time <= chunk.timestamps[-1] - 0.3:
            decoding.on_marker(waiting.pop(0))
        said += [each.prediction for each in decoding.push(chunk)]
    assert bits(said) == whole


def test_a_late_cue_is_counted_and_not_trained_on(trained: Calibration) -> None:
    made = electrodes_that_changed(4)
    decoding = RunningModel(trained.card, trained.decoder, made.info, adapt="supervised")
    for chunk in made.chunks():
        list(decoding.push(chunk))
    for marker in made.markers:
        decoding.on_marker(marker)
    assert decoding.adaptation is not None
    assert decoding.adaptation.described == "supervised, 0 trials, 4 cues received too late"


@pytest.mark.parametrize(
    ("stop_s", "n_trials"), [(None, 15), (1.2, 7)], ids=["to the next marker", "too short"]
)
def test_rest_as_a_class_is_trained_on_until_it_ends(
    stop_s: float | None, n_trials: int, tmp_path: Path
) -> None:
    made = trained_on(tmp_path, "log-power", rest_class=True)
    rest = Rest(marker="rest", stop_s=stop_s)
    paradigm = made.card.paradigm.model_copy(update={"rest": rest})
    made = replace(made, card=made.card.model_copy(update={"paradigm": paradigm}))
    run = two_class_recording(n_trials=8, seed=3, amplitude=8)
    decoding = RunningModel(made.card, made.decoder, run.info, adapt="supervised")
    for marker in run.markers:
        decoding.on_marker(marker)
    for chunk in run.chunks():
        list(decoding.push(chunk))
    assert decoding.adaptation is not None
    assert decoding.adaptation.described == f"supervised, {n_trials} trials"


def test_a_decoder_that_cannot_learn_and_a_missing_stream_of_cues_are_refused(
    trained: Calibration,
) -> None:
    pipeline = Pipeline(trained.card.pipeline, electrodes_that_changed(1).info)
    with pytest.raises(MismatchError, match="cannot learn from cues"):
        Supervised(decoders.create("differential-entropy"), trained.card.paradigm, pipeline)
    output = Output(adapt="supervised")
    with pytest.raises(StreamError, match="learns from cues: name their stream by --markers"):
        Engine(trained.card, trained.decoder, StreamQuery(name="x"), output, print)


@pytest.mark.slow
def test_a_live_engine_learns_as_a_replay_does_and_reports_it(
    trained: Calibration, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    kept = (tmp_path / "me" / ARRAYS).read_bytes()
    card, decoder = load_model(tmp_path / "me")
    name = f"run-{uuid.uuid4().hex[:8]}"
    made = electrodes_that_changed(8)
    signal = SignalOutlet(replace(made.info, name=name, source_id=name))
    cues = MarkerOutlet(f"{name}-markers", f"{name}-markers")
    live = start_engine(
        Calibration(decoder, card), name, adapt="supervised",
        markers=StreamQuery(name=f"{name}-markers"),
    )  # fmt: skip
    wait_until(lambda: signal.has_consumers and cues.has_consumers, 20)
    predictions = PredictionInlet(find(f"{live.name}-predictions"))
    status = StatusInlet(find(f"{live.name}-status"))
    for stream in ("predictions", "decisions"):
        described = pylsl.StreamInlet(find(f"{live.name}-{stream}").raw).info(timeout=10)
        assert described.desc().child_value("adaptation") == "supervised"
    described = pylsl.StreamInlet(find(f"{live.name}-provenance").raw).info(timeout=10)
    assert described.desc().child_value(UNPUBLISHED) == "supervised"
    got: list[ReceivedPrediction] = []
    told: list[EngineStatus] = []
    start, waiting = None, list(made.markers)
    for row in range(0, len(made.data), 256):
        part = made.data[row : row + 256]
        start = send(signal, part, row, start)
        done = row + len(part)
        # Markers of the next samples, which arrive while the engine waits for these.
        while waiting and waiting[0].time * 128 < done + 256:
            marker = waiting.pop(0)
            cues.push(Marker(start + marker.time, marker.label))
        wait_until(
            lambda done=done: (
                told.extend(status.pull(0.02)), got.extend(predictions.pull()),
                told and told[-1].samples == done,
            )[2],
            20,
        )  # fmt: skip
    got.extend(predictions.pull(0.5))
    end(live)
    for inlet in (predictions, status):
        inlet.close()
    signal.close()
    cues.close()
    expected = decided(Calibration(decoder, card), made)
    assert told[-1].adaptation == "supervised, 7 trials"
    assert [one.probabilities.tobytes() for one in got] == [
        each.probabilities.astype(np.float32).tobytes() for each in expected
    ]
    assert (tmp_path / "me" / ARRAYS).read_bytes() == kept
