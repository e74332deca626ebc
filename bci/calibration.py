"""Training a decoder on a person's labelled recordings, with an honest estimate of its worth."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.bundle import DEFAULT_THRESHOLD, Card, ConfidenceCard, ScoreCard
from bci.cards import make_card, measure_cards, score_card
from bci.chain import pick_channels
from bci.confidence import (
    Tempered,
    calibration_error,
    choose_threshold,
    confidences,
    false_positive_rate,
    fit_temperature,
    temper,
)
from bci.drift import describe_drift
from bci.errors import MismatchError, RecordingError
from bci.evidence import Evidence
from bci.folds import split_by_item, split_by_run
from bci.interpretation import ClassPattern, pattern_arrays
from bci.measures import measures, ranks
from bci.pipeline import Pipeline
from bci.profile import Profile, file_sha256
from bci.time_course import right_by_place, time_course
from bci.trials import Epochs, cut_epochs, find_rest, find_trials, in_spans, windows_of
from bci.types import (
    Decoder,
    Prediction,
    Recording,
    Retrieval,
    Servable,
    Signal,
    StreamInfo,
    TrainingStep,
)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and of how many."""

Look = Callable[[Decoder, Epochs, tuple[str, ...]], Iterable[ClassPattern]]
"""Given a trained decoder, its epochs and the channels' names, tells what it looks at."""


StepWatch = Callable[[int, TrainingStep], None]
"""Told after each step of a training: which fold (the last is of all runs), and the step."""


def _silent(_doing: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Calibration:
    """A trained decoder, the card that tells what it is, and what it looks at and when.

    ``patterns`` are arrays for the bundle; see `bci.interpretation` and `bci.time_course`.
    """

    decoder: Decoder
    card: Card
    patterns: dict[str, NDArray[np.generic]] = field(default_factory=dict)


def calibrate(
    recordings: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    name: str,
    on_progress: Progress = _silent,
    base: Card | None = None,
    look: Look | None = None,
    on_step: StepWatch = lambda _fold, _step: None,
) -> Calibration:
    """Cut epochs with the serving pipeline, cross-validate by run, then train on all.

    With a single recording the folds are four consecutive blocks of its trials; where the paradigm
    has items (films, images) they are folds of whole items. Every fit
    (covariance mean, spatial filters, classifier) sees training folds only.

    Parameters
    ----------
    recordings : list of Recording
        Runs of one subject, same montage and rate.
    profile : Profile
    make_decoder : callable
        Gives a fresh, untrained decoder.
    name : str
        What the model will be called.
    on_progress : callable, optional
    base : Card, optional
        Of the model that ``make_decoder``'s decoders go on from.
    look : callable, optional
        Finds what the decoder looks at.
    on_step : callable, optional

    Raises
    ------
    RecordingError
        If markers are missing or there are too few trials.
    MismatchError
        If the recordings differ from one another or cannot satisfy the profile, or the base
        model has another pipeline, montage or classes, or has learnt from one of them.
    """
    pipeline = common_pipeline(recordings, profile)
    if base is not None:
        check_base(base, profile, recordings)
    on_progress("Cutting epochs", 0, 1)
    epochs = cut_epochs(recordings, profile.pipeline, profile.paradigm)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    splits, described = split_by_run(epochs) if epochs.items is None else split_by_item(epochs)
    streams = _streams(splits, epochs, recordings, profile)
    held_out = []
    right: list[tuple[int, bool]] = []
    for fold, test in enumerate(splits):
        on_progress("Cross-validating", fold, len(splits) + 1)
        decoder = make_decoder()
        training = epochs.only(~test)
        decoder.fit(
            training.windows,
            training.labels,
            groups=training.runs,
            signal=signal,
            watch=partial(on_step, fold),
        )
        if isinstance(decoder, Retrieval):
            # Among what none of it was trained on: a seen item would be told by its own trials.
            decoder.choose_from([str(label) for label in np.unique(epochs.only(test).labels)])
        held_out.append(_hold_out(decoder, epochs.only(test), streams[fold], profile))
        # Rest has no cue that its time could be counted from.
        cued = epochs.labels != profile.paradigm.quiet
        right += right_by_place(decoder, epochs.only(test & cued))
    on_progress("Training on all runs", len(splits), len(splits) + 1)
    decoder = make_decoder()
    decoder.fit(
        epochs.windows,
        epochs.labels,
        groups=epochs.runs,
        signal=signal,
        watch=partial(on_step, len(splits)),
    )
    if isinstance(decoder, Servable):
        on_progress("Choosing the faster runtime", len(splits), len(splits) + 1)
        decoder.choose_runtime()
    on_progress("Done", len(splits) + 1, len(splits) + 1)
    score = _score(held_out, decoder, described)
    confidence = _confidence(held_out, pipeline, profile)
    card = make_card(name, profile, pipeline, recordings, decoder, score)
    ch_names = tuple(channel.name for channel in signal.channels)
    drift = describe_drift(
        (windows_of(recording, profile.pipeline, profile.paradigm) for recording in recordings),
        ch_names,
        signal.sfreq,
    )
    patterns = pattern_arrays(look(decoder, epochs, ch_names)) if look is not None else {}
    return Calibration(
        Tempered(decoder, confidence.temperature),
        card.model_copy(
            update={
                "base": base.name if base is not None else None,
                "base_sources": (*base.sources, *base.base_sources) if base is not None else (),
                "confidence": confidence,
                "drift": drift,
                "embedded_by": decoder.embedded_by if isinstance(decoder, Retrieval) else None,
            }
        ),
        patterns | _course_arrays(right, pipeline, profile),
    )


def _course_arrays(
    right: list[tuple[int, bool]], pipeline: Pipeline, profile: Profile
) -> dict[str, NDArray[np.generic]]:
    """When in a trial its class can be told; nothing where there is one window a trial."""
    if profile.pipeline.at_cues:
        return {}
    period = 1.0 / pipeline.chain.sfreq
    first_s = profile.paradigm.start_s + pipeline.n_samples * period
    return time_course(right, first_s, pipeline.hop * period).arrays()


@dataclass(frozen=True)
class _Stream:
    """The recording that a fold is part of, and from when to when the fold is, in its time."""

    recording: Recording
    start: float = -np.inf
    stop: float = np.inf


def _streams(
    splits: list[NDArray[np.bool_]], epochs: Epochs, recordings: list[Recording], profile: Profile
) -> list[_Stream | None]:
    """Where each fold can be streamed as if live: not where it is items from here and there."""
    if epochs.items is not None or profile.pipeline.at_cues:
        return [None] * len(splits)
    runs = [recordings[int(epochs.runs[test][0])] for test in splits]
    if len(np.unique(epochs.runs)) > 1:
        return [_Stream(run) for run in runs]
    onsets = [t.onset for each in recordings for t in find_trials(each, profile.paradigm)]
    later = [onsets[int(epochs.trials[test].min())] for test in splits[1:]]
    edges = [-np.inf, *later, np.inf]
    return [_Stream(run, *edges[k : k + 2]) for k, run in enumerate(runs)]


@dataclass(frozen=True)
class _HeldOut:
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


def _hold_out(
    decoder: Decoder, epochs: Epochs, stream: _Stream | None, profile: Profile
) -> _HeldOut:
    ends = epochs.last_of_trials()
    probabilities = np.stack([decoder.predict_proba(window) for window in ends.windows])
    truth = np.searchsorted(decoder.classes, ends.labels)
    rest = find_rest(stream.recording, profile.paradigm) if stream is not None else []
    if stream is None or not rest:
        return _HeldOut(decoder.classes, probabilities, truth, [], np.empty(0, dtype=bool))
    pipeline = Pipeline(profile.pipeline, stream.recording.info, decoder)
    chunks = takewhile(lambda c: c.timestamps[0] < stream.stop, stream.recording.chunks())
    predictions = [p for chunk in chunks for p in pipeline.push(chunk)]
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / pipeline.chain.sfreq
    in_rest = in_spans(taken, rest, pipeline.n_samples * period, period)
    # Wholly: a window at the edge holds samples that this decoder may have learnt from.
    first = taken - (pipeline.n_samples - 1) * period
    in_fold = (first >= stream.start) & (taken < stream.stop)
    return _HeldOut(decoder.classes, probabilities, truth, predictions, in_rest & in_fold)


def _sureness(
    stream: list[Prediction], temperature: float, evidence: Evidence, quiet: str | None
) -> NDArray[np.float64]:
    """Confidence in the command that each prediction would lead to, (n_predictions,)."""
    tempered = (replace(p, probabilities=temper(p.probabilities, temperature)) for p in stream)
    return confidences([evidence.add(prediction) for prediction in tempered], quiet)


def _together(held_out: list[_HeldOut]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities and true numbers of all folds."""
    probabilities = _padded([each.probabilities for each in held_out])
    return probabilities, np.concatenate([each.truth for each in held_out])


def _padded(folds: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Probabilities of all folds, with 0 where one had fewer candidates than another."""
    widest = max(fold.shape[1] for fold in folds)
    return np.concatenate([np.pad(fold, ((0, 0), (0, widest - fold.shape[1]))) for fold in folds])


def _score(held_out: list[_HeldOut], decoder: Decoder, described: str) -> ScoreCard:
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


def _confidence(held_out: list[_HeldOut], pipeline: Pipeline, profile: Profile) -> ConfidenceCard:
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


def check_base_fits(base: Card, profile: Profile, info: StreamInfo) -> None:
    """Prove that a base model may be gone on from with recordings of a stream.

    A base that learnt without labels may be gone on from with any classes.

    Raises
    ------
    MismatchError
        Naming what differs, or the channel that the stream lacks.
    """
    picked = tuple(info.channels[i].name for i in pick_channels(profile.pipeline, info))
    theirs = base.pipeline.model_copy(update={"channels": picked})
    ours = profile.pipeline.model_copy(update={"channels": picked})
    for what, have, want in (
        ("decoder", profile.decoder.name, base.decoder.name),
        ("classes", sorted(profile.paradigm.labels or base.classes), sorted(base.classes)),
        ("sampling rate", info.sfreq, base.stream.sfreq),
        ("channels", picked, tuple(channel.name for channel in base.stream.channels)),
        ("pipeline", ours, theirs),
    ):
        if have != want and not (what == "classes" and base.without_labels):
            raise MismatchError(
                f"the base model {base.name} has another {what}: {want}, where this has {have}"
            )


def check_base(base: Card, profile: Profile, recordings: list[Recording]) -> None:
    """Prove that a base model may be gone on from with these recordings, all of one set-up.

    Raises
    ------
    MismatchError
        Naming what differs, or the recording that the base has learnt from already.
    """
    check_base_fits(base, profile, recordings[0].info)
    known = {source.sha256: source.file for source in (*base.sources, *base.base_sources)}
    for recording in recordings:
        if (digest := file_sha256(Path(recording.source))) in known:
            raise MismatchError(
                f"the base model {base.name} has learnt from {known[digest]} already: its score "
                "here would mean nothing; pretrain without this person"
            )


def decide_trials(decoder: Decoder, epochs: Epochs) -> Iterator[tuple[str, str]]:
    """True class and decision of each trial, taken from its last window: the end of the cue."""
    ends = epochs.last_of_trials()
    for window, label in zip(ends.windows, ends.labels, strict=True):
        yield str(label), decoder.classes[int(np.argmax(decoder.predict_proba(window)))]


def common_pipeline(recordings: list[Recording], profile: Profile) -> Pipeline:
    """A pipeline for recordings that have to be of one set-up, each of them another."""
    if not recordings:
        raise RecordingError("there is no recording to calibrate on")
    _check_no_copies(recordings)
    first = recordings[0]
    pipeline = Pipeline(profile.pipeline, first.info)
    for other in recordings[1:]:
        theirs = Pipeline(profile.pipeline, other.info).chain.picked
        if other.info.sfreq != first.info.sfreq or theirs != pipeline.chain.picked:
            raise MismatchError(
                f"{other.source} differs from {first.source} in rate, channels or units; "
                "calibrate on runs of one set-up, or give --map-montage where only channels differ"
            )
    return pipeline


def _check_no_copies(recordings: list[Recording]) -> None:
    """A run that was learnt from must not be held out under another name, or weigh twice."""
    seen: dict[bytes, str] = {}
    for recording in recordings:
        digest = hashlib.sha256(np.ascontiguousarray(recording.data).data).digest()
        if digest in seen:
            raise RecordingError(
                f"{recording.source} holds the same signal as {seen[digest]}; give each run once"
            )
        seen[digest] = recording.source
