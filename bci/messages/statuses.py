"""Statuses on LSL: of an engine and of a recorder."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Text


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
        Distance of the signal from the calibration, as a ratio; see `bci.models.drift`.
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
        The model's paradigm (see `bci.profiles.profile.Paradigm`); None where it has very many
        classes.
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
    interpolated: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    samples: Count = 0
    lost_samples: Count = 0
    gaps: Count = 0
    clock_jumps: Count = 0
    lost_at: Seconds | None = None
    loops: Count = 0
    findings: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
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
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=MAX_ITEMS)
