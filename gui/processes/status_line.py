"""The state behind the status bar: stream, engine, delay and lost samples."""

import socket
import time
from dataclasses import dataclass, field

from bci.lsl.inlet import InletStats
from bci.messages import EngineStatus
from bci.quality.channel_quality import State
from gui.widgets.units import counted

_STALE_S = 1.5
# A decoding engine sends its status every 0.5 s. After this time one is missing, and the user is
# warned within a second.
_ENGINE_SILENT_S = 0.9
_SHOWN, _ENGINE = "shown", "engine"


@dataclass
class DashboardStatus:
    """The known state of the shown signal and the engine.

    Times are in seconds on the LSL clock.
    """

    awaited: str
    stream_name: str = ""
    hostname: str = ""
    signal_alive: bool = False
    signal_simulated: bool = False
    signal_replayed: bool = False
    engine_alive: bool = False
    engine_lost: bool = False
    engine_simulated: bool = False
    stats: InletStats | None = None
    samples: int = 0
    samples_at: float = 0.0
    status: EngineStatus | None = None
    status_at: float = -float("inf")
    engine_seen_at: float = -float("inf")
    # Acknowledged lost samples, by counter: that of the shown stream or of the engine.
    acknowledged: dict[str, int] = field(default_factory=dict)
    acknowledged_at: str = ""

    @property
    def simulated(self) -> bool:
        """Return whether the shown signal or that of the engine is simulated."""
        return self.signal_simulated or self.engine_simulated

    def show_other(self, awaited: str) -> None:
        """Forget the shown stream; ``awaited`` describes the one to be shown next."""
        self.awaited = awaited
        self.stream_name, self.stats = "", None
        self.signal_alive = self.signal_simulated = self.signal_replayed = False
        self.acknowledged, self.acknowledged_at = {}, ""

    def acknowledge(self) -> None:
        """Acknowledge the losses so far: only later ones are shown."""
        self.acknowledged, self.acknowledged_at = self._counts(), time.strftime("%H:%M")

    def on_stats(self, stats: InletStats) -> None:
        """Set the figures of the shown stream's inlet."""
        self.stats = stats
        self._follow_counts()

    def on_status(self, status: EngineStatus, now: float) -> None:
        """Set the engine's newest status, received at ``now``."""
        self.status, self.status_at = status, now
        self._follow_counts()

    def _follow_counts(self) -> None:
        counts = self._counts()
        # A lower count than before means that the counter started again from zero.
        for counter, n in self.acknowledged.items():
            self.acknowledged[counter] = min(n, counts.get(counter, n))

    def count_samples(self, samples: int, now: float) -> None:
        """Set the number of samples that have been received by ``now``."""
        if samples != self.samples:
            self.samples, self.samples_at = samples, now

    def on_sign_of_engine(self, now: float) -> None:
        """Store that the engine gave a sign of life at ``now``."""
        self.engine_seen_at = now

    def engine_silent_s(self, now: float) -> float:
        """Return the seconds since the last sign of a decoding engine; 0 below 0.9 s."""
        silent = now - max(self.engine_seen_at, self.status_at)
        return silent if self.engine_alive and silent > _ENGINE_SILENT_S else 0.0

    def state(self, now: float) -> State:
        """Return the state of signal and engine as one mark."""
        if not self.signal_alive:
            return State.BAD
        doubts = (
            now - self.samples_at > _STALE_S, self._n_lost, self._findings, self.model_warning,
            self.engine_lost, self.engine_silent_s(now), self.decodes_other,
            self.engine_alive and self._waits,
        )  # fmt: skip
        return State.DOUBTFUL if any(doubts) else State.GOOD

    @property
    def _waits(self) -> bool:
        return self.status is not None and self.status.state == "waiting for stream"

    @property
    def decoded(self) -> str | None:
        """The stream that the engine decodes; None if it decodes none, or is unknown."""
        return self.status.stream if self.status is not None else None

    @property
    def decodes_other(self) -> bool:
        """Return whether the engine decodes another stream than the shown one."""
        return self.engine_alive and self.decoded not in (None, self.stream_name)

    @property
    def is_decoded(self) -> bool:
        """Return whether the engine decodes the shown stream, and so reports its losses."""
        return self.engine_alive and self.decoded == self.stream_name

    @property
    def model_warning(self) -> str:
        """The reason not to rely on the running engine's model; empty without a warning."""
        warning = self.status.model_warning if self.status and self.engine_alive else None
        return (warning or "")[:300]

    @property
    def _n_lost(self) -> int:
        counts = self._counts()
        # The engine's count is preferred, since these losses affect its windows.
        counter = _ENGINE if self.is_decoded else _SHOWN
        return max(0, counts[counter] - self.acknowledged.get(counter, 0))

    @property
    def _findings(self) -> tuple[str, ...]:
        return self.stats.findings if self.stats else ()

    def _counts(self) -> dict[str, int]:
        """Return lost samples by counter; that of the engine only while it decodes."""
        counts = {_SHOWN: self.stats.lost_samples if self.stats else 0}
        if self.status is not None and self.status.stream is not None:
            counts[_ENGINE] = self.status.lost_samples
        return counts

    def sentence(self, now: float, late_ms: float | None) -> str:
        """Return the state in one sentence, with findings on the stream's clock and rate.

        ``late_ms`` is the median latency in milliseconds, None if unknown.
        """
        findings = self._findings if self.signal_alive else ()
        return "; ".join((self._sentence(now, late_ms), *findings))

    def _sentence(self, now: float, late_ms: float | None) -> str:
        name = self.stream_name
        if not self.signal_alive:
            awaited = f"no signal: waiting for a stream with {self.awaited}"
            return f"{name}: no signal now" if name else awaited
        if now - self.samples_at > _STALE_S:
            return f"{name} is there but sends no samples"
        if self.hostname not in ("", socket.gethostname()):
            name = f"{name} from {self.hostname}"
        since = f" since {self.acknowledged_at}" if self.acknowledged_at else ""
        lost = counted(self._n_lost, "sample") if self._n_lost else "no samples"
        loss = f"{lost} lost{since}"
        shown = f"{name} is shown, {loss}"
        if self.engine_lost:
            return f"{shown}; the engine is gone"
        if now - self.status_at < _STALE_S and self._waits:
            return f"{shown}; the engine waits for its stream"
        if not self.engine_alive:
            return f"{shown}; no engine is running"
        if silent := self.engine_silent_s(now):
            return f"{shown}; the engine has not answered for {silent:.0f} s"
        if self.decodes_other:
            return f"{shown}; the engine decodes {self.decoded}"
        delay = delay_text(self.status)
        lateness = "" if late_ms is None else f", {late_ms:.1f} ms late{delay and f' ({delay})'}"
        model = _describe_model(self.status) if self.status else "an engine"
        model += ", which is no better than chance" if self.model_warning else ""
        return f"{name} is decoded by {model}{lateness}, {loss}"


def delay_text(status: EngineStatus | None) -> str:
    """Return further delays than the latency: ``+45 ms filters, +450 ms evidence``.

    A delay that is unknown or zero is left out; the text is empty if both are.
    """
    if status is None:
        return ""
    filters, evidence = _added(status.filter_delay_s), _added(status.evidence_delay_s)
    if filters and evidence:
        return f"{filters} filters, {evidence} evidence"
    return (filters and f"{filters} filter delay") or (evidence and f"{evidence} evidence")


def _added(delay_s: float | None) -> str:
    if delay_s is None or delay_s < 0.0005:
        return ""
    return f"+{1000 * delay_s:.0f} ms" if delay_s < 1 else f"+{delay_s:.1f} s"


def _describe_model(status: EngineStatus) -> str:
    adapts = "" if status.adaptation == "off" else f", which adapts ({status.adaptation:.60})"
    if not status.drift_warning:
        return f"{status.model}{adapts}"
    how_far = "" if status.drift is None else f" (drift {status.drift:.3g})"
    return f"{status.model}{adapts}, but the signal is unlike its calibration{how_far}"
