"""Training a decoder on a person's labelled recordings, with an honest estimate of its worth."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, RecordingError
from bci.interfaces import Decoder, Retrieval, Servable, TrainingStep
from bci.models.card import Card
from bci.models.confidence import Tempered
from bci.models.drift import describe_drift
from bci.pipeline.filter_chain import pick_channels
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.profiles.stream_options import apply_stream_options
from bci.recording.identity import digests
from bci.signals import Recording, Signal, StreamInfo
from bci.training import calibrate_confidence as promise
from bci.training import cross_validation as held
from bci.training.card import make_card, source_card
from bci.training.class_patterns import ClassPattern, pattern_arrays
from bci.training.epochs import Epochs, cut_epochs, windows_of
from bci.training.folds import split_by_item, split_by_run
from bci.training.run_counts import RunCount, count_runs, without_copies
from bci.training.stored_check import Restore, check_stored
from bci.training.time_course import right_by_place, time_course

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and of how many."""

Look = Callable[[Decoder, Epochs, tuple[str, ...]], Iterable[ClassPattern]]
"""Given a trained decoder, its epochs and the channels' names, tells what it looks at."""


RunWatch = Callable[[tuple[RunCount, ...]], None]
"""Given the trials of each run, before anything is trained."""

StepWatch = Callable[[int, TrainingStep], None]
"""Told after each step of a training: which fold (the last is of all runs), and the step."""


def _silent(_doing: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Calibration:
    """A trained decoder, the card that tells what it is, and what it looks at and when.

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
    on_progress: Progress = _silent,
    base: Card | None = None,
    look: Look | None = None,
    on_step: StepWatch = lambda _fold, _step: None,
    on_runs: RunWatch = lambda _runs: None,
    rest: Sequence[Recording] = (),
    restore: Restore | None = None,
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
    on_runs : callable, optional
        Given the trials of each recording before the training.
    rest : sequence of Recording, optional
        Recordings of rest that nothing is learnt from. The threshold is chosen on them too.
    restore : callable, optional
        Makes the decoder of a loaded model, which is compared with the trained one; see
        `bci.training.stored_check`.

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
    splits, described = split_by_run(epochs) if epochs.items is None else split_by_item(epochs)
    streams = held.streams(splits, epochs, recordings, profile)
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
        held_out.append(held.hold_out(decoder, epochs.only(test), streams[fold], profile))
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
        on_progress("Choosing how to serve", len(splits), len(splits) + 1)
        decoder.choose_runtime()
    on_progress("Choosing the threshold", len(splits), len(splits) + 1)
    score = held.score(held_out, decoder, described)
    surer = held.surer(decoder, held_out, streams, profile)
    at_rest = [held.stream_rest(decoder, recording, profile) for recording in rest]
    confidence = promise.confidence(held_out, at_rest, surer, score.at_chance, pipeline, profile)
    card = make_card(name, profile, pipeline, recordings, decoder, score, runs=runs)
    ch_names = tuple(channel.name for channel in signal.channels)
    drift = describe_drift(
        (windows_of(recording, profile.pipeline, profile.paradigm) for recording in recordings),
        ch_names,
        signal.sfreq,
    )
    patterns = pattern_arrays(look(decoder, epochs, ch_names)) if look is not None else {}
    made = Calibration(
        Tempered(decoder, confidence.temperature),
        card.model_copy(
            update={
                "base": base.name if base is not None else None,
                "base_sources": (*base.sources, *base.base_sources) if base is not None else (),
                "confidence": confidence,
                "rest_sources": tuple(map(source_card, rest)),
                "drift": drift,
                "embedded_by": decoder.embedded_by if isinstance(decoder, Retrieval) else None,
            }
        ),
        patterns | _course_arrays(right, pipeline, profile),
    )
    if restore is not None:
        on_progress("Comparing the stored model", len(splits), len(splits) + 1)
        check_stored(made.decoder, made.card, made.arrays(), restore, epochs, recordings)
    on_progress("Done", len(splits) + 1, len(splits) + 1)
    return made


def _course_arrays(
    right: list[tuple[int, bool]], pipeline: Pipeline, profile: Profile
) -> dict[str, NDArray[np.generic]]:
    """When in a trial its class can be told; nothing where there is one window a trial."""
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
