"""The source that the dashboard itself streams: a device or a file."""

import time

from PySide6.QtCore import QObject, Signal

from bci.messages import StreamingEvent
from gui.actions import with_key
from gui.processes.child import Child, Command
from gui.processes.restart_policy import AGAIN, RestartPolicy, then
from gui.widgets.units import counted

_BY = with_key("press Connect", "connect-device")


class SourceProcess(QObject):
    """The child process that streams a source; at most one at a time.

    A source that crashes after it has streamed is started again.
    """

    changed = Signal()
    logged = Signal(str)
    streaming = Signal(str)  # name of the source's first stream, when it begins
    failed = Signal(str)  # sentences: how the source ended by itself, and what happens next
    back = Signal()  # the source streams again after a restart

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.child: Child | None = None
        self.stream = ""
        # Names of all its streams: a device may have several, for EEG, motion and battery.
        self.streams: frozenset[str] = frozenset()
        self._dismissed: frozenset[str] = frozenset()
        self.is_stopping = False
        self.is_restarting = False
        self._policy = RestartPolicy(_BY)

    @property
    def is_active(self) -> bool:
        return self.child is not None

    @property
    def state(self) -> str:
        """A few words on the state of the source; empty if nothing is connected."""
        if self.child is None:
            return ""
        name = self.child.command.name
        if self.is_stopping:
            return f"{name}: disconnecting ..."
        if self.is_restarting:
            return f"{name}: starting again ..."
        return f"{name} is connected" if self.stream else f"{name}: connecting ..."

    def open(self, command: Command) -> None:
        """Start the source that ``command`` runs; does nothing while another one runs."""
        if self.child is not None:
            return
        self.stream, self.streams = "", frozenset()
        self.is_stopping = self.is_restarting = False
        self._policy = RestartPolicy(_BY)
        self.child = child = Child(command, self)
        child.logged.connect(self.logged)
        child.reported.connect(self._on_event)
        child.died.connect(self._on_died)
        child.running.connect(self._on_running)
        child.start()

    def close(self) -> None:
        """Request the end of the source; returns at once."""
        if self.child is not None:
            self.is_stopping = True
            self._dismissed |= self.streams
            self.changed.emit()
            self.child.stop()

    def is_ending(self, stream: str) -> bool:
        """Return whether ``stream`` ends or has ended because the user disconnected it."""
        return stream in self._dismissed or (stream in self.streams and not self.is_active)

    def restarts(self, stream: str) -> bool:
        """Return whether ``stream`` is gone because its source crashed and is restarted."""
        return self.is_restarting and stream in self.streams

    def gives(self, streams: tuple[str, ...]) -> bool:
        """Return whether the source runs and has one of ``streams``."""
        return self.is_active and not self.is_stopping and bool(self.streams & set(streams))

    def _on_event(self, event: object) -> None:
        if not isinstance(event, StreamingEvent) or self.child is None:
            return
        name = event.stream
        rate = f"{event.sfreq:g} Hz" if event.sfreq else "irregular"
        simulated = ", simulated" if event.simulated else ""
        what = f"{counted(event.n_channels, 'channel')}, {rate}{simulated}"
        self.logged.emit(f"{self.child.command.name}: streaming {name}: {what}")
        self.streams |= {name}
        self._dismissed -= {name}
        if self.is_restarting:
            self.is_restarting = False
            self.changed.emit()
            self.back.emit()
        elif not self.stream:
            self.stream = name
            self.changed.emit()
            self.streaming.emit(name)

    def _on_died(self, why: str) -> None:
        child = self.child
        assert child is not None
        worked = bool(self.stream) and not self.is_restarting
        advice = self._policy.why_not(child.exit_code, worked, time.monotonic())
        if advice:
            self._drop(child)
            self.failed.emit(then(why, advice))
            return
        self.is_restarting = True
        child.start()
        self.failed.emit(then(why, AGAIN))

    def _on_running(self, running: bool) -> None:
        if not running and self.is_stopping and self.child is not None:
            self._drop(self.child)
        self.changed.emit()

    def _drop(self, child: Child) -> None:
        child.deleteLater()
        self.child = None
        self.is_restarting = False
        self.changed.emit()
