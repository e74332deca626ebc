"""Events of live streams: streamed, recorded, decoded, watched."""

from typing import Any, Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Count, Message, Number, Seconds, Share, Text
from bci.messages.general import Event
from bci.messages.quality_reasons import Reason
from bci.messages.statuses import EngineStatus, PeopleStatus, RecordedStream


class StreamingEvent(Event):
    """A stream is on the network: of ``bci stream`` and ``bci replay``; one event per stream."""

    event: Literal["streaming"] = "streaming"
    stream: Text  # Name of the stream
    n_channels: Count  # Number of channels
    sfreq: Number  # Nominal rate in hertz; 0 for an irregular stream
    simulated: bool = False  # Whether the signal is simulated


class RecordingEvent(Event):
    """A recording has begun."""

    event: Literal["recording"] = "recording"
    file: Text  # Path of the recording


class RecordedEvent(Event):
    """A recording has ended and its file is complete."""

    event: Literal["recorded"] = "recorded"
    file: Text  # Path of the recording
    elapsed_s: Seconds  # Length of the recording, in seconds
    n_bytes: Count  # Size of the file
    # Every stream that was recorded
    streams: tuple[RecordedStream, ...] = Field(default=(), max_length=MAX_ITEMS)


class DecidedEvent(Event):
    """A change of the engine's decision: of ``bci run``; see `docs/reference/streams.md`."""

    event: Literal["decided"] = "decided"
    # The decision began, was repeated at the next cue, or ended
    change: Literal["onset", "repeat", "offset"]
    label: Text | None = None  # The class; None at an offset
    # Confidence of the decision, 0 to 1; None if windows have stopped
    confidence: Share | None = None
    time: Seconds  # Time of the window's last sample, in seconds on the LSL clock
    ended: Text | None = None  # At an offset, the class that ended


class PersonEvent(Event):
    """An event of one engine of several: of ``bci run`` with several profiles."""

    event: Literal["person"] = "person"
    name: Text  # Name of the engine
    came: dict[str, Any]  # The event: note, decided, stopped or error


class PeopleEvent(Event):
    """Engines and clocks: of ``bci run`` with several profiles, when an engine comes or goes."""

    event: Literal["people"] = "people"
    status: PeopleStatus  # The engines as they are now


class StoppedEvent(Event):
    """The end of ``bci run``."""

    event: Literal["stopped"] = "stopped"
    status: EngineStatus  # The last status of the engine


class JudgedChannel(Message):
    """Quality of one channel in one second; see `bci.quality.channel_quality.ChannelQuality`."""

    name: Text  # Name of the channel
    # State after hysteresis over the last seconds
    state: Literal["good", "doubtful", "bad", "not judged"]
    reason: Reason | None = None  # Reason of the state; None if the channel is good
    text: Text = ""  # The reason as text, with its figure
    rms: Number | None = None  # Root mean square above 0.5 Hz, in the channel's unit
    line_share: Number | None = None  # Share of the power at the line frequency, 0 to 1
    high: Number | None = None  # Root mean square above 35 Hz, without line noise
    drift: Number | None = None  # Change of the slow mean, in the channel's unit per second
    kurtosis: Number | None = None  # Excess kurtosis; 0 for Gaussian noise
    # Largest magnitude of correlations with neighbours, 0 to 1; None if positions are unknown
    correlation: Number | None = None
    impedance_kohm: Number | None = None  # Impedance in kiloohms; None if it is not measured


class QualityEvent(Event):
    """Quality of a stream in one second: of ``bci monitor``."""

    event: Literal["quality"] = "quality"
    stream: Text  # Name of the stream
    simulated: bool = False  # Whether the signal is simulated
    connected: bool = True  # Whether the stream is on the network
    samples: Count = 0  # Samples since the monitor began; the next counts are since then, too
    lost_samples: Count = 0  # Samples that the sender numbered but that did not arrive
    gaps: Count = 0  # Gaps of lost samples
    clock_jumps: Count = 0  # Jumps of the sender's clock
    reconnects: Count = 0  # How often the stream came back
    rate_hz: Number | None = None  # Effective sampling rate, in hertz
    jitter_s: Seconds | None = None  # Jitter of the time stamps, in seconds
    clock_offset_s: Seconds | None = None  # Our clock minus the sender's, in seconds
    # Speed of the sender's clock relative to ours, in parts per million
    clock_drift_ppm: Number | None = None
    # Problems of the stream's clock and rate, one sentence per problem
    findings: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    # Every channel of the stream, in order
    channels: tuple[JudgedChannel, ...] = Field(default=(), max_length=100_000)


class FeedbackRunEvent(Event):
    """A run of neurofeedback is over: of ``bci neurofeedback``; at the session's end once more."""

    event: Literal["feedback_run"] = "feedback_run"
    session: Count = 1  # Number of the session, from 1; one session per recording
    run: Count  # Number of the run in the session, from 1, baselines counted
    kind: Literal["feedback", "transfer"]
    windows: Count  # Windows of the run
    # Share of the counted windows that were beyond the threshold, as it was shown
    success: Share | None = None
    rewards_per_min: Number | None = None  # Rewards a minute, as they were shown
    # Share of the windows in which an artifact paused the feedback. This field and the next ones
    # are None until the session's end, so that sham feedback stays blinded
    held: Share | None = None
    own_success: Share | None = None  # Success of the subject's own feature
    # Mean of the feature minus that of the baseline, in the baseline's standard deviations
    change_sd: Number | None = None
    # Correlation of the shown level with that of the subject's own feature
    agreement: Number | None = None
    allocation: Literal["real", "sham"] | None = None  # The kind of feedback


class BaselineEvent(Event):
    """A baseline of neurofeedback was recorded: of ``bci neurofeedback``."""

    event: Literal["baseline"] = "baseline"
    windows: Count  # Windows of the run
    clean: Count  # Windows without an artifact
    mean: Number  # Mean of the feature, in its unit
    sd: Number  # Its standard deviation
    unit: Text = ""  # Unit of the feature
    file: Text | None = None  # Path of its file; None if it was not written
