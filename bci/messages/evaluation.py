"""Events of ``bci evaluate`` and ``bci verify``."""

from typing import Literal

from pydantic import Field, model_validator

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Share, Text
from bci.messages.general import Event
from bci.messages.training import AccuracyFigure


class PredictedEvent(Event):
    """One window of an evaluated recording.

    Parameters
    ----------
    recording : str
        Path of the recording.
    start : float
        Time of the window's first sample, in seconds of the recording.
    time : float
        Time of its last sample.
    label : str or None
        Likeliest class of the window alone.
    probabilities : tuple of float
        Probability of each class of the model, in order, 0 to 1.
    decision : str or None
        The engine's decision then; None below the threshold.
    confidence : float or None
        Confidence of the decision, 0 to 1; None until the evidence is whole.
    """

    event: Literal["predicted"] = "predicted"
    recording: Text
    start: Seconds
    time: Seconds
    label: Text | None = None
    probabilities: tuple[Number, ...] = Field(max_length=1_000_000)
    decision: Text | None = None
    confidence: Share | None = None


class EvaluatedTrial(Message):
    """One trial and the class with the most evidence at its end.

    Parameters
    ----------
    label : str
        Class that was asked for.
    onset : float
        Time of the cue, in seconds of the recording.
    start, stop : float
        Ends of the part of the trial that counts, in seconds of the recording.
    decision : str or None
        Class with the most evidence, whatever the threshold; None where no sound window lay within
        the trial.
    confidence : float or None
        Confidence of the decision, 0 to 1.
    with_prior : str or None
        The decision that weighs words by their usual order.
    """

    label: Text
    onset: Seconds
    start: Seconds
    stop: Seconds
    decision: Text | None = None
    confidence: Share | None = None
    with_prior: Text | None = None


class Figure(Message):
    """A figure beside accuracy.

    Parameters
    ----------
    name : str
        Name of the figure.
    value : float
        The figure.
    chance : float
        Its value by guessing.
    p_value : float
        Probability of this value or a better one by guessing.
    """

    name: Text
    value: Number
    chance: Number
    p_value: Number


class EvaluationEvent(Event):
    """Score of a model on one recording; `bci.evaluation.pseudo_online.Evaluation` has the figures.

    Parameters
    ----------
    recording : str
        Path of the recording.
    model : str
        Name of the model.
    simulated : bool
        Whether the signal is simulated.
    learnt_from : bool
        Whether the model, or its base, was trained on this recording: then this is no test.
    interpolated : tuple of str
        Channels that the montage map computed from others.
    classes : tuple of str
        Classes of the model, in order.
    trial_accuracy : AccuracyFigure
        By the class with the most evidence at the end of each trial.
    prior_accuracy : AccuracyFigure or None
        The same with a prior of words.
    kappa : float or None
        Cohen's kappa; None where only one class was asked for.
    confusion : tuple of tuple of int
        Trials; a row for each true class, a column for each decided one. Empty where there are
        very many classes.
    window_accuracy : float
        Accuracy of windows, which overlap, 0 to 1.
    window_chance : float
        Mean accuracy of windows with the labels of whole trials shuffled, 0 to 1.
    window_p_value : float
        Share of these shuffles that reach the accuracy of windows, 0 to 1.
    n_windows : int
        Windows with a prediction.
    itr_bits_per_min : float
        Information transfer rate, in bits a minute.
    threshold : float
        Least confidence of a decision, 0 to 1; the figures below are of decisions.
    evidence_s : float
        Length of the signal that a decision is taken from, in seconds; 0: from single windows.
    evidence_delay_s : float
        Delay by the evidence, in seconds.
    adaptation : str
        ``off``, or what of the model followed the recording.
    seconds_to_correct : float or None
        From the cue to the first right decision, median over ``trials_reached`` trials, in seconds.
    trials_reached : int
        Trials with a right decision.
    trials_without_window : int
        Trials without a sound window.
    windows_rejected : int
        Windows without a prediction.
    cues : int
        Cues for a command.
    cues_decided : int
        Cues with a decision.
    cues_right : int
        Cues whose first decision was right.
    false_positives : int
        Decisions in ``rest_min`` minutes of rest.
    false_positives_per_min : float or None
        Their rate a minute; None without rest.
    false_positives_bound : float or None
        Upper 95 % bound of the rate, a minute; None without rest.
    rest_min : float
        Length of rest, in minutes.
    measures : tuple of Figure
        Further figures of the task.
    trials : tuple of EvaluatedTrial
        Every trial, in order.
    """

    event: Literal["evaluation"] = "evaluation"
    recording: Text
    model: Text
    simulated: bool = False
    learnt_from: bool = False
    interpolated: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    classes: tuple[Text, ...] = Field(max_length=1_000_000)
    trial_accuracy: AccuracyFigure
    prior_accuracy: AccuracyFigure | None = None
    kappa: Number | None = None
    confusion: tuple[tuple[Count, ...], ...] = Field(default=(), max_length=MAX_ITEMS)
    window_accuracy: Share
    window_chance: Share
    window_p_value: Share
    n_windows: Count
    itr_bits_per_min: Number
    threshold: Share
    evidence_s: Seconds = 0.0
    evidence_delay_s: Seconds = 0.0
    adaptation: Text = "off"
    seconds_to_correct: Seconds | None = None
    trials_reached: Count = 0
    trials_without_window: Count = 0
    windows_rejected: Count = 0
    cues: Count = 0
    cues_decided: Count = 0
    cues_right: Count = 0
    false_positives: Count = 0
    false_positives_per_min: Number | None = None
    false_positives_bound: Number | None = None
    rest_min: Number = 0.0
    measures: tuple[Figure, ...] = Field(default=(), max_length=MAX_ITEMS)
    trials: tuple[EvaluatedTrial, ...] = Field(default=(), max_length=1_000_000)

    @model_validator(mode="after")
    def _check_confusion(self) -> "EvaluationEvent":
        sides = {len(self.confusion), *map(len, self.confusion)}
        if self.confusion and sides != {len(self.classes)}:
            raise ValueError("confusion: its rows and columns must be the classes")
        return self


class VerifyEvent(Event):
    """A recorded run of an engine, decoded again and compared: the result of ``bci verify``.

    Parameters
    ----------
    recording : str
        Path of the recording.
    engine : str
        Name of the engine.
    models : tuple of str
        Names of the models that decoded, in order.
    all_equal : bool
        Whether every prediction and decision is equal to the bit, and none is missing.
    windows : int
        Windows that were compared.
    windows_equal : int
        Windows with equal predictions and decisions.
    missing : int
        Windows that ought to have a live prediction and have none.
    extra : int
        Live predictions of which the recording gives no window.
    skipped : int
        Windows that the engine skipped live because the decoder was late.
    left_out : int
        Live predictions that depend on samples that the recording lacks.
    decisions : int
        Events of the decision that were compared.
    decisions_equal : int
        Events that are equal.
    swaps : int
        Models that took over.
    gaps : int
        Gaps in the signal.
    first_difference : str or None
        The first prediction that differs, in a sentence.
    first_difference_s : float or None
        Its time, in seconds since the first prediction.
    first_decision : str or None
        The first decision that differs, in a sentence.
    first_decision_s : float or None
        Its time, in seconds since the first prediction.
    differs : tuple of str
        Differences of model, versions and machine from those of the session.
    notes : tuple of str
        Limits of the comparison.
    """

    event: Literal["verify"] = "verify"
    recording: Text
    engine: Text
    models: tuple[Text, ...] = Field(max_length=MAX_ITEMS)
    all_equal: bool
    windows: Count
    windows_equal: Count
    missing: Count = 0
    extra: Count = 0
    skipped: Count = 0
    left_out: Count = 0
    decisions: Count = 0
    decisions_equal: Count = 0
    swaps: Count = 0
    gaps: Count = 0
    first_difference: Text | None = None
    first_difference_s: Seconds | None = None
    first_decision: Text | None = None
    first_decision_s: Seconds | None = None
    differs: tuple[Text, ...] = Field((), max_length=MAX_ITEMS)
    notes: tuple[Text, ...] = Field((), max_length=MAX_ITEMS)
