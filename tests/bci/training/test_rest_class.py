"""Rest as a class: its trials, and a decision for it is no command."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.models.false_decisions import NO_COMMAND, commands_of
from bci.profiles.paradigm import Paradigm
from bci.signals import Marker, Prediction
from bci.training.calibrate import calibrate
from bci.training.epochs import cut_epochs, find_rest, find_trials
from tests.models import two_class_profile, two_class_runs
from tests.signals import two_class_recording


def test_rest_has_as_many_trials_as_the_largest_class_evenly_chosen() -> None:
    recording = two_class_recording(n_trials=8)
    trials = find_trials(recording, two_class_profile(rest_class=True).paradigm)
    assert Counter(trial.label for trial in trials) == {"left": 4, "right": 4, "rest": 4}
    assert [trial.start for trial in trials] == sorted(trial.start for trial in trials)
    rest = [(trial.start, trial.stop) for trial in trials if trial.label == "rest"]
    # Rest begins 0.5 s after its marker, as trials do after their cues.
    assert rest == [(5.0 * k + 0.5, 5.0 * k + 2.0) for k in (0, 2, 5, 7)]
    epochs = cut_epochs(
        [recording],
        two_class_profile(rest_class=True).pipeline,
        two_class_profile(rest_class=True).paradigm,
    )
    plain = cut_epochs(
        [recording],
        two_class_profile(rest_class=False).pipeline,
        two_class_profile(rest_class=False).paradigm,
    )
    cued = epochs.labels != "rest"
    np.testing.assert_array_equal(epochs.windows[cued], plain.windows)


def test_a_long_rest_is_cut_into_trials_as_long_as_cued_ones() -> None:
    made = two_class_recording(n_trials=8)
    markers = (Marker(0.0, "rest"), *(m for m in made.markers if m.time >= 7 and m.label != "rest"))
    recording = replace(made, markers=markers)
    trials = find_trials(recording, two_class_profile(rest_class=True).paradigm)
    rest = [(trial.start, trial.stop) for trial in trials if trial.label == "rest"]
    assert rest == [(0.5, 3.0), (3.0, 5.5)]


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
    runs = two_class_runs(tmp_path, (1, 2, 3))
    made = {
        knows: calibrate(
            runs[:2],
            two_class_profile(rest_class=knows),
            lambda: decoders.create("tangent-space"),
            "me",
        )
        for knows in (False, True)
    }
    assert made[True].card.classes == ("left", "rest", "right")
    assert made[True].card.score.chance == pytest.approx(1 / 3, abs=1e-3)
    assert made[True].card.score.accuracy > 0.85
    threshold = made[True].card.confidence.threshold
    assert threshold is not None
    # Without this class, every window of rest is one of the commands, unless the threshold is high.
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


def spans(rest: object, *markers: Marker) -> list[tuple[float, float]]:
    recording = replace(two_class_recording(n_trials=4), markers=markers)
    return find_rest(recording, two_class_profile(rest=rest).paradigm)


def test_rest_lasts_as_its_profile_has_it_and_never_beyond_the_next_marker() -> None:
    markers = (Marker(1.0, "rest"), Marker(8.0, "left"), Marker(10.0, "rest"), Marker(12.0, "x"))
    assert spans("rest", *markers) == [(1.5, 8.0), (10.5, 12.0)]
    given = {"marker": "rest", "start_s": 0.0, "stop_s": 3.0}
    assert spans(given, *markers) == [(1.0, 4.0), (10.0, 12.0)]
    assert spans({"marker": "rest", "start_s": 2.0}, *markers) == [(3.0, 8.0)]


def test_the_time_between_two_cues_counts_as_rest_but_is_no_trial_of_it() -> None:
    # A trial lasts until 3 s after its cue; the end of the last trial is unknown.
    markers = (Marker(1.0, "left"), Marker(8.0, "right"), Marker(12.0, "left"))
    assert spans(None, *markers) == [(4.5, 8.0), (11.5, 12.0)]
    assert spans("rest", *markers) == [(4.5, 8.0), (11.5, 12.0)]
    paradigm = two_class_profile(rest_class=True).paradigm
    recording = replace(two_class_recording(n_trials=4), markers=markers)
    assert {trial.label for trial in find_trials(recording, paradigm)} == {"left", "right"}


def test_rest_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"rest.stop_s \(0.4\) must be after the start"):
        two_class_profile(rest={"marker": "rest", "stop_s": 0.4})
