"""Compare SSVEP decoders on held-out runs.

They are compared by window length and with dynamic stopping.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from bci.errors import RecordingError
from bci.evaluation.metrics import Accuracy, score_accuracy
from bci.evaluation.spelling import wolpaw_bits
from bci.interfaces import Decoder, TrainingFree
from bci.pipeline.pipeline import Pipeline
from bci.profiles.flicker import MARKER
from bci.profiles.profile import Profile
from bci.signals import Recording, Signal
from bci.spelling.flicker_evidence import FlickerEvidence, FlickerWindows
from bci.spelling.posterior import uniform
from bci.training.epochs import Trial, chunks_for, cut_epochs, find_trials

GAZE_S = 0.5
"""Time to look at the next target, in seconds; it is part of a selection's duration."""


class FlickerDecision(NamedTuple):
    """One selection: attended class, decided class, and seconds of flicker."""

    truth: str
    decided: str
    flicker_s: float


@dataclass(frozen=True)
class FlickerScore:
    """Score of selections among ``n_classes`` targets.

    ``seconds`` is the mean duration of a selection, with `GAZE_S`. ``chars_per_min`` is the rate of
    a text without errors: a wrong symbol costs its selection and another one that undoes it.
    ``itr_bits_per_min`` is Wolpaw's rate, for equally likely and equally easy targets.
    """

    accuracy: Accuracy
    n_classes: int
    seconds: float

    @property
    def chars_per_min(self) -> float:
        return 60.0 / self.seconds * max(0.0, 2.0 * self.accuracy.value - 1.0)

    @property
    def itr_bits_per_min(self) -> float:
        return wolpaw_bits(self.accuracy.value, self.n_classes) * 60.0 / self.seconds


def score_flicker(decisions: Sequence[FlickerDecision], n_classes: int) -> FlickerScore:
    """Score decisions; chance is 1 / ``n_classes``."""
    truth = np.array([each.truth for each in decisions])
    decided = np.array([each.decided for each in decisions])
    seconds = GAZE_S + float(np.mean([each.flicker_s for each in decisions]))
    return FlickerScore(score_accuracy(truth, decided, 1.0 / n_classes), n_classes, seconds)


def decide_windows(
    runs: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    window_s: float,
) -> list[FlickerDecision]:
    """Decide one window of ``window_s`` seconds per trial.

    It starts at the paradigm's ``start_s``. Each run is held out in turn, and the decoder is
    trained on the others. A decoder that needs no training is used as it is.
    """
    pipeline = profile.pipeline.model_copy(update={"window_s": window_s, "at_cues": True})
    epochs = cut_epochs(runs, pipeline, profile.paradigm)
    assert epochs.signal is not None
    found = []
    with threadpool_limits(limits=1):
        for run in np.unique(epochs.runs):
            held_out = epochs.runs == run
            decoder = make_decoder()
            if isinstance(decoder, TrainingFree):
                decoder.prepare(epochs.signal, epochs.windows.shape[-1])
            else:
                own = epochs.only(~held_out)
                _require_runs(runs)
                decoder.fit(own.windows, own.labels, groups=own.runs, signal=epochs.signal)
            for window, label in zip(
                epochs.windows[held_out], epochs.labels[held_out], strict=True
            ):
                decided = decoder.classes[int(np.argmax(decoder.predict_proba(window)))]
                flicker_s = profile.paradigm.start_s + window_s
                found.append(FlickerDecision(str(label), decided, flicker_s))
    return found


def decide_dynamically(
    runs: list[Recording],
    profile: Profile,
    make_decoder: Callable[[], Decoder],
    confidence: float,
    max_s: float,
) -> list[FlickerDecision]:
    """Decide each trial with dynamic stopping at ``confidence``, as live.

    The pipeline's predictions are combined by `bci.spelling.flicker_evidence`. Each run is held
    out in turn. ``max_s`` is the longest flicker in seconds.
    """
    found: list[FlickerDecision] = []
    with threadpool_limits(limits=1):
        for number, held_out in enumerate(runs):
            decoder = _trained(runs[:number] + runs[number + 1 :], held_out, profile, make_decoder)
            pipeline = Pipeline(profile.pipeline, held_out.info, decoder)
            trials = find_trials(held_out, profile.paradigm)
            predictions = [
                prediction
                for chunk in chunks_for(pipeline, held_out, trials)
                for prediction in pipeline.push(chunk)
            ]
            paradigm, sfreq = profile.paradigm, pipeline.chain.sfreq
            window_s = pipeline.n_samples / sfreq
            windows = FlickerWindows.of(
                decoder.classes, decoder.classes, paradigm.start_s, window_s, sfreq
            )
            at_cues = profile.pipeline.at_cues
            stopping = windows.stopping(
                max_s, window_s if at_cues else pipeline.hop / sfreq, confidence
            )
            for onset, stop in onsets(trials):
                evidence = FlickerEvidence(uniform(len(decoder.classes)), stopping, windows)
                evidence.shown(onset.onset, MARKER)
                taken = onset.onset
                for each in predictions:
                    if onset.onset < each.taken <= stop + 0.5 / sfreq:
                        taken = each.taken
                        if evidence.received(each.taken, each.probabilities) is not None:
                            break
                verdict = evidence.give_up()
                if verdict is not None:
                    decided = decoder.classes[verdict.number]
                    found.append(FlickerDecision(onset.label, decided, taken - onset.onset))
    return found


def onsets(trials: Sequence[Trial]) -> list[tuple[Trial, float]]:
    """Join trials into flickers; return each flicker's first trial and end time.

    A trial continues the flicker if its label is the same and it follows within 0.1 s.
    """
    found: list[tuple[Trial, float]] = []
    previous: Trial | None = None
    for trial in trials:
        continues = (
            previous is not None
            and previous.label == trial.label
            and trial.onset - previous.stop < 0.1
        )
        if continues:
            found[-1] = (found[-1][0], trial.stop)
        else:
            found.append((trial, trial.stop))
        previous = trial
    return found


def _trained(
    others: list[Recording],
    held_out: Recording,
    profile: Profile,
    make_decoder: Callable[[], Decoder],
) -> Decoder:
    decoder = make_decoder()
    if isinstance(decoder, TrainingFree):
        pipeline = Pipeline(profile.pipeline, held_out.info)
        signal = Signal(pipeline.chain.sfreq, pipeline.chain.channels)
        decoder.prepare(signal, pipeline.n_samples)
        return decoder
    _require_runs([*others, held_out])
    epochs = cut_epochs(others, profile.pipeline, profile.paradigm)
    decoder.fit(epochs.windows, epochs.labels, groups=epochs.runs, signal=epochs.signal)
    return decoder


def _require_runs(runs: Sequence[Recording]) -> None:
    if len(runs) < 2:
        raise RecordingError(
            f"{runs[0].source}: one run is too few for training and test; give two or more"
        )
