"""Rest as a class of its own: which trials it has, and that deciding for it is no command."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.models.false_decisions import NO_COMMAND, commands_of
from bci.profiles.profile import Paradigm, Profile
from bci.signals import Marker, Prediction
from bci.training.calibrate import calibrate
from bci.training.epochs import cut_epochs, find_trials
from tests.signals import stored, two_class_recording


def profile(rest_class: bool) -> Profile:
    band = {"kind": "bandpass", "low_hz": 8, "high_hz": 30}
    return Profile.model_validate(
        {
            "task": "test",
            "pipeline": {"filters": [{"kind": "common_average"}, band], "window_s": 1.0},
            "paradigm": {
                "classes": {"left": "left", "right": "right"},
                "rest": "rest",
                "rest_class": rest_class,
                "stop_s": 3,
            },
        }
    )


def test_rest_has_as_many_trials_as_the_largest_class_the_first_ones() -> None:
    recording = two_class_recording(n_trials=8)
    trials = find_trials(recording, profile(True).paradigm)
    assert Counter(trial.label for trial in trials) == {"left": 4, "right": 4, "rest": 4}
    assert [trial.start for trial in trials] == sorted(trial.start for trial in trials)
    rest = [(trial.start, trial.stop) for trial in trials if trial.label == "rest"]
    assert rest == [(5.0 * k, 5.0 * k + 2.0) for k in range(4)]
    epochs = cut_epochs([recording], profile(True).pipeline, profile(True).paradigm)
    plain = cut_epochs([recording], profile(False).pipeline, profile(False).paradigm)
    cued = epochs.labels != "rest"
    np.testing.assert_array_equal(epochs.windows[cued], plain.windows)


def test_a_long_rest_is_cut_into_trials_as_long_as_cued_ones() -> None:
    made = two_class_recording(n_trials=8)
    markers = (Marker(0.0, "rest"), *(m for m in made.markers if m.time >= 7 and m.label != "rest"))
    recording = replace(made, markers=markers)
    trials = find_trials(recording, profile(True).paradigm)
    rest = [(trial.start, trial.stop) for trial in trials if trial.label == "rest"]
    assert rest == [(0.0, 2.5), (2.5, 5.0)]


def test_a_decision_for_rest_is_no_command() -> None:
    classes = ("left", "rest", "right")
    said = [
        Prediction(classes, np.array(p), 0, 1, 0.0)
        for p in ((0.1, 0.8, 0.1), (0.1, 0.2, 0.7), (0.6, 0.3, 0.1))
    ]
    rest = np.ones(4, dtype=bool)
    commands = commands_of([*said, None], rest, "rest")
    np.testing.assert_allclose(commands.confidence, [0.0, 0.7, 0.6, 0.0])
    assert list(commands.number) == [NO_COMMAND, 2, 0, NO_COMMAND]
    everything = commands_of([*said, None], rest)
    np.testing.assert_allclose(everything.confidence, [0.8, 0.7, 0.6, 0.0])
    assert list(everything.number) == [1, 2, 0, NO_COMMAND]


@pytest.mark.slow
def test_a_decoder_that_knows_rest_keeps_quiet_in_it(tmp_path: Path) -> None:
    runs = [stored(two_class_recording(seed=seed), tmp_path / f"{seed}.bin") for seed in (1, 2, 3)]
    made = {
        knows: calibrate(runs[:2], profile(knows), lambda: decoders.create("tangent-space"), "me")
        for knows in (False, True)
    }
    assert made[True].card.classes == ("left", "rest", "right")
    assert made[True].card.score.chance == pytest.approx(1 / 3, abs=1e-3)
    assert made[True].card.score.accuracy > 0.85
    threshold = made[True].card.confidence.threshold
    assert threshold is not None
    # Without it every window of rest is one command or the other: only a high threshold is quiet.
    assert made[False].card.confidence.threshold > max(0.9, threshold)
    assert made[True].card.confidence.false_positives_per_min <= 2.0
    score = evaluate(made[True].card, made[True].decoder, runs[2], threshold)
    assert score.trial_accuracy.n == 36
    assert score.trial_accuracy.value > 0.85
    assert 20 <= score.trials_reached <= 24
    assert score.seconds_to_correct > 1.0
    assert score.false_positives_per_min <= 2.0


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"classes": {"a": "1", "b": "2"}}, "rest_class needs classes, and rest"),
        ({"items": "film-", "rest": "0"}, "rest_class needs classes, and rest"),
        ({"classes": {"a": "1", "rest": "2"}, "rest": "0"}, "classes has one of that name"),
    ],
)
def test_a_rest_class_without_rest_is_refused(given: dict, what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        Paradigm.model_validate({**given, "rest_class": True})
