"""Reader of the feature stream of a neurofeedback session, in a thread."""

import math
from typing import NamedTuple

from PySide6.QtCore import Signal

from bci.lsl.discovery import FoundStream, StreamQuery
from bci.lsl.inlet import SignalInlet
from bci.neurofeedback.session import KINDS, RunKind
from bci.neurofeedback.streams import COLUMNS
from gui.workers.stream_worker import StreamNews, StreamWorker

_MAX_ROWS = 5000


class FeedbackRow(NamedTuple):
    """Feedback of one window, as received over LSL.

    ``taken`` is the time of the window on this computer's LSL clock, in seconds. ``held`` is True
    if an artifact held the feedback back. ``run`` is 0 and ``kind`` None between runs.
    """

    taken: float
    feature: float
    threshold: float
    level: float
    success: bool
    reward: bool
    held: bool
    run: int
    kind: RunKind | None


class FeatureNews(StreamNews):
    """Signals about the session's stream, emitted in Qt's main thread."""

    session_alive = Signal(bool)
    session_found = Signal(object)  # StreamInfo
    rows_came = Signal(object)  # list of FeedbackRow


class FeatureReader(StreamWorker[SignalInlet]):
    """Reports the feedback of each window."""

    def __init__(self, name: str, news: FeatureNews) -> None:
        query = StreamQuery(name=f"{name}-feature", type="Feature")
        super().__init__(query, news, news.session_alive)
        self._news = news

    def open(self, found: FoundStream) -> SignalInlet:
        inlet = SignalInlet(found)
        self.post(self._news.session_found.emit, inlet.info)
        return inlet

    def read(self, inlet: SignalInlet) -> None:
        rows = [
            _row(float(time), values)
            for chunk in inlet.pull(_MAX_ROWS, 0.0)
            if chunk.data.shape[1] >= len(COLUMNS) - 1
            for time, values in zip(chunk.timestamps, chunk.data.tolist(), strict=True)
        ]
        if rows:
            self.post(self._news.rows_came.emit, rows)


def _row(taken: float, values: list[float]) -> FeedbackRow:
    feature, threshold, level, success, reward, held, run, kind = values[:8]
    known = kind in range(len(KINDS))
    return FeedbackRow(
        taken, feature, threshold, level, success > 0, reward > 0, held > 0,
        int(run) if math.isfinite(run) else 0, KINDS[int(kind)] if known else None,
    )  # fmt: skip
