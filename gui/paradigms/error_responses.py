"""Error potentials after a speller's feedback, decoded by a second engine."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from bci.lsl.discovery import StreamQuery
from bci.lsl.engine_streams import ReceivedPrediction
from bci.spelling.flash_evidence import log_ratio
from gui.workers.stream_readers import PredictionReader
from gui.workers.stream_worker import StreamNews

_CLASSES = {"error", "correct"}


class ErrorResponses(QObject):
    """Reads the predictions of the engine ``<name>-errp``, if one runs.

    Engines with other classes than ``error`` and ``correct`` are ignored.
    """

    # Time of the window's last sample; log likelihood ratio of error against correct
    came = Signal(float, float)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._news = StreamNews()
        self._classes: tuple[str, ...] = ()
        self._news.engine_found.connect(self._on_engine)
        self._news.predictions_came.connect(self._on_predictions)
        query = StreamQuery(name=f"{name}-errp-predictions")
        self.reader = PredictionReader(query, self._news)
        self.reader.setParent(self)
        self.reader.start()

    def _on_engine(self, classes: tuple[str, ...], _simulated: bool) -> None:
        self._classes = classes if set(classes) == _CLASSES else ()

    def _on_predictions(self, predictions: list[ReceivedPrediction]) -> None:
        if not self._classes:
            return
        error = self._classes.index("error")
        for each in predictions:
            shares = each.probabilities.astype(np.float64)
            self.came.emit(each.taken, log_ratio(shares, error))
