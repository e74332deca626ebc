"""Streams of a simulated engine and markers on the network, for a window under test."""

import numpy as np
from pytestqt.qtbot import QtBot

from bci.decisions import decide
from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import PredictionOutlet, ReceivedPrediction, StatusOutlet
from bci.lsl.outlet import MarkerOutlet
from bci.messages import EngineStatus, WindowCounts
from bci.signals import Marker, Prediction

LONG = 10_000


def received(
    taken: float, shares: np.ndarray, classes: tuple[str, ...], threshold: float = 0.5
) -> ReceivedPrediction:
    """Return a prediction of an engine that decides on each window alone."""
    decision = decide(Prediction(classes, shares, 0, 1, taken), threshold)
    latencies = (0.001, 0.002, 0.003, 0.004)
    return ReceivedPrediction(taken, shares, *latencies, decision=decision)


class Published:
    """The streams for the window of the stream ``name``: predictions, status, markers.

    Each window decides alone, at a confidence of at least ``threshold``.
    """

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        task: str,
        compares: bool = False,
        threshold: float = 0.5,
    ) -> None:
        self.classes = classes
        self._threshold = threshold
        self._engine = PredictionOutlet(
            f"{name}-engine", classes, name, True, task, compares=compares
        )
        self._status = StatusOutlet(f"{name}-engine", f"{name}-status")
        self._markers = MarkerOutlet(f"{name}-markers", f"{name}-markers")
        self.markers = StreamQuery(name=f"{name}-markers")

    def wait_for_listeners(self, qtbot: QtBot) -> None:
        for outlet in (self._engine, self._status, self._markers):
            qtbot.waitUntil(lambda outlet=outlet: outlet._outlet.have_consumers(), timeout=LONG)

    def cue(self, time: float, label: str) -> None:
        self._markers.push(Marker(time, label))

    def predict(
        self, taken: float, probabilities: np.ndarray, similarities: np.ndarray | None = None
    ) -> None:
        late = (taken + 0.001 * k for k in range(3))
        prediction = Prediction(
            self.classes, probabilities, 0, 100, taken, *late, similarities=similarities
        )
        self._engine.push(prediction, decide(prediction, self._threshold))

    def reject(self) -> None:
        """Report one window as rejected for large swings."""
        for n in (0, 1):
            windows = WindowCounts(rejected_artifact=n)
            self._status.push(EngineStatus(state="running", model="me", windows=windows))

    def end_engine(self) -> None:
        self._engine.close()

    def close(self) -> None:
        for outlet in (self._status, self._markers):
            outlet.close()
