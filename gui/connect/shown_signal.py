"""The signal that is shown: what its views and the user learn of it."""

from time import time

from pylsl import local_clock
from PySide6.QtCore import QObject, Signal

from bci.lsl.discovery import StreamQuery
from bci.lsl.inlet import InletStats
from bci.lsl.losses import LossLog
from bci.quality.channel_quality import ChannelQuality
from bci.quality.words import no_samples_since
from gui.connect.controller import ConnectController
from gui.decisions.engine_views import EngineViews
from gui.electrodes.quality_view import QualityView
from gui.processes.program_buttons import Programs
from gui.processes.status_line import DashboardStatus
from gui.signal_tabs import SignalTabs
from gui.widgets.units import counted
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound

SUBJECT = "signal"


class ShownSignal(QObject):
    """Pass the shown stream on to its views, and report when it ends, stalls or loses samples.

    ``sources`` and ``programs`` know which streams end because the user wanted it.
    """

    found = Signal(object)  # StreamInfo
    awaited = Signal(str)  # name of a stream that shall be shown
    quality_changed = Signal(list)  # of ChannelQuality
    logged = Signal(str)
    problem = Signal(str, str)  # one sentence, and its subject
    well = Signal(str)  # the subject

    def __init__(
        self,
        situation: DashboardStatus,
        tabs: SignalTabs,
        quality: QualityView,
        engine: EngineViews,
        sources: ConnectController,
        programs: Programs,
    ) -> None:
        super().__init__()
        self._situation, self._tabs, self._quality = situation, tabs, quality
        self._engine, self._sources, self._programs = engine, sources, programs
        self._losses = LossLog("")

    def follow(self, feed: Feed) -> None:
        """Show what this feed finds."""
        feed.signal_found.connect(self.set_signal)
        feed.signal_alive.connect(self.set_alive)
        feed.signal_silent.connect(self.set_silent)
        feed.signal_stats.connect(self.set_stats)
        feed.quality_came.connect(self.set_quality)
        feed.markers_came.connect(self._tabs.scope.add_markers)
        feed.problem.connect(self._on_problem)

    def wait_for(self, query: StreamQuery, name: str) -> None:
        """Another stream shall be shown: nothing is known of it yet."""
        self._situation.show_other(str(query))
        self._programs.set_stream(name)
        self.well.emit(SUBJECT)
        self.set_quality([])
        self.awaited.emit(name)

    def set_signal(self, found: SignalFound) -> None:
        """A stream is there."""
        info, situation = found.info, self._situation
        situation.stream_name, situation.signal_simulated = info.name, info.simulated
        situation.signal_replayed = info.replayed
        situation.samples, situation.hostname = 0, found.hostname
        self._programs.set_stream(info.name)
        self._losses = LossLog(info.name)
        self._tabs.set_signal(found)
        self._tabs.set_trouble("")
        self._quality.set_stream(info)
        self.found.emit(info)
        self.logged.emit(
            f"showing {info.name}: {counted(info.n_channels, 'channel')} at {info.sfreq:g} Hz"
        )

    def set_alive(self, alive: bool) -> None:
        """The stream is there again, or gone."""
        name = self._situation.stream_name
        if alive:
            self.well.emit(SUBJECT)
            self._situation.samples_at = local_clock()
        elif self._is_ending(name):
            self.logged.emit(f"{name} was disconnected")
        elif self._sources.connection.restarts(name):
            self.logged.emit(f"{name} is gone until its source has started again")
        else:
            self.problem.emit(
                f"The stream {name} is gone. Is its program still running? "
                "It is shown again as soon as it is back.",
                SUBJECT,
            )
        self.set_quality([])
        self._quality.set_live(alive)
        self._situation.signal_alive = alive
        self._tabs.set_trouble("" if alive else "signal lost: the picture stands still")
        if not alive:
            self._end_cue(local_clock())

    def set_silent(self, since: float | None) -> None:
        """The stream sends nothing since so many seconds after 1970; None: it sends."""
        why = "" if since is None else no_samples_since(since)
        self._tabs.set_trouble(why)
        self._quality.set_silent(why)
        if since is not None:
            self._end_cue(local_clock() - (time() - since))

    def set_stats(self, stats: InletStats) -> None:
        """Take the stream's own counts."""
        self._situation.on_stats(stats)
        news = self._losses.news(stats)
        # The engine's own count is the one that is shown, and its losses are in the log already.
        if not (self._situation.is_decoded and self._programs.is_running("engine")):
            for sentence in news:
                self.logged.emit(sentence)

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """Take the quality of each channel; empty while nothing is known."""
        self._quality.set_quality(channels)
        self._tabs.set_quality(channels)
        self.quality_changed.emit(channels)

    def acknowledge_losses(self) -> None:
        """Count losses from now on."""
        self._situation.acknowledge()
        self.logged.emit("the losses so far were acknowledged")

    def _is_ending(self, name: str) -> bool:
        return self._sources.connection.is_ending(name) or self._programs.is_ending(name)

    def _end_cue(self, at: float) -> None:
        """The shown signal ends: so does its cue, but not that of another stream's decisions."""
        if not self._situation.decodes_other:
            self._engine.end_cue(at)

    def _on_problem(self, why: str) -> None:
        """Expect no answer of a stream whose source ends or starts again."""
        name = self._situation.stream_name
        if self._is_ending(name) or self._sources.connection.restarts(name):
            self.logged.emit(why)
        else:
            self.problem.emit(why, "")
