"""Pseudo-online evaluation: a recording through a model's pipeline, as if it were live."""

from dataclasses import dataclass

import numpy as np

from bci.bundle import Card, check_stream
from bci.confidence import false_positives
from bci.errors import RecordingError
from bci.measures import Measure, measures
from bci.pipeline import Pipeline
from bci.scores import (
    Accuracy,
    confusion,
    information_transfer_rate,
    kappa,
    score_accuracy,
    shuffled_labels,
)
from bci.trials import Trial, chunks_for, find_rest, find_trials, in_spans, trial_of
from bci.types import Decoder, Prediction, Recording


@dataclass(frozen=True)
class Evaluation:
    """What a model scored on one recording.

    ``trial_accuracy`` is of the decision at the end of each cue (the last window wholly in
    the trial); ``window_accuracy`` of all windows wholly within trials, which overlap and so
    carry no interval: ``window_chance`` and ``window_p_value`` are by shuffling the labels of
    whole trials. ``itr_bits_per_min`` counts one decision per ``stop_s`` of the
    paradigm. ``seconds_to_correct`` is the median over trials, from cue onset, of the first
    right decision of at least ``threshold`` confidence, reached in ``trials_reached`` trials.
    ``false_positives_per_min`` counts how often such confidence began during rest.
    ``interpolated`` names the channels that a montage map computed from others.
    """

    recording: str
    model: str
    simulated: bool
    interpolated: tuple[str, ...]
    classes: tuple[str, ...]
    trial_accuracy: Accuracy
    kappa: float
    confusion: list[list[int]]
    window_accuracy: float
    window_chance: float
    window_p_value: float
    n_windows: int
    itr_bits_per_min: float
    threshold: float
    seconds_to_correct: float | None
    trials_reached: int
    trials_without_window: int
    false_positives_per_min: float | None
    rest_min: float
    windows_rejected: int
    measures: tuple[Measure, ...] = ()


def evaluate(card: Card, decoder: Decoder, recording: Recording, threshold: float) -> Evaluation:
    """Replay a recording through a model at full speed and score what comes out.

    Parameters
    ----------
    card, decoder
        Of the model.
    recording : Recording
        Not one that the model was trained on.
    threshold : float
        Least confidence of a decision, 0-1; for time to decision and false positives.

    Raises
    ------
    MismatchError
        If the recording cannot satisfy the model.
    RecordingError
        If it lacks the cues, or no window lies within any trial.
    """
    check_stream(card, recording.info)
    trials = find_trials(recording, card.paradigm)
    pipeline = Pipeline(card.pipeline, recording.info, decoder)
    predictions = [
        prediction
        for chunk in chunks_for(pipeline, recording, trials)
        for prediction in pipeline.push(chunk)
    ]
    within: dict[int, list[Prediction]] = {}
    for prediction in predictions:
        number = trial_of(prediction.taken, trials, pipeline)
        if number is not None:
            within.setdefault(number, []).append(prediction)
    decided = [own[-1] for own in within.values()]
    truth = [trials[number].label for number in within]
    reached = (_time_to_correct(own, trials[k], threshold) for k, own in within.items())
    times = [time for time in reached if time is not None]
    if not decided:
        raise RecordingError(f"{recording.source}: no sound window lies within any trial")
    labels, decisions = np.array(truth), np.array([p.label for p in decided])
    accuracy = score_accuracy(labels, decisions)
    of_class = {name: k for k, name in enumerate(card.classes)}
    numbers = np.array([of_class[label] for label in truth])
    by_class = np.zeros((len(truth), len(of_class)), dtype=np.int64)
    for row, own in zip(by_class, within.values(), strict=True):
        np.add.at(row, [of_class[p.label] for p in own], 1)
    n_windows = int(by_class.sum())
    window_chance, window_p = shuffled_labels(by_class, numbers)
    period = 1.0 / pipeline.chain.sfreq
    taken = np.array([p.taken for p in predictions])
    spans = find_rest(recording, card.paradigm)
    in_rest = in_spans(taken, spans, pipeline.n_samples * period, period)
    rises = false_positives(np.array([p.confidence for p in predictions]), in_rest, threshold)
    rest_min = int(in_rest.sum()) * pipeline.hop * period / 60.0
    counts = pipeline.counts
    return Evaluation(
        recording=recording.source,
        model=card.name,
        simulated=recording.info.simulated,
        interpolated=recording.info.interpolated,
        classes=card.classes,
        trial_accuracy=accuracy,
        kappa=kappa(labels, decisions),
        confusion=confusion(labels, decisions, card.classes),
        window_accuracy=float(by_class[np.arange(len(labels)), numbers].sum() / n_windows),
        window_chance=window_chance,
        window_p_value=window_p,
        n_windows=n_windows,
        itr_bits_per_min=information_transfer_rate(
            accuracy.value, len(card.classes), card.paradigm.stop_s
        ),
        threshold=threshold,
        seconds_to_correct=float(np.median(times)) if times else None,
        trials_reached=len(times),
        trials_without_window=len(trials) - len(decided),
        false_positives_per_min=rises / rest_min if rest_min else None,
        rest_min=rest_min,
        windows_rejected=counts.rejected_gap
        + counts.rejected_settling
        + counts.rejected_non_finite
        + counts.rejected_artifact,
        measures=measures(card.classes, np.stack([p.probabilities for p in decided]), labels),
    )


def _time_to_correct(within: list[Prediction], trial: Trial, threshold: float) -> float | None:
    for prediction in within:
        if prediction.label == trial.label and prediction.confidence >= threshold:
            return prediction.taken - trial.onset
    return None
