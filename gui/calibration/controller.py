"""Connection of the calibration window to the dashboard's stream and engine."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.decisions import NEVER
from bci.messages import EngineStatus
from bci.quality.channel_quality import ChannelQuality
from bci.quality.words import no_samples_since
from bci.signals import StreamInfo
from gui.calibration.window import CalibrationWindow
from gui.options import DashboardOptions
from gui.processes.child import Command
from gui.processes.engine_command import ENGINE, engine_command
from gui.processes.program_buttons import Programs
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.widgets.units import percent
from gui.workers.stream_feed import Feed
from gui.workers.stream_readers import SignalFound


class CalibrationController(QObject):
    """Makes and opens the calibration window, and passes a chosen model to the engine."""

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    simulator_wanted = Signal()
    headset_wanted = Signal()
    line_chosen = Signal(float)  # frequency of the power line, in hertz

    def __init__(
        self,
        options: DashboardOptions,
        remembered: DashboardSettings,
        feed: Feed,
        programs: Programs,
    ) -> None:
        super().__init__()
        self._options = options
        self._remembered = remembered
        self._programs = programs
        self._info: StreamInfo | None = None
        # The newest call on the window by topic, oldest first; repeated when the window is made.
        self._latest: dict[str, Callable[[CalibrationWindow], None]] = {}
        self._engine_alive = False
        self._decoded = ""  # the stream that the engine decodes
        self._handed = ""
        self._command: Command | None = None
        self.window: CalibrationWindow | None = None
        feed.signal_found.connect(self._on_signal)
        feed.signal_alive.connect(self._on_alive)
        feed.quality_came.connect(self._on_quality)
        feed.signal_silent.connect(self._on_silent)
        feed.engine_alive.connect(self._on_engine_alive)
        feed.status_came.connect(self._on_status)
        programs.engine_logged.connect(self._on_engine_said)

    def open(self) -> None:
        """Show the window, at the step where it was closed."""
        if self.window is None:
            window = self.window = CalibrationWindow(self._options, self._remembered)
            window.cued.connect(self.cued)
            window.reported.connect(self.reported)
            window.pages.notice.simulator.clicked.connect(self.simulator_wanted)
            window.pages.notice.headset.clicked.connect(self.headset_wanted)
            window.use_wanted.connect(self._use)
            window.signals.head.line_chosen.connect(self.line_chosen)
            for call in self._latest.values():
                call(window)
        self.window.open()

    def open_models(self) -> None:
        """Show the trained models, so that the user can choose one; not during a run."""
        self.open()
        assert self.window is not None
        if self.window.runs.run is None:
            self.window.look_at_models()

    def set_theme(self, theme: Theme) -> None:
        def give(window: CalibrationWindow) -> None:
            window.theme = theme

        self._show("theme", give)

    def set_line(self, hz: float) -> None:
        """Show the frequency ``hz`` of the power line, in hertz."""
        self._show("line", lambda window: window.signals.head.set_line(hz))

    def retire(self) -> None:
        """End the run and the training because the dashboard closes; returns at once."""
        if self.window is not None:
            self.window.retire()

    def stop(self, timeout_s: float) -> None:
        """End the threads, and wait at most ``timeout_s`` seconds for their end."""
        if self.window is not None:
            self.window.stop(timeout_s)

    def _show(self, what: str, call: Callable[[CalibrationWindow], None]) -> None:
        """Call ``call`` with the window, now if it exists and again whenever it is made.

        A later call with the same topic ``what`` replaces this one.
        """
        self._latest.pop(what, None)
        self._latest[what] = call
        if self.window is not None:
            call(self.window)

    def _on_signal(self, found: SignalFound) -> None:
        self._info = found.info
        self._show("stream", lambda window: window.set_stream(found.info))

    def _on_alive(self, alive: bool) -> None:
        info = self._info if alive else None
        self._show("stream", lambda window: window.set_stream(info))

    def _on_silent(self, since: float | None) -> None:
        silence = "" if since is None else no_samples_since(since)
        self._show("silence", lambda window: window.signals.set_silent(silence))

    def _on_quality(self, channels: list[ChannelQuality]) -> None:
        self._show("quality", lambda window: window.signals.set_quality(channels))

    def _on_engine_alive(self, alive: bool) -> None:
        self._engine_alive = alive

    def _use(self, folder: Path, profile: str) -> None:
        assert self.window is not None
        if self._engine_alive and not self._programs.is_running(ENGINE):
            self.window.result.show_message(
                f"An engine that was started elsewhere runs: type there  use {folder}"
            )
            return
        stream = self._info.name if self._info is not None else ""
        self._command = engine_command(
            self._options.bci, profile, folder, stream, self._options.engine_name
        )
        swapped = self._programs.use_model(folder, self._command, self._decoded in ("", stream))
        self._handed = folder.name
        self.window.result.show_message(
            "Handed to the running engine ..." if swapped else "The engine is being started ..."
        )

    def _on_engine_said(self, line: str) -> None:
        """Show the engine's answer, for example the reason why it refuses the model."""
        if self.window is not None and self._handed:
            self.window.result.show_message(line)

    def _on_status(self, status: EngineStatus) -> None:
        self._decoded = status.stream or ""
        if self.window is not None and self._handed and status.model == self._handed:
            threshold = status.decision_threshold
            # An engine that ran before keeps its own profile, which may have a threshold.
            own = "" if threshold is None else f" It decides from {percent(threshold)}."
            if threshold is not None and threshold >= NEVER:
                own = " It decides nothing: it is not distinguishable from chance."
            self.window.result.show_message(f"The engine decodes with {self._handed} now.{own}")
            self._handed = ""
            if self._command is not None:
                # Set only now, so that the engine is never started with a model that it refused.
                self._programs.set_command(self._command)
