"""Event of one second of a stream's quality."""

import math

from bci.messages import JudgedChannel, QualityEvent
from bci.quality.channel_quality import ChannelQuality
from bci.quality.monitor import StreamQuality

_FIGURES = ("rms", "line_share", "high", "drift", "kurtosis", "correlation", "impedance_kohm")


def quality_event(report: StreamQuality) -> QualityEvent:
    """Describe one second of a stream."""
    info, stats = report.info, report.stats
    return QualityEvent(
        stream=info.name,
        simulated=info.simulated,
        connected=report.connected,
        samples=stats.samples,
        lost_samples=stats.lost_samples,
        gaps=stats.gaps,
        clock_jumps=stats.clock_jumps,
        reconnects=stats.reconnects,
        rate_hz=_known(stats.effective_rate),
        jitter_s=_known(stats.jitter_s),
        clock_offset_s=_known(stats.clock_offset_s),
        clock_drift_ppm=_known(stats.clock_drift_ppm),
        findings=stats.findings,
        channels=tuple(map(_judged, report.channels)),
    )


def _judged(channel: ChannelQuality) -> JudgedChannel:
    figures = {name: _known(getattr(channel, name)) for name in _FIGURES}
    return JudgedChannel(
        name=channel.name,
        state=channel.state.word,
        reason=channel.reason,
        text=channel.text,
        **figures,
    )


def _known(value: float) -> float | None:
    """None for a number that is not known."""
    return float(value) if math.isfinite(value) else None
