"""Events of ``bci evaluate`` and ``bci verify``."""

from typing import Literal

from pydantic import Field, model_validator

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Share, Text
from bci.messages.general import Event
from bci.messages.training import AccuracyFigure


class PredictedEvent(Event):
    """One window of an evaluated recording."""

    event: Literal["predicted"] = "predicted"
    recording: Text  # Path of the recording
    start: Seconds  # Time of the window's first sample, in seconds of the recording
    time: Seconds  # Time of its last sample
    label: Text | None = None  # Likeliest class of the window alone
    # Probability of each class of the model, in order, 0 to 1
    probabilities: tuple[Number, ...] = Field(max_length=1_000_000)
    # The engine's decision then; None below the threshold or until the evidence is complete
    decision: Text | None = None
    # Confidence of the decision, 0 to 1; None until the evidence is complete
    confidence: Share | None = None


class EvaluatedTrial(Message):
    """One trial and the class with the most evidence at its end."""

    label: Text  # Class of the cue
    onset: Seconds  # Time of the cue, in seconds of the recording
    start: Seconds  # Start of the part of the trial that counts, in seconds of the recording
    stop: Seconds  # End of that part, in seconds of the recording
    # Class with the most evidence, whatever the threshold; None if no usable window lies in the
    # trial
    decision: Text | None = None
    # Confidence of the decision, 0 to 1; None without a decision
    confidence: Share | None = None
    with_prior: Text | None = None  # Decision with a word prior; None without a word prior


class Figure(Message):
    """A figure beside accuracy."""

    name: Text  # Name of the figure
    value: Number  # The figure
    chance: Number  # Its value by guessing
    p_value: Number  # Probability of this value or a better one by guessing


class CoursePoint(Message):
    """Accuracy of decisions from the signal up to a time."""

    seconds: Seconds  # Time after the cue, in seconds
    accuracy: Share  # Share of trials that are decided rightly, 0 to 1


class EvaluationEvent(Event):
    """Score of a model on one recording; see `bci.evaluation.pseudo_online.Evaluation`."""

    event: Literal["evaluation"] = "evaluation"
    recording: Text  # Path of the recording
    model: Text  # Name of the model
    simulated: bool = False  # Whether the signal is simulated
    # Whether the model, or its base model, was trained on this recording; then it is no test
    learnt_from: bool = False
    # Channels that the montage map computed from others
    interpolated: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    classes: tuple[Text, ...] = Field(max_length=1_000_000)  # Classes of the model, in order
    trial_accuracy: AccuracyFigure  # By the class with the most evidence at the end of each trial
    # The same with a word prior; None without a word prior
    prior_accuracy: AccuracyFigure | None = None
    kappa: Number | None = None  # Cohen's kappa; None if all cues have the same class
    # Numbers of trials; a row for each true class, a column for each decided one. Empty if there
    # are more than 20 classes
    confusion: tuple[tuple[Count, ...], ...] = Field(default=(), max_length=MAX_ITEMS)
    window_accuracy: Share  # Accuracy of windows, which overlap, 0 to 1
    # Mean accuracy of windows with the labels of whole trials shuffled, 0 to 1
    window_chance: Share
    window_p_value: Share  # Share of these shuffles that reach the accuracy of windows, 0 to 1
    n_windows: Count  # Windows with a prediction
    itr_bits_per_min: Number  # Information transfer rate, in bits a minute
    threshold: Share  # Least confidence of a decision, 0 to 1; the figures below are of decisions
    # Length of the signal that a decision uses, in seconds; 0 for single windows
    evidence_s: Seconds = 0.0
    evidence_delay_s: Seconds = 0.0  # Delay by the evidence, in seconds
    # ``off``, or the kind of adaptation and its number of updates or trials
    adaptation: Text = "off"
    # From the cue to the first right decision, median over ``trials_reached`` trials, in seconds;
    # None if no trial has one
    seconds_to_correct: Seconds | None = None
    trials_reached: Count = 0  # Trials with a right decision
    trials_without_window: Count = 0  # Trials without a usable window
    windows_rejected: Count = 0  # Windows without a prediction
    cues: Count = 0  # Cues for a command
    cues_decided: Count = 0  # Cues with a decision
    cues_right: Count = 0  # Cues whose first decision was right
    false_positives: Count = 0  # Decisions in ``rest_min`` minutes of rest
    false_positives_per_min: Number | None = None  # Their rate a minute; None without rest
    # Upper 95 % bound of the rate, a minute; None without rest
    false_positives_bound: Number | None = None
    rest_min: Number = 0.0  # Length of rest, in minutes
    # Further figures of the task
    measures: tuple[Figure, ...] = Field(default=(), max_length=MAX_ITEMS)
    # If windows begin at cues: accuracy from the first part of each window alone, by its length
    course: tuple[CoursePoint, ...] = Field(default=(), max_length=MAX_ITEMS)
    # Every trial, in order
    trials: tuple[EvaluatedTrial, ...] = Field(default=(), max_length=1_000_000)

    @property
    def p_value(self) -> float:
        """Probability of so good a score by guessing: of the balanced accuracy, if it is given."""
        balanced = (each.p_value for each in self.measures if each.name == "balanced accuracy")
        return next(balanced, self.trial_accuracy.p_value)

    @model_validator(mode="after")
    def _check_confusion(self) -> "EvaluationEvent":
        sides = {len(self.confusion), *map(len, self.confusion)}
        if self.confusion and sides != {len(self.classes)}:
            raise ValueError("confusion: its rows and columns must be the classes")
        return self


class VerifyEvent(Event):
    """A recorded run of an engine, decoded again and compared: the result of ``bci verify``."""

    event: Literal["verify"] = "verify"
    recording: Text  # Path of the recording
    engine: Text  # Name of the engine
    # Names of the models that decoded, in order
    models: tuple[Text, ...] = Field(max_length=MAX_ITEMS)
    # Whether every prediction and decision is equal to the bit, and none is missing
    all_equal: bool
    windows: Count  # Windows that were compared
    windows_equal: Count  # Windows with equal predictions and decisions
    missing: Count = 0  # Windows that should have a live prediction but have none
    extra: Count = 0  # Live predictions without a window in the recording
    skipped: Count = 0  # Windows that the engine skipped live because the decoder was late
    left_out: Count = 0  # Live predictions that need samples that the recording lacks
    decisions: Count = 0  # Events of the decision that were compared
    decisions_equal: Count = 0  # Events that are equal
    # Live events whose evidence includes windows that are not compared
    decisions_left_out: Count = 0
    states: Count = 0  # Published states of the adaptation that were compared
    states_equal: Count = 0  # States that are equal
    swaps: Count = 0  # Models that took over
    gaps: Count = 0  # Gaps in the signal
    first_difference: Text | None = None  # The first prediction that differs, in a sentence
    first_difference_s: Seconds | None = None  # Its time, in seconds since the first prediction
    first_decision: Text | None = None  # The first decision that differs, in a sentence
    first_decision_s: Seconds | None = None  # Its time, in seconds since the first prediction
    first_state: Text | None = None  # The first state of the adaptation that differs
    # Differences of model, versions and machine from those of the session
    differs: tuple[Text, ...] = Field((), max_length=MAX_ITEMS)
    notes: tuple[Text, ...] = Field((), max_length=MAX_ITEMS)  # Limits of the comparison
