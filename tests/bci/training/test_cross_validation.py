"""Predictions on held-out folds: their rest, and the confidence of the final decoder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.engine.running_model import RunningModel
from bci.errors import DecodingError
from bci.interfaces import Decoder
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Output, Profile
from bci.signals import Recording
from bci.training.cross_validation import HeldOut, hold_out, split_by_run
from bci.training.epochs import Epochs, StreamedRun, epochs_of, stream_run
from bci.training.fold_streams import FoldStream, fold_streams, stream_fold, stream_rest, surer
from bci.training.trial_decisions import DecidedEpochs
from tests.models import two_class_model, two_class_profile
from tests.signals import two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


def streamed(recording: Recording) -> StreamedRun:
    return stream_run(recording, PROFILE.pipeline, PROFILE.paradigm)


def cut(recordings: list[Recording]) -> Epochs:
    return epochs_of([streamed(each) for each in recordings], PROFILE.paradigm)


def of_fold(decoder: Decoder, epochs: Epochs, stream: FoldStream) -> HeldOut:
    return hold_out(DecidedEpochs(decoder, epochs), stream_fold(decoder, stream, PROFILE))


def folds(recordings: list[Recording]) -> tuple[list[HeldOut], list, Decoder]:
    """Return every fold decided by the others, the streamed spans, and the final decoder."""
    runs = [streamed(each) for each in recordings]
    epochs = epochs_of(runs, PROFILE.paradigm)
    splits, _ = split_by_run(epochs)
    where = fold_streams(splits, epochs, runs, PROFILE)
    held_out = []
    for test, stream in zip(splits, where, strict=True):
        decoder = decoders.create("log-power")
        decoder.fit(epochs.only(~test).windows, epochs.only(~test).labels)
        held_out.append(of_fold(decoder, epochs.only(test), stream))
    served = decoders.create("log-power")
    served.fit(epochs.windows, epochs.labels)
    return held_out, where, served


def test_the_rest_of_a_block_is_its_own_and_no_other_blocks() -> None:
    recording = two_class_recording(n_trials=8)
    held_out, where, served = folds([recording])
    all_rest = stream_rest(served, streamed(recording), PROFILE)
    taken = np.array([p.taken for p in all_rest.predictions])
    own = []
    for each, stream in zip(held_out, where, strict=True):
        times = np.array([p.taken for p in each.streamed.predictions])
        np.testing.assert_array_equal(times, taken[: len(times)])
        in_rest = np.flatnonzero(each.streamed.in_rest)
        assert len(in_rest)
        assert times[in_rest].min() - 1.0 >= stream.start - 1e-9
        assert times[in_rest].max() < stream.stop
        own.append(in_rest)
    together = np.concatenate(own)
    assert len(np.unique(together)) == len(together)
    # A window across the border of two blocks belongs to neither.
    assert set(together) <= set(np.flatnonzero(all_rest.in_rest))


@pytest.mark.parametrize("name", ["log-power", "tangent-space"])
def test_a_fold_is_decided_to_the_bit_as_the_engine_streams_it(name: str) -> None:
    recording = two_class_recording(n_trials=8)
    run = streamed(recording)
    epochs = epochs_of([run], PROFILE.paradigm)
    decoder = decoders.create(name)
    decoder.fit(epochs.windows, epochs.labels)
    fold = stream_fold(decoder, FoldStream(run), PROFILE)
    live = Pipeline(PROFILE.pipeline, recording.info, decoder)
    predicted = [p for chunk in recording.chunks(61) for p in live.push(chunk)]
    assert [(p.start, p.end, p.taken) for p in fold.predictions] == [
        (p.start, p.end, p.taken) for p in predicted
    ]
    for ours, theirs in zip(fold.predictions, predicted, strict=True):
        assert ours.probabilities.tobytes() == theirs.probabilities.tobytes()
    # The same holds for each epoch; a window with a known prediction is not decoded again.
    known = DecidedEpochs(Never(decoder), epochs, fold.by_end())
    cut_and_decided = DecidedEpochs(decoder, epochs)
    for number in range(0, len(epochs.labels), 7):
        ours, theirs = known.probabilities(number), cut_and_decided.probabilities(number)
        assert ours.tobytes() == theirs.tobytes()


def test_a_fold_is_followed_as_an_engine_follows_a_signal(tmp_path: Path) -> None:
    given = {"pipeline": {"hop_s": 0.25}, "output": {"adapt": "alignment"}}
    profile = two_class_profile("tangent-space", **given)
    made = two_class_model(tmp_path, profile, n_trials=8)
    recording = two_class_recording(n_trials=8, seed=5)
    live = RunningModel(made.card, made.decoder.inner, recording.info, adapt="alignment")
    predicted = [each.prediction for chunk in recording.chunks() for each in live.push(chunk)]
    run = stream_run(recording, profile.pipeline, profile.paradigm)
    fold = stream_fold(made.decoder.inner, FoldStream(run), profile)
    for ours, theirs in zip(fold.predictions, predicted, strict=True):
        assert ours.probabilities.tobytes() == theirs.probabilities.tobytes()
    still = profile.model_copy(update={"output": Output()})
    unmoved = stream_fold(made.decoder.inner, FoldStream(run), still).predictions[-1]
    assert not np.allclose(unmoved.probabilities, fold.predictions[-1].probabilities, rtol=1e-6)


def test_the_cues_of_a_block_are_its_own() -> None:
    recording = two_class_recording(n_trials=8)
    held_out, _, _ = folds([recording])
    cues = [marker for marker in recording.markers if marker.label != "rest"]
    labels = []
    for k, each in enumerate(held_out):
        for (label, windows), cue in zip(each.streamed.cued, cues[2 * k : 2 * k + 2], strict=True):
            labels.append(label)
            times = np.array([each.streamed.predictions[i].taken for i in windows])
            assert times.min() >= cue.time + 0.5 + 1.0 - 1.5 / 128
            assert times.max() <= cue.time + 3.0 + 0.5 / 128
    assert labels == [cue.label for cue in cues]


def test_a_recording_without_markers_is_rest_from_end_to_end() -> None:
    recording = two_class_recording(n_trials=4)
    _, _, served = folds([recording, two_class_recording(n_trials=4, seed=1)])
    unmarked = replace(recording, markers=())
    plain = stream_rest(served, stream_run(unmarked, PROFILE.pipeline, None), PROFILE)
    assert plain.in_rest.all()
    assert 0 < stream_rest(served, streamed(recording), PROFILE).in_rest.sum() < len(plain.in_rest)


class Sharper:
    """A decoder whose log odds are multiplied by a factor."""

    def __init__(self, decoder: Decoder, factor: float) -> None:
        self.decoder, self.factor, self.classes = decoder, factor, decoder.classes

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        odds = self.decoder.predict_proba(window) ** self.factor
        return odds / odds.sum()


def test_a_served_decoder_that_is_surer_than_the_folds_is_found_out() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    _, where, served = folds(recordings)
    epochs = cut(recordings)
    # Log odds are so small that none is clipped at the least probability.
    folded = Sharper(served, 0.01)
    held_out = [of_fold(folded, epochs, stream) for stream in where]
    decided = [each.streamed for each in held_out]
    for factor in (1.0, 1.5, 3.0):
        served_surer = Sharper(served, 0.01 * factor)
        assert surer(
            served_surer, [each.streamed for each in held_out], where, PROFILE
        ) == pytest.approx(factor)
    # A less confident decoder needs no correction of the threshold from its folds.
    assert surer(Sharper(served, 0.001), decided, where, PROFILE) == 1.0


class Never(Sharper):
    """A decoder that must not be called."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__(decoder, 1.0)

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        raise AssertionError(f"a window of shape {window.shape} is decoded again")


class Failing(Sharper):
    """A decoder that fails for every third window."""

    asked = 0

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        self.asked += 1
        if self.asked % 3 == 0:
            raise DecodingError("nothing follows from this window")
        return super().predict_proba(window)


def test_windows_that_a_decoder_finds_nothing_in_are_not_compared() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    _, where, served = folds(recordings)
    held_out = [stream_rest(Failing(served, 0.01), stream.run, PROFILE) for stream in where]
    assert surer(Failing(served, 0.02), held_out, where, PROFILE) == pytest.approx(2.0)


def test_nothing_to_compare_is_no_surer() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    _, _, served = folds(recordings)
    assert surer(served, [None, None], [None, None], PROFILE) == 1.0
