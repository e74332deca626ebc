from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.decisions import NEVER, reaches
from bci.errors import MismatchError, RecordingError
from bci.evaluation.pseudo_online import evaluate
from bci.interfaces import Decoder
from bci.models.card import MeasureCard, decision_threshold
from bci.plugins.decoder_offers import classical
from bci.profiles.profile import Output, Profile
from bci.signals import Marker, Recording
from bci.training.calibrate import calibrate
from bci.training.cross_validation import split_by_run
from bci.training.epochs import cut_epochs, find_rest, find_trials
from tests.signals import stored, two_class_recording

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

# Windows every 0.3 s, since more windows cost time but add no trial.
QUICK = PROFILE.model_copy(update={"pipeline": PROFILE.pipeline.model_copy(update={"hop_s": 0.3})})


def run(tmp_path: Path, seed: int, **options: object) -> Recording:
    return stored(two_class_recording(seed=seed, **options), tmp_path / f"{seed}.bin")


def shuffled(recording: Recording, seed: int) -> Recording:
    """Return the same signal with its cues in random order."""
    cues = [m.label for m in recording.markers if m.label != "rest"]
    order = iter(np.random.default_rng(seed).permutation(cues))
    markers = tuple(
        m if m.label == "rest" else Marker(m.time, str(next(order))) for m in recording.markers
    )
    return replace(recording, markers=markers)


def test_every_window_of_an_epoch_lies_within_its_trial() -> None:
    recording = two_class_recording(n_trials=6)
    epochs = cut_epochs([recording], PROFILE.pipeline, PROFILE.paradigm)
    # Windows of 1 s from 0.5 to 3 s after the cue, one hop (13 samples) apart: at most 15.
    _, counts = np.unique(epochs.trials, return_counts=True)
    assert set(counts) <= {14, 15, 16}
    assert epochs.windows.shape[1:] == (6, 128)
    for trial, label in zip(
        find_trials(recording, PROFILE.paradigm), epochs.labels[::15], strict=False
    ):
        assert trial.label in ("left", "right")
        assert label in ("left", "right")


def test_epochs_are_the_very_windows_that_the_engine_cuts() -> None:
    from bci.pipeline.pipeline import Pipeline

    recording = two_class_recording(n_trials=4)
    epochs = cut_epochs([recording], PROFILE.pipeline, PROFILE.paradigm)
    pipeline = Pipeline(PROFILE.pipeline, recording.info)
    served = {w.data.tobytes() for chunk in recording.chunks(17) for w in pipeline.windows(chunk)}
    assert all(window.tobytes() in served for window in epochs.windows)


def test_a_trial_ends_where_the_next_marker_comes_early() -> None:
    recording = two_class_recording(n_trials=2)
    early = (Marker(2.0, "left"), Marker(3.0, "rest"), Marker(7.0, "right"))
    from dataclasses import replace

    trials = find_trials(replace(recording, markers=early), PROFILE.paradigm)
    assert [(t.start, t.stop) for t in trials] == [(2.5, 3.0), (7.5, 10.0)]
    assert find_rest(replace(recording, markers=early), PROFILE.paradigm) == [(3.5, 7.0)]


def test_a_trial_that_was_broken_off_is_no_trial() -> None:
    from dataclasses import replace

    recording = two_class_recording(n_trials=2)
    paused = (Marker(2.0, "left"), Marker(3.5, "interrupted"), Marker(7.0, "right"))
    trials = find_trials(replace(recording, markers=paused), PROFILE.paradigm)
    assert [(t.start, t.stop) for t in trials] == [(7.5, 10.0)]


def test_an_interruption_after_a_trial_breaks_nothing_off() -> None:
    from dataclasses import replace

    recording = two_class_recording(n_trials=2)
    after = (Marker(2.0, "left"), Marker(5.0, "rest"), Marker(5.5, "interrupted"))
    trials = find_trials(replace(recording, markers=after), PROFILE.paradigm)
    assert [(t.start, t.stop) for t in trials] == [(2.5, 5.0)]


@pytest.mark.parametrize("name", classical())
def test_a_decoder_trains_on_what_there_is_and_reports_it(tmp_path: Path, name: str) -> None:
    runs = [run(tmp_path, seed) for seed in (1, 2)]
    calibration = calibrate(runs, QUICK, lambda: decoders.create(name), "me")
    score = calibration.card.score
    assert score.accuracy > 0.85
    assert score.low < score.accuracy <= score.high
    assert score.trials == 48
    assert score.chance == 0.5
    assert score.p_value < 1e-6
    assert np.sum(score.confusion) == 48
    unseen = evaluate(calibration.card, calibration.decoder, run(tmp_path, 3), threshold=0.7)
    assert unseen.trial_accuracy.value > 0.85
    assert unseen.kappa > 0.7
    assert unseen.itr_bits_per_min > 5
    assert unseen.seconds_to_correct is not None
    assert 1.5 <= unseen.seconds_to_correct <= 3.0
    assert unseen.trials_without_window == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", classical())
def test_labels_that_mean_nothing_score_at_chance(tmp_path: Path, name: str) -> None:
    accuracies = []
    for seed in range(4):
        runs = [shuffled(run(tmp_path, 10 * seed + k), seed + k) for k in (1, 2)]
        card = calibrate(runs, QUICK, lambda: decoders.create(name), "me").card
        accuracies.append(card.score.accuracy)
    # 4 x 48 trials: three standard errors around 0.5.
    assert np.mean(accuracies) == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(4 * 48))


def test_runs_are_never_split_between_training_and_test() -> None:
    epochs = cut_epochs(
        [two_class_recording(seed=seed, n_trials=8) for seed in (1, 2, 3)],
        PROFILE.pipeline,
        PROFILE.paradigm,
    )
    splits, described = split_by_run(epochs)
    assert described == "leave one run out, 3 runs"
    for run_index, test in enumerate(splits):
        assert set(epochs.runs[test]) == {run_index}
        assert run_index not in epochs.runs[~test]


def test_one_run_is_split_into_blocks_of_whole_trials() -> None:
    epochs = cut_epochs([two_class_recording()], PROFILE.pipeline, PROFILE.paradigm)
    splits, described = split_by_run(epochs)
    assert "blocks" in described
    for test in splits:
        assert not set(epochs.trials[test]) & set(epochs.trials[~test])
        held_out = np.unique(epochs.trials[test])
        assert list(held_out) == list(range(held_out[0], held_out[-1] + 1))


def test_too_few_trials_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="6 trials are too few"):
        calibrate([run(tmp_path, 1, n_trials=6)], QUICK, lambda: decoders.create("csp-lda"), "me")


def test_missing_markers_are_named_with_those_that_there_are(tmp_path: Path) -> None:
    wanted = QUICK.paradigm.model_copy(update={"classes": {"left": "T1", "right": "right"}})
    profile = QUICK.model_copy(update={"paradigm": wanted})
    with pytest.raises(RecordingError, match=r"no marker 'T1' \(left\); .*'rest' x24"):
        calibrate([run(tmp_path, 1)], profile, lambda: decoders.create("csp-lda"), "me")


def test_runs_of_different_set_ups_are_refused(tmp_path: Path) -> None:
    runs = [run(tmp_path, 1), run(tmp_path, 2, sfreq=256.0)]
    with pytest.raises(MismatchError, match=r"differs from .* in rate, channels or units"):
        calibrate(runs, QUICK, lambda: decoders.create("csp-lda"), "me")


def test_the_threshold_keeps_the_rate_of_false_positives_that_the_user_sets(
    tmp_path: Path,
) -> None:
    runs = [run(tmp_path, seed, amplitude=6) for seed in (1, 2)]
    given = QUICK.model_dump() | {"paradigm": {**QUICK.paradigm.model_dump(), "rest_class": 1}}
    thresholds = []
    for rate in (1.0, 40.0):
        wanted = Profile.model_validate(given | {"output": {"false_positives_per_min": rate}})
        sure = calibrate(runs, wanted, lambda: decoders.create("log-power"), "me").card.confidence
        assert sure is not None
        # The runs contain 0.8 min of rest, which can promise 40 per minute but not 1.
        assert sure.promised == (rate == 40.0)
        assert sure.bound_per_min <= (rate if sure.promised else 3.0 / sure.rest_min)
        thresholds.append(sure.threshold)
    assert thresholds[0] > thresholds[1] + 0.1


@pytest.mark.parametrize("rest_class", [False, True])
def test_a_single_run_has_a_threshold_too_chosen_on_rest_that_was_held_out(
    rest_class: bool, tmp_path: Path
) -> None:
    given = QUICK.model_dump()
    given["paradigm"]["rest_class"] = rest_class
    wanted = Profile.model_validate(given | {"output": {"false_positives_per_min": 40.0}})
    recording = run(tmp_path, 1, amplitude=6)
    sure = calibrate(
        [recording], wanted, lambda: decoders.create("log-power"), "me"
    ).card.confidence
    assert sure is not None
    assert sure.threshold is not None
    assert sure.promised
    assert sure.bound_per_min <= 40.0


def test_a_threshold_set_by_hand_holds_where_none_can_be_chosen(tmp_path: Path) -> None:
    by_hand = QUICK.model_copy(
        update={"output": Output(decision_threshold=0.9, false_positives_per_min=1e-6)}
    )
    runs = [run(tmp_path, seed, amplitude=6) for seed in (1, 2)]
    card = calibrate(runs, by_hand, lambda: decoders.create("log-power"), "me").card
    assert decision_threshold(Output(), card) == 0.9
    assert "decisions from confidence 0.9 on" in str(card.decisions())


def resting(tmp_path: Path, seed: int, seconds: float = 120.0) -> Recording:
    """Return the noise of a run without cues, all of it rest."""
    made = two_class_recording(seed=seed, n_trials=round(seconds / 5), amplitude=0.0)
    return stored(replace(made, markers=()), tmp_path / f"rest-{seed}.bin")


def test_a_recording_of_rest_gives_the_minutes_that_a_promise_takes(tmp_path: Path) -> None:
    runs = [run(tmp_path, seed) for seed in (1, 2)]
    given = QUICK.model_dump() | {"paradigm": {**QUICK.paradigm.model_dump(), "rest_class": 1}}
    wanted = Profile.model_validate(given)
    made = {
        n: calibrate(
            runs, wanted, lambda: decoders.create("log-power"), "me",
            rest=[resting(tmp_path, seed) for seed in range(11, 11 + n)],
        ).card
        for n in (0, 1)
    }  # fmt: skip
    few, enough = (made[n].confidence for n in (0, 1))
    assert few.rest_min < few.needed_min < enough.rest_min
    assert not few.promised
    assert enough.promised
    assert enough.bound_per_min <= 2.0
    assert (few.temperature, few.cues) == (enough.temperature, enough.cues)
    assert [source.file for source in made[1].rest_sources] == ["rest-11.bin"]
    assert made[1].has_learnt_from(made[1].rest_sources[0].sha256)
    assert made[0].score == made[1].score


def test_a_recording_of_rest_has_to_be_of_the_same_set_up(tmp_path: Path) -> None:
    other = stored(two_class_recording(seed=9, sfreq=256.0), tmp_path / "other.bin")
    with pytest.raises(MismatchError, match=r"other\.bin differs from .* in rate"):
        calibrate(
            [run(tmp_path, 1)], QUICK, lambda: decoders.create("log-power"), "me", rest=[other]
        )


def test_a_recording_of_rest_that_the_base_was_trained_on_is_refused(tmp_path: Path) -> None:
    def make() -> Decoder:
        return decoders.create("log-power")

    known = run(tmp_path, 3)
    base = calibrate([known, run(tmp_path, 4)], QUICK, make, "base").card
    with pytest.raises(MismatchError, match=r"base was trained on 3\.bin already"):
        calibrate([run(tmp_path, 1)], QUICK, make, "me", base=base, rest=[known])


def test_a_model_at_chance_promises_nothing_and_warns(tmp_path: Path) -> None:
    runs = [shuffled(run(tmp_path, seed, amplitude=0.0), seed) for seed in (1, 2)]
    loud = QUICK.model_copy(update={"output": Output(false_positives_per_min=600.0)})
    card = calibrate(runs, loud, lambda: decoders.create("log-power"), "me").card
    assert card.score.at_chance
    assert card.confidence.bound_per_min <= 600.0
    assert not card.confidence.promised
    assert "the model is not distinguishable from chance" in str(card.decisions())
    assert str(card.decisions()).startswith("no decisions, as the model tells nothing. ")
    assert "It decides nothing, unless output.decision_threshold" in str(card.warning())
    assert decision_threshold(Output(), card) == NEVER
    assert not reaches(1.0, decision_threshold(Output(), card))
    # A threshold that the user sets has priority.
    assert decision_threshold(Output(decision_threshold=0.6), card) == 0.6
    measured = MeasureCard(name="median rank", value=9.0, chance=25.0, p_value=0.01)
    score = card.score.model_copy(update={"measures": (measured,)})
    ranked = card.model_copy(update={"score": score})
    assert decision_threshold(Output(), ranked) == card.confidence.held_to


def test_the_commands_at_held_out_cues_are_counted(tmp_path: Path) -> None:
    runs = [run(tmp_path, seed) for seed in (1, 2)]
    loud = QUICK.model_copy(update={"output": Output(false_positives_per_min=600.0)})
    sure = calibrate(runs, loud, lambda: decoders.create("tangent-space"), "me").card.confidence
    assert sure.cues == 48
    assert 40 <= sure.right <= sure.decided <= 48
    assert sure.right_low <= sure.right / sure.decided <= sure.right_high


def test_without_rest_the_default_holds_and_nothing_is_promised(tmp_path: Path) -> None:
    runs = [run(tmp_path, seed) for seed in (1, 2)]
    # With a meaningless marker at the end of each trial, no time is known to be rest.
    no_rest = [
        replace(
            each,
            markers=tuple(Marker(m.time, m.label.replace("rest", "end")) for m in each.markers),
        )
        for each in runs
    ]
    card = calibrate(no_rest, QUICK, lambda: decoders.create("log-power"), "me").card
    sure = card.confidence
    assert (sure.threshold, sure.rest_min, sure.promised) == (None, None, False)
    assert decision_threshold(Output(), card) == 0.7
    assert sure.cues == 48
    assert "no rest was held out" in str(card.decisions())


def test_a_run_is_not_held_out_from_its_own_copy(tmp_path: Path) -> None:
    one = run(tmp_path, 1)
    copy = stored(one, tmp_path / "copy.bin")
    with pytest.raises(RecordingError, match=r"copy\.bin holds the same signal as .*1\.bin"):
        calibrate([one, run(tmp_path, 2), copy], QUICK, lambda: decoders.create("csp-lda"), "me")
