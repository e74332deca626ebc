"""What decoders say of folds that they have not seen: the score, and how sure a model may be."""

from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from bci.bundle import DEFAULT_THRESHOLD, ConfidenceCard, ScoreCard
from bci.cards import measure_cards, score_card
from bci.confidence import (
    calibration_error,
    choose_threshold,
    confidences,
    false_positive_rate,
    fit_temperature,
    temper,
)
from bci.evidence import Evidence
from bci.measures import measures, ranks
from bci.pipeline import Pipeline
from bci.profile import Profile
from bci.trials import Epochs, find_rest, find_trials, in_spans
from bci.types import Decoder, Prediction, Recording, Retrieval


@dataclass(frozen=True)
class Stream:
    """The recording that a fold is part of, and from when to when the fold is, in its time."""

    recording: Recording
    start: float = -np.inf
    stop: float = np.inf


def streams(
    splits: list[NDArray[np.bool_]], epochs: Epochs, recordings: list[Recording], profile: Profile
) -> list[Stream | None]:
    """Where each fold can be streamed as if live: not where it is items from here and there."""
    if epochs.items is not None or profile.pipeline.at_cues:
        return [None] * len(splits)
    runs = [recordings[int(epochs.runs[test][0])] for test in splits]
    if len(np.unique(epochs.runs)) > 1:
        return [Stream(run) for run in runs]
    onsets = [t.onset for each in recordings for t in find_trials(each, profile.paradigm)]
    later = [onsets[int(epochs.trials[test].min())] for test in splits[1:]]
    edges = [-np.inf, *later, np.inf]
    return [Stream(run, *edges[k : k + 2]) for k, run in enumerate(runs)]


@dataclass(frozen=True)
class HeldOut:
    """What a decoder said of a fold that it had not seen.

    ``classes`` are those it decided among: where items are retrieved, the fold's own.
    ``probabilities`` (n_trials, n_classes) at the end of each trial and the true class numbers
    ``truth``; ``stream``, the predictions of the run until the fold's end, and which of them are
    of the fold and ``in_rest``, (n_predictions,), both empty where there is nothing to stream or
    no rest.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    truth: NDArray[np.int64]
    stream: list[Prediction]
    in_rest: NDArray[np.bool_]


def hold_out(decoder: Decoder, epochs: Epochs, stream: Stream | None, profile: Profile) -> HeldOut:
    """Let a decoder, trained on the other folds, decide a fold's trials and its rest.

    Rest is decided as live: the recording is streamed through the pipeline.
    """
    ends = epochs.last_of_trials()
    probabilities = np.stack([decoder.predict_proba(window) for window in ends.windows])
    truth = np.searchsorted(decoder.classes, ends.labels)
    rest = find_rest(stream.recording, profile.paradigm) if stream is not None else []
    if stream is None or not rest:
        return HeldOut(decoder.classes, probabilities, truth, [], np.empty(0, dtype=bool))
    pipeline = Pipeline(profile.pipeline, stream.recording.info, decoder)
    chunks = takewhile(lambda c: c.timestamps[0] < stream.stop, stream.recording.chunks())
    predictions = [p for chunk in chunks for p in pipeline.push(chunk)]
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / pipeline.chain.sfreq
    in_rest = in_spans(taken, rest, pipeline.n_samples * period, period)
    # Wholly: a window at the edge holds samples that this decoder may have learnt from.
    first = taken - (pipeline.n_samples - 1) * period
    in_fold = (first >= stream.start) & (taken < stream.stop)
    return HeldOut(decoder.classes, probabilities, truth, predictions, in_rest & in_fold)


def _sureness(
    stream: list[Prediction], temperature: float, evidence: Evidence, quiet: str | None
) -> NDArray[np.float64]:
    """Confidence in the command that each prediction would lead to, (n_predictions,)."""
    tempered = (replace(p, probabilities=temper(p.probabilities, temperature)) for p in stream)
    return confidences([evidence.add(prediction) for prediction in tempered], quiet)


def _together(held_out: list[HeldOut]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities and true numbers of all folds."""
    probabilities = _padded([each.probabilities for each in held_out])
    return probabilities, np.concatenate([each.truth for each in held_out])


def _padded(folds: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Probabilities of all folds, with 0 where one had fewer candidates than another."""
    widest = max(fold.shape[1] for fold in folds)
    return np.concatenate([np.pad(fold, ((0, 0), (0, widest - fold.shape[1]))) for fold in folds])


def score(held_out: list[HeldOut], decoder: Decoder, described: str) -> ScoreCard:
    """Accuracy over the trials of all folds, with what else the classes allow to be measured."""
    truth = np.concatenate([np.array(each.classes)[each.truth] for each in held_out])
    decided = np.concatenate(
        [np.array(each.classes)[each.probabilities.argmax(axis=1)] for each in held_out]
    )
    probabilities, numbers = _together(held_out)
    if not isinstance(decoder, Retrieval):
        measured = measures(decoder.classes, probabilities, truth)
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


def confidence(held_out: list[HeldOut], pipeline: Pipeline, profile: Profile) -> ConfidenceCard:
    """Temperature and threshold that the held-out decisions ask for; see `ConfidenceCard`."""
    probabilities, truth = _together(held_out)
    temperature = fit_temperature(probabilities, truth)
    # The error is told on each fold with the temperature that the others ask for.
    crossed = []
    for k, each in enumerate(held_out):
        others = [other for i, other in enumerate(held_out) if i != k] or held_out
        crossed.append(temper(each.probabilities, fit_temperature(*_together(others))))
    hop_s = pipeline.hop / pipeline.chain.sfreq
    span_s = profile.output.evidence_s or 0.0
    runs = []
    for each in held_out:
        if len(each.in_rest):
            evidence = Evidence(span_s, hop_s, pipeline.hop)
            sure = _sureness(each.stream, temperature, evidence, profile.paradigm.quiet)
            runs.append((sure, each.in_rest))
    most = profile.output.false_positives_per_min
    threshold = choose_threshold(runs, hop_s, most)
    by_hand = profile.output.decision_threshold
    default = DEFAULT_THRESHOLD if by_hand is None else by_hand
    held_to = default if threshold is None else threshold
    rate = false_positive_rate(runs, hop_s, held_to)
    return ConfidenceCard(
        temperature=round(temperature, 4),
        error_before=round(calibration_error(probabilities, truth), 4),
        error=round(calibration_error(_padded(crossed), truth), 4),
        threshold=threshold,
        false_positives_per_min=None if rate is None else round(rate, 3),
        asked_per_min=most,
        default_threshold=default,
        evidence_s=span_s,
    )
