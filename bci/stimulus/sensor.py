"""The channel of a light or sound sensor, in a live stream or a recording."""

import threading
from dataclasses import dataclass

import numpy as np

from bci.errors import BciError, DeviceError, shortened
from bci.lsl.discovery import StreamQuery, await_stream, resolve
from bci.lsl.inlet import SignalInlet
from bci.signals import Channel, Chunk, Recording, StreamInfo
from bci.stimulus.onsets import SensorKind, SensorSignal

_PULL_S = 0.05
_MAX_SAMPLES = 1 << 15
_FIND_S = 5.0
_STOP_S = 0.8
_SOUNDS = ("audio", "sound", "mic", "microphone")


@dataclass(frozen=True, slots=True)
class SensorChoice:
    """Choice of a stream and its channel, by name or number from 1; None for its only channel."""

    stream: str
    channel: str | None = None

    def __str__(self) -> str:
        return self.stream if self.channel is None else f"{self.stream}:{self.channel}"


def parse_sensor(text: str) -> SensorChoice:
    """Read ``STREAM:CHANNEL`` or ``STREAM``.

    Raises `DeviceError` if it names no stream.
    """
    if not text.strip(": "):
        raise DeviceError(f"{text!r} names no sensor; give STREAM:CHANNEL, as 'OpenBCI:A5'")
    stream, _, channel = text.rpartition(":")
    return SensorChoice(stream, channel) if stream and channel else SensorChoice(text.rstrip(":"))


def sensor_column(channel: str | None, channels: tuple[Channel, ...], source: str) -> int:
    """Find the sensor's column; ``channel`` is a name, or a number from 1 on.

    Raises `DeviceError` if there is no such channel, or if ``channel`` is None and there are
    several channels. The message names ``source``.
    """
    names = [each.name for each in channels]
    if channel is None and len(names) == 1:
        return 0
    there = f"it has {shortened(names)}; name one by --sensor STREAM:CHANNEL"
    if channel is None:
        raise DeviceError(f"{source} has {len(names)} channels and none is named; {there}")
    if channel in names:
        return names.index(channel)
    if channel.isdigit() and 1 <= int(channel) <= len(names):
        return int(channel) - 1
    raise DeviceError(f"{source} has no channel {channel!r}; {there}")


def channels_of(stream: str, find_s: float = _FIND_S) -> tuple[Channel, ...]:
    """Return the channels of a live stream; the search takes at most ``find_s`` seconds.

    Raises `StreamError` if the stream is missing or does not answer.
    """
    inlet = SignalInlet(resolve(StreamQuery(name=stream), find_s))
    try:
        return inlet.info.channels
    finally:
        inlet.close()


def kind_of(channel: Channel) -> SensorKind:
    """Infer the kind of sensor from the kind and name of its channel."""
    if channel.kind == "stim":
        return "trigger"
    words = f"{channel.kind} {channel.name}".casefold()
    return "sound" if any(word in words for word in _SOUNDS) else "light"


def recorded_sensor(recording: Recording, channel: str | None) -> tuple[SensorSignal, SensorKind]:
    """Return the sensor's samples in a recording, and its kind.

    Raises `DeviceError` as `sensor_column` does.
    """
    column = sensor_column(channel, recording.info.channels, recording.source)
    found = recording.info.channels[column]
    signal = SensorSignal(
        found.name, recording.data[:, column], recording.timestamps, recording.info.sfreq
    )
    return signal, kind_of(found)


class LiveSensor:
    """Collect the samples of a sensor's channel of a live stream, in a thread of its own.

    Attributes
    ----------
    info : StreamInfo or None
        The stream; None until it is found.
    error : BciError or None
        The reason why there are no samples; None if there is no problem.
    """

    def __init__(self, choice: SensorChoice, find_s: float = _FIND_S) -> None:
        self.choice = choice
        self.info: StreamInfo | None = None
        self.error: BciError | None = None
        self.kind: SensorKind = "light"
        self._find_s = find_s
        self._name = str(choice)
        self._lock = threading.Lock()
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []
        self._newest = float("nan")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Start the thread, which searches the stream; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; takes less than a second."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    @property
    def newest(self) -> float:
        """Time of the newest sample on the LSL clock, NaN before the first."""
        return self._newest

    def clear(self) -> None:
        """Discard the samples so far."""
        with self._lock:
            self._parts.clear()

    def signal(self) -> SensorSignal:
        """Return the samples since `start` or the last `clear`."""
        with self._lock:
            parts = list(self._parts)
        values = [values for values, _ in parts] or [np.empty(0, np.float32)]
        times = [times for _, times in parts] or [np.empty(0)]
        sfreq = self.info.sfreq if self.info is not None else 1.0
        return SensorSignal(self._name, np.concatenate(values), np.concatenate(times), sfreq)

    def _work(self) -> None:
        try:
            query = StreamQuery(name=self.choice.stream)
            found = await_stream(query, self._stopping, self._find_s)
            if found is None:
                return
            inlet = SignalInlet(found)
            try:
                self._follow(inlet)
            finally:
                inlet.close()
        except BciError as error:
            self.error = error

    def _follow(self, inlet: SignalInlet) -> None:
        if inlet.info.sfreq <= 0:
            raise DeviceError(
                f"sensor stream {inlet.info.name} is irregular: a sensor needs a sampling rate"
            )
        column = sensor_column(self.choice.channel, inlet.info.channels, inlet.info.name)
        channel = inlet.info.channels[column]
        self.kind, self._name = kind_of(channel), f"{inlet.info.name}:{channel.name}"
        self.info = inlet.info
        while not self._stopping.is_set():
            for chunk in inlet.pull(_MAX_SAMPLES, _PULL_S):
                self._take(chunk, column)

    def _take(self, chunk: Chunk, column: int) -> None:
        with self._lock:
            self._parts.append((chunk.data[:, column].copy(), chunk.timestamps.copy()))
        self._newest = float(chunk.timestamps[-1])
