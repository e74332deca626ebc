"""Score a decoder over people by several protocols, each on held-out runs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits

from bci.evaluation.metrics import binomial_p
from bci.interfaces import Adaptable, Decoder, Pooling
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.signals import Signal
from bci.training.epochs import Epochs, StreamedRun, trial_of
from bci.training.fold_streams import adaptation_for, decide_fold
from bci.training.others.pretrain import base_arrays, fit
from bci.training.trial_decisions import DecidedEpochs

Arrays = Mapping[str, NDArray[np.generic]]
MakeDecoder = Callable[[Arrays | None], Decoder]
"""Function that creates a decoder, with the arrays of a base model to start from, or None."""

PROTOCOLS = ("within", "leave-one-out", "transfer")
# A base model is trained on every fourth window: the windows of a trial overlap by nine tenths.
_BASE_STRIDE = 4
_N_TIMED = 50
# Length of a streamed chunk in seconds, similar to the chunks of a live engine.
_CHUNK_S = 0.01


@dataclass(frozen=True)
class ComparedPerson:
    """One person's epochs, from several runs; each run is held out in turn.

    ``runs`` are the same runs as streams, in the order of their numbers in ``epochs``. If given,
    they are decoded as live.
    """

    name: str
    epochs: Epochs
    runs: tuple[StreamedRun, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """Accuracy and cost of one decoder on one person; ``accuracy`` counts trials.

    ``training_s`` is the time of one training. ``inference_p50_ms`` and ``inference_p99_ms`` are
    times of one window on one thread. ``n_parameters`` counts all numbers of the model.
    ``streamed`` is the largest difference of a probability between cut windows and the same
    windows streamed through the pipeline; None if no run was streamed.
    """

    accuracy: float
    n_trials: int
    training_s: float
    inference_p50_ms: float
    inference_p99_ms: float
    n_parameters: int
    streamed: float | None = None


def run_protocols(
    protocols: Sequence[str],
    person: ComparedPerson,
    others: list[ComparedPerson],
    make_decoder: MakeDecoder,
    signal: Signal,
    profile: Profile,
) -> dict[str, Outcome]:
    """Score a decoder on each held-out run of a person, once per protocol.

    ``within`` trains on the person's other runs. ``leave-one-out`` trains on other people, and uses
    the person's other runs, without labels, for alignment. ``transfer`` starts from a base model
    of the other people and trains on the person's labelled runs. The base model is trained once
    for both; the training time of ``transfer`` excludes it. The profile's settings of evidence and
    adaptation apply.

    Raises
    ------
    ValueError
        If a protocol is unknown, or the decoder cannot be adapted to a person.
    """
    base: Adaptable | None = None
    base_s = 0.0
    outcomes = {}
    for protocol in protocols:
        if protocol not in PROTOCOLS:
            raise ValueError(f"there is no protocol {protocol!r}; choose of {', '.join(PROTOCOLS)}")
        if protocol != "within" and base is None:
            began = time.perf_counter()
            base = _train_base(others, make_decoder, signal)
            base_s = time.perf_counter() - began
            arrays = base_arrays(base)
        folds = []
        for run in np.unique(person.epochs.runs):
            own = person.epochs.only(person.epochs.runs != run)
            began = time.perf_counter()
            if protocol == "leave-one-out":
                assert base is not None
                base.adapt(own.windows)
                folds.append(_score(base, person, int(run), base_s, profile))
                continue
            decoder = make_decoder(None if protocol == "within" else arrays)
            decoder.fit(own.windows, own.labels, groups=own.runs, signal=signal)
            took_s = time.perf_counter() - began
            folds.append(_score(decoder, person, int(run), took_s, profile))
        outcomes[protocol] = _together(folds)
    return outcomes


def _train_base(
    others: list[ComparedPerson], make_decoder: MakeDecoder, signal: Signal
) -> Adaptable:
    decoder = make_decoder(None)
    if not isinstance(decoder, Adaptable):
        raise ValueError("this decoder does not carry over from person to person")
    # A decoder that pools windows selects them itself.
    stride = 1 if isinstance(decoder, Pooling) else _BASE_STRIDE
    fit(decoder, [_thinned(other.epochs, stride, k) for k, other in enumerate(others)], signal)
    return decoder


def people_p(accuracies: NDArray[np.float64], n_trials: NDArray[np.int64], chance: float) -> float:
    """Return the p-value of all people's trials against chance.

    It is that of a one-sided binomial test. ``accuracies`` and ``n_trials`` have shape
    (n_people,).
    """
    right = round(float((accuracies * n_trials).sum()))
    return binomial_p(right, int(n_trials.sum()), chance)


def paired_p(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the p-value of the two-sided paired Wilcoxon test.

    The result is NaN if all pairs are equal. ``one`` and ``other`` have shape (n_people,).
    Differences are rounded, since accuracies of few trials have many ties, which rounding
    errors would break.
    """
    difference = np.round(one - other, 9)
    return float(stats.wilcoxon(difference).pvalue) if difference.any() else float("nan")


def _thinned(epochs: Epochs, stride: int, person: int) -> Epochs:
    """Keep every ``stride``-th window; make the run numbers unique to the person."""
    kept = np.zeros(len(epochs.labels), dtype=bool)
    kept[::stride] = True
    thin = epochs.only(kept)
    return replace(thin, runs=thin.runs + 1000 * person)


def streamed_difference(
    decoder: Decoder, decided: DecidedEpochs, run: StreamedRun, profile: Profile
) -> float:
    """Return the largest probability difference of decided and streamed windows.

    The run is streamed through a pipeline in chunks of 10 ms, as in the live engine. 0 means equal
    to the last bit; infinity means that the numbers of windows differ.
    """
    pipeline = Pipeline(profile.pipeline, run.recording.info, decoder)
    adaptation = adaptation_for(decoder, run, profile)
    n_samples = max(1, round(_CHUNK_S * run.recording.info.sfreq))
    streamed = []
    for chunk in run.recording.chunks(n_samples):
        for window, prediction in pipeline.decode(chunk):
            if trial_of(prediction.taken, run.trials, pipeline) is not None:
                streamed.append(prediction.probabilities)
            if adaptation is not None:
                adaptation.learn(window)
                pipeline.decoder = adaptation.decoder
    n = len(decided.epochs.labels)
    if len(streamed) != n:
        return float("inf")
    cut = [decided.probabilities(number) for number in range(n)]
    return float(np.abs(np.stack(streamed) - np.stack(cut)).max())


def _score(
    decoder: Decoder, person: ComparedPerson, run: int, training_s: float, profile: Profile
) -> Outcome:
    test = person.epochs.only(person.epochs.runs == run)
    streamed = person.runs[run] if person.runs else None
    known = None
    if streamed is not None and test.ends is not None:
        known = decide_fold(decoder, streamed, test.ends, profile)
    decided = DecidedEpochs(decoder, test, known)
    truth, probabilities = decided.at_trial_ends(profile.output.evidence_s or 0.0)
    right = np.array(decoder.classes)[probabilities.argmax(axis=1)] == truth
    took = []
    with threadpool_limits(limits=1):
        for k in range(_N_TIMED):
            window = test.windows[k % len(test.windows)]
            began = time.perf_counter()
            decoder.predict_proba(window)
            took.append(1000 * (time.perf_counter() - began))
    return Outcome(
        accuracy=float(right.mean()),
        n_trials=len(right),
        training_s=training_s,
        inference_p50_ms=float(np.percentile(took, 50)),
        inference_p99_ms=float(np.percentile(took, 99)),
        n_parameters=sum(int(array.size) for array in decoder.arrays().values()),
        streamed=None
        if streamed is None
        else streamed_difference(decoder, decided, streamed, profile),
    )


def _together(folds: list[Outcome]) -> Outcome:
    """Combine a person's folds: accuracy over all trials, median of the times."""
    n_trials = sum(fold.n_trials for fold in folds)
    differences = [fold.streamed for fold in folds if fold.streamed is not None]
    return Outcome(
        accuracy=sum(fold.accuracy * fold.n_trials for fold in folds) / n_trials,
        n_trials=n_trials,
        training_s=float(np.median([fold.training_s for fold in folds])),
        inference_p50_ms=float(np.median([fold.inference_p50_ms for fold in folds])),
        inference_p99_ms=float(np.median([fold.inference_p99_ms for fold in folds])),
        n_parameters=folds[0].n_parameters,
        streamed=max(differences) if differences else None,
    )
