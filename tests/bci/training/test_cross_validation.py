"""Predictions on folds that were held out: which rest is theirs, and how sure the served one is."""

from dataclasses import replace

import numpy as np
import pytest

import decoders
from bci.errors import DecodingError
from bci.interfaces import Decoder
from bci.profiles.profile import Profile
from bci.signals import Recording
from bci.training.cross_validation import HeldOut, hold_out, stream_rest, streams, surer
from bci.training.epochs import cut_epochs
from bci.training.folds import split_by_run
from tests.signals import two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


def folds(recordings: list[Recording]) -> tuple[list[HeldOut], list, Decoder]:
    """Every fold by a decoder of the others, where each is streamed, and the decoder of all."""
    epochs = cut_epochs(recordings, PROFILE.pipeline, PROFILE.paradigm)
    splits, _ = split_by_run(epochs)
    where = streams(splits, epochs, recordings, PROFILE)
    held_out = []
    for test, stream in zip(splits, where, strict=True):
        decoder = decoders.create("log-power")
        decoder.fit(epochs.only(~test).windows, epochs.only(~test).labels)
        held_out.append(hold_out(decoder, epochs.only(test), stream, PROFILE))
    served = decoders.create("log-power")
    served.fit(epochs.windows, epochs.labels)
    return held_out, where, served


def test_the_rest_of_a_block_is_its_own_and_no_other_blocks() -> None:
    recording = two_class_recording(n_trials=8)
    held_out, where, served = folds([recording])
    all_rest = stream_rest(served, recording, PROFILE)
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
    # A window across the edge of two blocks belongs to neither.
    assert set(together) <= set(np.flatnonzero(all_rest.in_rest))


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
    plain = stream_rest(served, replace(recording, markers=()), PROFILE)
    assert plain.in_rest.all()
    assert 0 < stream_rest(served, recording, PROFILE).in_rest.sum() < len(plain.in_rest)


class Sharper:
    """A decoder whose log odds are larger by a factor."""

    def __init__(self, decoder: Decoder, factor: float) -> None:
        self.decoder, self.factor, self.classes = decoder, factor, decoder.classes

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        odds = self.decoder.predict_proba(window) ** self.factor
        return odds / odds.sum()


def test_a_served_decoder_that_is_surer_than_the_folds_is_found_out() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    _, where, served = folds(recordings)
    epochs = cut_epochs(recordings, PROFILE.pipeline, PROFILE.paradigm)
    # Log odds are small enough for none to be cut off at the least probability.
    folded = Sharper(served, 0.01)
    held_out = [hold_out(folded, epochs, stream, PROFILE) for stream in where]
    for factor in (1.0, 1.5, 3.0):
        served_surer = Sharper(served, 0.01 * factor)
        assert surer(served_surer, held_out, where, PROFILE) == pytest.approx(factor)
    # One that is less sure keeps to any threshold that its folds keep to.
    assert surer(Sharper(served, 0.001), held_out, where, PROFILE) == 1.0


class Failing(Sharper):
    """A decoder that finds no probabilities of every third window."""

    asked = 0

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        self.asked += 1
        if self.asked % 3 == 0:
            raise DecodingError("nothing follows from this window")
        return super().predict_proba(window)


def test_windows_that_a_decoder_finds_nothing_in_are_not_compared() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    _, where, served = folds(recordings)
    epochs = cut_epochs(recordings, PROFILE.pipeline, PROFILE.paradigm).last_of_trials()
    held_out = [
        replace(
            hold_out(Sharper(served, 0.01), epochs, stream, PROFILE),
            streamed=stream_rest(Failing(served, 0.01), stream.recording, PROFILE),
        )
        for stream in where
    ]
    assert surer(Failing(served, 0.02), held_out, where, PROFILE) == pytest.approx(2.0)


def test_nothing_to_compare_is_no_surer() -> None:
    recordings = [two_class_recording(n_trials=8, seed=seed) for seed in (1, 2)]
    held_out, _, served = folds(recordings)
    alone = [replace(each, streamed=None) for each in held_out]
    assert surer(served, alone, [None, None], PROFILE) == 1.0
