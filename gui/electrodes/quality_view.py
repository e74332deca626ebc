"""Signal quality: a head with one mark per electrode, and a list of problems."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.messages import FilterReport
from bci.quality.channel_quality import ChannelQuality, State
from bci.quality.words import advise, explain, summarise, worst_first
from bci.signals import StreamInfo
from gui.electrodes.cleaning_line import CleaningLine
from gui.plots.head_map import Electrode, HeadMap
from gui.plots.quality_marks import MarkList
from gui.widgets.buttons import tool
from gui.widgets.labels import ElidedLabel, tip
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.themed import Themed

_HEIGHT, _HEAD_WIDTH = 176, 142
_CLEANING_HEIGHT = 34
_NAMED_FROM_PX = 110.0


class QualityView(Themed, QWidget):
    """A head map of signal quality; an electrode's tooltip has the reason and advice.

    With ``grows``, the view fills the available height and shows the electrodes' names; without,
    it has a small fixed height.
    """

    line_chosen = Signal(float)  # frequency of the power line, in hertz

    def __init__(self, grows: bool = False) -> None:
        super().__init__()
        self.channels: list[ChannelQuality] = []
        self._info: StreamInfo | None = None
        self._live = True
        self._silence = ""
        self._title = named(ElidedLabel(), "heading")
        self.line = tool("", "", self._choose_line, "step")
        self.line.setAccessibleName("Power line")
        self.head = HeadMap("Signal quality", ("channel", "quality", "reason"), _NAMED_FROM_PX)
        self.list = named(MarkList("Channels that are not good, the worst first"), "problems")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSelectionMode(MarkList.SelectionMode.NoSelection)
        self.list.setStyleSheet("QListWidget { background: transparent; border: none; }")
        self.cleaning = CleaningLine()
        self._build(grows)
        self.set_line(50.0)
        self.set_quality([])

    def _build(self, grows: bool) -> None:
        top = row_of((self._title, 1), 4, self.line, margins=(8, 0, 0, 0), spacing=0)
        middle = row_of((self.head, 3), (self.list, 2))
        foot = row_of((self.cleaning, 1), margins=(8, 0, 4, 2))
        self.setLayout(column_of(top, (middle, 1), foot, margins=(6, 5, 6, 2), spacing=0))
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding if grows else QSizePolicy.Policy.Fixed)
        self._title.setSizePolicy(expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(_HEIGHT)
        self._grows = grows
        if not grows:
            self.setMaximumHeight(_HEIGHT)
            self.head.setFixedWidth(_HEAD_WIDTH)
        self.setAccessibleName("Signal quality")

    def show_filters(self, filters: Sequence[FilterReport]) -> None:
        """Show the reports of the decoder's cleaning filters below the head."""
        self.cleaning.show_filters(filters)
        height = _HEIGHT + (_CLEANING_HEIGHT if filters else 0)
        self.setMinimumHeight(height)
        if not self._grows:
            self.setMaximumHeight(height)

    def apply_theme(self) -> None:
        self._show()

    def set_stream(self, info: StreamInfo) -> None:
        """Show the channels of another stream, whose quality is unknown at first."""
        self._info = info
        self._live, self._silence = True, ""
        self.head.set_channels(info.channels)
        self.set_quality([])

    def set_live(self, live: bool) -> None:
        """Set whether the stream is on the network; its quality is unknown either way."""
        self._live = live
        self.set_quality([])

    def set_silent(self, why: str) -> None:
        """Show ``why`` the quality of a connected stream is unknown; empty hides it."""
        self._silence = why
        if why:
            self.channels = []
        self._show()

    def set_line(self, hz: float) -> None:
        self._line_hz = hz
        self.line.setText(f"{hz:g} Hz")
        self.line.setToolTip(
            tip(f"Line noise is looked for at {hz:g} Hz. Click for {_other_line(hz):g} Hz.")
        )

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """Show each channel's quality in the last second; an empty list means unknown."""
        self.channels = channels
        self._show()

    @property
    def headline(self) -> str:
        if self.channels:
            return _sentence(summarise(self.channels))
        if self._info is None:
            return "No signal yet"
        if not self._live:
            return "No signal now"
        if self._silence:
            return _sentence(self._silence)
        return "Measuring ..." if self._info.sfreq > 0 else "Irregular: not judged"

    def _choose_line(self) -> None:
        self.set_line(_other_line(self._line_hz))
        self.line_chosen.emit(self._line_hz)

    def _show(self) -> None:
        self._title.setText(self.headline)
        names = self._info.ch_names if self._info is not None else ()
        shown = [Electrode(k, name, state=State.NOT_JUDGED) for k, name in enumerate(names)]
        for k, c in enumerate(self.channels[: len(shown)]):
            cells = (c.name, c.state.word, c.text)
            shown[k] = Electrode(k, c.name, state=c.state, tip=_about(c), cells=cells)
        # The worst are drawn last, so that nothing covers them.
        self.head.show_electrodes(sorted(shown, key=lambda e: e.state or State.GOOD))
        problems = worst_first(self.channels)
        lines = [(each.state, f"{each.name} {each.text}", _about(each)) for each in problems]
        self.list.show_lines(self.theme, lines)


def _about(channel: ChannelQuality) -> str:
    return f"{explain(channel)}\n{advise(channel)}".strip()


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _other_line(hz: float) -> float:
    return 60.0 if hz < 55 else 50.0


def known_line(hz: float) -> float:
    """Return ``hz`` if a power line may have this frequency (40-70 Hz), else 50 Hz."""
    return hz if 40 <= hz <= 70 else 50.0
