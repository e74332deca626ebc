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
    rejected_undecodable: Count = 0  # The decoder found no probabilities
    skipped: Count = 0  # Left out by a decoder that could not keep up


class EngineStatus(Message):
    """Status of an engine, on the stream ``<name>-status`` twice a second."""

    kind: Literal["engine"] = "engine"
    version: Literal[1] = 1
    # The other fields but the model are empty while it waits
    state: Literal["waiting for stream", "running", "stream lost"]
    model: Text  # Name of the model that decodes
    stream: Text | None = None  # Name of the decoded stream; None until it is found
    swaps: Count = 0  # How often another model took over
    simulated: bool = False  # Whether the signal is simulated
    replayed: bool = False  # Whether the signal is a recording that is streamed
    # Channels that the montage map computed from others
    interpolated: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    samples: Count = 0  # Samples of the stream since the engine began, as are the next counts
    lost_samples: Count = 0  # Samples that the sender numbered and that did not come
    gaps: Count = 0  # Gaps of lost samples
    clock_jumps: Count = 0  # Jumps of the sender's clock
    lost_at: Seconds | None = None  # End of the newest gap, in seconds on the LSL clock
    loops: Count = 0  # How often a replay began again
    # Problems of the stream's clock and rate, a sentence each
    findings: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    reconnects: Count = 0  # How often the stream came back
    rate_hz: Number | None = None  # Effective sampling rate of the stream
    non_finite: Count = 0  # Values that were not finite
    windows: WindowCounts = WindowCounts()  # Windows by their outcome
    adaptation: Text = "off"  # ``off``, or what of the model follows the signal
    # Distance of the signal from the calibration, as a ratio; see `bci.models.drift`
    drift: Number | None = None
    drift_warning: Text | None = None  # A sentence, where the signal is beyond the calibration
    model_warning: Text | None = None  # A sentence, where the model is not to be relied on
    sentences: Text | None = None  # File of the sentences that a prior of words was made from
    filter_delay_s: Seconds | None = None  # Delay by the filters, in seconds
    decision_threshold: Number | None = None  # Least confidence of a decision, 0 to 1
    # Length of the signal that a decision is taken from, in seconds; 0: from single windows
    evidence_s: Seconds | None = None
    evidence_delay_s: Seconds | None = None  # Delay by the evidence, in seconds
    # From a window's last sample to its publication, in milliseconds; the median
    latency_p50_ms: Number | None = None
    latency_p99_ms: Number | None = None  # The 99th percentile of the same
    # The model's paradigm (see `bci.profiles.profile.Paradigm`); None where it has very many
    # classes
    paradigm: dict[str, Any] | None = None
    markers: Text | None = None  # Streams that cues are taken from; None where the model needs none
    cues: Count = 0  # Cues so far


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
