"""Score copied symbols from held-out predictions of their flashes."""

from collections.abc import Sequence

import numpy as np

from bci.evaluation.spelling import SpelledRun, SpellingScore, score_spelling
from bci.models.confidence import temper
from bci.profiles.profile import Profile
from bci.spelling.from_settings import Speller
from bci.spelling.replay import TimedPrediction
from bci.training.cross_validation import CrossValidation
from bci.training.epochs import Epochs, StreamedRun


def spell_held_out(
    held_out: CrossValidation,
    epochs: Epochs,
    runs: Sequence[StreamedRun],
    profile: Profile,
    temperature: float,
) -> SpellingScore | None:
    """Score the copied symbols of calibration recordings, held-out.

    ``epochs`` are cut from ``runs``. None if the profile has no speller, if the recordings have no
    selection on its grid, or if the classes are not ``target`` and ``nontarget``.
    """
    if profile.speller is None or epochs.ends is None or epochs.signal is None:
        return None
    classes = held_out.folds[0].classes
    if set(classes) != {"target", "nontarget"}:
        return None
    speller = Speller(profile)
    windows = speller.windows(classes, epochs.signal.sfreq)
    taken = [{window.end: window.taken for window in run.windows} for run in runs]
    predictions: list[list[TimedPrediction]] = [[] for _ in runs]
    for fold, test in zip(held_out.folds, held_out.tests, strict=True):
        # A flash has one window, so each window is the last of its trial.
        chosen = np.flatnonzero(test)[epochs.only(test).are_last_of_trials()]
        for row, probabilities in zip(chosen, fold.probabilities, strict=True):
            run, end = int(epochs.runs[row]), int(epochs.ends[row])
            tempered = temper(probabilities, temperature)
            predictions[run].append(TimedPrediction(taken[run][end], tempered))
    return score_spelling(
        speller,
        windows,
        [
            SpelledRun(run.recording.markers, sorted(own, key=lambda each: each.taken))
            for run, own in zip(runs, predictions, strict=True)
        ],
    )
