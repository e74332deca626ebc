"""Cross-validation: decoders decide the fold that they did not learn from, and are scored on it.

Where there are too few trials or items to hold any out, `RecordingError` is raised.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError, PluginError, RecordingError
from bci.evaluation.metrics import extra_measures, ranks
from bci.interfaces import Decoder, Retrieval, TrainingStep
from bci.models.card import ScoreCard
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.signals import Prediction, Recording, Signal
from bci.training.card import measure_cards, score_card
from bci.training.epochs import Epochs, find_rest, find_trials, in_spans, trial_of
from bci.training.time_course import right_by_place

Progress = Callable[[str, int, int], None]
"""Given the job under way, how many steps are done, and of how many."""

OnStep = Callable[[int, TrainingStep], None]
"""Given each step of a training: the number of the fold (the last is of all runs), and the step."""

_ITEM_FOLDS = 5
_TINY = 1e-12


def split_by_run(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Make the test masks of the cross-validation, and describe the folds."""
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


def split_by_item(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Make test masks of five folds of whole items, drawn at random (seeded); describe them."""
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
class FoldStream:
    """The recording that a fold is part of, and from when to when the fold is, in its time."""

    recording: Recording
    start: float = -np.inf
    stop: float = np.inf


def fold_streams(
    splits: list[NDArray[np.bool_]], epochs: Epochs, recordings: list[Recording], profile: Profile
) -> list[FoldStream | None]:
    """Find the stretch of recording of each fold; None where its items are scattered."""
    if epochs.items is not None or profile.pipeline.at_cues:
        return [None] * len(splits)
    runs = [recordings[int(epochs.runs[test][0])] for test in splits]
    if len(np.unique(epochs.runs)) > 1:
        return [FoldStream(run) for run in runs]
    onsets = [t.onset for each in recordings for t in find_trials(each, profile.paradigm)]
    later = [onsets[int(epochs.trials[test].min())] for test in splits[1:]]
    edges = [-np.inf, *later, np.inf]
    return [FoldStream(run, *edges[k : k + 2]) for k, run in enumerate(runs)]


@dataclass(frozen=True)
class Streamed:
    """Predictions of a recording, streamed as if live, by a decoder that did not learn from it.

    ``in_rest`` (n_predictions,) marks those whose window lies wholly in rest. ``cued`` has, of
    every trial that asked for a command, its class and the indices of the predictions whose window
    lies wholly in it. Both are of the fold alone, where a fold is only a part of a recording.
    """

    classes: tuple[str, ...]
    predictions: list[Prediction]
    in_rest: NDArray[np.bool_]
    cued: tuple[tuple[str, NDArray[np.int64]], ...] = ()


@dataclass(frozen=True)
class HeldOut:
    """Predictions of a decoder on a fold that it did not learn from.

    ``classes`` are those it decided among: where items are retrieved, the fold's own.
    ``probabilities`` (n_trials, n_classes) at the end of each trial and the true class numbers
    ``truth``. ``streamed`` is None where the fold cannot be streamed.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    truth: NDArray[np.int64]
    streamed: Streamed | None = None


@dataclass(frozen=True)
class CrossValidation:
    """Decisions of every fold.

    ``described`` is the kind of folds; ``right`` has, of each held-out window, its place in its
    trial and whether it was decided rightly.
    """

    folds: list[HeldOut]
    streams: list[FoldStream | None]
    described: str
    right: list[tuple[int, bool]]


def cross_validate(
    epochs: Epochs,
    recordings: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    signal: Signal,
    on_progress: Progress,
    on_step: OnStep,
) -> CrossValidation:
    """Train a decoder on all folds but one, and let it decide that one; fold by fold."""
    splits, described = split_by_run(epochs) if epochs.items is None else split_by_item(epochs)
    streams = fold_streams(splits, epochs, recordings, profile)
    made = CrossValidation([], streams, described, [])
    # Rest has no cue that its time could be counted from.
    cued = epochs.labels != profile.paradigm.quiet
    for fold, test in enumerate(splits):
        on_progress("Cross-validating", fold, len(splits) + 1)
        decoder = make_decoder()
        training = epochs.only(~test)
        decoder.fit(
            training.windows, training.labels, groups=training.runs, signal=signal,
            on_epoch=partial(on_step, fold),
        )  # fmt: skip
        if isinstance(decoder, Retrieval):
            # Among items that none of it was trained on: a seen one would be known by its trials.
            decoder.choose_from([str(label) for label in np.unique(epochs.only(test).labels)])
        made.folds.append(hold_out(decoder, epochs.only(test), streams[fold], profile))
        made.right.extend(right_by_place(decoder, epochs.only(test & cued)))
    return made


def hold_out(
    decoder: Decoder, epochs: Epochs, stream: FoldStream | None, profile: Profile
) -> HeldOut:
    """Let a decoder, trained on the other folds, decide a fold's trials and its rest.

    Rest and cues are decided as live: the recording is streamed through the pipeline.
    """
    ends = epochs.last_of_trials()
    probabilities = np.stack([decoder.predict_proba(window) for window in ends.windows])
    if probabilities.shape[1:] != (len(decoder.classes),):
        raise PluginError(
            f"the decoder gives probabilities of shape {probabilities.shape[1:]} for "
            f"{len(decoder.classes)} classes"
        )
    truth = np.searchsorted(decoder.classes, ends.labels)
    streamed = None if stream is None else _stream(decoder, stream, profile)
    return HeldOut(decoder.classes, probabilities, truth, streamed)


def _stream(decoder: Decoder, stream: FoldStream, profile: Profile) -> Streamed:
    recording = stream.recording
    pipeline = Pipeline(profile.pipeline, recording.info, decoder)
    chunks = takewhile(lambda c: c.timestamps[0] < stream.stop, recording.chunks())
    predictions = [p for chunk in chunks for p in pipeline.push(chunk)]
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / pipeline.chain.sfreq
    rest = find_rest(recording, profile.paradigm)
    in_rest = in_spans(taken, rest, pipeline.n_samples * period, period)
    # Wholly: a window at the edge holds samples that this decoder may have learnt from.
    first = taken - (pipeline.n_samples - 1) * period
    in_fold = (first >= stream.start) & (taken < stream.stop)
    trials = find_trials(recording, profile.paradigm)
    windows: dict[int, list[int]] = {}
    for index in np.flatnonzero(in_fold):
        number = trial_of(float(taken[index]), trials, pipeline)
        if number is not None and trials[number].label != profile.paradigm.quiet:
            windows.setdefault(number, []).append(int(index))
    cued = tuple((trials[k].label, np.array(own)) for k, own in windows.items())
    return Streamed(decoder.classes, predictions, in_rest & in_fold, cued)


def stream_rest(decoder: Decoder, recording: Recording, profile: Profile) -> Streamed:
    """Let the served decoder decide a recording of rest, which it did not learn from.

    Without a rest marker all of the recording is rest.
    """
    pipeline = Pipeline(profile.pipeline, recording.info, decoder)
    predictions = [p for chunk in recording.chunks() for p in pipeline.push(chunk)]
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / pipeline.chain.sfreq
    rest = find_rest(recording, profile.paradigm) or [(-np.inf, np.inf)]
    in_rest = in_spans(taken, rest, pipeline.n_samples * period, period)
    return Streamed(decoder.classes, predictions, in_rest)


def surer(
    decoder: Decoder, held_out: list[HeldOut], streams: list[FoldStream | None], profile: Profile
) -> float:
    """Compare the log odds of the served decoder at rest with those of its folds' decoders.

    A decoder that learnt from more trials states larger log odds, so a temperature and a threshold
    of the folds' decoders would not hold for it. Rest is compared, since it was not learnt from
    (where it is no class), and since it is what the threshold is held against. The result
    is the ratio of the root mean squares; at least 1, and 1 without rest.
    """
    folds: list[NDArray[np.float64]] = []
    served: list[NDArray[np.float64]] = []
    for each, stream in zip(held_out, streams, strict=True):
        if stream is None or each.streamed is None:
            continue
        own = each.streamed
        of_fold = {
            prediction.end: prediction.probabilities
            for prediction, rest in zip(own.predictions, own.in_rest, strict=True)
            if rest
        }
        pipeline = Pipeline(profile.pipeline, stream.recording.info)
        for window in (w for chunk in stream.recording.chunks() for w in pipeline.windows(chunk)):
            if window.end not in of_fold:
                continue
            with suppress(DecodingError):  # such a window gives no prediction live either
                served.append(decoder.predict_proba(window.data))
                folds.append(of_fold[window.end])
    of_folds = _rms_log_odds(folds)
    return max(1.0, _rms_log_odds(served) / of_folds) if of_folds else 1.0


def _rms_log_odds(probabilities: list[NDArray[np.float64]]) -> float:
    """Root mean square of the log odds against the geometric mean of all classes; 0 of none."""
    if not probabilities:
        return 0.0
    logs = np.log(np.maximum(np.stack(probabilities), _TINY))
    return float(np.sqrt(np.mean(np.square(logs - logs.mean(axis=1, keepdims=True)))))


def together(held_out: list[HeldOut]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities and true numbers of all folds."""
    probabilities = padded([each.probabilities for each in held_out])
    return probabilities, np.concatenate([each.truth for each in held_out])


def padded(folds: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Probabilities of all folds, with 0 where one had fewer candidates than another."""
    widest = max(fold.shape[1] for fold in folds)
    return np.concatenate([np.pad(fold, ((0, 0), (0, widest - fold.shape[1]))) for fold in folds])


def score_folds(held_out: list[HeldOut], decoder: Decoder, described: str) -> ScoreCard:
    """Score the trials of all folds together, with the measures that the classes allow."""
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
