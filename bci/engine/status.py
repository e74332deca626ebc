"""Compose the status message of a running engine."""

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from bci.engine.cues import CueStatus
from bci.engine.running_model import RunningModel
from bci.lsl.inlet import SignalInlet
from bci.messages import EngineStatus, FilterReport, WindowCounts
from bci.models.card import decision_threshold
from bci.profiles.profile import Output


def describe_engine(
    inlet: SignalInlet,
    running: RunningModel,
    output: Output,
    cues: CueStatus,
    swaps: int,
    latencies: Sequence[float],  # Latencies of the newest predictions, in seconds
) -> EngineStatus:
    """Compose the status message of an engine that decodes."""
    pipeline, drift, stats = running.pipeline, running.drift, inlet.stats
    p50, p99 = np.percentile(latencies, [50, 99]) if latencies else (math.nan, math.nan)
    attention, card = running.attention(), running.card
    return EngineStatus(
        state="running" if inlet.connected else "stream lost",
        stream=inlet.info.name,
        model=running.card.name,
        swaps=swaps,
        simulated=inlet.info.simulated,
        replayed=inlet.info.replayed,
        interpolated=(*inlet.info.interpolated, *pipeline.chain.interpolated),
        samples=stats.samples,
        lost_samples=stats.lost_samples,
        gaps=stats.gaps,
        clock_jumps=stats.clock_jumps,
        lost_at=_known(stats.lost_at),
        loops=stats.loops,
        findings=tuple(stats.findings),
        reconnects=stats.reconnects,
        rate_hz=_known(stats.effective_rate),
        non_finite=pipeline.chain.non_finite,
        windows=WindowCounts(**asdict(pipeline.counts)),
        filters=tuple(
            FilterReport(kind=kind, figures=figures) for kind, figures in pipeline.chain.reports()
        ),
        adaptation=running.adaptation.described if running.adaptation else "off",
        drift=_known(drift.ratio, 2) if drift else None,
        drift_warning=drift.warning if drift else None,
        signal_state=running.states.state if running.states else None,
        held_back=running.states.holds_back if running.states else False,
        model_warning=running.card.warning(),
        sentences=output.sentences,
        filter_delay_s=_known(running.delay_s),
        decision_threshold=None
        if running.card.without_decisions
        else decision_threshold(output, running.card),
        evidence_s=_known(running.evidence.span_s, 6),
        evidence_delay_s=_known(running.evidence.delay_s, 6),
        latency_p50_ms=_known(1000 * p50, 3),
        latency_p99_ms=_known(1000 * p99, 3),
        paradigm=cues.paradigm,
        markers=cues.markers,
        cues=cues.n_cues,
        stimulus_offset_s=card.stimulus.offset_s if card.stimulus is not None else None,
        attention=attention,
        attention_at=_known(running.decoded_until) if attention else None,
        source_id=inlet.info.source_id,
        clock_offset_s=_known(stats.clock_offset_s, 6),
        clock_error_s=_known(stats.clock_error_s, 6),
        clock_drift_ppm=_known(stats.clock_drift_ppm, 2),
    )


def _known(value: float | None, digits: int | None = None) -> float | None:
    """Round a number to ``digits`` decimal places.

    The result is None if ``value`` is unknown or not finite.
    """
    if value is None or not math.isfinite(value):
        return None
    return float(value) if digits is None else round(float(value), digits)
