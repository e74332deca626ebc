"""The shown signal: its data for the views, and its problems for the user."""

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
    """Passes the shown stream on to its views; reports its end, stalls and losses.

    ``sources`` and ``programs`` show which streams end because the user ended them: such an end
    is no problem.
    """

    found = Signal(object)  # StreamInfo
    awaited = Signal(str)  # name of a stream that is to be shown but is not found yet
    quality_changed = Signal(list)  # of ChannelQuality
    logged = Signal(str)
    problem = Signal(str, str)  # one sentence, and its subject
    well = Signal(str)  # the subject whose problem is over

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
        """Connect to a feed: show its signal, quality and markers from now on."""
        feed.signal_found.connect(self.set_signal)
        feed.signal_alive.connect(self.set_alive)
        feed.signal_silent.connect(self.set_silent)
        feed.signal_stats.connect(self.set_stats)
        feed.quality_came.connect(self.set_quality)
        feed.markers_came.connect(self._tabs.scope.add_markers)
        feed.problem.connect(self._on_problem)

    def wait_for(self, query: StreamQuery, name: str) -> None:
        """Clear the quality, and wait for the stream ``name`` that ``query`` finds."""
        self._situation.show_other(str(query))
        self._programs.set_stream(name)
        self.well.emit(SUBJECT)
        self.set_quality([])
        self.awaited.emit(name)

    def set_signal(self, found: SignalFound) -> None:
        """Show a stream that was found."""
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
        """Show that the stream is back (``alive``) or gone; report an unexpected end."""
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
        """Show that the stream has sent nothing since ``since``, in seconds after 1970.

        None means that samples arrive.
        """
        why = "" if since is None else no_samples_since(since)
        self._tabs.set_trouble(why)
        self._quality.set_silent(why)
        if since is not None:
            self._end_cue(local_clock() - (time() - since))

    def set_stats(self, stats: InletStats) -> None:
        """Show the inlet's counts of samples and losses, and log new losses."""
        self._situation.on_stats(stats)
        news = self._losses.news(stats)
        # If an engine that was started here decodes this stream, its losses are in the log.
        if not (self._situation.is_decoded and self._programs.is_running("engine")):
            for sentence in news:
                self.logged.emit(sentence)

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """Show the quality of each channel; ``channels`` is empty while it is unknown."""
        self._quality.set_quality(channels)
        self._tabs.set_quality(channels)
        self.quality_changed.emit(channels)

    def acknowledge_losses(self) -> None:
        """Acknowledge the losses so far: only later ones are shown."""
        self._situation.acknowledge()
        self.logged.emit("the losses so far were acknowledged")

    def _is_ending(self, name: str) -> bool:
        return self._sources.connection.is_ending(name) or self._programs.is_ending(name)

    def _end_cue(self, at: float) -> None:
        """End the cue, since the shown signal ends ``at`` this time on the LSL clock.

        The cue stays if the engine decodes another stream.
        """
        if not self._situation.decodes_other:
            self._engine.end_cue(at)

    def _on_problem(self, why: str) -> None:
        """Report ``why``; only log it if the stream's source ends or is restarted."""
        name = self._situation.stream_name
        if self._is_ending(name) or self._sources.connection.restarts(name):
            self.logged.emit(why)
        else:
            self.problem.emit(why, "")
