"""Typed messages that cross a process border: statuses on LSL, events on standard output.

Each is one JSON object on one line. A status goes over an LSL stream of texts twice a second; an
event is a line that a long command prints with ``--json``. A reader gets either by `read_status`
or `read_event`, which check every field and take nothing on trust: texts are cut, numbers that are
out of range are refused, and keys that a later version may add are left out.

``version`` is of the format: it grows when a field changes its meaning or goes, and a reader
refuses a version that it does not know. A new field alone does not make a new version.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from bci.errors import MessageError

VERSION = 1
# Of a line: no message of ours comes near it.
_MAX_BYTES = 16 << 20
_MAX_ITEMS = 10_000

Text = Annotated[str, StringConstraints(max_length=100_000)]
Count = Annotated[int, Field(ge=0, lt=1 << 62)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """A part of a message; unknown keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WindowCounts(Message):
    """Windows since the engine began, by what became of them."""

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
    model : str
        Name of the model that decodes.
    stream : str or None
        Name of the decoded stream; None until it is found.
    swaps : int
        How often another model took over.
    simulated, replayed : bool
        Whether the signal is simulated, or a recording that is streamed.
    interpolated : tuple of str
        Channels that the montage map computed from others.
    samples, lost_samples, gaps, clock_jumps, reconnects, loops : int
        Of the stream, since the engine began.
    lost_at : float or None
        End of the newest gap, in seconds on the LSL clock.
    rate_hz : float or None
        Effective sampling rate of the stream.
    findings : tuple of str
        Problems of the stream's clock and rate, a sentence each.
    non_finite : int
        Values that were not finite.
    windows : WindowCounts
    adaptation : str
        ``off``, or what of the model follows the signal.
    drift : float or None
        Distance of the signal from the calibration, as a ratio; see `bci.drift`.
    drift_warning, model_warning : str or None
        A sentence, where there is something to warn of.
    sentences : str or None
        File of the sentences that a prior of words was made from.
    filter_delay_s, evidence_s, evidence_delay_s : float or None
        In seconds.
    decision_threshold : float or None
        Least confidence of a decision, 0 to 1.
    latency_p50_ms, latency_p99_ms : float or None
        From a window's last sample to its publication, in milliseconds.
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
    interpolated: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
    samples: Count = 0
    lost_samples: Count = 0
    gaps: Count = 0
    clock_jumps: Count = 0
    lost_at: Seconds | None = None
    loops: Count = 0
    findings: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
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
    decision_threshold: Share | None = None
    evidence_s: Seconds | None = None
    evidence_delay_s: Seconds | None = None
    latency_p50_ms: Number | None = None
    latency_p99_ms: Number | None = None
    paradigm: dict[str, Any] | None = None
    markers: Text | None = None
    cues: Count = 0


class RecordedStream(Message):
    """One stream of a recorder: samples so far, its nominal rate, and whether it is there now."""

    name: Text
    samples: Count = 0
    sfreq: Number = 0.0
    present: bool = True


class RecorderStatus(Message):
    """Status of a recorder, on the stream ``recorder-status`` twice a second.

    Parameters
    ----------
    pid : int
        Its process on its own computer; above 1.
    file : str
        What it writes.
    elapsed_s : float
        Since it began, in seconds.
    n_bytes : int
        Size of the file so far.
    streams : tuple of RecordedStream
    """

    kind: Literal["recorder"] = "recorder"
    version: Literal[1] = 1
    pid: Annotated[int, Field(gt=1, lt=1 << 31)]
    file: Text
    elapsed_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    n_bytes: Count
    streams: tuple[RecordedStream, ...] = Field((), max_length=_MAX_ITEMS)


class DeviceEntry(Message):
    """A device that can be streamed: ``needs`` and ``takes`` are names of its parameters.

    ``ports`` are the serial ports of now, where it takes one.
    """

    name: Text
    what: Text
    transport: Text
    needs: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
    takes: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
    ports: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)


class Event(Message):
    """An event of a long command, one line of its ``--json``."""

    version: Literal[1] = 1


class DevicesEvent(Event):
    """Every device of the installation: the answer of ``bci devices``."""

    event: Literal["devices"] = "devices"
    devices: tuple[DeviceEntry, ...] = Field((), max_length=_MAX_ITEMS)


class StreamingEvent(Event):
    """A stream is on the network: of ``bci stream`` and ``bci replay``; one event a stream."""

    event: Literal["streaming"] = "streaming"
    stream: Text
    n_channels: Count
    sfreq: Number
    simulated: bool = False


class NoteEvent(Event):
    """Something that a person should read; nothing is wrong."""

    event: Literal["note"] = "note"
    text: Text


class WarningEvent(Event):
    """Something that a person should mend; the command goes on."""

    event: Literal["warning"] = "warning"
    text: Text


class ErrorEvent(Event):
    """The reason of the command's end; its exit code is 2."""

    event: Literal["error"] = "error"
    text: Text


class ProgressEvent(Event):
    """``done`` of ``of`` parts are done, and now this is being done."""

    event: Literal["progress"] = "progress"
    doing: Text
    done: Count
    of: Count


class StepEvent(Event):
    """A step of a network's training: ``fold`` counts from 0, the last is of all runs.

    ``score`` is the accuracy on held-out data; None where nothing is held out.
    """

    event: Literal["step"] = "step"
    fold: Count
    step: Count
    of: Count
    loss: Number | None = None
    score: Number | None = None


class RunEvent(Event):
    """The trials of one run, before anything is trained; see `bci.runs.RunCount`."""

    event: Literal["run"] = "run"
    file: Text
    cues: Count
    broken_off: Count = 0
    trials: dict[Text, Count] = Field(default_factory=dict)
    rest: Count = 0
    counts: Any = None


class PointEvent(Event):
    """A point of a learning curve: accuracy with its 95 % interval after so many trials a class."""

    event: Literal["point"] = "point"
    trials_per_class: Count
    accuracy: Share
    low: Share
    high: Share
    chance: Share
    trials: Count


class ModelEvent(Event):
    """A model was written to a folder."""

    event: Literal["model"] = "model"
    folder: Text


class PredictedEvent(Event):
    """One window of an evaluated recording; times in seconds of the recording.

    ``start`` is the time of its first sample, ``time`` that of its last. ``label`` is the likeliest
    class of the window alone. ``decision`` and ``confidence`` are the engine's decision then:
    ``decision`` is None where the confidence is below the threshold, and both are None until the
    evidence is whole.
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
    """One trial and the class with the most evidence at its end; times in seconds of the recording.

    ``decision`` and ``confidence`` are None where no sound window lay within it. The threshold
    plays no part: every trial counts in the accuracy.
    """

    label: Text
    onset: Seconds
    start: Seconds
    stop: Seconds
    decision: Text | None = None
    confidence: Share | None = None
    with_prior: Text | None = None


class Figure(Message):
    """A figure beside accuracy, its value by guessing, and how likely it is by guessing."""

    name: Text
    value: Number
    chance: Number
    p_value: Number


class AccuracyFigure(Message):
    """Accuracy with its 95 % interval, over ``n`` trials, beside chance."""

    value: Share
    low: Share
    high: Share
    n: Count
    chance: Share
    p_value: Share


class EvaluationEvent(Event):
    """The score of a model on one recording; see `bci.evaluation.Evaluation` for each figure.

    Parameters
    ----------
    recording, model : str
    simulated : bool
        Whether the signal is simulated.
    learnt_from : bool
        Whether the model, or its base, was trained on this recording: then this is no test.
    interpolated : tuple of str
        Channels that the montage map computed from others.
    classes : tuple of str
    trial_accuracy : AccuracyFigure
        By the class with the most evidence at the end of each trial.
    prior_accuracy : AccuracyFigure or None
        The same with a prior of words.
    kappa : float or None
        Cohen's; None where only one class was asked for.
    confusion : tuple of tuple of int
        Trials; a row for each true class, a column for each decided one. Empty where there are
        very many classes.
    window_accuracy, window_chance, window_p_value : float
        By window, all of which overlap.
    n_windows : int
    itr_bits_per_min : float
        Information transfer rate, in bits a minute.
    threshold : float
        Least confidence of a decision, 0 to 1; the figures below are of decisions.
    evidence_s, evidence_delay_s : float
        Evidence of a decision, and how much later it comes than a single window's, in seconds.
    adaptation : str
        ``off``, or what of the model followed the recording.
    seconds_to_correct : float or None
        From the cue to the first right decision, median over ``trials_reached`` trials.
    trials_reached, trials_without_window, windows_rejected : int
    cues, cues_decided, cues_right : int
        Cues for a command; those with a decision; those whose first decision was right.
    false_positives : int
        Decisions in ``rest_min`` minutes of rest.
    false_positives_per_min, false_positives_bound : float or None
        Their rate a minute and its upper bound, with 95 % confidence; None without rest.
    rest_min : float
    measures : tuple of Figure
        Further figures of the task.
    trials : tuple of EvaluatedTrial
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
    engine : str
        Name of the engine.
    models : tuple of str
        Names of the models that decoded.
    all_equal : bool
        Whether every prediction and decision is equal to the bit, and none is missing.
    windows, windows_equal : int
        Windows that were compared, and those with equal predictions.
    missing : int
        Windows that ought to have a live prediction and have none.
    extra : int
        Live predictions of which the recording gives no window.
    skipped : int
        Windows that the engine skipped live because the decoder was late.
    left_out : int
        Live predictions that depend on samples that the recording lacks.
    decisions, decisions_equal : int
        Events of the decision that were compared, and those that are equal.
    swaps, gaps : int
        Models that took over, and gaps in the signal.
    first_difference, first_decision : str or None
        The first prediction and the first decision that differ; times in seconds since the first
        prediction.
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
    first_decision: Text | None = None
    differs: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)
    notes: tuple[Text, ...] = Field((), max_length=_MAX_ITEMS)


AnyEvent = Annotated[
    DevicesEvent | StreamingEvent | NoteEvent | WarningEvent | ErrorEvent | ProgressEvent
    | StepEvent | RunEvent | PointEvent | ModelEvent | PredictedEvent | EvaluationEvent
    | VerifyEvent,
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
    return _read(_EVENT, line)


def read_status(line: str | bytes) -> EngineStatus | RecorderStatus:
    """Read a status that came over the network.

    Raises
    ------
    MessageError
        If it is none that this version knows; the message names the field.
    """
    return _read(_STATUS, line)


def _read(adapter: TypeAdapter[M], line: str | bytes) -> M:
    if len(line) > _MAX_BYTES:
        raise MessageError(f"a message of {len(line) >> 20} MiB is too long")
    try:
        return adapter.validate_json(line)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the message"
        raise MessageError(f"{where}: {first['msg']}") from problem
    except (ValueError, RecursionError) as problem:
        raise MessageError("not a message of JSON") from problem
