"""Events of training: runs, steps, learning curves, models, federations, benchmarks."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Share, Text
from bci.messages.general import Event


class RunEvent(Event):
    """Trials of one run, before anything is trained.

    Parameters
    ----------
    file : str
        Path of the recording.
    cues : int
        Cues in the run.
    broken_off : int
        Cues that were interrupted.
    trials : dict of str to int
        Cued trials of each class that have a window to train on.
    rest : int
        Trials of rest, where it is a class.
    stream : str or None
        Stream of the cues, where the file has several streams of markers.
    """

    event: Literal["run"] = "run"
    file: Text
    cues: Count
    broken_off: Count = 0
    trials: dict[Text, Count] = Field(default_factory=dict, max_length=MAX_ITEMS)
    rest: Count = 0
    stream: Text | None = None


class StepEvent(Event):
    """A step of a network's training.

    Parameters
    ----------
    fold : int
        Fold of the cross-validation, from 0; the last number is the training on all runs.
    step : int
        Number of the step, from 1.
    of : int
        Steps of the training.
    loss : float or None
        Loss on training data.
    score : float or None
        Accuracy on held-out data, 0 to 1; None where nothing is held out.
    """

    event: Literal["step"] = "step"
    fold: Count
    step: Count
    of: Count
    loss: Number | None = None
    score: Number | None = None


class PointEvent(Event):
    """A point of a learning curve.

    Parameters
    ----------
    trials_per_class : int
        Trials of each class that were trained on.
    accuracy : float
        Accuracy on held-out trials, 0 to 1.
    low, high : float
        Ends of its 95 % interval, 0 to 1.
    chance : float
        Accuracy of naming the most frequent class, 0 to 1.
    trials : int
        Held-out trials.
    """

    event: Literal["point"] = "point"
    trials_per_class: Count
    accuracy: Share
    low: Share
    high: Share
    chance: Share
    trials: Count


class AccuracyFigure(Message):
    """Accuracy of trials beside chance.

    Parameters
    ----------
    value : float
        Accuracy, 0 to 1.
    low, high : float
        Ends of its 95 % interval, 0 to 1.
    n : int
        Trials.
    chance : float
        Accuracy of naming the most frequent class, 0 to 1.
    p_value : float
        Probability of this accuracy or a higher one by chance.
    """

    value: Share
    low: Share
    high: Share
    n: Count
    chance: Share
    p_value: Share


class ModelEvent(Event):
    """A model was written.

    Parameters
    ----------
    folder : str
        Path of the model.
    accuracy : AccuracyFigure or None
        Accuracy of trials by cross-validation.
    """

    event: Literal["model"] = "model"
    folder: Text
    accuracy: AccuracyFigure | None = None


class RoundEvent(Event):
    """A round of federated training.

    Parameters
    ----------
    number : int
        Number of the round.
    received : dict of str to float
        Accuracy of each site on its held-out trials with the weights that came, 0 to 1.
    trained : dict of str to float
        The same after the site's own training.
    excluded : dict of str to str
        Reason of each site whose change was left out.
    """

    event: Literal["round"] = "round"
    number: Count
    received: dict[Text, Share] = Field(default_factory=dict, max_length=MAX_ITEMS)
    trained: dict[Text, Share] = Field(default_factory=dict, max_length=MAX_ITEMS)
    excluded: dict[Text, Text] = Field(default_factory=dict, max_length=MAX_ITEMS)


class SitesEvent(Event):
    """The end of a federation.

    Parameters
    ----------
    accuracies : dict of str to float
        Accuracy of each site on its held-out trials, 0 to 1.
    """

    event: Literal["sites"] = "sites"
    accuracies: dict[Text, Share] = Field(default_factory=dict, max_length=MAX_ITEMS)


class OutcomeEvent(Event):
    """One training of a benchmark.

    Parameters
    ----------
    study : str
        Name of the benchmark: ``motor-imagery``, ``emotion``, ``images``, ``speech`` or
        ``federation``.
    conditions : dict
        Conditions of the training: decoder, person, seed and others.
    figures : dict
        Results by name; shares from 0 to 1, other units at the end of the name.
    """

    event: Literal["outcome"] = "outcome"
    study: Text
    conditions: dict[Text, Text | int | bool] = Field(max_length=MAX_ITEMS)
    figures: dict[Text, Number | None] = Field(max_length=MAX_ITEMS)
