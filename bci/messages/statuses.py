"""Statuses on LSL: of an engine and of a recorder."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Text


class WindowCounts(Message):
    """Windows since the engine began, by their outcome."""

    predicted: Count = 0  # Windows with a prediction
    rejected_gap: Count = 0  # Samples were missing in the window, or a replay began again
    rejected_settling: Count = 0  # The filters had only just begun
    rejected_non_finite: Count = 0  # The window held a value that is no number
    rejected_artifact: Count = 0  # Larger swings than the profile allows
    rejected_bad_channels: Count = 0  # More bad channels than `interpolate_bad` allows
    rejected_undecodable: Count = 0  # The decoder found no probabilities
    skipped: Count = 0  # Left out by a decoder that could not keep up


class FilterReport(Message):
    """Figures of one filter of the pipeline, such as the coefficients of a regression."""

    kind: Text  # Of the filter, as in the profile
    figures: dict[Text, Number] = Field(default={}, max_length=MAX_ITEMS)


class EngineStatus(Message):
    """Status of an engine, on the stream ``<name>-status`` twice a second."""

    kind: Literal["engine"] = "engine"
    version: Literal[1] = 1
    # All other fields except ``model`` are empty while it waits
    state: Literal["waiting for stream", "running", "stream lost"]
    model: Text  # Name of the model that decodes
    stream: Text | None = None  # Name of the decoded stream; None until it is found
    swaps: Count = 0  # How often another model took over
    simulated: bool = False  # Whether the signal is simulated
    replayed: bool = False  # Whether the signal is a recording that is streamed
    # Channels that the montage map, or the filter `interpolate_bad`, computes from others now
    interpolated: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    samples: Count = 0  # Samples since the engine began; the next counts are since then, too
    lost_samples: Count = 0  # Samples that the sender numbered but that did not arrive
    gaps: Count = 0  # Gaps of lost samples
    clock_jumps: Count = 0  # Jumps of the sender's clock
    lost_at: Seconds | None = None  # End of the newest gap, in seconds on the LSL clock
    loops: Count = 0  # Number of restarts of a looping replay
    # Problems of the stream's clock and rate, one sentence per problem
    findings: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    reconnects: Count = 0  # How often the stream came back
    rate_hz: Number | None = None  # Effective sampling rate of the stream
    non_finite: Count = 0  # Values that were not finite
    windows: WindowCounts = WindowCounts()  # Windows by their outcome
    # Filters that report figures, in the order of the pipeline
    filters: tuple[FilterReport, ...] = Field(default=(), max_length=32)
    # ``off``, or the kind of adaptation and its number of updates or trials
    adaptation: Text = "off"
    # Distance of the signal from the calibration, as a ratio; see `bci.models.drift`
    drift: Number | None = None
    # Warning in a sentence if the signal is far from the calibration, else None
    drift_warning: Text | None = None
    # State of the signal, counted from 1; None if the model has no states
    signal_state: Count | None = None
    held_back: bool = False  # Whether decisions are suppressed in this state
    # Warning in sentences if the model is at chance, else None
    model_warning: Text | None = None
    # File of the sentences from which the word prior was made; None without a word prior
    sentences: Text | None = None
    filter_delay_s: Seconds | None = None  # Delay by the filters, in seconds
    # Least confidence of a decision, 0 to 1; None if windows are evidence for a speller
    decision_threshold: Number | None = None
    # Length of the signal that a decision uses, in seconds; 0 for single windows
    evidence_s: Seconds | None = None
    evidence_delay_s: Seconds | None = None  # Delay by the evidence, in seconds
    # From a window's last sample to its publication, in milliseconds; the median
    latency_p50_ms: Number | None = None
    latency_p99_ms: Number | None = None  # The 99th percentile of the same
    # The model's paradigm (see `bci.profiles.paradigm.Paradigm`); None if it has more than 100
    # classes
    paradigm: dict[str, Any] | None = None
    markers: Text | None = None  # Streams of the cues; None if the model needs no cues
    cues: Count = 0  # Cues so far
    # Delay from a marker to its stimulus, used to decode cues, in seconds; None if not measured
    stimulus_offset_s: Seconds | None = None
    # Weight of each channel or region in the newest decoded window; they sum to 1. Empty if the
    # decoder has no such weights
    attention: dict[Text, Number] = Field(default={}, max_length=MAX_ITEMS)
    # Time of that window's last sample, in seconds on the LSL clock
    attention_at: Seconds | None = None
    source_id: Text = ""  # Source id of the stream
    # Clock of the engine's computer minus that of the stream's computer, in seconds
    clock_offset_s: Seconds | None = None
    clock_error_s: Seconds | None = None  # Bound of the error of this offset, in seconds
    # Speed of the sender's clock relative to the engine's, in parts per million
    clock_drift_ppm: Number | None = None


class RecordedStream(Message):
    """One stream of a recording."""

    name: Text  # Name of the stream
    samples: Count = 0  # Samples that were written so far
    sfreq: Number = 0.0  # Nominal rate in hertz; 0 for an irregular stream
    present: bool = True  # Whether the stream is on the network


class RecorderStatus(Message):
    """Status of a recorder, on the stream ``recorder-status`` twice a second."""

    kind: Literal["recorder"] = "recorder"
    version: Literal[1] = 1
    pid: Annotated[int, Field(ge=1, lt=1 << 31)]  # Number of its process on its own computer
    file: Text  # Path of the recording
    # Length of the recording, in seconds
    elapsed_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    n_bytes: Count  # Size of the file so far
    # Every stream that is or was recorded
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=MAX_ITEMS)


class Person(Message):
    """One engine of several: the stream that it decodes, and the clock of that stream."""

    name: Text  # Name of the engine
    state: Text = "starting"  # State of the engine, or ``ended``
    restarts: Count = 0  # How often its process was started again
    stream: Text = ""  # Name of the stream that is decoded
    source_id: Text = ""  # Source id of that stream
    # Clock of the engines' computer minus that of the stream's computer, in seconds
    clock_offset_s: Seconds | None = None
    clock_error_s: Seconds | None = None  # Bound of the error of this offset, in seconds
    clock_drift_ppm: Number | None = None  # Speed of that clock, in parts per million
    samples: Count = 0  # Samples since the engine began
    lost_samples: Count = 0  # Samples that the sender numbered but that did not arrive
    latency_p50_ms: Number | None = None  # From sample to prediction, in milliseconds; the median
    latency_p99_ms: Number | None = None  # The 99th percentile of the same


class PeopleStatus(Message):
    """Status of several engines of one computer, on the stream ``people-status`` each second.

    The offset between the clocks of two people's streams is known to the sum of their
    ``clock_error_s``.
    """

    kind: Literal["people"] = "people"
    version: Literal[1] = 1
    people: tuple[Person, ...] = Field(default=(), max_length=MAX_ITEMS)  # In the order given
    # Largest sum of two people's ``clock_error_s``, in seconds; None until two are known
    error_s: Seconds | None = None
