"""Connection of the connect panel to streams, devices and the started source."""

from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal

from bci.lsl.discovery import StreamQuery
from bci.lsl.live_streams import LiveStream, LiveStreams
from bci.messages import DeviceEntry, DevicesEvent
from bci.serial_ports import FOLDER, serial_ports
from gui.connect.panel import ConnectPanel
from gui.connect.source_process import SourceProcess
from gui.processes.child import Child, Command
from gui.settings import DashboardSettings
from gui.widgets.open_recording import ask_for_recordings
from gui.workers.worker import Worker

SUBJECT = "source"
_LOOK_AT_PORTS_MS = 2000
_LISTING_ENDS_MS = 200
_LOOK_EVERY_S = 0.2


class ConnectController(QObject):
    """Carries out the user's choices in the panel, and keeps the panel up to date.

    ``bci`` is the command that runs this project's command line; ``folder`` has the recordings.
    With ``follow_last``, the stream of the last start is shown as soon as it is found, unless the
    user has chosen another one by then.
    """

    stream_wanted = Signal(object, str)  # StreamQuery, and the stream's name
    logged = Signal(str)
    problem = Signal(str)
    well = Signal()  # the last problem is over

    def __init__(
        self,
        panel: ConnectPanel,
        bci: tuple[str, ...],
        remembered: DashboardSettings,
        folder: Path,
        follow_last: bool,
    ) -> None:
        super().__init__(panel)
        self._panel, self._bci = panel, bci
        self._remembered, self._folder = remembered, folder
        self._last = dict(remembered.last_stream) if follow_last else {}
        self._wants_simulator = False
        self.streams: tuple[LiveStream, ...] = ()
        self._devices: tuple[DeviceEntry, ...] | None = None
        self._ports: tuple[str, ...] = ()
        self.directory = Directory(self)
        self.directory.changed.connect(self._on_streams)
        self._is_listed = False
        self.listing = Child(Command("listing of devices", (*bci, "devices", "--json")), self)
        self.listing.reported.connect(self._on_listed)
        self.listing.died.connect(self._on_listing_ended)
        self._port_timer = QTimer(self, interval=_LOOK_AT_PORTS_MS)
        self._port_timer.timeout.connect(self._look_at_ports)
        self.connection = SourceProcess(self)
        self.connection.changed.connect(self._on_connection)
        self.connection.logged.connect(self.logged)
        self.connection.failed.connect(self.problem)
        self.connection.streaming.connect(self._on_streaming)
        self.connection.back.connect(self.well)
        panel.stream_chosen.connect(self._on_chosen)
        panel.device_wanted.connect(self._on_device_wanted)
        panel.replay_wanted.connect(self.choose_file)
        panel.disconnect_wanted.connect(self.connection.close)
        self.directory.start()
        self.listing.start()
        self._port_timer.start()
        self._look_at_ports()

    def retire(self) -> None:
        """Begin to stop; returns at once."""
        self.directory.retire()
        self.listing.give_up()
        self._port_timer.stop()

    def stop(self, timeout_s: float) -> None:
        """Stop the search for streams and devices; the dashboard ends the source itself."""
        self.directory.stop(timeout_s)
        self.listing.wait(QDeadlineTimer(_LISTING_ENDS_MS))

    @property
    def processes(self) -> list[Child]:
        """The process of the source that was started here; empty without one."""
        return [self.connection.child] if self.connection.child else []

    def look_again(self) -> None:
        """List the devices again if BrainFlow was missing: it may be installed by now."""
        if not _has_brainflow(self._devices or ()):
            self._is_listed = False
            self.listing.start()

    def use_simulator(self) -> None:
        """Stream the simulator, in place of the connected source."""
        if self.connection.is_active:
            self._wants_simulator = True
            self.connection.close()
        else:
            self._panel.try_simulator()

    def replay(self, file: str) -> None:
        """Stream the recording ``file`` in an endless loop."""
        self._remembered.streamed_file = file
        self._open("replay", ("replay", file, "--loop", "--wait-for-consumer", "5"))

    def choose_file(self) -> None:
        """Ask for a recording and stream it; does nothing while a source is connected."""
        if not self.connection.is_active:
            start = self._remembered.streamed_file or str(self._folder)
            ask_for_recordings(
                self._panel.window(), "Replay a recording", start,
                lambda files: self.replay(str(files[0])),
            )  # fmt: skip

    def _open(self, name: str, arguments: tuple[str, ...]) -> None:
        self.well.emit()
        self.connection.open(Command(name, (*self._bci, *arguments, "--json", "--while-heard")))

    def _on_streams(self, streams: tuple[LiveStream, ...]) -> None:
        self.streams = streams
        self._panel.set_streams(streams)
        for stream in streams:
            if self._last and self._last.items() <= _identity(stream).items():
                self._last = {}
                self.stream_wanted.emit(stream.query, stream.name)
                break

    def _on_chosen(self, stream: LiveStream) -> None:
        self._last = {}
        self._remembered.last_stream = _identity(stream)
        self.stream_wanted.emit(stream.query, stream.name)

    def _on_listed(self, event: object) -> None:
        if not isinstance(event, DevicesEvent):
            return
        self._is_listed = True
        devices = event.devices
        if devices == self._devices:
            return
        filled = dict(self._remembered.device_parameters)
        chosen = self._remembered.device
        if self._devices:
            # Keep the values that are in the form now.
            chosen = self._panel.devices.currentText()
            filled[chosen] = self._panel.form.values()
        self._devices = devices
        self._panel.set_devices(devices, chosen, filled)
        if not _has_brainflow(devices):
            self.logged.emit("boards of many makers need BrainFlow: pip install 'bci[brainflow]'")

    def _on_listing_ended(self, why: str) -> None:
        if not self._is_listed:
            self._panel.set_no_devices()
            self.problem.emit(f"{why}.")

    def _look_at_ports(self) -> None:
        """Update the list of serial ports, by listing one folder; opens no port."""
        if (ports := serial_ports(FOLDER)) == self._ports:
            return
        self._ports = ports
        self._panel.form.set_ports(ports)
        self.logged.emit(f"serial ports now: {', '.join(ports) or 'none'}")

    def _on_device_wanted(self, name: str, values: dict[str, str]) -> None:
        self._remembered.device = name
        self._remembered.device_parameters[name] = values
        pairs = [f"{key}={value}" for key, value in values.items()]
        self._open(name, ("stream", "--device", name, *pairs))

    def _on_connection(self) -> None:
        connection = self.connection
        self._panel.set_connection(connection.state, connection.is_active, connection.is_stopping)
        if self._wants_simulator and not connection.is_active:
            self._wants_simulator = False
            self._panel.try_simulator()

    def _on_streaming(self, name: str) -> None:
        self._last = {}
        self._remembered.last_stream = {"name": name}
        self.stream_wanted.emit(StreamQuery(name=name), name)


class Directory(Worker):
    """Reports the signal streams on the network, whenever their list changes."""

    changed = Signal(tuple)  # of LiveStream, by name

    def work(self) -> None:
        """Search the network for streams until the worker is retired."""
        streams = LiveStreams()
        listed: tuple[LiveStream, ...] | None = None
        while self.wait(_LOOK_EVERY_S):
            now = streams.poll()
            if now != listed:
                listed = now
                self.post(self.changed.emit, now)


def _identity(stream: LiveStream) -> dict[str, str]:
    return {"name": stream.name, "type": stream.type, "source_id": stream.source_id}


def _has_brainflow(devices: tuple[DeviceEntry, ...]) -> bool:
    """Return whether ``devices`` has BrainFlow's boards, by its simulated board."""
    return any(device.name == "synthetic" for device in devices)
