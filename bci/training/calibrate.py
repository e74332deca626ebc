"""Calibration: train a decoder on a person's labelled recordings, and score it held-out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, RecordingError
from bci.interfaces import Decoder, Servable
from bci.models.card import Card
from bci.models.confidence import Tempered
from bci.models.drift import describe_drift
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
    OnStep,
    Progress,
    cross_validate,
    score_folds,
    stream_rest,
    surer,
)
from bci.training.epochs import Epochs, cut_epochs, windows_of
from bci.training.run_counts import RunCount, count_runs, without_copies
from bci.training.stored_check import Restore, check_stored
from bci.training.time_course import time_course

Look = Callable[[Decoder, Epochs, tuple[str, ...]], Iterable[ClassPattern]]
"""Given a trained decoder, its epochs and the channels' names, finds the pattern of each class."""

OnRuns = Callable[[tuple[RunCount, ...]], None]
"""Given the trials of each run, before anything is trained."""


def _no_progress(_doing: str, _done: int, _of: int) -> None:
    pass


@dataclass(frozen=True)
class Calibration:
    """A trained decoder, its card, and its patterns and time course.

    ``patterns`` are arrays for the bundle; see `bci.training.class_patterns` and
    `bci.training.time_course`.
    """

    decoder: Decoder
    card: Card
    patterns: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything that a bundle keeps beside the card."""
        return self.decoder.arrays() | self.patterns


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
) -> Calibration:
    """Cut epochs with the serving pipeline, cross-validate by run, then train on all.

    With a single recording the folds are four consecutive blocks of its trials; where the paradigm
    has items (films, images) they are folds of whole items. Every fit
    (covariance mean, spatial filters, classifier) sees training folds only.

    ``make_decoder`` gives a fresh, untrained decoder, which goes on from the model of ``base`` if
    there is one. ``look`` finds what the decoder looks at. ``on_runs`` is given the trials of each
    recording before the training. From ``rest`` nothing is learnt, but the threshold is chosen on
    it too. ``restore`` makes the decoder of a loaded model, which is compared with the trained one;
    see `bci.training.stored_check`.

    Raises
    ------
    RecordingError
        If markers are missing, there are too few trials, or one recording is a copy of another.
    MismatchError
        If the recordings differ from one another or cannot satisfy the profile, or the base
        model has another pipeline, montage or classes, or has learnt from one of them.
    BundleError
        If the stored model would decode otherwise than the trained one.
    """
    pipeline = common_pipeline([*recordings, *rest], profile)
    if rest and profile.pipeline.at_cues:
        raise MismatchError(
            "this profile decodes at cues only, so recordings of rest are of no use"
        )
    if base is not None:
        check_base(base, profile, [*recordings, *rest])
    on_progress("Cutting epochs", 0, 1)
    epochs = cut_epochs(recordings, profile.pipeline, profile.paradigm)
    runs = count_runs(recordings, epochs, profile.paradigm)
    on_runs(runs)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    held_out = cross_validate(
        epochs, recordings, profile, make_decoder, signal, on_progress, on_step
    )
    n_folds = len(held_out.folds)
    on_progress("Training on all runs", n_folds, n_folds + 1)
    decoder = make_decoder()
    decoder.fit(
        epochs.windows, epochs.labels, groups=epochs.runs, signal=signal,
        on_epoch=partial(on_step, n_folds),
    )  # fmt: skip
    if isinstance(decoder, Servable):
        on_progress("Choosing how to serve", n_folds, n_folds + 1)
        decoder.choose_runtime()
    on_progress("Choosing the threshold", n_folds, n_folds + 1)
    score = score_folds(held_out.folds, decoder, held_out.described)
    confidence = calibrate_confidence(
        held_out.folds,
        [stream_rest(decoder, recording, profile) for recording in rest],
        surer(decoder, held_out.folds, held_out.streams, profile),
        score.at_chance,
        pipeline,
        profile,
    )
    ch_names = tuple(channel.name for channel in signal.channels)
    drift = describe_drift(
        (windows_of(recording, profile.pipeline, profile.paradigm) for recording in recordings),
        ch_names,
        signal.sfreq,
    )
    card = make_card(
        name, profile, pipeline, recordings, decoder, score, runs=runs, base=base,
        confidence=confidence, rest=rest, drift=drift,
    )  # fmt: skip
    patterns = pattern_arrays(look(decoder, epochs, ch_names)) if look is not None else {}
    patterns |= _course_arrays(held_out.right, pipeline, profile)
    made = Calibration(Tempered(decoder, confidence.temperature), card, patterns)
    if restore is not None:
        on_progress("Comparing the stored model", n_folds, n_folds + 1)
        check_stored(made.decoder, card, made.arrays(), restore, epochs, recordings)
    on_progress("Done", n_folds + 1, n_folds + 1)
    return made


def _course_arrays(
    right: list[tuple[int, bool]], pipeline: Pipeline, profile: Profile
) -> dict[str, NDArray[np.generic]]:
    """Accuracy by the time in a trial; nothing where there is one window a trial."""
    if profile.pipeline.at_cues:
        return {}
    period = 1.0 / pipeline.chain.sfreq
    first_s = profile.paradigm.start_s + pipeline.n_samples * period
    return time_course(right, first_s, pipeline.hop * period).arrays()


def check_base_fits(base: Card, profile: Profile, info: StreamInfo) -> None:
    """Prove that a base model may be gone on from with recordings of a stream.

    A base that learnt without labels may be gone on from with any classes.

    Raises
    ------
    MismatchError
        Naming what differs, or the channel that the stream lacks.
    """
    info = apply_stream_options(info, profile.pipeline)
    picked = tuple(info.channels[i].name for i in pick_channels(profile.pipeline, info))
    theirs = base.pipeline.alone.model_copy(update={"channels": picked})
    ours = profile.pipeline.alone.model_copy(update={"channels": picked})
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
    for recording in recordings:
        own = digests(recording)
        for source in (*base.sources, *base.base_sources):
            if not source.digests.isdisjoint(own):
                raise MismatchError(
                    f"the base model {base.name} has learnt from {source.file} already: its score "
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
        relabelled = profile.pipeline.names and other.info.ch_names != first.info.ch_names
        if other.info.sfreq != first.info.sfreq or theirs != pipeline.chain.picked or relabelled:
            raise MismatchError(
                f"{other.source} differs from {first.source} in rate, channels or units; "
                "calibrate on runs of one set-up, or give --map-montage where only channels differ"
            )
    return pipeline


def _check_no_copies(recordings: list[Recording]) -> None:
    """A run that was learnt from must not be held out under another name, or weigh twice."""
    _, copies = without_copies(recordings)
    for copy, of in copies:
        raise RecordingError(f"{copy} holds the same signal as {of}; give each run once")
