"""The scope: all channels, scrolling, drawn once per new column of pixels."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality, State
from bci.types import Marker, StreamInfo
from gui.scope.channel_labels import ChannelNames
from gui.scope.channel_page import ChannelPage
from gui.scope.cursor import Measure, Traces
from gui.scope.display_filter import DISPLAY_FILTERS, DisplayFilter
from gui.scope.display_signal import DisplaySignal
from gui.scope.gains import GainKind, Gains
from gui.scope.keys import action_of
from gui.scope.overlay import TAG, paint_markers, paint_tag, paint_time_axis
from gui.scope.row_scales import RowScales
from gui.scope.trace_image import FAINT, INK, Layout, TracePicture
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.layouts import is_seen

TIME_BASES_S = (2.0, 5.0, 10.0, 20.0, 30.0)
_LEAST_GUTTER, _MOST_GUTTER = 72, 112  # the names
_STRIP = round(TAG)  # above the traces, for what markers say
_AXIS = 18  # below them, for the time
_LOOK_BACK = 0.25  # of what is shown, a step


class Scope(QWidget):
    """Scrolling traces of a stream.

    New samples are filtered (for the display only), reduced to the smallest and largest value of
    each column of pixels, and drawn into a picture that goes round: the cost of a frame is that of
    its new columns. Each kind of channel has a gain of its own. The mouse reads a trace; dragged,
    it measures from there. The wheel looks back; `gui.scope.keys` has what the keys do.
    """

    stream_changed = Signal(object)  # StreamInfo
    view_changed = Signal()  # gain, time base, page, filter or pause
    gain_chosen = Signal(object, float)  # Kind, by the user, not found from the signal
    bad_changed = Signal(object)  # set of str, the channels marked bad
    hidden_changed = Signal(object)  # set of str, the channels that are not shown
    channels_wanted = Signal()  # the list of channels is to be opened

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 140)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.theme: Theme = DARK
        self.time_base_s = 10.0
        self.sweep = False
        self.filter = DISPLAY_FILTERS[0]
        self._scales = RowScales(())
        self.kind = self.gains.usual  # whose gain is changed
        self.trouble = ""  # why the picture stands still; empty while it does not
        self.bad: frozenset[str] = frozenset()
        self.hidden: frozenset[str] = frozenset()
        self._info: StreamInfo | None = None
        self._markers: list[Marker] = []
        self._page = ChannelPage()
        self._picture = TracePicture()
        self._looked_back = False  # paused by looking back, not by the user
        self._gutter = _LEAST_GUTTER
        self.names = ChannelNames(self)
        self.names.clicked.connect(self._toggle_bad)
        self.names.hide_wanted.connect(lambda name: self.choose_hidden(self.hidden | {name}))
        self.measure = Measure(self._place, self)

    def set_stream(self, info: StreamInfo, ring: RingBuffer) -> None:
        """Show another stream; where it has the same channels, the same of them."""
        others = self._info is None or info.channels != self._info.channels
        if others:
            self._page = ChannelPage(info.n_channels, self._page.all_shown)
        self._info = info
        self._signal = DisplaySignal(info, ring, self.filter)
        self._markers.clear()
        self.names.set_quality([])
        self._gutter = max(_LEAST_GUTTER, min(self.names.room_for(info.ch_names), _MOST_GUTTER))
        self._scales = RowScales(info.channels)
        if others:
            self.kind = self.gains.usual
        self.hidden = frozenset()
        self._page.hide(set())
        self.stream_changed.emit(info)
        self.set_bad(frozenset())
        self.view_changed.emit()

    def set_bad(self, names: frozenset[str]) -> None:
        """The channels that the user holds to be bad."""
        self.bad = names
        self.names.set_marked(names)
        self._redraw()

    def set_quality(self, channels: list[ChannelQuality]) -> None:
        """How good each channel is now; empty while nothing is known."""
        self.names.set_quality(channels)
        if self._info is not None and not np.array_equal(
            self._picture.inks, self._inks(self._info.ch_names)
        ):
            self._redraw()

    def set_hidden(self, names: frozenset[str]) -> None:
        """Hide these channels, and show all others."""
        self.hidden = names
        if self._info is not None:
            self._page.hide({k for k, name in enumerate(self._info.ch_names) if name in names})
        self._redraw()
        self.view_changed.emit()

    def choose_hidden(self, names: frozenset[str]) -> None:
        """Hide channels as the user wants it, who wants it so the next time too."""
        self.set_hidden(names)
        self.hidden_changed.emit(names)

    def set_trouble(self, why: str) -> None:
        """Write over the picture why it stands still; empty while it does not."""
        self.trouble = why
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self.theme = self.names.theme = theme
        self._redraw()

    def add_markers(self, markers: list[Marker]) -> None:
        """Markers to draw where their time is."""
        self._markers = [*self._markers, *markers][-200:]
        self.update()

    @property
    def gains(self) -> Gains:
        """Gain of each kind of channel."""
        return self._scales.gains

    @property
    def gain(self) -> float:
        """Gain of the chosen kind, in its unit; 0 until it is known."""
        return 0.0 if self._info is None else self.gains.of(self.kind)

    def set_gain(self, gain: float, kind: GainKind | None = None) -> None:
        """Set the gain of the chosen kind or of another, in its unit."""
        self.gains.set(kind or self.kind, gain)
        self._show_gains()

    def keep_gains(self, gains: Gains) -> None:
        """Use these gains too, for the kinds that the stream has."""
        self.gains.take_over(gains)
        self._show_gains()

    def _show_gains(self) -> None:
        self._redraw()
        self.view_changed.emit()

    def choose_kind(self, kind: GainKind) -> None:
        """Choose the kind of channel whose gain is changed."""
        self.kind = kind
        self.view_changed.emit()

    def step_kind(self) -> None:
        """Choose the next kind of channel."""
        if self._info is not None:
            kinds = self.gains.kinds
            self.choose_kind(kinds[(kinds.index(self.kind) + 1) % len(kinds)])

    def step_time_base(self, way: int) -> None:
        """Show more (+1) or less (-1) time."""
        k = TIME_BASES_S.index(self.time_base_s) + way
        self.show_time(TIME_BASES_S[max(0, min(k, len(TIME_BASES_S) - 1))])

    def show_time(self, seconds: float) -> None:
        """Show so much time, one of `TIME_BASES_S`."""
        self.time_base_s = seconds
        if self._info is not None:
            self._signal.reach(seconds)
        self._redraw()
        self.view_changed.emit()

    def step_gain(self, way: int) -> None:
        """Draw the traces larger (+1) or smaller (-1)."""
        if self.gain > 0:
            self.gains.step(self.kind, way)
            self._show_gains()
            self.gain_chosen.emit(self.kind, self.gain)

    def fit_gains(self) -> None:
        """Choose all gains anew from the signal, as the user wants it."""
        if self._info is None:
            return
        self._scales.fit(self._signal)
        self._show_gains()
        for kind in self.gains.kinds:
            self.gain_chosen.emit(kind, self.gains.of(kind))

    def step_page(self, way: int) -> None:
        """Show the next (+1) or the previous (-1) channels."""
        self._page.step(way)
        self._redraw()
        self.view_changed.emit()

    @property
    def shows_all(self) -> bool:
        """Whether all channels are shown at once, not a page of them."""
        return self._page.all_shown

    def show_all(self, shown: bool) -> None:
        """Show all channels at once, or a page of them."""
        self._page.all_shown = shown
        self._redraw()
        self.view_changed.emit()

    def show_sweep(self, shown: bool) -> None:
        """Let the newest sweep over traces that stand, instead of letting all scroll."""
        self.sweep = shown
        self._redraw()
        self.view_changed.emit()

    def set_filter(self, chosen: DisplayFilter) -> None:
        """Filter what is shown in another way; what is paused and too old, once it goes on."""
        self.filter = chosen
        if self._info is not None:
            self._signal.choose(chosen, self.time_base_s)
        self._redraw()
        self.view_changed.emit()

    def step_filter(self) -> None:
        """Choose the next of the filters."""
        following = DISPLAY_FILTERS.index(self.filter) + 1
        self.set_filter(DISPLAY_FILTERS[following % len(DISPLAY_FILTERS)])

    @property
    def n_samples(self) -> int:
        """How many samples of the stream have come."""
        return 0 if self._info is None else self._signal.n_samples

    @property
    def is_paused(self) -> bool:
        return self._info is not None and self._signal.is_held

    def toggle_pause(self) -> None:
        """Hold the picture, or go on with what is new."""
        if self._info is None:
            return
        if self._signal.is_held:
            self._signal.release()
            self._signal.choose(self.filter, self.time_base_s)
        else:
            self._signal.hold()
        self._looked_back = False
        self._redraw()
        self.view_changed.emit()

    def look(self, way: int) -> None:
        """Look further back (-1) or less far (+1); pauses, and goes on at the newest."""
        if self._info is None or (way > 0 and not self.is_paused):
            return
        self._looked_back |= not self.is_paused
        self._signal.look(way * _LOOK_BACK * self.time_base_s, self.time_base_s)
        if way > 0 and self._looked_back and not self._signal.seconds_back:
            self.toggle_pause()
            return
        self._redraw()
        self.view_changed.emit()

    @property
    def pause_text(self) -> str:
        """How far back the paused picture ends; empty while it moves."""
        if not self.is_paused:
            return ""
        back = self._signal.seconds_back
        if not back:
            return "paused"
        oldest = self._signal.edge - self._shown.oldest <= round(
            self.time_base_s * self._signal.sfreq
        )
        return f"paused, {back:.1f} s back" + (", no more is kept" if oldest else "")

    @property
    def gain_text(self) -> str:
        """What the height of a row stands for."""
        if self._info is None or self.gain == 0.0:
            return "-"
        return f"{self.gains.text(self.kind)} a row"

    @property
    def page_text(self) -> str:
        """Which channels are shown; empty where there is one page only."""
        return self._page.text

    @property
    def note(self) -> str:
        """What is done to the signal for the display only."""
        return "" if self._info is None else self._signal.chosen.name

    def advance(self) -> None:
        """Take in what is new in the ring and draw it, where anybody sees it; once a frame."""
        if self._info is None:
            return
        if self._signal.take() and self._scales.follow(self._signal, self.time_base_s):
            self._show_gains()
        if is_seen(self) and self._draw_new():
            # The names beside and the axis below stay as they are.
            self.update(self._gutter, 0, self._plot_width(), self.height() - _AXIS)

    def _draw_new(self) -> bool:
        return self.gains.is_any_known and self._picture.draw_new(self._shown, self._layout)

    @property
    def _shown(self) -> RingBuffer:
        return self._signal.ring

    @property
    def _layout(self) -> Layout:
        width = self._plot_width()
        per_column = self.time_base_s * self._signal.sfreq / width
        edge, height = self._signal.edge, self._plot_height()
        return Layout(width, height, per_column, edge, *self._rows, self.sweep)

    def _plot_width(self) -> int:
        return max(1, self.width() - self._gutter)

    def _plot_height(self) -> int:
        return max(1, self.height() - _STRIP - _AXIS)

    def _redraw(self) -> None:
        """Draw everything anew: another size, gain, time base, theme or page."""
        width, height = self._plot_width(), self._plot_height()
        self._picture.theme = self.measure.theme = self.theme
        self._picture.clear(width, height, self.devicePixelRatioF())
        self.names.setGeometry(0, _STRIP, self._gutter, height)
        self.measure.setGeometry(self._gutter, _STRIP, width, height)
        if self._info is not None:
            names = self._info.ch_names
            self.names.set_names(tuple(names[c] for c in self._page.channels))
            self._picture.inks = self._inks(names)
            self._scales.centre(self._signal, self.time_base_s)
            # Whatever changes a row, or which there are, draws everything anew.
            which = np.array(self._page.channels, dtype=np.int64)
            self._rows = which, self.gains.of_channels()[which], self._scales.centres[which]
            self._draw_new()
        # The names beside stay as they are.
        self.update(self._gutter, 0, width, self.height())

    def _inks(self, names: tuple[str, ...]) -> NDArray[np.uint8]:
        """A trace has the colour of its channel's quality; one marked bad is faint.

        Where most are doubtful, their colour would hide which are worse: the marks beside them do.
        """
        states = [self.names.state_of(name) for name in names]
        many = 2 * states.count(State.DOUBTFUL) > len(states)
        inks = dict(INK) | ({State.DOUBTFUL: INK[State.GOOD]} if many else {})
        shown = zip(names, states, strict=True)
        return np.array([FAINT if n in self.bad else inks[s] for n, s in shown], dtype=np.uint8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        if self._info is None:
            painter.fillRect(self.rect(), self.theme.colour("panel"))
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "waiting for a signal ...")
            return
        # Strip, picture, axis and the names beside them leave nothing uncovered.
        bottom = self.height() - _AXIS
        painter.fillRect(0, 0, self.width(), _STRIP, self.theme.colour("panel"))
        painter.fillRect(0, bottom, self.width(), _AXIS, self.theme.colour("panel"))
        self._picture.paint(painter, QPointF(self._gutter, _STRIP), self.sweep)
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        self._paint_markers(painter)
        if event.rect().bottom() >= bottom:
            axis = QRectF(self._gutter, bottom, self._plot_width(), _AXIS)
            back = self._signal.seconds_back
            paint_time_axis(painter, self.theme, axis, self.time_base_s, back, self.sweep)
        if not self._page.channels:
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "all channels are hidden")
        paused = f"{self.pause_text} (Space: go on)" if self.is_paused else ""
        for line, tag in enumerate(filter(None, (self.trouble, paused))):
            at = QPointF(self._gutter + 8, _STRIP + 6 + TAG * line)
            paint_tag(painter, self.theme, at, tag)

    def _paint_markers(self, painter: QPainter) -> None:
        layout = self._layout
        at = [(self._signal.index_at(marker.time), marker.label) for marker in self._markers]
        shown = [
            (self._gutter + layout.x(index), label) for index, label in at if layout.holds(index)
        ]
        strip = QRectF(self._gutter, 0, layout.width, _STRIP)
        paint_markers(painter, self.theme, strip, self.height() - _AXIS, shown)

    def _place(self) -> Traces | None:
        """What the measure cursor reads from."""
        if self._info is None or not self.gains.is_any_known or not self._page.channels:
            return None
        return Traces(self._info, self._shown, self._signal.sfreq, self._layout)

    def _toggle_bad(self, name: str) -> None:
        self.set_bad(self.bad ^ {name})
        self.bad_changed.emit(self.bad)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.angleDelta().y():
            self.look(-1 if event.angleDelta().y() > 0 else 1)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        action = action_of(self, event)
        if action is not None:
            action()
        else:
            super().keyPressEvent(event)
