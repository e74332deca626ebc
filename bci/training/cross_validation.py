"""Cross-validation: train on all folds but one and score the held-out one.

`RecordingError` is raised if there are too few trials or items to hold any out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.errors import PluginError, RecordingError
from bci.evaluation.early_course import right_by_length
from bci.evaluation.metrics import extra_measures, ranks
from bci.interfaces import Decoder, Retrieval, TrainingStep
from bci.models.card import ScoreCard
from bci.profiles.profile import Profile
from bci.signals import Signal
from bci.training.card import measure_cards, score_card
from bci.training.epochs import Epochs, StreamedRun, join_epochs
from bci.training.flashes.selections import (
    away_from,
    require_targets,
    selections_of,
    split_by_selection,
)
from bci.training.fold_streams import FoldStream, Streamed, fold_streams, stream_fold
from bci.training.others.people import EXECUTED_FROM
from bci.training.time_course import right_by_place
from bci.training.trained_filters import Fold, Refit, found_again
from bci.training.trial_decisions import DecidedEpochs

Progress = Callable[[str, int, int], None]
"""Function that is called with the current job, the number of steps done, and the total."""

OnStep = Callable[[int, TrainingStep], None]
"""Function that is called with a fold's number and each step of its training.

The last number stands for the training on all runs.
"""

_ITEM_FOLDS = 5


def split_by_run(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Split by run, or one run into four blocks of trials.

    Return test masks and a description.

    The test mask of a fold has shape (n_windows,).
    """
    runs = np.unique(epochs.runs)
    if len(runs) > 1:
        splits = [epochs.runs == run for run in runs]
        described = f"leave one run out, {len(runs)} runs"
    else:
        trials = np.unique(epochs.trials)
        if len(trials) < 8:
            raise RecordingError(
                f"{len(trials)} trials are too few to calibrate on; record at least 8"
            )
        splits = [np.isin(epochs.trials, block) for block in np.array_split(trials, 4)]
        described = "4 consecutive blocks of the trials of one run"
    for test in splits:
        if len(np.unique(epochs.labels[~test])) < len(np.unique(epochs.labels)):
            raise RecordingError(
                "a class is found in one part of the recordings only, so nothing can be held "
                "out; record every class in every run"
            )
    return splits, described


def split(epochs: Epochs, runs: Sequence[StreamedRun]) -> tuple[list[NDArray[np.bool_]], str]:
    """Split epochs into folds; return the test mask of each fold and a description.

    Folds have whole items if the paradigm has items, else whole runs. A single run is split into
    blocks of a speller's selections, or else of trials. ``epochs`` are cut from ``runs``.
    """
    if epochs.items is not None:
        return split_by_item(epochs)
    selections = selections_of(runs) if len(runs) == 1 else None
    return split_by_run(epochs) if selections is None else split_by_selection(epochs, selections)


def split_by_item(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Split whole items at random (fixed seed) into five folds.

    Return the test mask (n_windows,) of each fold, and a description.
    """
    assert epochs.items is not None
    items = np.unique(epochs.items)
    if len(items) < 2 * _ITEM_FOLDS:
        raise RecordingError(
            f"{len(items)} items are too few to calibrate on; show at least {2 * _ITEM_FOLDS}"
        )
    parts = np.array_split(np.random.default_rng(0).permutation(items), _ITEM_FOLDS)
    described = f"{_ITEM_FOLDS} folds of whole items, {len(items)} items"
    return [np.isin(epochs.items, part) for part in parts], described


@dataclass(frozen=True)
class HeldOut:
    """Predictions of a decoder for its held-out fold.

    ``classes`` are the candidates; in a retrieval of items, those of the fold. ``probabilities``
    (n_trials, n_classes) come from the evidence at the end of each trial. ``truth`` (n_trials,)
    has the numbers of the true classes. ``streamed`` is None if the fold cannot be streamed.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    truth: NDArray[np.int64]
    streamed: Streamed | None = None


@dataclass(frozen=True)
class CrossValidation:
    """Held-out predictions of all folds.

    ``streams`` are the stretches of recording of each fold. ``tests`` marks each fold's windows
    among all windows. ``described`` describes the folds in words. ``right`` has, for each held-out
    window, its place in its trial and whether the decision was correct. ``early`` has the same for
    beginnings of windows, if windows come at cues; see `bci.evaluation.early_course`.
    """

    folds: list[HeldOut]
    streams: list[FoldStream | None]
    tests: list[NDArray[np.bool_]]
    described: str
    right: list[tuple[int, bool]]
    early: list[tuple[int, bool]] = field(default_factory=list)


def cross_validate(
    epochs: Epochs,
    runs: list[StreamedRun],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    signal: Signal,
    on_progress: Progress,
    on_step: OnStep,
    executed: Epochs | None = None,
    refit: Refit | None = None,
) -> CrossValidation:
    """Train a decoder on all folds but one and predict that fold, for each fold.

    ``epochs`` are cut from ``runs``, in their order. ``executed`` are part of every training and of
    no fold. ``refit`` trains the filters again on the training folds; None without such filters.
    """
    require_targets(epochs, profile.paradigm.unlabelled)
    splits, described = split(epochs, runs)
    streams = fold_streams(splits, epochs, runs, profile)
    made = CrossValidation([], streams, list(splits), described, [])
    # Trials of rest have no cue from which time could be counted.
    cued = epochs.labels != profile.paradigm.quiet
    for fold, test in enumerate(splits):
        on_progress("Cross-validating", fold, len(splits) + 1)
        decoder = make_decoder()
        own = Fold(epochs, test, streams[fold], executed)
        if refit is not None:
            own = refit(splits, fold)
            test = made.tests[fold] = test & found_again(epochs, own)
        training = with_executed(own.epochs.only(away_from(own.epochs, own.test)), own.executed)
        decoder.fit(
            training.windows, training.labels, groups=training.runs, signal=signal,
            on_epoch=partial(on_step, fold),
        )  # fmt: skip
        if isinstance(decoder, Retrieval):
            # The candidates exclude training items, which the decoder would recognise.
            decoder.choose_from([str(label) for label in np.unique(epochs.labels[test])])
        streamed = None if own.stream is None else stream_fold(decoder, own.stream, profile)
        known = None if streamed is None else streamed.by_end()
        decided = DecidedEpochs(decoder, own.epochs.only(own.test), known)
        made.folds.append(hold_out(decided, streamed, profile.output.evidence_s or 0.0))
        made.right.extend(right_by_place(decided, cued[test]))
        if profile.pipeline.at_cues:
            cued_windows = own.epochs.labels != profile.paradigm.quiet
            made.early.extend(right_by_length(decoder, own.epochs.only(own.test & cued_windows)))
    return made


def with_executed(epochs: Epochs, executed: Epochs | None) -> Epochs:
    """Append the epochs of executed movements, with their own trials and runs."""
    return epochs if executed is None else join_epochs([epochs, executed], apart=EXECUTED_FROM)


def hold_out(
    decided: DecidedEpochs, streamed: Streamed | None = None, evidence_s: float = 0.0
) -> HeldOut:
    """Collect the predictions for the trials of a held-out fold.

    ``decided`` has the fold's epochs and the decoder trained on the other folds. ``streamed`` is
    the result of `stream_fold`. For ``evidence_s`` see
    `bci.training.trial_decisions.DecidedEpochs.at_trial_ends`.
    """
    classes = decided.decoder.classes
    labels, probabilities = decided.at_trial_ends(evidence_s)
    if probabilities.shape[1:] != (len(classes),):
        raise PluginError(
            f"the decoder gives probabilities of shape {probabilities.shape[1:]} for "
            f"{len(classes)} classes"
        )
    return HeldOut(classes, probabilities, np.searchsorted(classes, labels), streamed)


def together(held_out: list[HeldOut]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Concatenate the probabilities and the true class numbers of all folds.

    Their shapes are (n_trials, n_classes) and (n_trials,).
    """
    probabilities = padded([each.probabilities for each in held_out])
    return probabilities, np.concatenate([each.truth for each in held_out])


def padded(folds: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Concatenate the probabilities (n_trials, n_candidates) of all folds.

    Folds with fewer candidates are filled with 0.
    """
    widest = max(fold.shape[1] for fold in folds)
    return np.concatenate([np.pad(fold, ((0, 0), (0, widest - fold.shape[1]))) for fold in folds])


def score_folds(held_out: list[HeldOut], decoder: Decoder, described: str) -> ScoreCard:
    """Score the trials of all folds together.

    ``described`` describes the folds in words.
    """
    truth = np.concatenate([np.array(each.classes)[each.truth] for each in held_out])
    decided = np.concatenate(
        [np.array(each.classes)[each.probabilities.argmax(axis=1)] for each in held_out]
    )
    probabilities, numbers = together(held_out)
    if not isinstance(decoder, Retrieval):
        measured = extra_measures(decoder.classes, probabilities, truth)
        card = score_card(truth, decided, decoder.classes, described)
        return card.model_copy(update={"measures": measure_cards(measured)})
    n = np.concatenate([np.full(len(each.truth), len(each.classes)) for each in held_out])
    among = f"{n.min()}" if n.min() == n.max() else f"{n.min()} or {n.max()}"
    shown = tuple(sorted({name for each in held_out for name in each.classes}))
    card = score_card(truth, decided, shown, described, chance=float((1 / n).mean()))
    return card.model_copy(
        update={
            "candidates": f"among the {among} of its fold, none of them in training",
            "measures": measure_cards(ranks(probabilities, numbers, n)),
        }
    )
