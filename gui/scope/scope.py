"""The scope: the signal of a stream, its view chosen by keys, buttons and the wheel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bci.pipeline.display_filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.display_signal import DisplaySignal
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality
from bci.signals import Marker, StreamInfo
from gui.scope.gains import GainKind, Gains, RowScales
from gui.scope.keys import action_of
from gui.scope.trace_image import inks_of
from gui.scope.trace_layout import ShownTraces, TraceLayout
from gui.scope.trace_plot import Frame, Markers, TracePlot
from gui.scope.view import TIME_BASES_S, ScopeView
from gui.theme import DARK, Theme
from gui.widgets.layouts import is_seen

_LOOK_BACK = 0.25  # of the time shown, a step
_MAX_MARKERS = 200


class Scope(QWidget):
    """Scrolling traces of a stream, filtered for the display only.

    Each kind of channel has a gain of its own. The wheel looks back; `gui.scope.keys` lists the
    keys. `view` holds the user's choices, `plot` draws.

    Parameters
    ----------
    looks_back : bool
        Whether the wheel looks back; without it the wheel is its owner's, by `plot.turned`.
    """

    stream_changed = Signal(object)  # StreamInfo
    view_changed = Signal()  # gain, time base, page, filter or pause
    gain_chosen = Signal(object, float)  # GainKind; by the user, not found from the signal
    bad_changed = Signal(object)  # set of str, the channels marked bad
    hidden_changed = Signal(object)  # set of str, the channels that are not shown
    channels_wanted = Signal()  # the list of channels is to be opened

    def __init__(self, looks_back: bool = True) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 140)
        self.view = ScopeView()
        self.theme: Theme = DARK
        self.trouble = ""  # why the picture stands still
        self.markers: list[Marker] = []
        self._info: StreamInfo | None = None
        self._scales = RowScales(())
        self.plot = TracePlot(self)
        self.plot.hint, self.plot.is_blank = "waiting for a signal ...", True
        self.plot.resized.connect(self.redraw)
        if looks_back:
            self.plot.turned.connect(self.look)
        self.plot.reset_wanted.connect(self.reset_view)
        self.names = self.plot.names
        self.names.clicked.connect(self.toggle_bad)
        self.names.hide_wanted.connect(lambda name: self.choose_hidden(self.view.hidden | {name}))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    def set_stream(self, info: StreamInfo, ring: RingBuffer) -> None:
        """Show another stream; keep the page where it has the same channels."""
        others = self._info is None or info.channels != self._info.channels
        self._signal = DisplaySignal(info, ring, self.view.filter)
        self._info = info
        self._scales = RowScales(info.channels)
        self.markers.clear()
        self.names.set_quality([])
        self.view = replace(self.view, hidden=frozenset(), bad=frozenset())
        if others:
            self.view = replace(self.view, kind=self.gains.usual, first_channel=0)
        self.stream_changed.emit(info)
        self._change()

    def set_bad(self, names: frozenset[str]) -> None:
        """Draw these channels as marked bad by the user."""
        self.view = replace(self.view, bad=names)
        self.redraw()

    def toggle_bad(self, name: str) -> None:
        """Mark a channel bad, or unmark it, for the user."""
        self.set_bad(self.view.bad ^ {name})
        self.bad_changed.emit(self.view.bad)

    def set_quality(self, channels: Sequence[ChannelQuality]) -> None:
        """Show the quality of each channel; an empty list while nothing is known."""
        self.names.set_quality(list(channels))
        if not np.array_equal(self.plot.image.inks, self.inks):
            self.redraw()

    def set_hidden(self, names: frozenset[str]) -> None:
        """Hide these channels, and show all others."""
        self._change(hidden=names)

    def choose_hidden(self, names: frozenset[str]) -> None:
        """Hide channels by the user's choice, which is remembered."""
        self.set_hidden(names)
        self.hidden_changed.emit(names)

    def step_page(self, way: int) -> None:
        """Show the next (+1) or the previous (-1) channels."""
        first = self.view.page_after(self._ch_names, way)
        self._change(first_channel=first, all_shown=False)

    def show_all(self, shown: bool) -> None:
        """Show all channels at once, or a page of them."""
        self._change(all_shown=shown)

    @property
    def page_text(self) -> str:
        """The channels that are shown; empty where there is one page only."""
        return self.view.page_text(self._ch_names)

    @property
    def _ch_names(self) -> tuple[str, ...]:
        return () if self._info is None else self._info.ch_names

    @property
    def gains(self) -> Gains:
        """Gain of each kind of channel."""
        return self._scales.gains

    @property
    def gain(self) -> float:
        """Gain of the chosen kind, in its unit; 0 until it is known."""
        return self.gains.of(self.view.kind)

    @property
    def gain_text(self) -> str:
        """The amount that the height of a row stands for."""
        return f"{self.gains.text(self.view.kind)} a row" if self.gain else "-"

    def set_gain(self, gain: float, kind: GainKind | None = None) -> None:
        """Set the gain of the chosen kind or of another, in its unit."""
        self.gains.set(kind or self.view.kind, gain)
        self._change()

    def keep_gains(self, gains: Gains) -> None:
        """Use these gains too, for the kinds that the stream has."""
        self.gains.take_over(gains)
        self._change()

    def choose_kind(self, kind: GainKind) -> None:
        """Choose the kind of channel whose gain is changed."""
        self._change(kind=kind)

    def step_kind(self) -> None:
        """Choose the next kind of channel."""
        if kinds := self.gains.kinds:
            self.choose_kind(kinds[(kinds.index(self.view.kind) + 1) % len(kinds)])

    def step_gain(self, way: int) -> None:
        """Draw the traces larger (+1) or smaller (-1)."""
        if self.gain > 0:
            self.gains.step(self.view.kind, way)
            self._change()
            self.gain_chosen.emit(self.view.kind, self.gain)

    def fit_gains(self) -> None:
        """Fit all gains to the signal, by the user's choice."""
        if self._info is None:
            return
        self.gains.fit(self._signal.deviations())
        self._change()
        for kind in self.gains.kinds:
            self.gain_chosen.emit(kind, self.gains.of(kind))

    def step_time_base(self, way: int) -> None:
        """Show more (+1) or less (-1) time."""
        k = TIME_BASES_S.index(self.view.time_base_s) + way
        self.show_time(TIME_BASES_S[max(0, min(k, len(TIME_BASES_S) - 1))])

    def show_time(self, seconds: float) -> None:
        """Show so much time, one of `TIME_BASES_S`."""
        if self._info is not None:
            self._signal.reach(seconds)
        self._change(time_base_s=seconds)

    def show_sweep(self, shown: bool) -> None:
        """Let the newest sweep over traces that stand, instead of letting all scroll."""
        self._change(sweep=shown)

    def set_filter(self, chosen: DisplayFilter) -> None:
        """Filter the display otherwise; a paused picture that is too old, once it goes on."""
        if self._info is not None:
            self._signal.choose(chosen, self.view.time_base_s)
        self._change(filter=chosen)

    def step_filter(self) -> None:
        """Choose the next of the filters."""
        following = DISPLAY_FILTERS.index(self.view.filter) + 1
        self.set_filter(DISPLAY_FILTERS[following % len(DISPLAY_FILTERS)])

    @property
    def note(self) -> str:
        """Name of the filter that the signal passes for the display only."""
        return "" if self._info is None else self._signal.chosen.name

    @property
    def n_samples(self) -> int:
        """Samples of the stream that have come, paused or not."""
        return 0 if self._info is None else self._signal.n_samples

    @property
    def is_paused(self) -> bool:
        return self._info is not None and self._signal.is_paused

    def toggle_pause(self) -> None:
        """Pause the picture, or go on with the newest samples."""
        if self._info is None:
            return
        if self._signal.is_paused:
            self._signal.resume()
            self._refilter()
        else:
            self._signal.pause()
        self._change()

    def _refilter(self) -> None:
        # A filter that was chosen in a pause, where the feed no longer had what was shown.
        if not self._signal.is_paused:
            self._signal.choose(self.view.filter, self.view.time_base_s)

    def look(self, way: int) -> None:
        """Look further back (-1) or less far (+1); pauses, and goes on at the newest."""
        if self._info is not None and (way < 0 or self.is_paused):
            shown_s = self.view.time_base_s
            self._signal.look(way * _LOOK_BACK * shown_s, shown_s)
            self._refilter()
            self._change()

    @property
    def pause_text(self) -> str:
        """Time from the end of the paused picture to the newest sample; empty while it moves."""
        return "" if self._info is None else self._signal.pause_text(self.view.time_base_s)

    def reset_view(self) -> None:
        """Go on with the newest samples, 10 s of them, gains fitted."""
        if self.is_paused:
            self.toggle_pause()
        self.show_time(ScopeView().time_base_s)
        self.fit_gains()

    def set_trouble(self, why: str) -> None:
        """Write over the picture why it stands still; empty while it does not."""
        self.trouble = why
        self._show_notice()

    def set_theme(self, theme: Theme) -> None:
        self.theme = self.plot.theme = theme
        self.redraw()

    def add_markers(self, markers: list[Marker]) -> None:
        """Draw markers where their time is."""
        self.markers = [*self.markers, *markers][-_MAX_MARKERS:]
        self.plot.show_markers(self._marker_places())

    @property
    def ring(self) -> RingBuffer:
        """The samples as they are shown: filtered."""
        return self._signal.ring

    @property
    def trace_layout(self) -> TraceLayout:
        """The places of samples in the picture."""
        width, height = self.plot.size_px
        per_column = self.view.time_base_s * self._signal.sfreq / width
        return TraceLayout(
            width, height, per_column, self._signal.edge, *self._rows, self.view.sweep
        )

    @property
    def inks(self) -> NDArray[np.uint8]:
        """The ink of each channel, by its quality and the user's marks."""
        states = [self.names.state_of(name) for name in self._ch_names]
        return inks_of(states, [name in self.view.bad for name in self._ch_names])

    def advance(self) -> None:
        """Draw the ring's new samples, where anybody sees them; once a frame."""
        if self._info is None:
            return
        if self._signal.take() and self._scales.follow(self._signal, self.view.time_base_s):
            self._change()
        if is_seen(self) and self.gains.is_any_known:
            self.plot.draw_new(self.shown, self._marker_places())

    def redraw(self) -> None:
        """Draw everything: another size, gain, time base, theme or page."""
        if self._info is None:
            return
        info, view, signal = self._info, self.view, self._signal
        channels = view.channels(info.ch_names)
        which = np.array(channels, dtype=np.int64)
        self._scales.centre(signal, view.time_base_s)
        self._rows = which, self.gains.of_channels()[which], self._scales.centres[which]
        self.names.set_marked(view.bad)
        self.plot.hint, self.plot.is_blank = "all channels are hidden", not channels
        self.plot.make_room_for(info.ch_names)
        names = tuple(info.ch_names[k] for k in channels)
        frame = Frame(names, self.inks, view.time_base_s, signal.seconds_back, view.kind, self.gain)
        self.plot.redraw(frame, self.shown, self._marker_places())

    def _change(self, **choices: Any) -> None:
        """Show another view: other choices, another gain or time."""
        self.view = replace(self.view, **choices)
        self.redraw()
        self._show_notice()
        self.view_changed.emit()

    @property
    def shown(self) -> ShownTraces:
        """The samples that are drawn, and their places."""
        assert self._info is not None
        return ShownTraces(self._info, self.ring, self._signal.sfreq, self.trace_layout)

    def _marker_places(self) -> Markers:
        if self._info is None:
            return []
        return [(self._signal.index_at(marker.time), marker.label) for marker in self.markers]

    def _show_notice(self) -> None:
        paused = f"{self.pause_text} (Space: go on)" if self.is_paused else ""
        self.plot.set_notice("\n".join(text for text in (self.trouble, paused) if text))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        action = action_of(self, event)
        if action is not None:
            action()
        else:
            super().keyPressEvent(event)
