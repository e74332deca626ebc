"""Conversion of an engine's events to numbered messages for other programs."""

import math
import secrets
import time

import numpy as np
from pylsl import local_clock

from bci.bridges.engine_client import (
    SILENT_S,
    Classes,
    Connected,
    EngineEvent,
    Lost,
)
from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import (
    BridgedDecision,
    BridgedPrediction,
    BridgedState,
    BridgedStatus,
    EngineStatus,
)
from bci.messages.bridged import MAX_LABEL

_HEARTBEAT_S = 1.0

BridgedMessage = BridgedDecision | BridgedPrediction | BridgedStatus


class Translation:
    """Convert each event of an engine to the message for receivers.

    Decisions are numbered from 1. Every other message has the number of the newest decision, so
    that a receiver detects a lost decision at the next prediction.

    Parameters
    ----------
    engine : str
        Name of the engine.
    max_classes : int
        Largest number of classes in a prediction; the least probable ones are left out.
    """

    def __init__(self, engine: str, max_classes: int = 16) -> None:
        self.run = secrets.token_hex(4)
        self.seq = 0
        self.simulated = False
        self._engine, self._max_classes = engine, max_classes
        self._labels: tuple[str, ...] = ()
        self._decided: str | None = None
        self._state: BridgedState = "engine lost"
        self._status: EngineStatus | None = None
        self._status_at = self._sent_at = -math.inf

    def take(self, event: EngineEvent) -> BridgedMessage | None:
        """Convert an event; None if receivers do not need it."""
        match event:
            case DecisionEvent():
                return self._decision(event)
            case ReceivedPrediction():
                return self._prediction(event)
            case EngineStatus():
                self._status, self._status_at = event, time.monotonic()
                self._state, self.simulated = event.state, event.simulated
                return self.status()
            case Classes():
                self._labels, self.simulated = event.labels, event.simulated
                return None
            case Connected():
                self._state, self.simulated = "running", event.simulated
                self._status_at = time.monotonic()
                return self.status()
            case Lost():
                self._state, self._decided = "engine lost", None
                return self.status()

    def heartbeat(self) -> BridgedStatus | None:
        """Return the status if no message of status was sent for a second, else None."""
        now = time.monotonic()
        if now - self._sent_at < _HEARTBEAT_S:
            return None
        # No `Lost` event reports the end of an engine that waits for its stream, so the age of
        # its status is checked.
        if now - self._status_at > SILENT_S:
            self._state = "engine lost"
        return self.status()

    def status(self) -> BridgedStatus:
        """Make the message of the engine's present status."""
        self._sent_at = time.monotonic()
        known = self._status or EngineStatus(state="running", model="")
        return BridgedStatus(
            run=self.run, seq=self.seq, sent=local_clock(), engine=self._engine,
            state=self._state, decided=self._decided, model=known.model or None,
            stream=known.stream, simulated=self.simulated, replayed=known.replayed,
            lost_samples=known.lost_samples, latency_p50_ms=known.latency_p50_ms,
            latency_p99_ms=known.latency_p99_ms,
            warning=known.model_warning or known.drift_warning,
        )  # fmt: skip

    def _decision(self, event: DecisionEvent) -> BridgedDecision:
        self.seq += 1
        self._decided = event.label
        return BridgedDecision(
            run=self.run, seq=self.seq, sent=local_clock(), change=event.event, label=event.label,
            ended=event.ended, confidence=event.confidence, time=event.time,
            simulated=self.simulated,
        )  # fmt: skip

    def _prediction(self, event: ReceivedPrediction) -> BridgedPrediction | None:
        shares = event.probabilities.astype(float)
        is_whole = len(shares) == len(self._labels) and np.isfinite(shares).all()
        # Another program may publish under the engine's name.
        if not is_whole or not math.isfinite(event.taken):
            return None
        order = range(len(shares))
        if len(shares) > self._max_classes:
            order = np.argsort(-shares, kind="stable")[: self._max_classes].tolist()
        probabilities = {self._labels[i][:MAX_LABEL]: round(float(shares[i]), 4) for i in order}
        latency_ms = 1000 * event.published_s
        return BridgedPrediction(
            run=self.run, seq=self.seq, sent=local_clock(),
            probabilities=probabilities, left_out=len(shares) - len(probabilities),
            time=event.taken,
            decided=event.decision.label if event.decision is not None else None,
            latency_ms=round(latency_ms, 2) if math.isfinite(latency_ms) else None,
            simulated=self.simulated,
        )  # fmt: skip
