"""The decoded signal for the web page: a few channels, and the quality of all channels."""

import math
import threading
from collections.abc import Callable, Sequence

import numpy as np
from pylsl import local_clock

from bci.bridges.one_stream import OneStream
from bci.lsl.discovery import FoundStream, StreamQuery
from bci.lsl.inlet import SignalInlet
from bci.messages import BridgedChannel, BridgedQuality, BridgedSignal, BridgedTrace
from bci.pipeline.display.filter import DisplayFilter
from bci.pipeline.filters import SosFilter
from bci.pipeline.gap_bridge import GapBridge
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.judged_signal import JudgedSignal
from bci.signals import Chunk, FloatArray, StreamInfo

_FILTER = DisplayFilter(1.0, 40.0)
_POINTS_A_S = 50.0
_MOST_CHANNELS = 8
_MAX_LISTED = 64
_FEW = 4
_BUFFER_S = 10.0
# Longest chunk of one pull, in seconds of signal.
_STRETCH_S = 0.1
_JOIN_S = 0.3


class Extremes:
    """The smallest and largest value of each short interval of a few channels."""

    def __init__(self, info: StreamInfo, columns: Sequence[int]) -> None:
        self.rate_hz = min(_POINTS_A_S, info.sfreq)
        self._n_interval = max(1, round(info.sfreq / self.rate_hz))
        self.rate_hz = info.sfreq / self._n_interval
        self.filter = _FILTER.within(info.sfreq)
        self._columns = np.array(columns, dtype=np.intp)
        self._filter = SosFilter(self.filter.design(info.sfreq), len(columns), info.sfreq)
        self._bridge = GapBridge(len(columns))
        self._begin()

    def _begin(self) -> None:
        self._filter.reset()
        self._bridge.reset()
        self._unsettled = self._filter.settling
        self._rest = np.empty((0, len(self._columns)), dtype=np.float32)
        self._next: int | None = None

    def push(self, chunk: Chunk) -> tuple[FloatArray, FloatArray]:
        """Process samples; return the smallest and largest values of the completed intervals.

        Both are (n_intervals, n_channels), NaN if a channel had no finite value. After a gap, the
        filter restarts and no interval is returned until it has settled.
        """
        if chunk.first != self._next:
            self._begin()
        self._next = chunk.end
        data = np.ascontiguousarray(chunk.data[:, self._columns])
        unknown = ~np.isfinite(data)
        self._bridge.fill(data)
        self._filter.process(data, 0)
        data[unknown] = np.nan
        n_left_out = min(self._unsettled, len(data))
        self._unsettled -= n_left_out
        rows = np.concatenate([self._rest, data[n_left_out:]])
        n_intervals = len(rows) // self._n_interval
        n_rows = n_intervals * self._n_interval
        self._rest = rows[n_rows:].copy()
        parts = rows[:n_rows].reshape(n_intervals, self._n_interval, len(self._columns))
        return parts.min(axis=1), parts.max(axis=1)


class WatchedSignal:
    """An open signal stream that is converted to messages for receivers."""

    def __init__(
        self, found: FoundStream, channels: Sequence[str], line_hz: float, run: str
    ) -> None:
        self._judged = JudgedSignal(SignalInlet(found, buffer_s=_BUFFER_S))
        self._judged.judge_with(line_hz)
        self._run = run
        self.info = self._judged.info
        self._columns = choose_channels(self.info, channels)
        self._extremes = Extremes(self.info, self._columns) if self.info.sfreq > 0 else None
        self._n_pull = max(1, math.ceil(_STRETCH_S * (self.info.sfreq or 100.0)))

    @property
    def connected(self) -> bool:
        return self._judged.connected

    def pull(self, timeout: float) -> list[BridgedSignal | BridgedQuality]:
        """Return messages on the new samples: a few channels, and the quality of all channels.

        At most 0.1 s of signal is read per call.
        """
        messages: list[BridgedSignal | BridgedQuality] = []
        for chunk in self._judged.inlet.pull(self._n_pull, timeout):
            messages += map(self._quality, self._judged.judge(chunk))
            if self._extremes is not None:
                low, high = self._extremes.push(chunk)
                if len(low):
                    messages.append(self._stretch(self._extremes, low, high))
        return messages

    def _stretch(self, extremes: Extremes, low: FloatArray, high: FloatArray) -> BridgedSignal:
        channels = [self.info.channels[column] for column in self._columns]
        traces = tuple(
            BridgedTrace(
                name=channel.name, unit=channel.unit, low=_numbers(low[:, k]),
                high=_numbers(high[:, k]),
            )
            for k, channel in enumerate(channels)
        )  # fmt: skip
        return BridgedSignal(
            run=self._run, seq=0, sent=local_clock(),
            stream=self.info.name, filter=extremes.filter.name, rate_hz=extremes.rate_hz,
            traces=traces, simulated=self.info.simulated,
        )  # fmt: skip

    def _quality(self, report: list[ChannelQuality]) -> BridgedQuality:
        n = {state: sum(channel.state == state for channel in report) for state in State}
        not_good = [channel for channel in report if channel.state != State.GOOD]
        not_good.sort(key=lambda channel: -channel.state)
        channels = tuple(
            BridgedChannel(name=each.name, state=each.state.word, text=each.text)
            for each in not_good[:_MAX_LISTED]
        )
        return BridgedQuality(
            run=self._run, seq=0, sent=local_clock(),
            stream=self.info.name, good=n[State.GOOD], doubtful=n[State.DOUBTFUL],
            bad=n[State.BAD], not_judged=n[State.NOT_JUDGED], channels=channels,
        )  # fmt: skip

    def close(self) -> None:
        """Disconnect from the stream."""
        self._judged.close()


class SignalWatch:
    """A follower of one signal stream at a time, in a thread.

    Parameters
    ----------
    channels : sequence of str
        Names of the shown channels; empty for the first four.
    line_hz : float
        Frequency of the power line, in hertz.
    run : str
        Identifier of the bridge's run, for the messages.
    publish : callable
        Called with a list of messages, in the thread of the stream.
    report : callable
        Called with a sentence about a stream that cannot be opened.
    """

    def __init__(
        self,
        channels: Sequence[str],
        line_hz: float,
        run: str,
        publish: Callable[[list[BridgedSignal | BridgedQuality]], None],
        report: Callable[[str], None],
    ) -> None:
        self._channels, self._line_hz, self._run = channels, line_hz, run
        self._publish, self._report = publish, report
        self._query: StreamQuery | None = None
        self._stop = threading.Event()
        self._thread: OneStream[WatchedSignal] | None = None

    def follow(self, query: StreamQuery) -> None:
        """Follow the stream of ``query`` instead of the present one."""
        if query == self._query:
            return
        self.close()
        self._query, self._stop = query, threading.Event()
        self._thread = OneStream(
            query, self._open, self._on_opened, self._publish, lambda: None, self._report,
            self._stop,
        )  # fmt: skip
        self._thread.start()

    def _open(self, found: FoundStream) -> WatchedSignal:
        return WatchedSignal(found, self._channels, self._line_hz, self._run)

    def _on_opened(self, signal: WatchedSignal) -> None:
        absent = [each for each in self._channels if each not in signal.info.ch_names]
        if absent:
            self._report(f"{signal.info.name} has no channel {absent[0]!r:.60}")

    def close(self) -> None:
        """Disconnect from the stream."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)


def choose_channels(info: StreamInfo, wanted: Sequence[str]) -> list[int]:
    """Find the columns of the channels ``wanted``; if none of them exists, the first four."""
    names = info.ch_names
    columns = [names.index(name) for name in wanted if name in names]
    return (columns or list(range(min(_FEW, len(names)))))[:_MOST_CHANNELS]


def _numbers(values: FloatArray) -> tuple[float | None, ...]:
    """Round numbers to four significant digits; None for a value that is not finite."""
    return tuple(float(f"{v:.4g}") if math.isfinite(v) else None for v in values.tolist())
