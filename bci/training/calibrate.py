"""Calibration: train a decoder on a person's recordings and score it held-out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, RecordingError, shortened
from bci.evaluation.early_course import course_by_length
from bci.evaluation.spelling import SpellingScore
from bci.interfaces import Decoder, Servable
from bci.models.card import Card
from bci.models.confidence import Tempered
from bci.models.drift import describe_drift
from bci.pipeline.cleaning.learnt import filter_arrays, has_trainable
from bci.pipeline.filter_chain import pick_channels
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.profiles.stream_options import apply_stream_options
from bci.recording.identity import digests
from bci.signals import Recording, Signal, StreamInfo
from bci.training.calibrate_confidence import calibrate_confidence
from bci.training.card import make_card
from bci.training.class_patterns import ClassPattern, pattern_arrays
from bci.training.cross_validation import (
    CrossValidation,
    OnStep,
    Progress,
    cross_validate,
    score_folds,
    with_executed,
)
from bci.training.epochs import Epochs, StreamedRun, cut_epochs, epochs_of, stream_run
from bci.training.flashes.spell_held_out import spell_held_out
from bci.training.fold_streams import stream_rest, surer
from bci.training.run_counts import RunCount, count_runs, without_copies
from bci.training.signal_states import describe_states, outside_held
from bci.training.stored_check import Restore, check_stored
from bci.training.time_course import time_course
from bci.training.trained_filters import refit_of, train_filters

Look = Callable[[Decoder, Epochs, tuple[str, ...]], Iterable[ClassPattern]]
"""Function that returns a pattern per class, from a trained decoder, epochs and channel names."""

OnRuns = Callable[[tuple[RunCount, ...]], None]
"""Function that is called with the trials of each run, before the training."""


# Filters that leave the covariance of a subset of channels as in a recording of these alone.
_FOR_EACH_CHANNEL = ("common_average", "bandpass", "notch", "remove_dc")


def _no_progress(_doing: str, _done: int, _of: int) -> None:
    pass


@dataclass(frozen=True)
class Calibration:
    """A trained decoder, its model card, and the arrays of its plots.

    ``patterns`` are further arrays for the model folder: class patterns, time course and scores of
    spelling; see `bci.training.class_patterns` and `bci.training.time_course`. ``spelled`` is the
    score of a speller's held-out symbols, else None.
    """

    decoder: Decoder
    card: Card
    patterns: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    spelled: SpellingScore | None = None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all arrays that the model folder stores beside the card."""
        return self.decoder.arrays() | self.patterns | filter_arrays(self.card.pipeline)


def calibrate(
    recordings: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    name: str,
    on_progress: Progress = _no_progress,
    base: Card | None = None,
    look: Look | None = None,
    on_step: OnStep = lambda _fold, _step: None,
    on_runs: OnRuns = lambda _runs: None,
    rest: Sequence[Recording] = (),
    restore: Restore | None = None,
    executed: Sequence[Recording] = (),
) -> Calibration:
    """Cut epochs by the live pipeline, cross-validate by run, and train on all.

    With a single recording, the folds are four consecutive blocks of its trials. If the paradigm
    has items (films, images), they are folds of whole items. In each fold, everything that is
    fitted (covariance mean, spatial filters, classifier, trained filters) uses training data only.

    ``make_decoder`` returns an untrained decoder, which starts from the model of ``base`` if that
    is given. ``look`` computes the class patterns of the trained decoder. ``on_step`` is called
    with each step of a training, ``on_runs`` with the trials of each recording before it. ``rest``
    are recordings of rest: the decoder is not trained on them, but the threshold is chosen on them
    too. ``restore`` creates the decoder of a loaded model, which is compared with the trained one;
    see `bci.training.stored_check`. ``executed`` are runs with executed instead of imagined
    movements: they are part of every training and of no score.

    Raises
    ------
    RecordingError
        If markers are missing, there are too few trials, or one recording is a copy of another.
    MismatchError
        If the recordings differ from one another or cannot satisfy the profile. Also if the base
        model has another pipeline, montage or classes, or was trained on one of the recordings.
    BundleError
        If the stored model would give other predictions than the trained one.
    """
    learnt = [*recordings, *executed]
    check_one_setup([*learnt, *rest], profile)
    if rest and profile.pipeline.at_cues:
        raise MismatchError(
            "this profile decodes at cues only, so recordings of rest are of no use"
        )
    if executed and profile.paradigm.items is not None:
        raise MismatchError(
            "this profile decodes items, not movements, so runs of executed movement are of no use"
        )
    if base is not None:
        check_base(base, profile, [*learnt, *rest])
    if has_trainable(profile.pipeline):
        on_progress("Training the filters", 0, 1)
        trained = train_filters(profile.pipeline, learnt)
        profile = profile.model_copy(update={"pipeline": trained})
    pipeline = Pipeline(profile.pipeline, recordings[0].info)
    on_progress("Cutting epochs", 0, 1)
    streamed = [stream_run(each, profile.pipeline, profile.paradigm) for each in recordings]
    epochs = epochs_of(streamed, profile.paradigm)
    runs = count_runs(recordings, epochs, profile.paradigm)
    moved = cut_epochs(list(executed), profile.pipeline, profile.paradigm) if executed else None
    if moved is not None:
        runs += count_runs(list(executed), moved, profile.paradigm)
    on_runs(runs)
    rested = [_stream_rest(each, profile) for each in rest]
    states = describe_states(streamed, rested) if profile.output.state_gate else None
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    held_out = cross_validate(
        epochs, streamed, profile, make_decoder, signal, on_progress, on_step, moved,
        refit_of(profile, epochs, streamed, executed),
    )  # fmt: skip
    n_folds = len(held_out.folds)
    on_progress("Training on all runs", n_folds, n_folds + 1)
    decoder = make_decoder()
    training = with_executed(epochs, moved)
    decoder.fit(
        training.windows, training.labels, groups=training.runs, signal=signal,
        on_epoch=partial(on_step, n_folds),
    )  # fmt: skip
    if isinstance(decoder, Servable):
        on_progress("Choosing how to serve", n_folds, n_folds + 1)
        decoder.choose_runtime()
    on_progress("Choosing the threshold", n_folds, n_folds + 1)
    score = score_folds(held_out.folds, decoder, held_out.described)
    folds = held_out.folds
    at_rest = [stream_rest(decoder, run, profile) for run in rested]
    if states is not None:
        folds = [
            replace(fold, streamed=outside_held(fold.streamed, stream.run, states))
            if fold.streamed is not None and stream is not None
            else fold
            for fold, stream in zip(folds, held_out.streams, strict=True)
        ]
        at_rest = [
            outside_held(each, run, states) for each, run in zip(at_rest, rested, strict=True)
        ]
    confidence = calibrate_confidence(
        folds,
        at_rest,
        surer(decoder, [each.streamed for each in held_out.folds], held_out.streams, profile),
        score.at_chance,
        pipeline,
        profile,
        bool(getattr(decoder, "balanced", False)),
    )
    ch_names = tuple(channel.name for channel in signal.channels)
    drift = describe_drift([run.windows for run in streamed], ch_names, signal.sfreq)
    card = make_card(
        name, profile, pipeline, learnt, decoder, score, runs=runs, base=base,
        confidence=confidence, rest=rest, n_executed=len(executed), drift=drift, states=states,
    )  # fmt: skip
    patterns = pattern_arrays(look(decoder, epochs, ch_names)) if look is not None else {}
    patterns |= _course_arrays(held_out, pipeline, profile)
    spelled = spell_held_out(held_out, epochs, streamed, profile, confidence.temperature)
    if spelled is not None:
        patterns |= spelled.arrays()
    made = Calibration(Tempered(decoder, confidence.temperature), card, patterns, spelled)
    if restore is not None:
        on_progress("Comparing the stored model", n_folds, n_folds + 1)
        check_stored(made.decoder, card, made.arrays(), restore, epochs, recordings)
    on_progress("Done", n_folds + 1, n_folds + 1)
    return made


def _stream_rest(recording: Recording, profile: Profile) -> StreamedRun:
    run = stream_run(recording, profile.pipeline, None)
    if not run.windows:
        raise RecordingError(
            f"{recording.source}: no sound window of {profile.pipeline.window_s:g} s lies within "
            "this rest; record a minute or two"
        )
    return run


def _course_arrays(
    held_out: CrossValidation, pipeline: Pipeline, profile: Profile
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of the accuracy over time; empty if it cannot be computed."""
    period, start_s = 1.0 / pipeline.chain.sfreq, profile.paradigm.start_s
    window_s = pipeline.n_samples * period
    if held_out.early:
        return course_by_length(held_out.early, start_s, window_s).arrays()
    if profile.pipeline.at_cues:
        return {}
    return time_course(held_out.right, start_s + window_s, pipeline.hop * period).arrays()


def check_base_fits(base: Card, profile: Profile, info: StreamInfo) -> None:
    """Check that training on recordings of a stream may start from a base model.

    A base model trained without labels fits any classes. A base model that stores electrode
    positions, or has a first layer per person, fits any EEG channels. A base model that stores
    windows of its people fits a subset of its channels, and other rates.

    Raises
    ------
    MismatchError
        If it does not fit; the message names the difference or the missing channels.
    """
    info = apply_stream_options(info, profile.pipeline)
    picked = tuple(info.channels[i].name for i in pick_channels(profile.pipeline, info))
    theirs = base.pipeline.alone.model_copy(update={"channels": picked})
    ours = profile.pipeline.alone.model_copy(update={"channels": picked})
    across = base.people is not None and base.people.across_montages
    has_windows = base.people is not None and base.people.windows > 0
    channels = tuple(channel.name for channel in base.stream.channels)
    for what, have, want in (
        ("decoder", profile.decoder.name, base.decoder.name),
        ("classes", sorted(profile.paradigm.labels or base.classes), sorted(base.classes)),
        ("sampling rate", info.sfreq, base.stream.sfreq),
        ("channels", picked, channels),
        ("pipeline", ours, theirs),
    ):
        free = {
            "classes": base.without_labels,
            "channels": across or (has_windows and _are_some(picked, channels, base)),
            "sampling rate": has_windows,
        }
        if have != want and not free.get(what, False):
            if what == "channels" and has_windows:
                raise MismatchError(_lacking(picked, channels, base))
            raise MismatchError(
                f"the base model {base.name} has another {what}: {want}, where this has {have}"
            )


def _lacking(picked: tuple[str, ...], of: tuple[str, ...], base: Card) -> str:
    known = {name.lower() for name in of}
    unknown = [name for name in picked if name.lower() not in known]
    if not unknown:
        return (
            f"the base model {base.name} has filters across channels, so it needs all of its "
            f"channels: {shortened(of, len(of))}"
        )
    return (
        f"the base model {base.name} lacks the channels {shortened(unknown)}; name channels that "
        f"it has in pipeline.channels of the profile: {shortened(of, len(of))}"
    )


def _are_some(picked: tuple[str, ...], of: tuple[str, ...], base: Card) -> bool:
    """Return True if a base model that has channels ``of`` fits those ``picked``.

    It fits a subset of its channels if no filter depends on the montage.
    """
    known = {name.lower() for name in of}
    alike = all(step.kind in _FOR_EACH_CHANNEL for step in base.pipeline.filters)
    return alike and {name.lower() for name in picked} <= known


def check_base(base: Card, profile: Profile, recordings: list[Recording]) -> None:
    """Check that training on ``recordings`` may start from a base model.

    The recordings are of one set-up.

    Raises
    ------
    MismatchError
        If it does not fit, or if the base was trained on one of the recordings; the message names
        the difference or the recording.
    """
    check_base_fits(base, profile, recordings[0].info)
    for recording in recordings:
        own = digests(recording)
        for source in (*base.sources, *base.base_sources):
            if not source.digests.isdisjoint(own):
                raise MismatchError(
                    f"the base model {base.name} was trained on {source.file} already: its score "
                    "here would mean nothing; pretrain without this person"
                )


def common_pipeline(recordings: list[Recording], profile: Profile) -> Pipeline:
    """Create a pipeline for recordings, which must be distinct and of one set-up."""
    check_one_setup(recordings, profile)
    return Pipeline(profile.pipeline, recordings[0].info)


def check_one_setup(recordings: list[Recording], profile: Profile) -> None:
    """Raise an error if recordings differ in rate, channels or units, or are copies."""
    if not recordings:
        raise RecordingError("there is no recording to calibrate on")
    _check_no_copies(recordings)
    first = recordings[0]
    picking = profile.pipeline.model_copy(update={"filters": ()})
    picked = Pipeline(picking, first.info).chain.picked
    for other in recordings[1:]:
        theirs = Pipeline(picking, other.info).chain.picked
        relabelled = profile.pipeline.names and other.info.ch_names != first.info.ch_names
        if other.info.sfreq != first.info.sfreq or theirs != picked or relabelled:
            raise MismatchError(
                f"{other.source} differs from {first.source} in rate, channels or units; "
                "calibrate on runs of one set-up, or give --map-montage where only channels differ"
            )


def _check_no_copies(recordings: list[Recording]) -> None:
    """Raise an error for copies of recordings.

    A training run must not be held out too, or be used twice.
    """
    _, copies = without_copies(recordings)
    for copy, of in copies:
        raise RecordingError(f"{copy} holds the same signal as {of}; give each run once")
