from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.engine.running_model import RunningModel
from bci.errors import MismatchError
from bci.models.bundle import save_bundle
from bci.models.load import decoder_of, load_model
from bci.pipeline.filter_chain import Chain
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.signals import Channel, Recording
from bci.training.calibrate import calibrate
from bci.training.cross_validation import split
from bci.training.epochs import epochs_of, stream_run
from bci.training.trained_filters import refit_of, train_filters
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {
            "kinds": ["eeg", "eog"],
            "filters": [
                {"kind": "remove_dc"},
                {"kind": "regress"},
                {"kind": "asr"},
                {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
            ],
            "window_s": 1.0,
            "hop_s": 0.5,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "decoder": {"name": "csp-lda"},
    }
)


def blinking(seed: int, n_trials: int = 12) -> Recording:
    """Return a run with blinks and an EOG channel."""
    recording = two_class_recording(n_trials, seed)
    rng = np.random.default_rng(seed)
    course = np.zeros(len(recording.data))
    for at in rng.integers(0, len(course) - 50, n_trials * 2):
        course[at : at + 45] += 300 * np.hanning(45)
    course = course[:, None] * np.array([0.5, 0.1, 0.2, 0.1, 0.0, 0.3, 1.0])
    data = np.column_stack([recording.data, rng.normal(0, 3, len(course))]) + course
    channels = (*recording.info.channels, Channel("EOG", "eog", "uV"))
    info = replace(recording.info, channels=channels)
    return replace(recording, info=info, data=data.astype(np.float32))


def make() -> object:
    return decoders.create(PROFILE.decoder.name, PROFILE.decoder.params)


def test_a_fold_trains_its_filters_without_the_run_that_it_holds_out() -> None:
    runs = [blinking(1, n_trials=8), blinking(2, n_trials=8)]
    other = replace(runs[1], data=(3 * runs[1].data).astype(np.float32))
    learnt = []
    for second in (runs[1], other):
        settings = train_filters(PROFILE.pipeline, [runs[0]])
        streamed = [stream_run(each, settings, PROFILE.paradigm) for each in (runs[0], second)]
        epochs = epochs_of(streamed, PROFILE.paradigm)
        splits, _ = split(epochs, streamed)
        refit = refit_of(PROFILE, epochs, streamed, [])
        assert refit is not None
        fold = refit(splits, 1)
        assert fold.stream is not None
        assert fold.test.sum() == splits[1].sum()
        learnt.append(fold.epochs.only(~fold.test).windows)
    # The held-out run differs, but the training windows are bit-identical.
    assert np.array_equal(*learnt)


def test_held_out_blocks_of_one_run_are_not_trained_on() -> None:
    recording = blinking(3)
    spoilt = recording.data.copy()
    settings = train_filters(PROFILE.pipeline, [recording], [[(20.0, 40.0)]])
    spoilt[(recording.timestamps >= 20.5) & (recording.timestamps < 39.5)] *= 1.5
    again = train_filters(
        PROFILE.pipeline.model_copy(update={"filters": PROFILE.pipeline.filters[1:2]}),
        [replace(recording, data=spoilt)], [[(20.0, 40.0)]],
    )  # fmt: skip
    plain = train_filters(
        PROFILE.pipeline.model_copy(update={"filters": PROFILE.pipeline.filters[1:2]}),
        [recording], [[(20.0, 40.0)]],
    )  # fmt: skip
    assert np.array_equal(again.filters[0].learnt["own"], plain.filters[0].learnt["own"])
    assert set(settings.filters[2].learnt) == {"mixing", "thresholds"}


@pytest.mark.slow
def test_a_model_stores_what_its_filters_learnt_and_serves_by_it(tmp_path: Path) -> None:
    runs = [stored(blinking(seed), tmp_path / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, PROFILE, make, "me", restore=decoder_of)  # type: ignore[arg-type]
    assert made.card.score.accuracy > 0.8
    save_bundle(tmp_path / "me", made.card, made.arrays())
    model = load_model(tmp_path / "me")
    assert {"filters.1.own", "filters.1.cross", "filters.2.mixing"} <= set(model.arrays)
    chunk = next(runs[0].chunks(2000))
    own, served = (
        Chain(card.pipeline, runs[0].info).process(chunk.data, 0).data.copy()
        for card in (made.card, model.card)
    )
    assert own.tobytes() == served.tobytes()
    running = RunningModel(*model, runs[0].info)
    assert len(running.pipeline.chain.channels) == 6
    reports = dict(running.pipeline.chain.reports())
    assert reports["regress"]["EOG in E1"] == pytest.approx(0.5, abs=0.05)


def test_without_a_model_a_filter_that_learns_is_refused_in_a_sentence() -> None:
    with pytest.raises(MismatchError, match=r"filters.1 \(regress\): it has to be trained"):
        Pipeline(PROFILE.pipeline, blinking(1).info)


def test_a_filter_that_finds_too_little_signal_is_named() -> None:
    with pytest.raises(MismatchError, match=r"filters.2 \(asr\): .* s of signal are clean"):
        train_filters(PROFILE.pipeline, [blinking(1, n_trials=2)])
