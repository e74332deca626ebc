"""The bar with play and pause, speed, and steps by trial."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLabel, QWidget

from gui.replay.playhead import SPEEDS, Playhead
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import named, row_of
from gui.widgets.units import clock

_KEYS = "Space play \u00b7 \u2190 \u2192 1 s \u00b7 Shift 10 s \u00b7 , . trial \u00b7 S D speed"


class TransportBar(QWidget):
    """Shows and moves the playhead; emits steps by trial as ``stepped``."""

    stepped = Signal(int)

    def __init__(self, playhead: Playhead) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._playhead = playhead
        before, after = partial(self.stepped.emit, -1), partial(self.stepped.emit, 1)
        self.previous = button(" \u25c2 trial ", "Previous trial (comma)", before, "small")
        self.next = button(" trial \u25b8 ", "Next trial (full stop)", after, "small")
        self.play = button("\u25b6  Play", "Play or pause (Space)", playhead.toggle)
        self.play.setMinimumWidth(104)
        self.speed = ComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}\u00d7", speed)
        self.speed.setFixedWidth(72)
        self.speed.setToolTip("How fast it plays (S slower, D faster)")
        self.time = QLabel()
        self.time.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.time.setMinimumWidth(150)
        self.trial = named(ElidedLabel(), "dim")
        buttons = self.previous, self.play, self.next, self.speed
        parts = *buttons, self.time, self.trial, None, named(QLabel(_KEYS), "dim")
        self.setLayout(row_of(*parts, margins=(8, 5, 8, 5)))
        self.speed.activated.connect(lambda k: playhead.set_speed(SPEEDS[k]))
        playhead.changed.connect(self._show)
        playhead.moved.connect(self._show_time)
        self._show()
        self._show_time()

    def _show(self) -> None:
        playhead = self._playhead
        self.play.setText("\u275a\u275a  Pause" if playhead.is_playing else "\u25b6  Play")
        self.speed.setCurrentIndex(SPEEDS.index(playhead.speed))
        for widget in (self.play, self.previous, self.next):
            widget.setEnabled(playhead.duration > 0)

    def _show_time(self) -> None:
        playhead = self._playhead
        self.time.setText(f"{clock(playhead.position, 1)} / {clock(playhead.duration, 1)}")
