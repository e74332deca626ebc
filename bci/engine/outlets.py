"""Streams of a running engine: its predictions and decisions."""

import socket
import threading
import time
from collections.abc import Callable

import pylsl
from pylsl import local_clock

from bci.decisions import Decision, DecisionEvent, RunningDecision
from bci.engine.running_model import Decoded
from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import DecisionOutlet, PredictionOutlet
from bci.models.card import Card, adaptation
from bci.profiles.profile import Output
from bci.signals import StreamInfo

OnDecision = Callable[[DecisionEvent], None]

# A decision ends when no window came for so long; some may be withheld for an artifact.
_MISSED_S, _MISSED_HOPS = 0.5, 3
# liblsl drops what it has not sent yet when a stream is closed.
_LAST_SAMPLE_S = 0.1
# An engine on the network answers sooner than that.
_ANSWER_S = 0.3
# A dashboard may start an engine while the one before it is ending.
_ENDING_S = 2.0


def source_id(name: str, which: str) -> str:
    """Source id of an engine's stream: the same after a restart, another on another computer.

    Listeners go back to a stream of the same source id when theirs is lost.
    """
    return f"{name}-{which}@{socket.gethostname()}"


def require_free_name(name: str, stop: threading.Event) -> None:
    """Refuse a name that a running engine publishes under; one that is ending is waited for.

    Raises
    ------
    StreamError
        Naming the computer that the other engine runs on.
    """
    predicate = StreamQuery(name=f"{name}-status", type="Status").to_predicate()
    deadline = local_clock() + _ENDING_S
    while (others := pylsl.resolve_bypred(predicate, 1, _ANSWER_S)) and not stop.is_set():
        if local_clock() > deadline:
            raise StreamError(
                f"an engine named {name!r} runs on {others[0].hostname()} already; stop it, or "
                "give this one another name with --name"
            )
        stop.wait(_ENDING_S / 10)


def layout(card: Card) -> tuple[tuple[str, ...], str, bool]:
    """Layout of the stream of a model's predictions; another one needs a new stream."""
    return card.classes, card.task, card.embedded_by is not None


class Outlets:
    """The streams ``<name>-predictions`` and ``<name>-decisions`` of a running model."""

    def __init__(
        self, output: Output, card: Card, info: StreamInfo, on_decision: OnDecision | None = None
    ) -> None:
        self._output = output
        self._info = info
        self._adapt = adaptation(output, card)
        self._on_decision = on_decision
        self._last = local_clock()
        self._decisions = self._decided("decisions")
        self._with_prior: _Decided | None = None
        if output.sentences is not None:
            self._with_prior = self._decided("decisions-with-prior")
        self._open(card)

    def _decided(self, which: str) -> "_Decided":
        name = self._output.name
        own_id = source_id(name, which)
        outlet = DecisionOutlet(name, own_id, self._info.simulated, self._adapt, which)
        return _Decided(outlet, self._on_decision if which == "decisions" else None)

    def _open(self, card: Card) -> None:
        self._card = card
        self._predictions = PredictionOutlet(
            self._output.name,
            card.classes,
            source_id(self._output.name, "predictions"),
            simulated=self._info.simulated,
            task=card.task,
            adaptation=self._adapt,
            compares=card.embedded_by is not None,
        )

    def serve(self, card: Card) -> str:
        """Publish another model's predictions from here on; describe the change of the stream."""
        before = self._card
        if layout(card) == layout(before):
            self._card = card
            return ""
        self._end_decisions(local_clock())
        self._predictions.close()
        self._open(card)
        return (
            f"; {self._output.name}-predictions is a new stream, since the classes are now "
            f"{', '.join(card.classes):.200} ({card.task})"
        )

    def publish(self, decoded: Decoded) -> float:
        """Send a prediction, and what becomes of the decision; when, on the LSL clock."""
        published = self._last = self._predictions.push(decoded.prediction, decoded.decision)
        taken, at_cues = decoded.prediction.taken, self._card.pipeline.at_cues
        self._decisions.push(decoded.decision, taken, at_cues)
        if self._with_prior is not None:
            self._with_prior.push(decoded.with_prior, taken, at_cues)
        return published

    def expect(self, now: float, connected: bool, hop_s: float) -> None:
        """End the decision where the stream is lost or windows no longer come; LSL clock.

        Windows at cues come when they are asked for, so only a lost stream ends their decision.
        """
        missed = now - self._last > max(_MISSED_S, _MISSED_HOPS * hop_s)
        if not connected or (missed and not self._card.pipeline.at_cues):
            self._end_decisions(now)

    def _end_decisions(self, now: float) -> bool:
        """End all decisions; True if one held and somebody listens."""
        ended = [self._decisions.end(now)]
        if self._with_prior is not None:
            ended.append(self._with_prior.end(now))
        return any(ended)

    def close(self) -> None:
        """End the decision and take the streams off the network."""
        if self._end_decisions(local_clock()):
            time.sleep(_LAST_SAMPLE_S)
        self._predictions.close()
        self._decisions.close()
        if self._with_prior is not None:
            self._with_prior.close()


class _Decided:
    def __init__(self, outlet: DecisionOutlet, on_decision: OnDecision | None) -> None:
        self._outlet = outlet
        self._on_decision = on_decision
        self._running = RunningDecision()

    def push(self, decision: Decision | None, taken: float, at_cues: bool) -> None:
        """Take in a window's decision; None where there is not enough evidence yet."""
        self._publish(self._running.add(decision, taken, at_cues))

    def end(self, now: float) -> bool:
        """End the decision that holds; whether there was one and somebody listens."""
        event = self._running.end(now)
        self._publish(event)
        return event is not None and self._outlet.has_consumers

    def _publish(self, event: DecisionEvent | None) -> None:
        if event is not None:
            self._outlet.push(event)
            if self._on_decision is not None:
                self._on_decision(event)

    def close(self) -> None:
        self._outlet.close()
