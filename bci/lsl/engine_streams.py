"""Streams of an engine: predictions, decisions and status."""

from dataclasses import dataclass

import numpy as np
import pylsl
from numpy.typing import NDArray

from bci.decisions import Decision, DecisionEvent, event_from_json
from bci.errors import MessageError, StreamError
from bci.lsl.discovery import FoundStream
from bci.lsl.inlet import SignalInlet
from bci.lsl.marker_inlet import MarkerInlet
from bci.lsl.metadata import to_lsl
from bci.lsl.outlet import MarkerOutlet
from bci.messages import MAX_STATUS, EngineStatus, PeopleStatus, RecorderStatus, read_status
from bci.signals import Channel, Marker, Prediction, StreamInfo

LATENCIES = ("arrived", "filtered", "decoded", "published")
_N_STAGES = len(LATENCIES)
DECISION = ("decision", "confidence")
UNDECIDED = -1


@dataclass(frozen=True, slots=True)
class ReceivedPrediction:
    """A prediction received over LSL.

    ``taken`` is the time of the window's last sample, in seconds on this computer's LSL clock;
    ``arrived_s`` to ``published_s`` are seconds after it. ``probabilities`` (n_classes,) are in
    the order of the classes. ``similarities`` (n_classes,) are cosines with each class, None if the
    decoder compares no embeddings. ``decision`` is the engine's at the end of the window. It is
    None until the evidence is complete, and for streams of earlier versions.
    """

    taken: float
    probabilities: NDArray[np.float32]
    arrived_s: float
    filtered_s: float
    decoded_s: float
    published_s: float
    similarities: NDArray[np.float32] | None = None
    decision: Decision | None = None


class PredictionOutlet:
    """Sender of the stream ``<name>-predictions``.

    There is one channel per class, with its probability, then one per stage with its latency. If
    the decoder compares embeddings, one more channel per class has the cosine similarity. The last
    two channels are the decision's class number and confidence. The number counts from 0 and is
    -1 below the threshold; both are NaN until the evidence is complete. A sample's time stamp is
    the time of the window's last sample, and the latencies are seconds after it.
    """

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        source_id: str,
        simulated: bool,
        task: str,
        adaptation: str = "off",  # ``off``, ``alignment`` or ``supervised``
        compares: bool = False,  # True if predictions have similarities
    ) -> None:
        channels = [Channel(label, "class", "probability") for label in classes]
        channels += [Channel(label, "latency", "s") for label in LATENCIES]
        if compares:
            channels += [Channel(label, "similarity", "cosine") for label in classes]
        channels += [Channel(DECISION[0], "decision", "class number")]
        channels += [Channel(DECISION[1], "decision", "probability")]
        self._numbers = {label: number for number, label in enumerate(classes)}
        info = StreamInfo(
            f"{name}-predictions", "Predictions", 0.0, tuple(channels), source_id, simulated
        )
        described = to_lsl(info)
        described.desc().append_child_value("task", task)
        described.desc().append_child_value("adaptation", adaptation)
        self._outlet = pylsl.StreamOutlet(described)
        self._row = np.empty(len(channels), dtype=np.float32)

    def push(self, prediction: Prediction, decision: Decision | None = None) -> float:
        """Send a prediction and its window's decision; return the LSL time of sending."""
        n = len(prediction.classes)
        self._row[:n] = prediction.probabilities
        published = float(pylsl.local_clock())
        times = (prediction.arrived, prediction.filtered, prediction.decoded, published)
        self._row[n : n + _N_STAGES] = np.subtract(times, prediction.taken)
        if len(self._row) > n + _N_STAGES + len(DECISION):
            similar = prediction.similarities
            self._row[n + _N_STAGES : -len(DECISION)] = np.nan if similar is None else similar
        if decision is None:
            self._row[-2:] = np.nan
        else:
            label = decision.label
            self._row[-2] = UNDECIDED if label is None else self._numbers[label]
            self._row[-1] = decision.confidence
        self._outlet.push_sample(self._row, prediction.taken)
        return published

    def close(self) -> None:
        del self._outlet


class DecisionOutlet:
    """Sender of the stream ``<name>-decisions``, one JSON text per event.

    The stream has the type Decisions. The text is an object with the keys of `DecisionEvent`;
    only an offset has ``ended``. The stream's description states ``adaptation``, as that of the
    predictions does. ``which`` is the ending of the stream's name; decisions that also use a
    word prior have another ending.
    """

    def __init__(
        self,
        name: str,
        source_id: str,
        simulated: bool = False,
        adaptation: str = "off",
        which: str = "decisions",
    ) -> None:
        self._outlet = MarkerOutlet(
            f"{name}-{which}", source_id, simulated, "Decisions", {"adaptation": adaptation}
        )

    @property
    def has_consumers(self) -> bool:
        return self._outlet.has_consumers

    def push(self, event: DecisionEvent) -> None:
        """Send an event; its ``time`` is the sample's time stamp."""
        self._outlet.push(Marker(event.time, event.to_json()))

    def close(self) -> None:
        self._outlet.close()


class StatusOutlet:
    """Sender of the stream ``<name>-status`` of engines or of a recorder.

    See `bci.messages`.
    """

    def __init__(self, name: str, source_id: str) -> None:
        info = StreamInfo(
            f"{name}-status", "Status", 0.0, (Channel("status", "status", "json"),), source_id
        )
        self._outlet = pylsl.StreamOutlet(to_lsl(info, "string"))

    def push(self, status: EngineStatus | RecorderStatus | PeopleStatus) -> None:
        """Send a status as one line of JSON."""
        self._outlet.push_sample([status.line()])

    def close(self) -> None:
        del self._outlet


class PredictionInlet:
    """Receiver of a ``<name>-predictions`` stream.

    Raises `StreamError` if the stream does not answer or has other channels.
    """

    def __init__(self, found: FoundStream) -> None:
        self._inlet = SignalInlet(found)
        info = self._inlet.info
        self.classes = tuple(c.name for c in info.channels if c.kind == "class")
        latencies = tuple(c.name for c in info.channels if c.kind == "latency")
        kinds = [c.kind for c in info.channels]
        self._compares = "similarity" in kinds
        # Earlier versions sent no decisions.
        self._decides = "decision" in kinds
        n = len(self.classes)
        expected = ["class"] * n + ["latency"] * _N_STAGES + ["similarity"] * n * self._compares
        expected += ["decision"] * len(DECISION) * self._decides
        if not self.classes or latencies != LATENCIES or kinds != expected:
            self._inlet.close()
            raise StreamError(f"stream {info.name!r} is not a stream of predictions")
        self.simulated = info.simulated

    @property
    def connected(self) -> bool:
        return self._inlet.connected

    def pull(self, timeout: float = 0.0) -> list[ReceivedPrediction]:
        """Return the predictions received since the last call, oldest first.

        Wait up to ``timeout`` seconds for the first one.
        """
        received = self._received(1, timeout) if timeout > 0 else []
        if not received and timeout > 0:
            return received
        return received + self._received(256, 0.0)

    def _received(self, at_most: int, timeout: float) -> list[ReceivedPrediction]:
        n = len(self.classes)
        received = []
        for chunk in self._inlet.pull(at_most, timeout):
            for row, taken in zip(chunk.data, chunk.timestamps, strict=True):
                arrived, filtered, decoded, published = map(float, row[n : n + _N_STAGES])
                similar = row[n + _N_STAGES : n + _N_STAGES + n]
                received.append(
                    ReceivedPrediction(
                        float(taken),
                        row[:n].copy(),
                        arrived,
                        filtered,
                        decoded,
                        published,
                        similar.copy() if self._compares else None,
                        self._decision(*map(float, row[-2:])) if self._decides else None,
                    )
                )
        return received

    def _decision(self, number: float, confidence: float) -> Decision | None:
        """Convert the last two values of a sample to a decision; None if they are invalid."""
        if not (0 <= confidence <= 1 and UNDECIDED <= number < len(self.classes)):
            return None
        if number == UNDECIDED:
            return Decision(None, confidence)
        return Decision(self.classes[int(number)], confidence) if number.is_integer() else None

    def close(self) -> None:
        self._inlet.close()


class DecisionInlet:
    """Receiver of a ``<name>-decisions`` stream; texts that are no event are left out."""

    def __init__(self, found: FoundStream) -> None:
        self._inlet = MarkerInlet(found)

    @property
    def connected(self) -> bool:
        return self._inlet.connected

    @property
    def simulated(self) -> bool:
        """True if the decoded signal is simulated."""
        return self._inlet.info.simulated

    def pull(self, timeout: float = 0.0) -> list[DecisionEvent]:
        """Return the events received since the last call, oldest first, on this LSL clock."""
        came = (event_from_json(each.label, each.time) for each in self._inlet.pull(timeout))
        return [event for event in came if event is not None]

    def close(self) -> None:
        self._inlet.close()


class StatusInlet:
    """Receiver of a ``<name>-status`` stream."""

    def __init__(self, found: FoundStream) -> None:
        # Keeps one character more than the limit, so that a text that was cut is refused.
        self._inlet = MarkerInlet(found, MAX_STATUS + 1)
        self.name = found.info.name
        self.problem: str | None = None  # Error of the newest text that could not be read

    @property
    def connected(self) -> bool:
        return self._inlet.connected

    def pull(self, timeout: float = 0.0) -> list[EngineStatus | RecorderStatus | PeopleStatus]:
        """Return the status messages received since the last call, oldest first."""
        statuses = []
        for marker in self._inlet.pull(timeout):
            try:
                statuses.append(read_status(marker.label))
            except MessageError as error:
                self.problem = str(error)
        return statuses

    def close(self) -> None:
        self._inlet.close()
