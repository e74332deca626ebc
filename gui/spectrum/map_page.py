"""The map with the bands to choose from."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bci.quality.spectra import ALPHA, BANDS, Band
from gui.connect.device_form import mark_wrong
from gui.spectrum.map_view import MapView
from gui.widgets.buttons import button
from gui.widgets.labels import plain
from gui.widgets.layouts import named

_OVER = "last 6 s; channels marked bad are left out"


class MapPage(QWidget):
    """Keys 1 to 5 and the buttons choose the band."""

    band_chosen = Signal(object)  # Band

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.band = ALPHA
        self.view = MapView()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._buttons = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(4)
        for number, band in enumerate(BANDS):
            push = named(button(band.name, f"{band.low:g}-{band.high:g} Hz ({number + 1})"), "band")
            push.setCheckable(True)
            self._buttons.addButton(push, number)
            row.addWidget(push)
        row.addStretch()
        self.over = plain(named(QLabel(_OVER), "problem"))
        row.addWidget(self.over)
        self._buttons.idClicked.connect(lambda number: self.choose(BANDS[number]))
        self._buttons.button(BANDS.index(self.band)).setChecked(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.view, 1)
        column.addLayout(row)

    def set_trouble(self, why: str) -> None:
        """Show why the map stands still; empty while it does not."""
        self.over.setText(why or _OVER)
        mark_wrong(self.over, bool(why))

    def choose(self, band: Band) -> None:
        self.band = band
        self._buttons.button(BANDS.index(band)).setChecked(True)
        self.band_chosen.emit(band)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(BANDS):
            self.choose(BANDS[number])
        else:
            super().keyPressEvent(event)
