"""Streams of a simulated engine over LSL, for tests of bridges."""

import threading
import uuid
from types import TracebackType

import numpy as np
from pylsl import local_clock

from bci.decisions import Decision, DecisionEvent
from bci.lsl.engine_streams import DecisionOutlet, PredictionOutlet, StatusOutlet
from bci.messages import EngineStatus
from bci.signals import Prediction
from tests.streams import wait_until


class Published:
    """The three streams of an engine that decodes a simulated signal."""

    def __init__(
        self, name: str | None = None, classes: tuple[str, ...] = ("left", "right"),
        simulated: bool = True, source: str = "",
    ) -> None:  # fmt: skip
        self.name = name or f"engine-{uuid.uuid4().hex[:8]}"
        self.classes, self.simulated = classes, simulated
        ids = [f"{self.name}-{which}{source}" for which in ("status", "decisions", "predictions")]
        self.status = StatusOutlet(self.name, ids[0])
        self.decisions = DecisionOutlet(self.name, ids[1], simulated)
        self.predictions = PredictionOutlet(self.name, classes, ids[2], simulated, "test")
        self._held: str | None = None
        self._closed = False
        self._ended = threading.Event()
        self._reporting: threading.Thread | None = None

    def wait_for_bridge(self) -> None:
        outlets = (self.predictions._outlet, self.status._outlet)
        wait_until(
            lambda: (
                self.decisions.has_consumers and all(outlet.have_consumers() for outlet in outlets)
            )
        )

    def decide(self, label: str | None, confidence: float | None = 0.9) -> DecisionEvent:
        """Send the onset of a class; None sends the offset of the current one."""
        now = local_clock()
        if label is None:
            event = DecisionEvent("offset", None, confidence, now, self._held)
        else:
            kind = "repeat" if label == self._held else "onset"
            event = DecisionEvent(kind, label, confidence, now)
        self._held = label
        self.decisions.push(event)
        return event

    def predict(self, *shares: float, decided: str | None = None) -> None:
        now = local_clock()
        probabilities = np.array(shares)
        prediction = Prediction(self.classes, probabilities, 0, 9, now - 0.01, now, now, now)
        self.predictions.push(prediction, Decision(decided, float(probabilities.max())))

    def report(self, state: str = "running", **fields: object) -> None:
        self.status.push(
            EngineStatus.model_validate(
                {"state": state, "model": "me", "stream": "simulator",
                 "simulated": self.simulated, **fields}
            )
        )  # fmt: skip

    def keep_reporting(self, **fields: object) -> None:
        """Send the status as often as an engine does, until the end of the test."""

        def work() -> None:
            while not self._ended.wait(0.2):
                self.report(**fields)

        self._reporting = threading.Thread(target=work)
        self._reporting.start()

    def close(self) -> None:
        self._ended.set()
        if self._reporting is not None:
            self._reporting.join()
        if not self._closed:
            self._closed = True
            for outlet in (self.predictions, self.decisions, self.status):
                outlet.close()

    def __enter__(self) -> "Published":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        at: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()
