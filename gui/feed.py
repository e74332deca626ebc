"""The dashboard's ears: a thread for each stream that it follows."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from bci.cue_streams import cue_query
from bci.lsl.discovery import StreamQuery
from bci.settings import PipelineSettings
from gui.cue_follower import following_cues
from gui.following import Follower, following
from gui.pollers import DecisionPoller, PredictionPoller, SignalPoller, StatusPoller

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
    _came = Signal(object, str, tuple)  # from whom, which of the signals above, its values

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
        self._came.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)
        self._shown: list[Follower] = []
        self._all: list[Follower] = []
        for which, poller in (
            ("predictions", PredictionPoller()),
            ("decisions", DecisionPoller()),
            ("status", StatusPoller()),
        ):
            self._follow(following(StreamQuery(name=f"{engine_name}-{which}"), poller))

    def show(self, signal: StreamQuery, markers: StreamQuery | None) -> None:
        """Follow this signal, with these markers, and no longer the one before."""
        for follower in self._shown:
            follower.retire()
        self._all = [follower for follower in self._all if not follower.is_finished]
        self._poller = SignalPoller(self._line_hz, self._told)
        self._shown = [self._follow(following(signal, self._poller))]
        if markers is not None:
            name = signal.name or ""
            work = following_cues(cue_query(markers), self._is_cue, name, self._own_cues)
            self._shown.append(self._follow(work))

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
            follower.join(max(0.0, deadline - time.monotonic()))

    def isFinished(self) -> bool:  # noqa: N802 - as a QThread says it
        return all(follower.is_finished for follower in self._all)

    def _follow(self, work: Callable[[Follower], None]) -> Follower:
        follower = Follower(work, self._came.emit)
        self._all.append(follower)
        follower.start()
        return follower

    def _pass_on(self, source: Follower, name: str, values: tuple[Any, ...]) -> None:
        """On Qt's thread; what a stream that is no longer shown still sent is dropped."""
        if source.is_retired:
            return
        if name == "problem":
            if values[0] in self._problems:
                return
            self._problems.add(values[0])
        getattr(self, name).emit(*values)
