"""Pseudo-online evaluation: replay a recording through a model as if live."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bci.engine.running_model import Decoded, RunningModel
from bci.errors import RecordingError
from bci.evaluation.metrics import (
    Accuracy,
    Measure,
    confusion,
    extra_measures,
    information_transfer_rate,
    kappa,
    score_accuracy,
    shuffled_labels,
)
from bci.interfaces import Decoder
from bci.models.card import Card
from bci.models.false_decisions import commands_of, independent_after, rest_rate
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Adapt
from bci.signals import Marker, Prediction, Recording
from bci.tasks.word_prior import WordPrior
from bci.training.epochs import (
    JudgedWindow,
    OnWindow,
    Trial,
    chunks_for,
    cue_markers,
    find_rest,
    find_trials,
    in_spans,
    require_every_class,
    trial_of,
    unlabelled_starts,
)


@dataclass(frozen=True, slots=True)
class TrialDecision:
    """One trial and the decision at its end.

    ``decision`` is the class with the most evidence, at any ``confidence``, since each trial counts
    in the accuracy. Both are None if no usable window lies in the trial. ``with_prior`` is the
    decision with a prior of words; None without one. Times are in seconds of the recording:
    ``onset`` is the cue, and ``start`` to ``stop`` is scored.
    """

    label: str
    onset: float
    start: float
    stop: float
    decision: str | None
    confidence: float | None
    with_prior: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """Score of a model on one recording.

    ``trial_accuracy`` scores one decision per trial, at the last window wholly in the trial.
    ``window_accuracy`` scores all single windows wholly in trials. They overlap, so it has no
    interval; ``window_chance`` and ``window_p_value`` come from shuffling the labels of whole
    trials. ``itr_bits_per_min`` is the mutual information of cues and decisions beyond chance,
    with one decision per ``stop_s`` of the paradigm.

    The following count decisions with a confidence of at least ``threshold``.
    ``seconds_to_correct`` is the median time from cue onset to the first correct decision, over
    the ``trials_reached`` trials that have one. ``cues`` counts the trials that asked for a
    command. ``cues_decided`` of them had a decision, and in ``cues_right`` the first was correct.
    ``false_positives`` counts the decisions in ``rest_min`` minutes of rest (see
    `bci.models.false_decisions`). ``false_positives_bound`` is the upper 95 % bound of
    ``false_positives_per_min``. If rest is a class, its decisions are no false positives, and its
    trials count in neither ``cues`` nor ``seconds_to_correct``.

    Each decision uses ``evidence_s`` seconds of windows, which are on average
    ``evidence_delay_s`` older than a single window. ``interpolated`` names the channels that a
    montage map computed from others. ``prior_accuracy`` is ``trial_accuracy`` with a prior of
    words, None without one; all other scores ignore the prior.
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
    false_positives: int = 0
    false_positives_bound: float | None = None
    cues: int = 0
    cues_decided: int = 0
    cues_right: int = 0
    evidence_s: float = 0.0
    evidence_delay_s: float = 0.0
    adaptation: str = "off"
    measures: tuple[Measure, ...] = ()
    prior_accuracy: Accuracy | None = None
    trials: list[TrialDecision] = field(default_factory=list)


@dataclass(frozen=True)
class _Replay:
    """Decoded windows of a recording: all, and by the number of their trial."""

    decoding: RunningModel
    trials: list[Trial]
    decoded: list[Decoded]
    within: dict[int, list[Decoded]]

    def in_rest(self, spans: list[tuple[float, float]]) -> NDArray[np.bool_]:
        """Mark the windows that lie wholly in one of the rest ``spans``.

        The shape is (n_windows,).
        """
        pipeline = self.decoding.pipeline
        taken = np.array([each.prediction.taken for each in self.decoded])
        period = 1.0 / pipeline.chain.sfreq
        return in_spans(taken, spans, pipeline.n_samples * period, period)


def evaluate(
    card: Card,
    decoder: Decoder,
    recording: Recording,
    threshold: float,
    on_window: OnWindow | None = None,
    evidence_s: float = 0.0,
    adapt: Adapt = "off",
    prior: WordPrior | None = None,
) -> Evaluation:
    """Replay a recording through a model at full speed and score its decisions.

    The model must not have been trained on the recording. ``threshold``, 0 to 1, is the lowest
    confidence of a decision; it affects the time to a decision and the false positives.
    ``on_window`` is called with every window that has a prediction, in order of time. With it, a
    recording without the cues is replayed to its end before `RecordingError` is raised.
    ``evidence_s`` is the length of signal whose windows make one decision, in seconds; 0 decides
    by each window alone. ``adapt`` is the adaptation of the decoder during the replay, as live;
    ``decoder`` itself is not changed. ``prior`` has probabilities of word sequences, for models
    that decode at cues.

    Raises
    ------
    MismatchError
        If the recording cannot satisfy the model.
    RecordingError
        If the recording lacks the cues, or no window lies within a trial.
    """
    decoding = RunningModel(
        card, decoder, recording.info, evidence_s=evidence_s, adapt=adapt, prior=prior,
        threshold=threshold,
    )  # fmt: skip
    replay = _replay_windows(decoding, recording, on_window)
    decided = _decide_trials(replay, recording)
    return _score(replay, decided, recording, threshold)


def _replay_windows(
    decoding: RunningModel, recording: Recording, on_window: OnWindow | None
) -> _Replay:  # fmt: skip
    paradigm, pipeline = decoding.card.paradigm, decoding.pipeline
    try:
        require_every_class(recording, paradigm)
        trials = find_trials(recording, paradigm)
    except RecordingError:
        if on_window is not None:
            # Predictions are useful without cues too; only the score needs them.
            for each in _decode(decoding, recording, [], ()):
                on_window(_judged(each, None, pipeline))
        raise
    replay = _Replay(decoding, trials, [], {})
    for each in _decode(decoding, recording, trials, cue_markers(recording, paradigm)):
        replay.decoded.append(each)
        number = trial_of(each.prediction.taken, trials, pipeline)
        if number is not None:
            replay.within.setdefault(number, []).append(each)
        if on_window is not None:
            on_window(_judged(each, None if number is None else trials[number], pipeline))
    return replay


def _decide_trials(replay: _Replay, recording: Recording) -> dict[int, Prediction]:
    """Return the last evidence in each trial, by the trial's number.

    Trials in which the evidence never became complete are left out.

    Raises
    ------
    RecordingError
        If no trial has evidence, or the model lacks the class of one of them.
    """
    evidence = {
        number: [each.evidence for each in own if each.evidence]
        for number, own in replay.within.items()
    }
    decided = {number: own[-1] for number, own in evidence.items() if own}
    if not decided:
        raise RecordingError(f"{recording.source}: no sound window lies within any trial")
    card = replay.decoding.card
    truth = dict.fromkeys(replay.trials[number].label for number in decided)
    if unknown := [label for label in truth if label not in card.classes]:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise RecordingError(
            f"{recording.source}: {', '.join(unknown[:5])}{more} is none of the "
            f"{len(card.classes)} classes that {card.name} decides among; calibrate it with all "
            "that is shown"
        )
    return decided


def _score(
    replay: _Replay, decided: dict[int, Prediction], recording: Recording, threshold: float
) -> Evaluation:
    decoding, trials = replay.decoding, replay.trials
    card, pipeline, evidence = decoding.card, decoding.pipeline, decoding.evidence
    within = {number: replay.within[number] for number in decided}
    labels = np.array([trials[number].label for number in decided])
    decisions = np.array([prediction.label for prediction in decided.values()])
    weighed = {number: own[-1].weighed for number, own in within.items()}
    by_prior = [each.label for each in weighed.values() if each is not None]
    # Number of windows of each trial by their decided class.
    of_class = {name: k for k, name in enumerate(card.classes)}
    by_class = np.zeros((len(labels), len(of_class)), dtype=np.int64)
    for row, own in zip(by_class, within.values(), strict=True):
        np.add.at(row, [of_class[each.prediction.label] for each in own], 1)
    n_windows = int(by_class.sum())
    numbers = np.array([of_class[label] for label in labels])
    window_chance, window_p = shuffled_labels(by_class, numbers)
    # Decisions for rest are no commands.
    quiet = card.paradigm.quiet
    cued = [number for number in within if trials[number].label != quiet]
    reached = (_time_to_correct(within[number], trials[number]) for number in cued)
    times = [time for time in reached if time is not None]
    first = {number: _first_command(within[number], quiet) for number in cued}
    in_rest = replay.in_rest(find_rest(recording, card.paradigm))
    decides = not card.without_decisions
    given = [each.evidence if decides and not each.held_back else None for each in replay.decoded]
    run = commands_of(given, in_rest, quiet)
    lasting = independent_after(pipeline.n_samples, pipeline.hop, evidence.n_windows)
    rest = rest_rate([run], decoding.hop_s, threshold, lasting)
    return Evaluation(
        recording=recording.source,
        model=card.name,
        simulated=recording.info.simulated,
        interpolated=recording.info.interpolated,
        classes=card.classes,
        trial_accuracy=score_accuracy(labels, decisions),
        kappa=kappa(labels, decisions),
        confusion=confusion(labels, decisions, card.classes),
        window_accuracy=float(by_class[np.arange(len(labels)), numbers].sum() / n_windows),
        window_chance=window_chance,
        window_p_value=window_p,
        n_windows=n_windows,
        itr_bits_per_min=information_transfer_rate(labels, decisions, card.paradigm.stop_s),
        threshold=threshold,
        seconds_to_correct=float(np.median(times)) if times else None,
        trials_reached=len(times),
        trials_without_window=len(trials) - len(decided),
        cues=len(cued),
        cues_decided=sum(decision is not None for decision in first.values()),
        cues_right=sum(decision == trials[k].label for k, decision in first.items()),
        false_positives_per_min=rest.per_min if rest.minutes else None,
        false_positives=rest.count,
        false_positives_bound=rest.bound_per_min if rest.minutes else None,
        rest_min=rest.minutes,
        windows_rejected=pipeline.counts.rejected,
        evidence_s=evidence.span_s,
        evidence_delay_s=evidence.delay_s,
        adaptation=decoding.adaptation.described if decoding.adaptation else "off",
        measures=extra_measures(
            card.classes, np.stack([p.probabilities for p in decided.values()]), labels
        ),
        prior_accuracy=score_accuracy(labels, np.array(by_prior)) if by_prior else None,
        trials=[
            _decision(trial, decided.get(number), weighed.get(number))
            for number, trial in enumerate(trials)
        ],
    )


def _decode(
    decoding: RunningModel, recording: Recording, trials: list[Trial], cues: tuple[Marker, ...]
) -> Iterator[Decoded]:
    markers = deque(cues)
    # One thread, as in the live engine, so that the numbers are identical.
    with threadpool_limits(limits=1):
        unlabelled = unlabelled_starts(recording, decoding.card.paradigm)
        for chunk in chunks_for(decoding.pipeline, recording, trials, unlabelled):
            while markers and markers[0].time <= chunk.timestamps[-1]:
                decoding.on_marker(markers.popleft())
            yield from decoding.push(chunk)


def _judged(decoded: Decoded, trial: Trial | None, pipeline: Pipeline) -> JudgedWindow:
    prediction = decoded.prediction
    first = prediction.taken - (pipeline.n_samples - 1) / pipeline.chain.sfreq
    return JudgedWindow(prediction, decoded.decision, first, trial)


def _decision(
    trial: Trial, decided: Prediction | None, with_prior: Prediction | None
) -> TrialDecision:
    # Limited to 1, as in `bci.decisions.decide`.
    confidence = min(decided.confidence, 1.0) if decided else None
    return TrialDecision(
        trial.label, trial.onset, trial.start, trial.stop,
        decided.label if decided else None, confidence, with_prior.label if with_prior else None,
    )  # fmt: skip


def _first_command(within: list[Decoded], quiet: str | None) -> str | None:
    decisions = (each.decision.label for each in within if each.decision)
    return next((label for label in decisions if label not in (None, quiet)), None)


def _time_to_correct(within: list[Decoded], trial: Trial) -> float | None:
    for each in within:
        if each.decision and each.decision.label == trial.label:
            return each.prediction.taken - trial.onset
    return None
