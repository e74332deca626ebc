"""Reports of a lost engine, and the stored model for the next start."""

from collections.abc import Callable

from pylsl import local_clock
from PySide6.QtCore import QObject, Signal

from gui.processes.engine_command import ENGINE, remember_engine
from gui.processes.program_buttons import Programs
from gui.processes.status_line import DashboardStatus
from gui.settings import DashboardSettings
from gui.workers.stream_feed import Feed

_SUBJECT = "lost engine"


class EngineWatch(QObject):
    """Reports the loss of the engine, and stores the model of a decoding engine.

    ``remembered`` stores the model; None for a demo. ``profile`` is that of the dashboard.
    ``runs_session`` returns whether the dashboard runs a neurofeedback session as this engine. The
    engine of a session ends with it, which the session's window reports.
    """

    changed = Signal()
    problem = Signal(str, str)  # one sentence, and its subject
    well = Signal(str)  # the subject whose problem is over

    def __init__(
        self,
        situation: DashboardStatus,
        programs: Programs,
        remembered: DashboardSettings | None,
        profile: str,
        runs_session: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._situation, self._programs = situation, programs
        self._remembered, self._profile = remembered, profile
        self._runs_session = runs_session
        self._is_own = self._is_restarted = self._is_session = False
        programs.runs.connect(self._on_program)

    def follow(self, feed: Feed) -> None:
        """Connect to a feed: watch its engine from now on."""
        feed.engine_there.connect(self._on_there)
        feed.predictions_came.connect(lambda _: self._situation.on_sign_of_engine(local_clock()))

    def set_state(self, alive: bool, simulated: bool) -> None:
        """Set whether the engine decodes (``alive``), and whether a simulated signal."""
        self._situation.engine_alive, self._situation.engine_simulated = alive, simulated
        self._situation.on_sign_of_engine(local_clock())
        child = self._programs.child(ENGINE)
        if alive and child is not None and child.is_running and self._remembered is not None:
            remember_engine(self._remembered, self._profile, child.command)
        self.changed.emit()

    def _on_there(self, there: bool) -> None:
        if there:
            self._is_own = self._programs.is_running(ENGINE)
            self._is_session = self._runs_session() and not self._is_own
            self._is_restarted = False
            self._situation.engine_lost = False
            self.well.emit(_SUBJECT)
            return
        if self._is_session:
            return
        # The loss of the last engine may be noticed only while the next one is starting.
        child = self._programs.child(ENGINE)
        expected = self._is_restarted or (child is not None and child.was_stopped)
        self._situation.engine_lost = not (self._is_own and expected)
        # `Programs` reports the end of a child process, and whether it is started again.
        if not self._is_own:
            self.problem.emit(
                "The engine is gone: it was ended or it crashed. Start it again where it ran; "
                "its decisions are shown as soon as it is back.",
                _SUBJECT,
            )

    def _on_program(self, name: str, running: bool) -> None:
        if name == ENGINE and running:
            self._is_restarted = True
            self._situation.engine_lost = False
