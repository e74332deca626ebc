"""Learning curve: accuracy by the number of training trials."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.evaluation.metrics import Accuracy, score_accuracy, score_balanced
from bci.interfaces import Adaptable, Decoder
from bci.jobs.workers import THIS_PROCESS, Workers, run_jobs
from bci.profiles.profile import Profile
from bci.signals import Recording, Signal
from bci.training.calibrate import common_pipeline
from bci.training.cross_validation import Progress, split, split_by_run, with_executed
from bci.training.epochs import Epochs, cut_epochs, epochs_of, stream_run
from bci.training.flashes.selections import away_from
from bci.training.fold_streams import FoldStream, decide_fold, fold_streams
from bci.training.trial_decisions import DecidedEpochs

# Trials per class from one point to the next.
_STEP = 4
_MOST_POINTS = 12

Held = Callable[[Decoder, int, Epochs], DecidedEpochs]
"""Function that decodes the epochs of a fold, given a decoder and the fold's number."""


@dataclass(frozen=True)
class Base:
    """A base model of other people, with channels ``ch_names``.

    ``make`` returns an untrained decoder that starts from the base model. ``alone`` returns the
    base model's own decoder.
    """

    make: Callable[[], Decoder]
    alone: Callable[[], Adaptable]
    ch_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy on held-out trials after training on some trials of each class.

    The training has ``trials_per_class`` trials of each class. The last point of a curve uses
    all trials of the training folds. Its ``trials_per_class`` is the smallest number of any
    class in any fold. ``with_base`` is True if the training started from a base model of other
    people; with 0 trials, that model was used alone.
    """

    trials_per_class: int
    accuracy: Accuracy
    with_base: bool = False


def learning_curve(
    epochs: Epochs,
    make_decoder: Callable[[], Decoder],
    signal: Signal,
    on_progress: Progress | None = None,
    on_point: Callable[[CurvePoint], None] = lambda _point: None,
    evidence_s: float = 0.0,
    base: Base | None = None,
    held: Held = lambda decoder, _fold, epochs: DecidedEpochs(decoder, epochs),
    executed: Epochs | None = None,
    splits: Sequence[NDArray[np.bool_]] | None = None,
    balanced: bool = False,
    workers: Workers = THIS_PROCESS,
) -> list[CurvePoint]:
    """Cross-validate with the first training trials only, then with more.

    The folds are those of `bci.training.calibrate.calibrate`. A decoder is trained on the first
    ``k`` trials of each class in the training folds, in order of time, as if calibration had ended
    there. ``k`` is 4, 8 ..., and finally all; with very many trials there are about ten points.
    All points share their held-out trials, so differences between points are more precise than
    their intervals suggest.

    ``epochs`` are from runs in order of time. Each trial is decided from ``evidence_s`` seconds of
    evidence. With ``base``, each point is followed by one whose training starts from the base
    model. If that has the same channels, the first point is the base model alone, aligned by the
    training folds without labels. ``held`` decodes the held-out epochs. ``executed`` are part of
    every training, but do not count in ``k``. ``splits`` are the test masks; None splits by run.
    With ``balanced`` the accuracy is balanced accuracy. ``workers`` train points and folds; with
    several, all functions must be picklable.

    Raises
    ------
    RecordingError
        If there are too few trials to hold any out.
    """
    if splits is None:
        splits, _ = split_by_run(epochs)
    left = [epochs.only(away_from(epochs, test)) for test in splits]
    fewest = min(int(_trials_left(each).min()) for each in left)
    step = _STEP * max(1, round(fewest / (_STEP * _MOST_POINTS)))
    sizes = [*range(step, fewest, step), None]
    points: list[tuple[int | None, bool]] = [(size, False) for size in sizes]
    if base is not None:
        points = [(size, with_base) for size in sizes for with_base in (False, True)]
        if base.ch_names == tuple(channel.name for channel in signal.channels):
            points.insert(0, (0, True))
    jobs = [(size, with_base, fold) for size, with_base in points for fold in range(len(splits))]
    given = _Given(epochs, splits, left, make_decoder, signal, base, executed, held, evidence_s)
    waiting: dict[int, dict[int, _Decided]] = {number: {} for number in range(len(points))}
    curve: list[CurvePoint] = []
    if on_progress is not None:
        on_progress(_described(points[0][0]), 0, len(points))
    with closing(run_jobs(_decide, given, jobs, workers)) as done:
        for one in done:
            number, fold = divmod(one.number, len(splits))
            waiting[number][fold] = one.result
            # Points are reported in order, even if a later one is done first.
            while len(waiting.get(len(curve), ())) == len(splits):
                size, with_base = points[len(curve)]
                parts = [waiting[len(curve)][k] for k in range(len(splits))]
                truth, decided = (np.concatenate(each) for each in zip(*parts, strict=True))
                accuracy = (score_balanced if balanced else score_accuracy)(truth, decided)
                curve.append(CurvePoint(fewest if size is None else size, accuracy, with_base))
                on_point(curve[-1])
                if on_progress is not None and len(curve) < len(points):
                    on_progress(_described(points[len(curve)][0]), len(curve), len(points))
    return curve


_Decided = tuple[NDArray[np.str_], NDArray[np.str_]]
"""True and decided labels of held-out trials."""


class _Given(NamedTuple):
    """Data of all trainings of a curve.

    See `learning_curve`. ``left`` is training data by fold.
    """

    epochs: Epochs
    splits: Sequence[NDArray[np.bool_]]
    left: list[Epochs]
    make_decoder: Callable[[], Decoder]
    signal: Signal
    base: Base | None
    executed: Epochs | None
    held: Held
    evidence_s: float


def _decide(given: _Given, job: tuple[int | None, bool, int]) -> _Decided:
    size, with_base, fold = job
    base = given.base if with_base else None
    decoder = _trained(
        given.left[fold], size, given.make_decoder, base, given.signal, given.executed
    )
    held_out = given.held(decoder, fold, given.epochs.only(given.splits[fold]))
    labels, probabilities = held_out.at_trial_ends(given.evidence_s)
    return labels, np.array(decoder.classes)[probabilities.argmax(axis=1)]


def _trained(
    training: Epochs,
    size: int | None,
    make_decoder: Callable[[], Decoder],
    base: Base | None,
    signal: Signal,
    executed: Epochs | None,
) -> Decoder:
    if base is not None and size == 0:
        adapted = base.alone()
        adapted.adapt(training.windows)
        return adapted
    if size is not None:
        training = training.only(_first_trials(training, size))
    training = with_executed(training, executed)
    decoder = make_decoder() if base is None else base.make()
    decoder.fit(training.windows, training.labels, groups=training.runs, signal=signal)
    return decoder


def _described(size: int | None) -> str:
    return f"Learning from {'all' if size is None else size} trials a class"


def recordings_curve(
    recordings: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    on_progress: Progress | None = None,
    on_point: Callable[[CurvePoint], None] = lambda _point: None,
    base: Base | None = None,
    executed: Sequence[Recording] = (),
    workers: Workers = THIS_PROCESS,
) -> list[CurvePoint]:
    """Compute the `learning_curve` of recordings, cut and decided as in `calibrate`."""
    pipeline = common_pipeline([*recordings, *executed], profile)
    runs = [stream_run(each, profile.pipeline, profile.paradigm) for each in recordings]
    epochs = epochs_of(runs, profile.paradigm)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    splits, _ = split(epochs, runs)
    streams = fold_streams(splits, epochs, runs, profile)

    evidence_s = profile.output.evidence_s or 0.0
    moved = cut_epochs(list(executed), profile.pipeline, profile.paradigm) if executed else None
    return learning_curve(
        epochs, make_decoder, signal, on_progress, on_point, evidence_s, base,
        partial(_held, streams, profile), moved, splits,
        balanced=profile.without_decisions, workers=workers,
    )  # fmt: skip


def _held(
    streams: Sequence[FoldStream | None],
    profile: Profile,
    decoder: Decoder,
    fold: int,
    test: Epochs,
) -> DecidedEpochs:
    stream = streams[fold]
    if stream is None or test.ends is None:
        return DecidedEpochs(decoder, test)
    return DecidedEpochs(decoder, test, decide_fold(decoder, stream.run, test.ends, profile))


def _trials_by_class(epochs: Epochs) -> list[NDArray[np.int64]]:
    """Return the numbers of the trials of each class, in order of time."""
    return [np.unique(epochs.trials[epochs.labels == label]) for label in np.unique(epochs.labels)]


def _trials_left(epochs: Epochs) -> NDArray[np.int64]:
    return np.array([len(trials) for trials in _trials_by_class(epochs)])


def _first_trials(epochs: Epochs, size: int) -> NDArray[np.bool_]:
    first = np.concatenate([trials[:size] for trials in _trials_by_class(epochs)])
    return np.asarray(np.isin(epochs.trials, first))
