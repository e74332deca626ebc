"""Events of training: runs, steps, learning curves, models, federations, benchmarks."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Share, Text
from bci.messages.general import Event


class RunEvent(Event):
    """Trials of one run, before anything is trained."""

    event: Literal["run"] = "run"
    file: Text  # Path of the recording
    cues: Count  # Cues in the run
    broken_off: Count = 0  # Cues that were interrupted
    # Cued trials of each class that have a window to train on
    trials: dict[Text, Count] = Field(default_factory=dict, max_length=MAX_ITEMS)
    rest: Count = 0  # Trials of rest, if rest is a class
    # Stream of the cues; None if the file has only one stream of markers
    stream: Text | None = None
    # Share of the stimulus screen's frames that were dropped or late, 0 to 1; None if it is not
    # above the limit of 0.005, or not known
    lost_frames: Number | None = None


class StepEvent(Event):
    """A step of a network's training."""

    event: Literal["step"] = "step"
    fold: Count  # Fold of the cross-validation, from 0; the last number is the training on all runs
    step: Count  # Number of the step, from 1
    of: Count  # Steps of the training
    loss: Number | None = None  # Loss on training data
    score: Number | None = None  # Accuracy on held-out data, 0 to 1; None if nothing is held out


class PointEvent(Event):
    """A point of a learning curve."""

    event: Literal["point"] = "point"
    trials_per_class: Count  # Trials of each class that were trained on
    accuracy: Share  # Accuracy on held-out trials, 0 to 1
    low: Share  # Lower end of its 95 % interval, 0 to 1
    high: Share  # Upper end of its 95 % interval, 0 to 1
    chance: Share  # Accuracy of naming the most frequent class, 0 to 1
    trials: Count  # Held-out trials
    # Whether training also used the base model; with 0 trials, the base model alone is used
    with_base: bool = False


class AccuracyFigure(Message):
    """Accuracy of trials beside chance."""

    value: Share  # Accuracy, 0 to 1
    low: Share  # Lower end of its 95 % interval, 0 to 1
    high: Share  # Upper end of its 95 % interval, 0 to 1
    n: Count  # Trials
    chance: Share  # Accuracy of naming the most frequent class, 0 to 1
    p_value: Share  # Probability of this accuracy or a higher one by chance


class ModelEvent(Event):
    """A model was written."""

    event: Literal["model"] = "model"
    folder: Text  # Path of the model
    accuracy: AccuracyFigure | None = None  # Accuracy of trials by cross-validation


class RoundEvent(Event):
    """A round of federated training."""

    event: Literal["round"] = "round"
    number: Count  # Number of the round
    # Accuracy of each site on its held-out trials with the received weights, 0 to 1
    accuracies: dict[Text, Share] = Field(default_factory=dict, max_length=MAX_ITEMS)
    # Reason of each site whose change was left out
    excluded: dict[Text, Text] = Field(default_factory=dict, max_length=MAX_ITEMS)


class SitesEvent(Event):
    """The end of a federation."""

    event: Literal["sites"] = "sites"
    # Accuracy of each site on its held-out trials, 0 to 1
    accuracies: dict[Text, Share] = Field(default_factory=dict, max_length=MAX_ITEMS)


class OutcomeEvent(Event):
    """Scores of one training of a benchmark."""

    event: Literal["outcome"] = "outcome"
    # Name of the benchmark: ``motor-imagery``, ``emotion``, ``images``, ``speech`` or
    # ``federation``
    study: Text
    # Conditions of the training: decoder, person, seed and others
    conditions: dict[Text, Text | int | bool] = Field(max_length=MAX_ITEMS)
    # Results by name; shares from 0 to 1, other units at the end of the name
    figures: dict[Text, Number | None] = Field(max_length=MAX_ITEMS)
