"""Decode whole held-out recordings as live, and mark rest and cues."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.engine.adapt_alignment import Adaptation
from bci.errors import DecodingError
from bci.interfaces import Decoder, Following
from bci.pipeline.pipeline import Window
from bci.profiles.profile import Profile
from bci.signals import Prediction
from bci.training.epochs import Epochs, StreamedRun, find_rest, in_spans, trial_of

_TINY = 1e-12


@dataclass(frozen=True)
class FoldStream:
    """The run that has a fold, and the fold's start and stop in it.

    ``start`` and ``stop`` are in seconds of the run.
    """

    run: StreamedRun
    start: float = -np.inf
    stop: float = np.inf


def fold_streams(
    splits: list[NDArray[np.bool_]], epochs: Epochs, runs: list[StreamedRun], profile: Profile
) -> list[FoldStream | None]:
    """Find the stretch of recording of each fold.

    The result is None for folds of items or of cued windows. ``splits`` are the folds' test
    masks, each (n_windows,). ``epochs`` are cut from ``runs``, in their order.
    """
    if epochs.items is not None or profile.pipeline.at_cues:
        return [None] * len(splits)
    own = [runs[int(epochs.runs[test][0])] for test in splits]
    if len(np.unique(epochs.runs)) > 1:
        return [FoldStream(run) for run in own]
    onsets = [trial.onset for run in runs for trial in run.trials]
    later = [onsets[int(epochs.trials[test].min())] for test in splits[1:]]
    edges = [-np.inf, *later, np.inf]
    return [FoldStream(run, *edges[k : k + 2]) for k, run in enumerate(own)]


@dataclass(frozen=True)
class Streamed:
    """Predictions for a held-out recording, streamed as if live.

    ``in_rest`` (n_predictions,) marks the predictions whose window lies wholly in rest. ``cued``
    has one item per trial that asked for a command: the trial's class, and the indices of the
    predictions whose window lies wholly in it. If the fold is a part of the recording, both cover
    the fold alone.
    """

    classes: tuple[str, ...]
    predictions: list[Prediction]
    in_rest: NDArray[np.bool_]
    cued: tuple[tuple[str, NDArray[np.int64]], ...] = ()

    def by_end(self) -> dict[int, NDArray[np.float64]]:
        """Return the probabilities (n_classes,) of each window, by its end.

        The end is the index one past the window's last sample.
        """
        return {each.end: each.probabilities for each in self.predictions}


def decide_windows(
    decoder: Decoder, windows: Iterable[Window], adaptation: Adaptation | None = None
) -> list[Prediction]:
    """Predict windows as live, leaving out those that cannot be decoded.

    ``adaptation``, created from ``decoder``, is updated with each window.
    """
    found = []
    for window in windows:
        with suppress(DecodingError):
            current = decoder if adaptation is None else adaptation.decoder
            probabilities = current.predict_proba(window.data)
            found.append(
                Prediction(current.classes, probabilities, window.start, window.end, window.taken)
            )
            if adaptation is not None:
                adaptation.learn(window)
    return found


def follows_signal(decoder: Decoder, profile: Profile) -> bool:
    """Return True if a decoder's alignment adapts to the signal while it decodes.

    If the profile does not set ``output.adapt``, this holds for decoders trained for adaptation.
    """
    wanted = profile.output.adapt
    if not isinstance(decoder, Following):
        return False
    return wanted == "alignment" or (wanted is None and getattr(decoder, "follows", False))


def adaptation_for(decoder: Decoder, run: StreamedRun, profile: Profile) -> Adaptation | None:
    """Create the adaptation of a decoder to a run; None if it does not adapt."""
    if not follows_signal(decoder, profile):
        return None
    return Adaptation(decoder, run.pipeline.chain.sfreq)


def decide_fold(
    decoder: Decoder, run: StreamedRun, ends: NDArray[np.int64], profile: Profile
) -> dict[int, NDArray[np.float64]]:
    """Predict some windows of a run as the live engine does.

    ``ends`` (n_windows,) are the indices one past the last sample of the wanted windows. Return
    their probabilities (n_classes,) by end; a window that cannot be decoded is left out.
    """
    adaptation, wanted = adaptation_for(decoder, run, profile), set(ends.tolist())
    found = {}
    for window in run.windows:
        current = decoder if adaptation is None else adaptation.decoder
        with suppress(DecodingError):
            if window.end in wanted:
                found[window.end] = current.predict_proba(window.data)
            if adaptation is not None:
                adaptation.learn(window)
    return found


def stream_fold(decoder: Decoder, stream: FoldStream, profile: Profile) -> Streamed:
    """Predict a held-out fold's recording as if live.

    ``decoder`` is trained on the other folds.

    Rest and cues of the fold alone are marked. The windows before the fold are predicted too,
    since evidence uses them.
    """
    run = stream.run
    before_stop = (window for window in run.windows if window.taken < stream.stop)
    predictions = decide_windows(decoder, before_stop, adaptation_for(decoder, run, profile))
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / run.pipeline.chain.sfreq
    rest = find_rest(run.recording, profile.paradigm)
    in_rest = in_spans(taken, rest, run.pipeline.n_samples * period, period)
    # A window across the fold's edge has samples that the decoder may be trained on.
    first = taken - (run.pipeline.n_samples - 1) * period
    in_fold = (first >= stream.start) & (taken < stream.stop)
    windows: dict[int, list[int]] = {}
    for index in np.flatnonzero(in_fold):
        number = trial_of(float(taken[index]), run.trials, run.pipeline)
        if number is not None and run.trials[number].label != profile.paradigm.quiet:
            windows.setdefault(number, []).append(int(index))
    cued = tuple((run.trials[k].label, np.array(own)) for k, own in windows.items())
    return Streamed(decoder.classes, predictions, in_rest & in_fold, cued)


def stream_rest(decoder: Decoder, run: StreamedRun, profile: Profile) -> Streamed:
    """Predict a recording of rest with the final decoder, which is not trained on it.

    Without a rest marker, the whole recording is rest.
    """
    predictions = decide_windows(decoder, run.windows, adaptation_for(decoder, run, profile))
    taken = np.array([p.taken for p in predictions])
    period = 1.0 / run.pipeline.chain.sfreq
    rest = find_rest(run.recording, profile.paradigm) or [(-np.inf, np.inf)]
    in_rest = in_spans(taken, rest, run.pipeline.n_samples * period, period)
    return Streamed(decoder.classes, predictions, in_rest)


def surer(
    decoder: Decoder,
    folds: list[Streamed | None],
    streams: list[FoldStream | None],
    profile: Profile,
) -> float:
    """Compare log odds at rest of the final and the folds' decoders.

    ``folds`` are the predictions of the folds' decoders for ``streams``. A decoder trained on more
    trials has larger log odds. So the temperature and the threshold of the folds' decoders would
    not fit the final one. Windows at rest are compared, since no decoder was trained on them
    (unless rest is a class), and since the threshold is chosen on them. The result is the ratio of
    the root mean squares, at least 1, and 1 without rest.
    """
    of_folds: list[NDArray[np.float64]] = []
    served: list[NDArray[np.float64]] = []
    for own, stream in zip(folds, streams, strict=True):
        if stream is None or own is None:
            continue
        of_fold = {
            prediction.end: prediction.probabilities
            for prediction, rest in zip(own.predictions, own.in_rest, strict=True)
            if rest
        }
        adaptation, windows = adaptation_for(decoder, stream.run, profile), stream.run.windows
        if adaptation is None:
            windows = [window for window in windows if window.end in of_fold]
        for prediction in decide_windows(decoder, windows, adaptation):
            if prediction.end in of_fold:
                served.append(prediction.probabilities)
                of_folds.append(of_fold[prediction.end])
    least = _rms_log_odds(of_folds)
    return max(1.0, _rms_log_odds(served) / least) if least else 1.0


def _rms_log_odds(probabilities: list[NDArray[np.float64]]) -> float:
    """Return the root mean square of the log odds against the classes' geometric mean.

    The result is 0 without probabilities. Each array of probabilities has shape (n_classes,).
    """
    if not probabilities:
        return 0.0
    logs = np.log(np.maximum(np.stack(probabilities), _TINY))
    return float(np.sqrt(np.mean(np.square(logs - logs.mean(axis=1, keepdims=True)))))
