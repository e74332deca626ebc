"""Publish a running engine's predictions and decisions as LSL streams."""

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

# A decision ends when no window came for the longer of these times, in seconds and in hops. Some
# windows may be withheld for an artifact.
_MISSED_S, _MISSED_HOPS = 0.5, 3
# Wait before a stream is closed, in seconds: liblsl drops samples that are not sent yet.
_LAST_SAMPLE_S = 0.1
# Longest wait for the answer of an engine on the network, in seconds.
_ANSWER_S = 0.3
# Longest wait for another engine to end: a dashboard may start one while the last is ending.
_ENDING_S = 2.0


def source_id(name: str, which: str) -> str:
    """Return the source id of an engine's stream, from engine and host name.

    It is the same after a restart of the engine, so listeners reconnect to the new stream.
    """
    return f"{name}-{which}@{socket.gethostname()}"


def require_free_name(name: str, stop: threading.Event) -> None:
    """Raise an error if a running engine has this name; wait up to 2 s for it to end.

    Raises
    ------
    StreamError
        If the other engine still runs; the message names its computer.
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
    """Return the parts of a card that the prediction stream's description depends on.

    They are the classes, the task, and whether the model compares embeddings. A model with other
    values needs a new stream.
    """
    return card.classes, card.task, card.embedded_by is not None


class Outlets:
    """The streams ``<name>-predictions`` and ``<name>-decisions`` of an engine.

    With sentences in the output settings there is also ``<name>-decisions-with-prior``.
    """

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
        """Change to another model's predictions.

        Return the end of a sentence about a new prediction stream; empty if the stream stays.
        """
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
        """Send a prediction and its decision events; return the LSL time of sending."""
        published = self._last = self._predictions.push(decoded.prediction, decoded.decision)
        taken, at_cues = decoded.prediction.taken, self._card.pipeline.at_cues
        self._decisions.push(decoded.decision, taken, at_cues)
        if self._with_prior is not None:
            self._with_prior.push(decoded.with_prior, taken, at_cues)
        return published

    def expect(self, now: float, connected: bool, hop_s: float) -> None:
        """End the decision if the stream is lost or no window came for too long.

        ``now`` is in seconds on the LSL clock. ``connected`` is whether the signal's stream is
        present, and ``hop_s`` the time between windows in seconds. A model that decodes at cues has
        no regular windows, so only a lost stream ends its decision.
        """
        missed = now - self._last > max(_MISSED_S, _MISSED_HOPS * hop_s)
        if not connected or (missed and not self._card.pipeline.at_cues):
            self._end_decisions(now)

    def _end_decisions(self, now: float) -> bool:
        """End all decisions; return True if an offset was sent to a connected receiver."""
        ended = [self._decisions.end(now)]
        if self._with_prior is not None:
            ended.append(self._with_prior.end(now))
        return any(ended)

    def close(self) -> None:
        """End the decision and close the streams."""
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
        """Publish the event that a window's ``decision`` makes.

        None means too little evidence.
        """
        self._publish(self._running.add(decision, taken, at_cues))

    def end(self, now: float) -> bool:
        """End the present decision.

        Return True if an offset was sent to a connected receiver.
        """
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
