"""How a decoder is compared over people: protocols, each scored on a run it has not seen."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits

from bci.evaluation.metrics import binomial_p
from bci.interfaces import Adaptable, Decoder
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Paradigm
from bci.signals import Recording, Signal
from bci.training.calibrate import decide_trials
from bci.training.epochs import Epochs, find_trials, trial_of
from bci.training.pretrain import fit

Arrays = Mapping[str, NDArray[np.generic]]
MakeDecoder = Callable[[Arrays | None], Decoder]
"""Gives a fresh decoder, going on from a base model's arrays if there are any."""

PROTOCOLS = ("within", "leave-one-out", "transfer")
# A base learns from one window in four: those of a trial overlap by nine tenths.
_BASE_STRIDE = 4
_N_TIMED = 50
# As the engine is given samples: some milliseconds of them at a time.
_CHUNK_S = 0.01


@dataclass(frozen=True)
class ScoredRun:
    """The run that is scored, as it was recorded, and how it is decoded."""

    recording: Recording
    pipeline: PipelineSettings
    paradigm: Paradigm


@dataclass(frozen=True)
class Person:
    """One person's epochs: of the calibration runs, and of the run that is scored.

    With ``run`` the latter is also streamed.
    """

    name: str
    calibration: Epochs
    test: Epochs
    run: ScoredRun | None = None


@dataclass(frozen=True)
class Outcome:
    """One decoder on one person: accuracy by trial, and what it cost.

    ``inference_p50_ms`` and ``inference_p99_ms`` are of one window on one thread;
    ``n_parameters`` counts all numbers of the model. ``streamed`` is the largest difference of a
    probability between the windows as they were cut and those that the pipeline gave when the run
    was streamed through it; None where that was not done.
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
    person: Person,
    others: list[Person],
    make_decoder: MakeDecoder,
    signal: Signal,
) -> dict[str, Outcome]:
    """Train for one person and score on that person's test run, once a protocol.

    ``within`` trains on the person's calibration runs. ``leave-one-out`` trains on the others'
    and takes the person's calibration windows, without labels, for alignment. ``transfer`` goes
    on from such a base with the labels. The base is trained once for both; the training time of
    ``transfer`` is what the person waits for, without the base.

    Raises
    ------
    ValueError
        If there is no such protocol, or the decoder cannot be adapted to a person.
    """
    own = person.calibration
    outcomes: dict[str, Outcome] = {}
    base: Adaptable | None = None
    base_s = 0.0
    for protocol in protocols:
        if protocol not in PROTOCOLS:
            raise ValueError(f"there is no protocol {protocol!r}; choose of {', '.join(PROTOCOLS)}")
        if protocol != "within" and base is None:
            began = time.perf_counter()
            base = _train_base(others, make_decoder, signal)
            base_s = time.perf_counter() - began
            arrays = base.arrays()
        began = time.perf_counter()
        if protocol == "leave-one-out":
            assert base is not None
            base.adapt(own.windows)
            outcomes[protocol] = _score(base, person, base_s)
            continue
        decoder = make_decoder(None if protocol == "within" else arrays)
        decoder.fit(own.windows, own.labels, groups=own.runs, signal=signal)
        outcomes[protocol] = _score(decoder, person, time.perf_counter() - began)
    return outcomes


def _train_base(others: list[Person], make_decoder: MakeDecoder, signal: Signal) -> Adaptable:
    decoder = make_decoder(None)
    if not isinstance(decoder, Adaptable):
        raise ValueError("this decoder does not carry over from person to person")
    fit(decoder, [_thinned(other.calibration, k) for k, other in enumerate(others)], signal)
    return decoder


def people_p(accuracies: NDArray[np.float64], n_trials: NDArray[np.int64], chance: float) -> float:
    """Of the one-sided binomial test of all people's trials, both (n_people,), against guessing."""
    right = round(float((accuracies * n_trials).sum()))
    return binomial_p(right, int(n_trials.sum()), chance)


def paired_p(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of the two-sided paired Wilcoxon test of two (n_people,); NaN where nothing differs.

    Shares of few trials have many equal differences, which must not be told apart by their last
    bit.
    """
    difference = np.round(one - other, 9)
    return float(stats.wilcoxon(difference).pvalue) if difference.any() else float("nan")


def _thinned(epochs: Epochs, person: int) -> Epochs:
    """Fewer windows, in groups that no other person shares."""
    kept = np.zeros(len(epochs.labels), dtype=bool)
    kept[::_BASE_STRIDE] = True
    thin = epochs.only(kept)
    return Epochs(thin.windows, thin.labels, thin.trials, thin.runs + 1000 * person)


def streamed_difference(decoder: Decoder, epochs: Epochs, run: ScoredRun) -> float:
    """Largest difference of a probability between windows as cut and as streamed.

    The run is pushed through a pipeline in chunks of 10 ms, as the live engine does it. 0 where all
    are equal to the last bit; infinite where windows are missing.
    """
    pipeline = Pipeline(run.pipeline, run.recording.info, decoder)
    trials = find_trials(run.recording, run.paradigm)
    n_samples = max(1, round(_CHUNK_S * run.recording.info.sfreq))
    streamed = [
        prediction.probabilities
        for chunk in run.recording.chunks(n_samples)
        for prediction in pipeline.push(chunk)
        if trial_of(prediction.taken, trials, pipeline) is not None
    ]
    if len(streamed) != len(epochs.windows):
        return float("inf")
    cut = [decoder.predict_proba(window) for window in epochs.windows]
    return float(np.abs(np.stack(streamed) - np.stack(cut)).max())


def _score(decoder: Decoder, person: Person, training_s: float) -> Outcome:
    test, run = person.test, person.run
    right = np.array([label == decided for label, decided in decide_trials(decoder, test)])
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
        streamed=None if run is None else streamed_difference(decoder, test, run),
    )
