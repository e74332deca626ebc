"""Typed messages that cross a process border: statuses on LSL, events on standard output.

Each is one JSON object on one line. A status goes over an LSL stream of texts twice a second; an
event is a line that a long command prints with ``--json``. A reader gets either by `read_status`
or `read_event`, which check every field and take nothing on trust: texts are cut, numbers that are
out of range are refused, and keys that a later version may add are left out.

``version`` is of the format: it grows when a field changes its meaning or goes, and a reader
refuses a version that it does not know. A new field alone does not make a new version.

`docs/messages.md` lists every field with its unit; `bci.message_docs` writes it from here.
"""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from bci.errors import MessageError

VERSION = 1
# Of a line, in characters: no message of ours comes near it.
MAX_STATUS = 1 << 20
_MAX_EVENT = 16 << 20
_MAX_ITEMS = 10_000
_MAX_TEXT = 100_000


def _plain(text: object) -> object:
    """Cut a text; replace what no encoding takes, as names of files may hold it."""
    if not isinstance(text, str):
        return text
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, BeforeValidator(_plain)]
Count = Annotated[int, Field(ge=0, lt=1 << 62)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """A part of a message; unknown keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def line(self) -> str:
        """One line of JSON, in ASCII."""
        return json.dumps(self.model_dump(mode="json"), allow_nan=False)


class WindowCounts(Message):
    """Windows since the engine began, by their outcome.

    Parameters
    ----------
    predicted : int
        Windows with a prediction.
    rejected_gap : int
        Samples were missing in the window, or a replay began again.
    rejected_settling : int
        The filters had only just begun.
    rejected_non_finite : int
        The window held a value that is no number.
    rejected_artifact : int
        Larger swings than the profile allows.
    rejected_undecodable : int
        The decoder found no probabilities.
    skipped : int
        Left out by a decoder that could not keep up.
    """

    predicted: Count = 0
    rejected_gap: Count = 0
    rejected_settling: Count = 0
    rejected_non_finite: Count = 0
    rejected_artifact: Count = 0
    rejected_undecodable: Count = 0
    skipped: Count = 0


class EngineStatus(Message):
    """Status of an engine, on the stream ``<name>-status`` twice a second.

    Parameters
    ----------
    state : {"waiting for stream", "running", "stream lost"}
        The other fields but the model are empty while it waits.
    model : str
        Name of the model that decodes.
    stream : str or None
        Name of the decoded stream; None until it is found.
    swaps : int
        How often another model took over.
    simulated : bool
        Whether the signal is simulated.
    replayed : bool
        Whether the signal is a recording that is streamed.
    interpolated : tuple of str
        Channels that the montage map computed from others.
    samples : int
        Samples of the stream since the engine began, as are the next counts.
    lost_samples : int
        Samples that the sender numbered and that did not come.
    gaps : int
        Gaps of lost samples.
    clock_jumps : int
        Jumps of the sender's clock.
    reconnects : int
        How often the stream came back.
    loops : int
        How often a replay began again.
    lost_at : float or None
        End of the newest gap, in seconds on the LSL clock.
    rate_hz : float or None
        Effective sampling rate of the stream.
    findings : tuple of str
        Problems of the stream's clock and rate, a sentence each.
    non_finite : int
        Values that were not finite.
    windows : WindowCounts
        Windows by their outcome.
    adaptation : str
        ``off``, or what of the model follows the signal.
    drift : float or None
        Distance of the signal from the calibration, as a ratio; see `bci.drift`.
    drift_warning : str or None
        A sentence, where the signal is beyond the calibration.
    model_warning : str or None
        A sentence, where the model is not to be relied on.
    sentences : str or None
        File of the sentences that a prior of words was made from.
    filter_delay_s : float or None
        Delay by the filters, in seconds.
    evidence_s : float or None
        Length of the signal that a decision is taken from, in seconds; 0: from single windows.
    evidence_delay_s : float or None
        Delay by the evidence, in seconds.
    decision_threshold : float or None
        Least confidence of a decision, 0 to 1.
    latency_p50_ms : float or None
        From a window's last sample to its publication, in milliseconds; the median.
    latency_p99_ms : float or None
        The 99th percentile of the same.
    paradigm : dict or None
        The model's paradigm (see `bci.profile.Paradigm`); None where it has very many classes.
    markers : str or None
        Streams that cues are taken from; None where the model needs none.
    cues : int
        Cues so far.
    """

    kind: Literal["engine"] = "engine"
    version: Literal[1] = 1
    state: Literal["waiting for stream", "running", "stream lost"]
    model: Text
    stream: Text | None = None
    swaps: Count = 0
    simulated: bool = False
    replayed: bool = False
    interpolated: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    samples: Count = 0
    lost_samples: Count = 0
    gaps: Count = 0
    clock_jumps: Count = 0
    lost_at: Seconds | None = None
    loops: Count = 0
    findings: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    reconnects: Count = 0
    rate_hz: Number | None = None
    non_finite: Count = 0
    windows: WindowCounts = WindowCounts()
    adaptation: Text = "off"
    drift: Number | None = None
    drift_warning: Text | None = None
    model_warning: Text | None = None
    sentences: Text | None = None
    filter_delay_s: Seconds | None = None
    decision_threshold: Number | None = None
    evidence_s: Seconds | None = None
    evidence_delay_s: Seconds | None = None
    latency_p50_ms: Number | None = None
    latency_p99_ms: Number | None = None
    paradigm: dict[str, Any] | None = None
    markers: Text | None = None
    cues: Count = 0


class RecordedStream(Message):
    """One stream of a recording.

    Parameters
    ----------
    name : str
        Name of the stream.
    samples : int
        Samples that were written so far.
    sfreq : float
        Nominal rate in hertz; 0 for an irregular stream.
    present : bool
        Whether the stream is on the network.
    """

    name: Text
    samples: Count = 0
    sfreq: Number = 0.0
    present: bool = True


class RecorderStatus(Message):
    """Status of a recorder, on the stream ``recorder-status`` twice a second.

    Parameters
    ----------
    pid : int
        Number of its process on its own computer.
    file : str
        Path of the recording.
    elapsed_s : float
        Length of the recording, in seconds.
    n_bytes : int
        Size of the file so far.
    streams : tuple of RecordedStream
        Every stream that is or was recorded.
    """

    kind: Literal["recorder"] = "recorder"
    version: Literal[1] = 1
    pid: Annotated[int, Field(ge=1, lt=1 << 31)]
    file: Text
    elapsed_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    n_bytes: Count
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=_MAX_ITEMS)


class DeviceEntry(Message):
    """A device that can be streamed.

    Parameters
    ----------
    name : str
        Name of the device, as ``bci stream`` takes it.
    what : str
        Description in a few words.
    transport : str
        Way that its samples come: serial, Bluetooth, network ...
    needs : tuple of str
        Names of the parameters that it needs.
    takes : tuple of str
        Names of the parameters that it can do without.
    ports : tuple of str
        Serial ports of the computer now, where it takes one.
    """

    name: Text
    what: Text
    transport: Text
    needs: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    takes: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    ports: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)


class Event(Message):
    """An event of a long command, one line of its ``--json``."""

    version: Literal[1] = 1


class DevicesEvent(Event):
    """Every device of the installation: the answer of ``bci devices``.

    Parameters
    ----------
    devices : tuple of DeviceEntry
        In order of their names.
    """

    event: Literal["devices"] = "devices"
    devices: tuple[DeviceEntry, ...] = Field(default=(), max_length=_MAX_ITEMS)


class PluginEntry(Message):
    """A plug-in of an installed package.

    Parameters
    ----------
    kind : {"decoder", "filter", "device", "view", "bridge"}
    name : str
        Its name in profiles and commands.
    distribution, version : str
        The package that offers it.
    where : str
        ``module:attribute``.
    summary : str
        A few words on what it is.
    needs : tuple of str
        Modules that have to be installed besides.
    problem : str or None
        Why it cannot be used, a sentence; None if it can.
    task : str or None
        Of a decoder: the one task that it is for; None for any classes.
    carries_over : bool
        Of a decoder: it can be trained on some people and fine-tuned on another.
    adapts : tuple of str
        Of a decoder: values of ``output.adapt`` that it can do.
    needs_cues : bool
        Of a decoder: its windows begin at cues.
    """

    kind: Text
    name: Text
    distribution: Text
    version: Text
    where: Text
    summary: Text = ""
    needs: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    problem: Text | None = None
    task: Text | None = None
    carries_over: bool = False
    adapts: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    needs_cues: bool = False


class PluginsEvent(Event):
    """Every plug-in of the installation: the answer of ``bci plugins``.

    Parameters
    ----------
    plugins : tuple of PluginEntry
        By kind, in order of their names.
    """

    event: Literal["plugins"] = "plugins"
    plugins: tuple[PluginEntry, ...] = Field(default=(), max_length=_MAX_ITEMS)


class StreamingEvent(Event):
    """A stream is on the network: of ``bci stream`` and ``bci replay``; one event a stream.

    Parameters
    ----------
    stream : str
        Name of the stream.
    n_channels : int
        Number of channels.
    sfreq : float
        Nominal rate in hertz; 0 for an irregular stream.
    simulated : bool
        Whether the signal is simulated.
    """

    event: Literal["streaming"] = "streaming"
    stream: Text
    n_channels: Count
    sfreq: Number
    simulated: bool = False


class NoteEvent(Event):
    """Information for a person; nothing is wrong.

    Parameters
    ----------
    text : str
        One sentence.
    """

    event: Literal["note"] = "note"
    text: Text


class WarningEvent(Event):
    """A problem that a person should look at; the command goes on. Standard error has it too.

    Parameters
    ----------
    text : str
        One sentence.
    """

    event: Literal["warning"] = "warning"
    text: Text


class ErrorEvent(Event):
    """The reason of the command's end, with exit code 2. Standard error has it too.

    Parameters
    ----------
    text : str
        One line.
    """

    event: Literal["error"] = "error"
    text: Text


class ProgressEvent(Event):
    """Progress of a command.

    Parameters
    ----------
    doing : str
        Description of the present part.
    done : int
        Parts that are done.
    of : int
        All parts.
    """

    event: Literal["progress"] = "progress"
    doing: Text
    done: Count
    of: Count


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
    trials: dict[Text, Count] = Field(default_factory=dict, max_length=_MAX_ITEMS)
    rest: Count = 0
    stream: Text | None = None


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


class FileEvent(Event):
    """A file was written: of ``bci import``, ``bci export`` and ``bci benchmark``.

    Parameters
    ----------
    file : str
        Path of the file.
    """

    event: Literal["file"] = "file"
    file: Text


class RecordingEvent(Event):
    """A recording has begun.

    Parameters
    ----------
    file : str
        Path of the recording.
    """

    event: Literal["recording"] = "recording"
    file: Text


class RecordedEvent(Event):
    """A recording has ended and its file is whole.

    Parameters
    ----------
    file : str
        Path of the recording.
    elapsed_s : float
        Length of the recording, in seconds.
    n_bytes : int
        Size of the file.
    streams : tuple of RecordedStream
        Every stream that was recorded.
    """

    event: Literal["recorded"] = "recorded"
    file: Text
    elapsed_s: Seconds
    n_bytes: Count
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=_MAX_ITEMS)


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
    received: dict[Text, Share] = Field(default_factory=dict, max_length=_MAX_ITEMS)
    trained: dict[Text, Share] = Field(default_factory=dict, max_length=_MAX_ITEMS)
    excluded: dict[Text, Text] = Field(default_factory=dict, max_length=_MAX_ITEMS)


class SitesEvent(Event):
    """The end of a federation.

    Parameters
    ----------
    accuracies : dict of str to float
        Accuracy of each site on its held-out trials, 0 to 1.
    """

    event: Literal["sites"] = "sites"
    accuracies: dict[Text, Share] = Field(default_factory=dict, max_length=_MAX_ITEMS)


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
    conditions: dict[Text, Text | int | bool] = Field(max_length=_MAX_ITEMS)
    figures: dict[Text, Number | None] = Field(max_length=_MAX_ITEMS)


class DecidedEvent(Event):
    """A change of the engine's decision: of ``bci run``; see `docs/streams.md`.

    Parameters
    ----------
    change : {"onset", "repeat", "offset"}
        A decision began, came again at the next cue, or ended.
    label : str or None
        The class; None at an offset.
    confidence : float or None
        Confidence of the decision, 0 to 1; None where windows stopped coming.
    time : float
        Time of the window's last sample, in seconds on the LSL clock.
    ended : str or None
        At an offset, the class that ended.
    """

    event: Literal["decided"] = "decided"
    change: Literal["onset", "repeat", "offset"]
    label: Text | None = None
    confidence: Share | None = None
    time: Seconds
    ended: Text | None = None


class StoppedEvent(Event):
    """The end of ``bci run``.

    Parameters
    ----------
    status : EngineStatus
        The last status of the engine.
    """

    event: Literal["stopped"] = "stopped"
    status: EngineStatus


class JudgedChannel(Message):
    """Quality of one channel in one second; see `bci.quality.ChannelQuality`.

    Parameters
    ----------
    name : str
        Name of the channel.
    state : {"good", "doubtful", "bad", "not judged"}
        Verdict of the last seconds; it does not flicker.
    reason : str or None
        A member of `bci.quality_reasons.Reason`; None where the channel is good.
    text : str
        The reason for people, with its figure.
    rms : float or None
        Root mean square above 0.5 Hz, in the channel's unit.
    high : float or None
        The same above 35 Hz, without the power line.
    line_share : float or None
        Share of the power at the line frequency, 0 to 1.
    drift : float or None
        Change of the slow mean, in the channel's unit a second.
    kurtosis : float or None
        Excess kurtosis; 0 for Gaussian noise.
    correlation : float or None
        Largest magnitude with a neighbour, 0 to 1; None where positions are unknown.
    impedance_kohm : float or None
        Impedance in kiloohms; None where it is not measured.
    """

    name: Text
    state: Literal["good", "doubtful", "bad", "not judged"]
    reason: Text | None = None
    text: Text = ""
    rms: Number | None = None
    line_share: Number | None = None
    high: Number | None = None
    drift: Number | None = None
    kurtosis: Number | None = None
    correlation: Number | None = None
    impedance_kohm: Number | None = None


class QualityEvent(Event):
    """Quality of a stream in one second: of ``bci monitor``.

    Parameters
    ----------
    stream : str
        Name of the stream.
    simulated : bool
        Whether the signal is simulated.
    connected : bool
        Whether the stream is on the network.
    samples : int
        Samples since the monitor began, as are the next counts.
    lost_samples : int
        Samples that the sender numbered and that did not come.
    gaps : int
        Gaps of lost samples.
    clock_jumps : int
        Jumps of the sender's clock.
    reconnects : int
        How often the stream came back.
    rate_hz : float or None
        Effective sampling rate, in hertz.
    jitter_s : float or None
        Jitter of the time stamps, in seconds.
    clock_offset_s : float or None
        Offset of the sender's clock from ours, in seconds.
    clock_drift_ppm : float or None
        Speed of the sender's clock relative to ours, in parts per million.
    findings : tuple of str
        Problems of the stream's clock and rate, a sentence each.
    channels : tuple of JudgedChannel
        Every channel of the stream, in order.
    """

    event: Literal["quality"] = "quality"
    stream: Text
    simulated: bool = False
    connected: bool = True
    samples: Count = 0
    lost_samples: Count = 0
    gaps: Count = 0
    clock_jumps: Count = 0
    reconnects: Count = 0
    rate_hz: Number | None = None
    jitter_s: Seconds | None = None
    clock_offset_s: Seconds | None = None
    clock_drift_ppm: Number | None = None
    findings: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    channels: tuple[JudgedChannel, ...] = Field(default=(), max_length=100_000)


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
    """The score of a model on one recording; see `bci.evaluation.Evaluation` for each figure.

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
    interpolated: tuple[Text, ...] = Field(default=(), max_length=_MAX_ITEMS)
    classes: tuple[Text, ...] = Field(max_length=1_000_000)
    trial_accuracy: AccuracyFigure
    prior_accuracy: AccuracyFigure | None = None
    kappa: Number | None = None
    confusion: tuple[tuple[Count, ...], ...] = Field(default=(), max_length=_MAX_ITEMS)
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
    measures: tuple[Figure, ...] = Field(default=(), max_length=_MAX_ITEMS)
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
    models: tuple[Text, ...] = Field(max_length=_MAX_ITEMS)
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
    differs: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
    notes: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)


AnyEvent = Annotated[
    DevicesEvent | PluginsEvent | StreamingEvent | NoteEvent | WarningEvent | ErrorEvent
    | ProgressEvent | StepEvent | RunEvent | PointEvent | ModelEvent | FileEvent | RecordingEvent
    | RecordedEvent | RoundEvent | SitesEvent | OutcomeEvent | QualityEvent | DecidedEvent
    | StoppedEvent | PredictedEvent | EvaluationEvent | VerifyEvent,
    Field(discriminator="event"),
]  # fmt: skip
M = TypeVar("M")
AnyStatus = Annotated[EngineStatus | RecorderStatus, Field(discriminator="kind")]

_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
_STATUS: TypeAdapter[AnyStatus] = TypeAdapter(AnyStatus)


def read_event(line: str | bytes) -> AnyEvent:
    """Read an event of a command.

    Raises
    ------
    MessageError
        If it is none that this version knows; the message names the field.
    """
    return _read(_EVENT, line, _MAX_EVENT)


def read_status(line: str | bytes) -> EngineStatus | RecorderStatus:
    """Read a status that came over the network.

    Raises
    ------
    MessageError
        If it is none that this version knows; the message names the field.
    """
    return _read(_STATUS, line, MAX_STATUS)


def _read(adapter: TypeAdapter[M], line: str | bytes, longest: int) -> M:
    if len(line) > longest:
        raise MessageError(f"a message of {len(line):,} characters is too long")
    try:
        return adapter.validate_json(line)
    except ValidationError as problem:
        raise MessageError(_explain(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise MessageError("not a message of JSON") from problem


def _explain(problem: ValidationError) -> str:
    first = problem.errors(include_url=False)[0]
    if first["type"] == "union_tag_not_found":
        tag = first["ctx"]["discriminator"].strip("'")
        return f"no {tag}: not a message of this version of bci"
    if first["type"] == "json_invalid":
        return "not a message of JSON"
    # The first part of a place is the tag of the message, which is no field.
    where = ".".join(map(str, first["loc"][1:])) or "the message"
    if where == "version":
        return f"version {first['input']!s:.20} of the message; this bci reads version {VERSION}"
    return f"{where}: {first['msg']}"
