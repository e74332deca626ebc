"""Attention weights of a network in the newest window, on a head or as bars."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from bci.head.top_view import MIN_ELECTRODES, HeadPicture
from bci.signals import Channel
from gui.plots.head_map import Electrode, HeadMap
from gui.plots.probability_bars import Bar, ProbabilityBars
from gui.widgets.labels import tip
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed
from gui.widgets.units import percent

_HEIGHT, _HEAD_PX, _MAX_NAMES = 132, 128, 4
_DOT_PX = 3.0
_MAX_BARS, _BAR_PX, _TITLE_PX = 12, 16, 20


class AttentionView(Themed, QWidget):
    """Attention weights on a head, where attended channels are bright; else as bars.

    Names without a place on the head, such as brain regions, are shown as bars. The view is
    hidden while the engine reports no attention.
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention: dict[str, float] = {}
        self._picture: HeadPicture | None = None
        self.head = HeadMap("Attention", ("channel", "weight"))
        self.head.setFixedWidth(_HEAD_PX)
        self.strongest = named(QLabel(), "dim")
        self.strongest.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = ProbabilityBars("Attention", names_px=110, figures_px=44)
        row = row_of(self.head, self.strongest, None, spacing=12)
        self.setLayout(column_of(row, self.bars, margins=(14, 0, 14, 4), spacing=0))
        self.setFixedHeight(_HEIGHT)
        self.setToolTip(
            tip(
                "The network's weights of channels or regions in the newest window. "
                "They show neither direction nor reason."
            )
        )
        self.hide()

    def apply_theme(self) -> None:
        low, high = self.theme.colour("panel"), self.theme.colour("warning")
        self.head.picture.setColorMap(pg.ColorMap([0.0, 1.0], [low, high]))
        self._draw()

    def show_attention(self, attention: dict[str, float]) -> None:
        """Show the weights of channels or regions by name; an empty dict hides the view."""
        if list(attention) != list(self.attention):
            self.head.set_channels([Channel(name, "eeg") for name in attention])
            has_picture = self.head.has_head and len(self.head.places) >= MIN_ELECTRODES
            places = np.array(list(self.head.places.values()))
            self._picture = HeadPicture(places) if has_picture else None
            self.head.setVisible(has_picture)
            self._make_room(0 if has_picture or len(attention) > _MAX_BARS else len(attention))
        self.attention = dict(attention)
        self.setVisible(bool(attention))
        self._draw()

    def _make_room(self, n_bars: int) -> None:
        self.bars.setVisible(bool(n_bars))
        if n_bars:
            self.bars.set_rows(n_bars, _BAR_PX)
        self.setFixedHeight(_TITLE_PX + self.bars.height() if n_bars else _HEIGHT)

    def _draw(self) -> None:
        if not self.attention:
            return
        names = sorted(self.attention, key=lambda name: -self.attention[name])[:_MAX_NAMES]
        listed = [f"{name}  {percent(self.attention[name])}" for name in names]
        shown = [] if self.bars.isVisibleTo(self) else listed
        self.strongest.setText("\n".join(["Attends to", *shown]))
        self.setAccessibleName("; ".join(["Attention", *listed]))
        if self._picture is None:
            colour, equal = self.theme.colour("trace"), 1 / len(self.attention)
            bars = [Bar(name, weight, colour) for name, weight in self.attention.items()]
            self.bars.show_bars(self.theme, bars, equal, "all alike")
            return
        weights = np.array(list(self.attention.values()))
        known = weights[list(self.head.places)]
        # Only weights above the mean are bright; equal weights everywhere are dark.
        above = np.clip(known - 1 / len(weights), 0.0, None)
        self.head.show_picture(self._picture.draw(above), 0.0, float(above.max()) or 1.0)
        self.head.show_electrodes(
            [
                Electrode(k, size=_DOT_PX, about=f"{name}: {weight:.3f}", cells=(name, weight))
                for k, (name, weight) in enumerate(self.attention.items())
            ]
        )
