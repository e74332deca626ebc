"""An open signal stream whose channels are judged as its samples come."""

from bci.errors import MismatchError
from bci.lsl.impedance_stream import Impedances
from bci.lsl.inlet import SignalInlet
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.stream_options import apply_stream_options
from bci.quality.channel_quality import ChannelQuality
from bci.quality.meter import QualityMeter
from bci.signals import Chunk, StreamInfo


class JudgedSignal:
    """A signal's inlet, with the meter of its channels and their impedances.

    The options name channels and units of a stream that does not state them.
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
        """Begin anew where the power line has another frequency; none for irregular streams."""
        if line_hz != self._line_hz:
            self._line_hz = line_hz
            self._meter = QualityMeter(self.info, line_hz) if self.info.sfreq > 0 else None

    def judge(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        """Judge the channels, once a second; call `judge_with` before."""
        if self._meter is None:
            return []
        reports = self._meter.push(chunk)
        if reports:
            self._meter.set_impedances(self._impedances.newest())
        return reports

    def close(self) -> None:
        """Leave the streams."""
        self._impedances.close()
        self.inlet.close()


def _described(info: StreamInfo, options: PipelineSettings | None) -> StreamInfo:
    if options is None:
        return info
    try:
        return apply_stream_options(info, options)
    except MismatchError:
        # Any stream can be looked at, not only the one that the options are for.
        return info
