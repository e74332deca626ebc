"""Monitoring of one live stream: quality of its channels, losses and timing."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, await_stream
from bci.lsl.inlet import InletStats, SignalInlet
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.stream_options import apply_stream_options
from bci.quality.channel_quality import ChannelQuality
from bci.quality.judged_signal import Impedances
from bci.quality.meter import QualityMeter
from bci.quality.quality_stream import QualityOutlet
from bci.signals import StreamInfo

_PULL_S = 0.05
# Longest chunk of one pull, in seconds of signal.
_CHUNK_S = 0.1


@dataclass(frozen=True, slots=True)
class StreamQuality:
    """Quality of a stream in one second: its channels, losses and timing."""

    info: StreamInfo
    connected: bool
    stats: InletStats
    channels: list[ChannelQuality]


def monitor(
    query: StreamQuery,
    stop: threading.Event,
    # Called with each second's report; when the stream is lost, with the last channels
    on_report: Callable[[StreamQuality], None],
    line_hz: float = 50.0,
    wait_s: float = 5.0,  # Longest wait for the stream at the start, in seconds
    # Names, kinds and units of channels, for a stream that does not state them
    options: PipelineSettings | None = None,
) -> None:
    """Judge a stream once per second and publish the states, until ``stop`` is set.

    Impedances are read from the stream ``<name>-impedance`` if it exists.

    Raises `StreamError` if the stream is missing, is irregular, or returns with other channels.
    """
    found = await_stream(query, stop, wait_s)
    if found is None:
        return
    inlet = SignalInlet(found)
    info = inlet.info
    if not info.sfreq > 0:
        inlet.close()
        raise StreamError(f"stream {info.name!r} is irregular: it has no signal quality")
    impedances = Impedances(info)
    info = apply_stream_options(info, options) if options is not None else info
    meter, outlet = QualityMeter(info, line_hz), QualityOutlet(info)
    channels: list[ChannelQuality] = []
    connected = True
    try:
        while not stop.is_set():
            for chunk in inlet.pull(max(1, math.ceil(_CHUNK_S * info.sfreq)), _PULL_S):
                for report in meter.push(chunk):
                    channels = report
                    outlet.push(report, inlet.stats, float(chunk.timestamps[-1]))
                    meter.set_impedances(impedances.newest())
                    on_report(StreamQuality(info, True, inlet.stats, channels))
            if inlet.connected != connected:
                connected = inlet.connected
                on_report(StreamQuality(info, connected, inlet.stats, channels))
    finally:
        impedances.close()
        outlet.close()
        inlet.close()
