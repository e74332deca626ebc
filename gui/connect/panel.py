"""The side panel: live streams, devices to connect, simulator and files."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from bci.lsl.live_streams import LiveStream
from bci.messages import DeviceEntry
from gui.actions import with_key
from gui.connect.device_form import DeviceForm
from gui.connect.stream_list import ROW, StreamList
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import Sentence
from gui.widgets.layouts import as_widget, column_of, mark_wrong, named, row_of
from gui.widgets.scroll_areas import FitHeightScrollArea

_NONE_YET = "No stream on the network yet. Connect a device below, or start its own program."
# With more streams the list has a search field, and its height depends on the panel's.
_LEAST_ROWS = 4


class ConnectPanel(QWidget):
    """Shows streams, devices and the connection; emits the user's choices as signals."""

    stream_chosen = Signal(object)  # LiveStream
    device_wanted = Signal(str, dict)  # name and parameters
    replay_wanted = Signal()
    disconnect_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._devices: dict[str, DeviceEntry] = {}
        self._filled: dict[str, dict[str, str]] = {}
        self._active = self._stopping = False
        self.streams = StreamList()
        self.streams.chosen.connect(self.stream_chosen)
        self.sought = QLineEdit(placeholderText="Find a stream")
        self.sought.textChanged.connect(self.streams.show_found)
        self.no_streams = named(Sentence(_NONE_YET), "dim")
        self.devices = ComboBox()
        self.devices.addItem("looking for devices ...")
        self.devices.setEnabled(False)
        self.devices.setToolTip("Type a few letters to find a device")
        self.devices.setMaxVisibleItems(16)
        self.devices.currentIndexChanged.connect(self._show_device)
        self.what = named(Sentence(), "dim")
        self.form = DeviceForm()
        self.form.changed.connect(self._judge)
        self.form.submitted.connect(self.toggle)
        self.problem, self.state = named(Sentence(), "problem"), named(Sentence(), "state")
        self.connect_button = button("Connect", "", self.toggle)
        does = with_key("Stream a simulated person", "simulator")
        self.simulator = button("Simulator", does, self.try_simulator, "narrow")
        does = with_key("Replay a recording as if it were live", "stream-file")
        self.replay = button("Stream a file ...", does, self.replay_wanted.emit, "narrow")
        self._lay_out()
        self.set_streams(())
        self.set_connection("", False, False)

    def set_streams(self, streams: tuple[LiveStream, ...]) -> None:
        """Show ``streams``, the signal streams on the network."""
        self.streams.set_streams(streams)
        self.no_streams.setVisible(not streams)
        self.streams.setVisible(bool(streams))
        self.streams.setMinimumHeight(4 + ROW * min(_LEAST_ROWS, len(streams)))
        self.streams.setMaximumHeight(4 + ROW * len(streams))
        self.sought.setVisible(len(streams) > _LEAST_ROWS)
        if len(streams) <= _LEAST_ROWS:
            self.sought.clear()

    def set_devices(
        self, devices: tuple[DeviceEntry, ...], last: str, filled: dict[str, dict[str, str]]
    ) -> None:
        """Offer ``devices``, with the one named ``last`` selected.

        ``filled`` has the last parameter values by device name.
        """
        self._devices = {device.name: device for device in devices}
        self._filled = filled
        self.devices.blockSignals(True)
        self.devices.clear()
        self.devices.addItems(list(self._devices))
        self.devices.setCurrentIndex(max(0, self.devices.findText(last)))
        self.devices.blockSignals(False)
        self._show_device()

    def set_no_devices(self) -> None:
        self.devices.setItemText(0, "no list of devices")

    def set_connection(self, state: str, active: bool, stopping: bool) -> None:
        """Show the state of the source that was started here.

        ``state`` is a sentence on the source. ``active`` is True while it runs, ``stopping`` while
        it is being stopped.
        """
        self._active, self._stopping = active, stopping
        self.state.setText(state)
        self.state.setVisible(bool(state))
        self.devices.setEnabled(not active and bool(self._devices))
        self.form.setEnabled(not active)
        self.connect_button.setText("Disconnect" if active else "Connect")
        does = "Stop the source that was started here" if active else "Connect the device"
        self.connect_button.setToolTip(with_key(does, "connect-device"))
        self.simulator.setEnabled(not active)
        self.replay.setEnabled(not active)
        self._judge()

    def toggle(self) -> None:
        """Request to disconnect the source if one runs, else to connect the chosen device."""
        if self._active:
            self.disconnect_wanted.emit()
        elif self.connect_button.isEnabled():
            self.device_wanted.emit(self.devices.currentText(), self.form.values())

    def try_simulator(self) -> None:
        """Connect the simulator; with the form's values if the form shows the simulator."""
        if self._active:
            return
        chosen = self.devices.currentText() == "simulator" and not self.form.problem()
        self.device_wanted.emit("simulator", self.form.values() if chosen else {})

    def _lay_out(self) -> None:
        buttons = as_widget(row_of(self.simulator, self.replay, spacing=4))
        column = column_of(
            *(named(QLabel("Live streams"), "heading"), self.no_streams, self.sought),
            # A large stretch, so that the list gets the height before the empty space below.
            *((self.streams, 100), 4, named(QLabel("Connect a device"), "heading"), self.devices),
            *(self.what, FitHeightScrollArea(self.form), self.problem, self.state),
            *(self.connect_button, 4, named(QLabel("No headset?"), "heading"), buttons, None),
            margins=(10, 8, 10, 10),
            spacing=6,
        )
        self.setLayout(column)

    def _show_device(self) -> None:
        device = self._devices.get(self.devices.currentText())
        if device is None:
            return
        self.devices.setEnabled(not self._active)
        self.what.setText(_describe(device))
        self.form.set_device(device, self._filled.get(device.name, {}))

    def _judge(self) -> None:
        problem = "" if self._active else self.form.problem()
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        mark_wrong(self.problem, self.form.is_wrong)
        ready = bool(self._devices) and not problem
        self.connect_button.setEnabled(not self._stopping if self._active else ready)


def _describe(device: DeviceEntry) -> str:
    by = "" if device.transport == "none" else f", reached by {device.transport}"
    return f"{device.what[:1].upper()}{device.what[1:]}{by}."
