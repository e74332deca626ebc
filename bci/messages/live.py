"""Events of live streams: streamed, recorded, decoded, watched."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Share, Text
from bci.messages.general import Event
from bci.messages.quality_reasons import Reason
from bci.messages.statuses import EngineStatus, RecordedStream


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
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=MAX_ITEMS)


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
    """Quality of one channel in one second; see `bci.quality.channel_quality.ChannelQuality`.

    Parameters
    ----------
    name : str
        Name of the channel.
    state : {"good", "doubtful", "bad", "not judged"}
        Verdict of the last seconds; it does not flicker.
    reason : Reason or None
        Reason of the verdict; None where the channel is good.
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
    reason: Reason | None = None
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
    findings: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    channels: tuple[JudgedChannel, ...] = Field(default=(), max_length=100_000)
