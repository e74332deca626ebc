"""Messages of the bridges ``udp`` and ``websocket``: one JSON object per datagram or text."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bci.messages.fields import Count, Message, Number, Seconds, Share, Text

MAX_LABEL = 64
"""Largest number of characters of a label; longer ones are cut."""
_MAX_SENTENCE = 300
_MAX_POINTS = 1000

Label = Annotated[Text, BeforeValidator(lambda given: _cut(given, MAX_LABEL))]
Sentence = Annotated[Text, BeforeValidator(lambda given: _cut(given, _MAX_SENTENCE))]
BridgedState = Literal["running", "waiting for stream", "stream lost", "engine lost"]


def _cut(given: object, longest: int) -> object:
    return given[:longest] if isinstance(given, str) else given


class Bridged(Message):
    """A message of a bridge."""

    version: Literal[1] = 1
    run: Label  # Identifier of the bridge's run; each start of the bridge has another one
    # Number of decisions that the bridge has sent in this run; for a decision, its own number, from
    # 1. A jump shows lost decisions, a repeated number shows a duplicate
    seq: Count
    sent: Seconds  # Time of sending, in seconds on the LSL clock of the bridge's computer


class BridgedDecision(Bridged):
    """An event of a decision; see [streams](streams.md#decisions)."""

    kind: Literal["decision"] = "decision"
    # The decision began, was repeated at the next cue, or ended
    change: Literal["onset", "repeat", "offset"]
    label: Label | None = None  # The class; None at an offset
    ended: Label | None = None  # At an offset, the class that ended
    confidence: Share | None = None  # Confidence of the decision; None if windows have stopped
    time: Seconds  # Time of the window's last sample, in seconds on the same clock as ``sent``
    simulated: bool = False  # Whether the signal is simulated
    # Whether it is sent again to a receiver that has reconnected (``websocket`` only)
    again: bool = False


class BridgedPrediction(Bridged):
    """Probabilities of one window."""

    kind: Literal["prediction"] = "prediction"
    # Probability of each class; most probable first if some are left out
    probabilities: Annotated[dict[Label, Number], Field(max_length=64)]
    left_out: Count = 0  # Number of classes left out, if there are too many for a message
    # Decision of the engine at the window's end; None without a decision
    decided: Label | None = None
    time: Seconds  # Time of the window's last sample, in seconds on the same clock as ``sent``
    latency_ms: Number | None = None  # From the window's last sample to the engine's publication
    simulated: bool = False  # Whether the signal is simulated


class BridgedStatus(Bridged):
    """Status of the engine, twice a second; once a second while it is lost."""

    kind: Literal["status"] = "status"
    engine: Label  # Name of the engine
    state: BridgedState  # ``engine lost``: the engine has ended or sends nothing
    decided: Label | None = None  # Newest decision that the bridge sent; None after its end
    model: Label | None = None  # Name of the model
    stream: Label | None = None  # Name of the decoded stream
    simulated: bool = False  # Whether the signal is simulated
    replayed: bool = False  # Whether the signal is a recording that is streamed
    lost_samples: Count = 0  # Samples that the sender numbered but that did not arrive
    # From a window's last sample to its publication, in milliseconds; the median
    latency_p50_ms: Number | None = None
    latency_p99_ms: Number | None = None  # The 99th percentile of the same
    warning: Sentence | None = None  # A sentence, if the model or the signal is not reliable


class BridgedTrace(Message):
    """A part of one channel's display-filtered signal, as the extremes of short intervals."""

    name: Label  # Name of the channel
    unit: Label  # Unit of the values
    # Smallest value of each interval; None if the channel had no finite value
    low: Annotated[tuple[Number | None, ...], Field(max_length=_MAX_POINTS)]
    high: Annotated[tuple[Number | None, ...], Field(max_length=_MAX_POINTS)]  # Largest value


class BridgedSignal(Bridged):
    """The newest signal of a few channels, ten times per second (``websocket`` only)."""

    kind: Literal["signal"] = "signal"
    stream: Label  # Name of the stream
    filter: Label  # Filter of the display; decoding and recording do not use it
    rate_hz: Number  # Intervals per second
    traces: Annotated[tuple[BridgedTrace, ...], Field(max_length=16)]
    simulated: bool = False  # Whether the signal is simulated


class BridgedChannel(Message):
    """Quality of one channel."""

    name: Label  # Name of the channel
    state: Literal["good", "doubtful", "bad", "not judged"]
    text: Sentence = ""  # The reason as text, with its figure


class BridgedQuality(Bridged):
    """Quality of the stream in one second (``websocket`` only)."""

    kind: Literal["quality"] = "quality"
    stream: Label  # Name of the stream
    good: Count  # Number of good channels
    doubtful: Count  # Number of doubtful channels
    bad: Count  # Number of bad channels
    not_judged: Count  # Number of channels that are not judged
    # Channels that are not good, bad ones first; the first 64
    channels: Annotated[tuple[BridgedChannel, ...], Field(max_length=64)]


AnyBridged = Annotated[
    BridgedDecision | BridgedPrediction | BridgedStatus | BridgedSignal | BridgedQuality,
    Field(discriminator="kind"),
]
