"""Train filters on calibration runs, in each fold without held-out data.

A held-out trial must not influence the filter that cleans it. So each fold trains the filters again
and streams the recordings through them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.interfaces import TrainableFilter
from bci.pipeline.cleaning.learnt import has_trainable
from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Profile
from bci.signals import FloatArray, Recording, Signal
from bci.training.epochs import Epochs, StreamedRun, cut_epochs, epochs_of, stream_run
from bci.training.fold_streams import FoldStream, fold_streams

Span = tuple[float, float]

_CHUNK = 256


@dataclass(frozen=True)
class Fold:
    """Epochs of one fold of a cross-validation, filtered by the fold's own filters.

    ``test`` marks the held-out windows in ``epochs``. ``stream`` is their stretch of recording, or
    None. ``executed`` are the epochs of executed movements, or None.
    """

    epochs: Epochs
    test: NDArray[np.bool_]
    stream: FoldStream | None
    executed: Epochs | None


Refit = Callable[[list[NDArray[np.bool_]], int], Fold]
"""Function that filters the recordings again for one fold.

It is called with the test masks of all folds and the number of the fold.
"""


def train_filters(
    settings: PipelineSettings,
    recordings: Sequence[Recording],
    held_out: Sequence[Sequence[Span]] | None = None,
) -> PipelineSettings:
    """Train each trainable filter on its own input signal.

    Earlier filters have filtered that signal. ``held_out`` has, for each recording, the (start,
    end) spans in seconds that are left out.

    Raises
    ------
    MismatchError
        If a filter cannot be trained on these recordings; the message names it.
    """
    filters = list(settings.filters)
    spans = held_out if held_out is not None else [()] * len(recordings)
    for position, step in enumerate(filters):
        if not isinstance(step, TrainableFilter):
            continue
        before = settings.model_copy(update={"filters": tuple(filters[:position])})
        stretches: list[FloatArray] = []
        for recording, own in zip(recordings, spans, strict=True):
            chain = Chain(before, recording.info)
            stretches += _stretches(chain, recording, own)
        try:
            learnt = step.fit(stretches, Signal(chain.sfreq, chain.channels))
        except ValueError as error:
            raise MismatchError(
                f"{recordings[0].info.name}: filters.{position} ({step.kind}): {error}"
            ) from error
        filters[position] = step.with_learnt(learnt)
    return settings.model_copy(update={"filters": tuple(filters)})


def _stretches(chain: Chain, recording: Recording, held_out: Sequence[Span]) -> list[FloatArray]:
    """Return the settled output of a chain, split wherever samples are left out.

    Left out are lost, bad and rejected samples, and the spans ``held_out``. Each part has shape
    (n_samples, n_channels).
    """
    q, expected, settled = chain.decimation, None, None
    indices, parts = [], []
    for chunk in recording.chunks(_CHUNK):
        if chunk.first != expected:
            chain.reset()
            settled = None
        expected = chunk.end
        filtered = chain.process(chunk.data, chunk.first)
        if not len(filtered.data):
            continue
        if settled is None:
            settled = filtered.first + -(-chain.settling // q)
        own = filtered.first + np.arange(len(filtered.data))
        times = chunk.timestamps[filtered.first * q - chunk.first :: q]
        is_kept = own >= settled
        is_kept &= own > max(filtered.newest_bad, filtered.newest_rejected)
        for start, stop in held_out:
            is_kept &= (times < start) | (times >= stop)
        indices.append(own[is_kept])
        parts.append(filtered.data[is_kept])
    if not parts:
        return []
    data, index = np.concatenate(parts), np.concatenate(indices)
    return [part for part in np.split(data, np.flatnonzero(np.diff(index) != 1) + 1) if len(part)]


def refit_of(
    profile: Profile,
    epochs: Epochs,
    runs: list[StreamedRun],
    executed: Sequence[Recording],
) -> Refit | None:
    """Create the function that filters the recordings again for a fold.

    The result is None without trainable filters. ``epochs`` are cut from ``runs``.
    """
    if not has_trainable(profile.pipeline):
        return None
    recordings = [run.recording for run in runs]

    def refit(splits: list[NDArray[np.bool_]], fold: int) -> Fold:
        tested = np.unique(epochs.trials[splits[fold]])
        held_out = [*_held_spans(runs, tested), *([()] * len(executed))]
        settings = train_filters(profile.pipeline, [*recordings, *executed], held_out)
        again = [stream_run(each, settings, profile.paradigm) for each in recordings]
        own = epochs_of(again, profile.paradigm)
        # The artifact limit may reject other windows than before, so only common ones are used.
        own = own.only(np.isin(_keys(own), _keys(epochs)))
        tests = [np.isin(own.trials, np.unique(epochs.trials[test])) for test in splits]
        moved = cut_epochs(list(executed), settings, profile.paradigm) if executed else None
        stream = fold_streams(tests, own, again, profile)[fold]
        return Fold(own, tests[fold], stream, moved)

    return refit


def found_again(epochs: Epochs, fold: Fold) -> NDArray[np.bool_]:
    """Mark the windows of ``epochs`` that ``fold`` has too, shape (n_windows,)."""
    return np.isin(_keys(epochs), _keys(fold.epochs))


def _keys(epochs: Epochs) -> NDArray[np.int64]:
    """Return a unique number per window, from its run and its last sample."""
    assert epochs.ends is not None
    return (epochs.runs.astype(np.int64) << 40) + epochs.ends


def _held_spans(runs: Sequence[StreamedRun], tested: NDArray[np.int64]) -> list[list[Span]]:
    """Return each run's spans of held-out trials.

    A span ends at the next trial that is not held out. ``tested`` are the numbers of the
    held-out trials, counted over all runs. The signal before a run's first trial is held out
    with it, and so is the signal after the last one.
    """
    found, n_before = [], 0
    for run in runs:
        spans: list[Span] = []
        is_tested = np.isin(n_before + np.arange(len(run.trials)), tested)
        for number, trial in enumerate(run.trials):
            begin = min(trial.onset, trial.start) if number else -np.inf
            if is_tested[number] and (not number or not is_tested[number - 1]):
                spans.append((begin, np.inf))
            elif spans and not is_tested[number] and is_tested[number - 1]:
                spans[-1] = (spans[-1][0], begin)
        n_before += len(run.trials)
        found.append(spans)
    return found
