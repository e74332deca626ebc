"""How much calibration is enough: accuracy against the number of trials learnt from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.evaluation.metrics import Accuracy, score_accuracy
from bci.interfaces import Decoder
from bci.profiles.profile import Profile
from bci.signals import Recording, Signal
from bci.training.calibrate import common_pipeline, decide_trials
from bci.training.cross_validation import Progress, split_by_run
from bci.training.epochs import Epochs, cut_epochs

# Trials a class from one point to the next.
_STEP = 4


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy on held-out trials after learning from ``trials_per_class`` of the others.

    At the last point of a curve every trial of the training folds is used; ``trials_per_class``
    is then the fewest that any class has in any fold.
    """

    trials_per_class: int
    accuracy: Accuracy


def learning_curve(
    epochs: Epochs,
    make_decoder: Callable[[], Decoder],
    signal: Signal,
    on_progress: Progress | None = None,
    on_point: Callable[[CurvePoint], None] = lambda _point: None,
) -> list[CurvePoint]:
    """Cross-validate by run with the first trials only, then with more and more of them.

    The folds and what is held out are those of `bci.training.calibrate.calibrate`. From the
    training folds a decoder sees the first ``k`` trials of each class in order of time, as if
    calibration had ended there, for ``k`` = 4, 8 ..., and at last all of them. All points share
    their held-out trials, so that the difference of two is surer than their intervals.

    ``epochs`` are of runs in order of time.

    Raises
    ------
    RecordingError
        If there are too few trials to hold any out.
    """
    splits, _ = split_by_run(epochs)
    fewest = min(int(_trials_left(epochs.only(~test)).min()) for test in splits)
    sizes = [*range(_STEP, fewest, _STEP), None]
    curve = []
    for number, size in enumerate(sizes):
        if on_progress is not None:
            text = "all" if size is None else str(size)
            on_progress(f"Learning from {text} trials a class", number, len(sizes))
        decisions: list[tuple[str, str]] = []
        for test in splits:
            training = epochs.only(~test)
            if size is not None:
                training = training.only(_first_trials(training, size))
            decoder = make_decoder()
            decoder.fit(training.windows, training.labels, groups=training.runs, signal=signal)
            decisions += decide_trials(decoder, epochs.only(test))
        truth, decided = np.array(decisions).T
        curve.append(CurvePoint(fewest if size is None else size, score_accuracy(truth, decided)))
        on_point(curve[-1])
    return curve


def recordings_curve(
    recordings: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    on_progress: Progress | None = None,
    on_point: Callable[[CurvePoint], None] = lambda _point: None,
) -> list[CurvePoint]:
    """`learning_curve` of recordings, cut as `bci.training.calibrate.calibrate` cuts them."""
    pipeline = common_pipeline(recordings, profile)
    epochs = cut_epochs(recordings, profile.pipeline, profile.paradigm)
    signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
    return learning_curve(epochs, make_decoder, signal, on_progress, on_point=on_point)


def _trials_by_class(epochs: Epochs) -> list[NDArray[np.int64]]:
    """Numbers of the trials of each class, in order of time."""
    return [np.unique(epochs.trials[epochs.labels == label]) for label in np.unique(epochs.labels)]


def _trials_left(epochs: Epochs) -> NDArray[np.int64]:
    return np.array([len(trials) for trials in _trials_by_class(epochs)])


def _first_trials(epochs: Epochs, size: int) -> NDArray[np.bool_]:
    first = np.concatenate([trials[:size] for trials in _trials_by_class(epochs)])
    return np.asarray(np.isin(epochs.trials, first))
