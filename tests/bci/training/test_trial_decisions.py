"""A trial is decided at its end, by the evidence that an engine has at that time."""

from dataclasses import replace

import numpy as np
import pytest

import decoders
from bci.evaluation.pseudo_online import evaluate
from bci.interfaces import Decoder
from bci.profiles.profile import Output, Profile
from bci.signals import Recording
from bci.training.calibrate import calibrate
from bci.training.epochs import Epochs, cut_epochs, join_epochs
from bci.training.learning_curve import recordings_curve
from bci.training.trial_decisions import DecidedEpochs, decide_trials
from tests.signals import two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}], "window_s": 1},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
        "output": {"evidence_s": 1.0},
    }
)
# Weak enough for some single windows to be decided wrongly.
AMPLITUDE = 2.5


def run(seed: int) -> Recording:
    return two_class_recording(seed=seed, amplitude=AMPLITUDE)


def cut(recordings: list[Recording]) -> Epochs:
    return cut_epochs(recordings, PROFILE.pipeline, PROFILE.paradigm)


def trained(recording: Recording) -> Decoder:
    epochs, decoder = cut([recording]), decoders.create("log-power")
    decoder.fit(epochs.windows, epochs.labels)
    return decoder


def test_a_trial_is_decided_as_the_evaluation_that_streams_decides_it() -> None:
    decoder, test = trained(run(1)), run(2)
    epochs = cut([test])
    card = calibrate([run(1), run(3)], PROFILE, lambda: decoders.create("log-power"), "me").card
    last = DecidedEpochs(decoder, epochs).at_trial_ends()[1]
    for evidence_s in (0.3, 1.0):
        streamed = evaluate(card, decoder, test, 0.7, evidence_s=evidence_s)
        truth, probabilities = DecidedEpochs(decoder, epochs).at_trial_ends(evidence_s)
        assert truth.tolist() == [trial.label for trial in streamed.trials]
        assert probabilities.max(axis=1).tolist() == [t.confidence for t in streamed.trials]
        decided = [decoder.classes[k] for k in probabilities.argmax(axis=1)]
        assert decided == [trial.decision for trial in streamed.trials]
        assert not np.allclose(probabilities, last)


def test_evidence_longer_than_a_trial_is_that_of_the_trial() -> None:
    decoder, epochs = trained(run(1)), cut([run(2)])
    first = epochs.only(epochs.trials == 0)
    logs = np.mean([np.log(decoder.predict_proba(window)) for window in first.windows], axis=0)
    _, decided = DecidedEpochs(decoder, first).at_trial_ends(60.0)
    np.testing.assert_allclose(decided[0], np.exp(logs) / np.exp(logs).sum(), rtol=1e-12)


def test_windows_that_came_without_their_place_decide_alone() -> None:
    decoder, epochs = trained(run(1)), cut([run(2)])
    placeless = replace(epochs, ends=None)
    alone = list(decide_trials(decoder, epochs))
    assert list(decide_trials(decoder, placeless, 1.0)) == alone
    assert len(alone) == 24


def test_joined_runs_are_decided_as_each_alone() -> None:
    decoder, runs = trained(run(1)), [run(2), run(3)]
    each = [decide_trials(decoder, cut([own]), 1.0) for own in runs]
    joined = join_epochs([cut([own]) for own in runs], apart=100)
    assert list(decide_trials(decoder, joined, 1.0)) == [*each[0], *each[1]]


@pytest.mark.parametrize("evidence_s", [None, 1.0])
def test_the_score_of_a_model_is_of_its_decisions_at_the_trials_ends(
    evidence_s: float | None,
) -> None:
    profile = PROFILE.model_copy(update={"output": Output(evidence_s=evidence_s)})
    runs = [run(1), run(2)]

    def make() -> Decoder:
        return decoders.create("log-power")

    card = calibrate(runs, profile, make, "me").card
    right = [
        label == decided
        for train, test in (runs, runs[::-1])
        for label, decided in decide_trials(trained(train), cut([test]), evidence_s or 0.0)
    ]
    assert card.score.accuracy == pytest.approx(np.mean(right), abs=1e-4)
    assert card.confidence.evidence_s == (evidence_s or 0.0)
    curve = recordings_curve(runs, profile, make)
    assert curve[-1].accuracy.value == pytest.approx(card.score.accuracy, abs=1e-4)
