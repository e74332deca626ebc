"""Power of a band on the head, interpolated between the electrodes."""

from functools import partial
from math import hypot

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QWidget

from bci.quality.spectra import ALPHA, BANDS, Band
from bci.signals import StreamInfo
from gui.plots.head_map import Electrode, HeadMap
from gui.plots.steady_range import SteadyRange
from gui.spectrum.analysis import MapSeen
from gui.spectrum.source_line import SourceLine
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import squared

_WORDS_WIDTH = 220
_MAX_NAMED = 3


class MapPage(Themed, QWidget):
    """A map of band power on the head, and the electrodes with most and least power.

    Keys 1 to 5 and the buttons choose the band. A click on an electrode chooses it for the Spectrum
    page.
    """

    picked = Signal(int)  # channel
    band_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.seen: MapSeen | None = None
        self.left_out: tuple[str, ...] = ()
        self._info: StreamInfo | None = None
        self._levels = SteadyRange(1.0, 6.0)
        self.head = HeadMap("Map of band power", ("channel", "power (dB)"))
        self.head.add_scale(pg.colormap.get("viridis"))
        self.head.clicked.connect(self.picked)
        self.band = ALPHA
        self.title = named(Sentence(), "heading")
        self.words = Sentence()
        self.words.setFixedWidth(_WORDS_WIDTH)
        side = column_of(self.title, self.words, None, margins=(8, 14, 0, 0))
        middle = row_of((self.head, 1), side, margins=(0, 0, 8, 0))
        self.over = SourceLine("last 6 s; channels marked bad are left out")
        foot = row_of(*self._band_buttons(), None, self.over, margins=(8, 0, 8, 6), spacing=4)
        self.setLayout(column_of((middle, 1), foot, spacing=2))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_hint("waiting for a signal ...")

    def _band_buttons(self) -> list[QAbstractButton]:
        self._buttons = QButtonGroup(self)
        for number, band in enumerate(BANDS):
            about = f"{band.low:g}-{band.high:g} Hz ({number + 1})"
            push = button(band.name, about, partial(self.choose, band), "band")
            push.setCheckable(True)
            push.setChecked(band is self.band)
            self._buttons.addButton(push, number)
        return self._buttons.buttons()

    def choose(self, band: Band) -> None:
        self.band = band
        self._buttons.button(BANDS.index(band)).setChecked(True)
        self.band_chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(BANDS):
            self.choose(BANDS[number])
        else:
            super().keyPressEvent(event)

    def apply_theme(self) -> None:
        self._show_electrodes()

    def set_stream(self, info: StreamInfo) -> None:
        self._info = info
        self.head.set_channels(info.channels)
        self.show_hint(
            "measuring ..." if self.head.has_head else "no map: no channel has a position"
        )

    def show_hint(self, hint: str) -> None:
        self.seen = None
        self.head.clear_values()
        self.head.show_hint(hint)
        self.title.clear()
        self.words.clear()

    def show_map(self, seen: MapSeen) -> None:
        if seen.picture is None:
            if self.head.has_head:
                self.show_hint("no map: it takes at least four electrodes with a signal")
            return
        if self.seen is None or self.seen.band != seen.band:
            self._levels.reset()
        self.seen = seen
        self._levels.follow(float(seen.values.min()), float(seen.values.max()))
        self.head.show_hint("")
        self.head.show_picture(seen.picture, self._levels.low, self._levels.high)
        self.head.set_scale_label(f"dB re 1 {squared(seen.unit)}")
        self._show_electrodes()
        self.title.setText(f"{seen.band.name}, {seen.band.low:g}-{seen.band.high:g} Hz")
        self._show_words(seen)

    def set_left_out(self, names: frozenset[str]) -> None:
        if names != frozenset(self.left_out):
            self.left_out = tuple(sorted(names))
            self._show_electrodes()

    @property
    def hint(self) -> str:
        """The reason why no map is shown; empty if one is."""
        return self.head.hint if self.head.is_blank else ""

    @property
    def strongest(self) -> str:
        """The name of the electrode with the most power; empty without a map."""
        return self._name(int(np.argmax(self.seen.values))) if self.seen else ""

    def _name(self, k: int) -> str:
        assert self.seen is not None
        return self.seen.info.channels[self.seen.electrodes[k]].name

    def _show_electrodes(self) -> None:
        if self.seen is None or self._info is None:
            return
        middle = (self._levels.low + self._levels.high) / 2
        shown = []
        for channel, value in zip(self.seen.electrodes, self.seen.values.tolist(), strict=True):
            name, ink = self._info.channels[channel].name, self._ink(channel, value > middle)
            about = f"{name}: {value:.1f} dB"
            cells = (name, round(value, 3))
            shown.append(
                Electrode(channel, f"{name:.12}", colour=ink, size=5, about=about, cells=cells)
            )
        crossed = [
            Electrode(k, size=8, is_crossed=True)
            for k, channel in enumerate(self._info.channels)
            if channel.name in self.left_out
        ]
        self.head.show_electrodes(shown + crossed)

    def _ink(self, channel: int, is_light: bool) -> QColor:
        """Return a colour that contrasts with the map, or with the panel outside the head."""
        if hypot(*self.head.places[channel]) > 1.0:
            return self.theme.colour("text")
        return QColor("black" if is_light else "white")

    def _show_words(self, seen: MapSeen) -> None:
        most, least = int(np.argmax(seen.values)), int(np.argmin(seen.values))
        lines = [
            f"most: {self._name(most)}, {seen.values[most]:.1f} dB",
            f"least: {self._name(least)}, {seen.values[least]:.1f} dB",
        ]
        if self.left_out:
            more = len(self.left_out) - _MAX_NAMED
            rest = f" and {more} more" if more > 0 else ""
            lines.append(f"left out: {', '.join(self.left_out[:_MAX_NAMED])}{rest}")
        self.words.setText("\n".join(lines))
