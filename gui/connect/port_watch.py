"""Which serial ports there are, as boards and dongles are plugged in and out."""

from PySide6.QtCore import QObject, QTimer, Signal

from bci.serial_ports import FOLDER, serial_ports

_LOOK_EVERY_MS = 2000


class PortWatch(QObject):
    """Looks every two seconds; a look lists one folder and opens nothing."""

    changed = Signal(tuple)  # of str, in order

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ports: tuple[str, ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._timer.start()
        self.look()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """Look now."""
        if (ports := serial_ports(FOLDER)) != self._ports:
            self._ports = ports
            self.changed.emit(ports)
