"""An open signal stream whose channels are judged continuously, with their impedances."""

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError
from bci.lsl.discovery import StreamQuery, StreamWatch
from bci.lsl.inlet import SignalInlet
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.stream_options import apply_stream_options
from bci.quality.channel_quality import ChannelQuality
from bci.quality.meter import QualityMeter
from bci.signals import Chunk, StreamInfo

# Impedances in other units are not used.
_KOHM = {"kOhm": 1.0, "Ohm": 1e-3}


class Impedances:
    """The newest impedances of a stream's channels, read from the stream ``<name>-impedance``."""

    def __init__(self, info: StreamInfo) -> None:
        self._names = info.ch_names
        self._watch = StreamWatch(StreamQuery(name=f"{info.name}-impedance"))
        self._inlet: SignalInlet | None = None
        self._kohm: NDArray[np.float64] | None = None

    def newest(self) -> NDArray[np.float64] | None:
        """Return the newest impedances in kiloohms, (n_channels,), NaN where unknown.

        None if no such stream exists.
        """
        if self._inlet is None:
            found = self._watch.poll()
            if not found:
                return None
            self._inlet = SignalInlet(found[0])
            channels = self._inlet.info.channels
            self._scale = np.array([_KOHM.get(channel.unit, np.nan) for channel in channels])
        for chunk in self._inlet.pull(64, 0.0):
            kohm = chunk.data[-1].astype(np.float64) * self._scale
            names = self._inlet.info.ch_names
            if len(names) == len(self._names):
                # Some boards do not name the channels of their impedances.
                self._kohm = kohm
            else:
                by_name = dict(zip(names, kohm.tolist(), strict=True))
                self._kohm = np.array([by_name.get(name, np.nan) for name in self._names])
        return self._kohm

    def close(self) -> None:
        if self._inlet is not None:
            self._inlet.close()


class JudgedSignal:
    """A signal's inlet, with the quality meter and the impedances of its channels.

    The options give names and units of channels for a stream that does not state them.
    """

    def __init__(self, inlet: SignalInlet, options: PipelineSettings | None = None) -> None:
        self.inlet = inlet
        self.info = _described(inlet.info, options)
        self._impedances = Impedances(inlet.info)
        self._line_hz = 0.0
        self._meter: QualityMeter | None = None

    @property
    def connected(self) -> bool:
        return self.inlet.connected

    def judge_with(self, line_hz: float) -> None:
        """Set the power-line frequency; a new value restarts the meter.

        An irregular stream has no meter.
        """
        if line_hz != self._line_hz:
            self._line_hz = line_hz
            self._meter = QualityMeter(self.info, line_hz) if self.info.sfreq > 0 else None

    def judge(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        """Process a chunk; return one list of channel qualities per completed second.

        `judge_with` must be called before.
        """
        if self._meter is None:
            return []
        reports = self._meter.push(chunk)
        if reports:
            self._meter.set_impedances(self._impedances.newest())
        return reports

    def close(self) -> None:
        self._impedances.close()
        self.inlet.close()


def _described(info: StreamInfo, options: PipelineSettings | None) -> StreamInfo:
    if options is None:
        return info
    try:
        return apply_stream_options(info, options)
    except MismatchError:
        # The options may be meant for another stream; its quality can be judged all the same.
        return info
