"""Electrode impedances on a head, for boards that measure them."""

from math import isfinite

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.limits import LIMITS
from bci.signals import StreamInfo
from gui.plots.head_map import Electrode, HeadMap
from gui.plots.quality_marks import MarkList, mark_pixmap
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed

_LIST_WIDTH = 210
_WORDS = {State.GOOD: "good", State.DOUBTFUL: "high", State.BAD: "too high"}


def impedance_state(kohm: float) -> State:
    """Return the state of an impedance in kiloohms, by the limits of signal quality."""
    doubtful, bad = LIMITS.impedance_kohm
    return State.BAD if kohm > bad else State.DOUBTFUL if kohm > doubtful else State.GOOD


class ImpedancePage(Themed, QWidget):
    """Impedances in kOhm at the electrodes' places, and as a list, highest first."""

    def __init__(self) -> None:
        super().__init__()
        self.kohm: dict[int, float] = {}
        self._names: tuple[str, ...] = ()
        self.head = HeadMap("Impedances", ("channel", "impedance (kOhm)"))
        self.list = MarkList("Impedances, the highest first")
        self._legend = {state: (QLabel(), QLabel(text)) for state, text in _ranges().items()}
        self.list.setFixedWidth(_LIST_WIDTH)
        side = column_of(named(QLabel("Impedance (kOhm)"), "heading"), (self.list, 1))
        middle = row_of((self.head, 1), side)
        legend = [part for icon, text in self._legend.values() for part in (icon, text, 20)]
        self.setLayout(column_of((middle, 1), row_of(*legend, None), margins=(12, 8, 8, 8)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.list)
        self.setAccessibleName("Impedances")
        self.apply_theme()

    def apply_theme(self) -> None:
        for state, (icon, _) in self._legend.items():
            icon.setPixmap(mark_pixmap(self.theme, state))
        self._show()

    def set_stream(self, info: StreamInfo) -> None:
        """Show another stream, whose impedances are unknown at first."""
        self._names = info.ch_names
        self.head.set_channels(info.channels)
        self.kohm = {}
        self._show()

    def set_quality(self, channels: list[ChannelQuality]) -> bool:
        """Show the impedances of the last second; returns False if none was measured."""
        self.kohm = {
            k: channel.impedance_kohm
            for k, channel in enumerate(channels)
            if isfinite(channel.impedance_kohm)
        }
        self.setAccessibleDescription("; ".join(self.lines[:5]))
        self._show()
        return bool(self.kohm)

    @property
    def lines(self) -> list[str]:
        """One line per electrode, ``F4 620 kOhm, too high``, the highest first."""
        return [f"{self._names[k]} {self._describe(k)}" for k in self._highest_first()]

    def _describe(self, k: int) -> str:
        return f"{self.kohm[k]:.0f} kOhm, {_WORDS[impedance_state(self.kohm[k])]}"

    def _highest_first(self) -> list[int]:
        return sorted(self.kohm, key=lambda k: -self.kohm[k])

    def _show(self) -> None:
        self.head.show_hint("" if self.kohm else "no impedances are measured")
        highest_first = self._highest_first()
        self.head.show_electrodes([self._electrode(k) for k in reversed(highest_first)])
        lines = [
            (impedance_state(self.kohm[k]), f"{self._names[k]}   {self.kohm[k]:.0f}", "")
            for k in highest_first
        ]
        self.list.show_lines(self.theme, lines)

    def _electrode(self, k: int) -> Electrode:
        name, state = self._names[k], impedance_state(self.kohm[k])
        value, about = f"{self.kohm[k]:.0f}", f"{name}: {self._describe(k)}"
        return Electrode(k, name, value, state, size=12, about=about, cells=(name, self.kohm[k]))


def _ranges() -> dict[State, str]:
    doubtful, bad = LIMITS.impedance_kohm
    return {
        State.GOOD: f"good: to {doubtful:g} kOhm",
        State.DOUBTFUL: f"high: to {bad:g} kOhm",
        State.BAD: f"too high: above {bad:g} kOhm",
    }
