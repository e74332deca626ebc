"""The dashboard's ears: a thread for each stream that it follows."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from bci.lsl.cue_streams import cue_query
from bci.lsl.discovery import StreamQuery
from bci.profiles.pipeline_settings import PipelineSettings
from gui.workers.cue_follower import CueFollower
from gui.workers.stream_readers import DecisionPoller, PredictionPoller, SignalPoller, StatusPoller
from gui.workers.stream_worker import Follower, Poller

_STOP_S = 0.8


class Feed(QObject):
    """Polls signal, markers, predictions, decisions and status; passes on plain data by Qt signals.

    Each stream has a thread of its own, so that one that hangs holds up none of the others.

    Parameters
    ----------
    engine_name : str
        Prefix of the engine's streams.
    line_hz : float
        Frequency of the power line, for the signal's quality.
    is_cue : callable
        Tells whether a marker's label is a cue.
    told : PipelineSettings, optional
        What the profile says of a stream that does not say it itself.
    """

    signal_found = Signal(object)  # SignalFound
    signal_alive = Signal(bool)
    signal_silent = Signal(object)  # since when it sends nothing, s since 1970; None: it sends
    signal_stats = Signal(object)  # InletStats
    quality_came = Signal(list)  # of ChannelQuality
    markers_came = Signal(list)  # of Marker
    engine_found = Signal(tuple, bool)  # classes, simulated
    engine_alive = Signal(bool)
    predictions_came = Signal(list)  # of ReceivedPrediction
    decisions_came = Signal(list)  # of DecisionEvent
    engine_there = Signal(bool)  # whether its program runs, even if it decodes nothing yet
    status_came = Signal(object)  # EngineStatus
    problem = Signal(str)

    def __init__(
        self,
        engine_name: str,
        line_hz: float = 50.0,
        is_cue: Callable[[str], bool] = lambda _label: True,
        told: PipelineSettings | None = None,
    ) -> None:
        super().__init__()
        self._is_cue = is_cue
        # The cues of our own calibration are shown when they are sent.
        self._own_cues = (f"{engine_name}-cues",)
        self._line_hz, self._told = line_hz, told
        self._poller: SignalPoller | None = None
        self._problems: set[str] = set()
        self._shown: list[Follower | CueFollower] = []
        self._all: list[Follower | CueFollower] = []
        predictions = PredictionPoller(self.engine_found.emit, self.predictions_came.emit)
        status = StatusPoller(self.status_came.emit, self._on_problem)
        self._follow(f"{engine_name}-predictions", predictions).alive.connect(self.engine_alive)
        self._follow(f"{engine_name}-decisions", DecisionPoller(self.decisions_came.emit))
        self._follow(f"{engine_name}-status", status).alive.connect(self.engine_there)

    def show(self, signal: StreamQuery, markers: StreamQuery | None) -> None:
        """Follow this signal, with these markers, and no longer the one before."""
        for follower in self._shown:
            follower.retire()
        self._forget_finished()
        self._poller = SignalPoller(
            self.signal_found.emit, self.signal_silent.emit, self.quality_came.emit,
            self.signal_stats.emit, self._line_hz, self._told,
        )  # fmt: skip
        shown = self._follow(signal, self._poller)
        shown.alive.connect(self.signal_alive)
        self._shown = [shown]
        if markers is not None:
            cues = CueFollower(
                cue_query(markers), self._is_cue, signal.name or "", self._own_cues, self
            )
            cues.came.connect(self.markers_came)
            self._begin(cues)
            self._shown.append(cues)

    def set_line_hz(self, line_hz: float) -> None:
        """The power line has this frequency: judge the signal anew by it."""
        self._line_hz = line_hz
        if self._poller is not None:
            self._poller.line_hz = line_hz

    def retire(self) -> None:
        """Ask all threads to end; returns at once."""
        for follower in self._all:
            follower.retire()

    def stop(self, timeout_s: float = _STOP_S) -> None:
        """End the threads, and wait for it."""
        self.retire()
        deadline = time.monotonic() + timeout_s
        for follower in self._all:
            follower.stop(max(0.0, deadline - time.monotonic()))

    @property
    def is_finished(self) -> bool:
        return all(follower.is_finished for follower in self._all)

    def _follow(self, stream: StreamQuery | str, poller: Poller[Any]) -> Follower:
        query = StreamQuery(name=stream) if isinstance(stream, str) else stream
        follower = Follower(query, poller, self)
        self._begin(follower)
        return follower

    def _begin(self, follower: Follower | CueFollower) -> None:
        follower.problem.connect(self._on_problem)
        self._all.append(follower)
        follower.start()

    def _forget_finished(self) -> None:
        for follower in [each for each in self._all if each.is_retired and each.is_finished]:
            self._all.remove(follower)
            follower.deleteLater()

    def _on_problem(self, why: str) -> None:
        if why not in self._problems:
            self._problems.add(why)
            self.problem.emit(why)
