"""The scope: traces of a stream, controlled by keys, buttons and the wheel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from bci.pipeline.display.cleaning import Cleaning
from bci.pipeline.display.reference import DisplayReference, why_not
from bci.pipeline.display.signal import DisplaySignal
from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import ChannelQuality
from bci.signals import Marker, StreamInfo
from gui.scope.gains import GainKind, Gains, RowScales
from gui.scope.keys import action_of
from gui.scope.marks import ChannelMarks
from gui.scope.preparation import Preparation
from gui.scope.trace_image import inks_of
from gui.scope.trace_layout import ShownTraces, TraceLayout
from gui.scope.trace_plot import Markers, TracePlot
from gui.scope.view import TIME_BASES_S, ScopeView, following
from gui.widgets.layouts import column_of, is_seen
from gui.widgets.themed import Themed

_LOOK_BACK = 0.25  # one step back in time, as a share of the shown span
_MAX_MARKERS = 200


class Scope(Themed, QWidget):
    """Scrolling traces of a stream, filtered and re-referenced for the display only.

    Each kind of channel has its own gain. The wheel looks back; `gui.scope.keys` lists the keys.
    `view` has the user's choices, `signal` has the samples, and `plot` draws.

    Parameters
    ----------
    looks_back : bool
        Whether the wheel looks back. If False, the owner handles the wheel by `plot.turned`.
    """

    view_changed = Signal()  # the stream, `view`, a gain or the pause has changed
    gain_chosen = Signal(object, float)  # GainKind and gain, as chosen by the user
    channels_wanted = Signal()  # the user wants to open the list of channels
    channels_changed = Signal()  # another reference has changed the shown channels

    def __init__(self, looks_back: bool = True) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 96)
        self.view = ScopeView()
        self.trouble = ""  # the reason why the picture stands still; empty without one
        self.markers: list[Marker] = []
        self.signal: DisplaySignal | None = None
        self.marks, self.preparation = ChannelMarks(), Preparation(self)
        self.preparation.ready.connect(self.choose)
        self._scales = RowScales(())
        self.plot = TracePlot(self)
        self.plot.hint, self.plot.is_blank = "waiting for a signal ...", True
        self.plot.resized.connect(self.redraw)
        if looks_back:
            self.plot.turned.connect(self.look)
        self.plot.reset_wanted.connect(self.reset_view)
        self.names = self.plot.names
        self.names.clicked.connect(self.toggle_bad)
        self.names.hide_wanted.connect(lambda name: self.choose(hidden=self.view.hidden | {name}))
        self.setLayout(column_of(self.plot))

    def set_stream(self, info: StreamInfo, ring: RingBuffer) -> None:
        """Show another stream; keep the page if it has the same channels."""
        is_other = self.signal is None or info.channels != self.signal.stream.channels
        self.view = replace(self.view, hidden=frozenset(), bad=frozenset())
        at_once = replace(self.view.choice, cleanings=frozenset())
        self.signal = self.marks.signal = DisplaySignal(info, ring, at_once)
        self._ring = ring
        self._scales = RowScales(self.signal.info.channels)
        self.markers.clear()
        self.marks.set_quality(())
        if is_other:
            self.view = replace(self.view, kind=self.gains.usual, first_channel=0)
        self.choose()

    def choose(self, **choices: Any) -> None:
        """Change fields of ``view``, a `ScopeView`: ``choose(sweep=True)``."""
        self.view = replace(self.view, **choices)
        if self.signal is not None:
            # In a pause, a choice takes effect later if the ring has lost the shown samples.
            stream = self.signal.stream
            choice = self.preparation.prepared(self.view.choice, stream, self._ring)
            self.signal.choose(choice, self.view.time_base_s)
            self.signal.reach(self.view.time_base_s)
            self._follow_channels(self.signal)
        self.redraw()
        self._show_notice()
        self.view_changed.emit()

    def _follow_channels(self, signal: DisplaySignal) -> None:
        """Keep the gains if another reference has changed the channels."""
        if signal.info.channels != self._scales.channels:
            before, self._scales = self.gains, RowScales(signal.info.channels)
            self.gains.take_over(before)
            self.gains.find(signal.deviations())
            kind = self.view.kind if self.view.kind in self.gains.kinds else self.gains.usual
            self.view = replace(self.view, kind=kind)
            self.channels_changed.emit()

    def set_quality(self, channels: Sequence[ChannelQuality]) -> None:
        """Set the quality of the stream's channels; empty while it is unknown."""
        self.marks.set_quality(channels)
        self.names.set_quality(self.marks.quality)
        if not np.array_equal(self.plot.image.inks, self.inks):
            self.redraw()

    @property
    def ch_names(self) -> tuple[str, ...]:
        """The channel names with the chosen reference, including hidden channels."""
        return () if self.signal is None else self.signal.info.ch_names

    @property
    def marked(self) -> frozenset[str]:
        """The channels that the user marked bad, or an electrode of which."""
        return self.marks.marked(self.view.bad)

    def toggle_bad(self, name: str) -> None:
        """Mark the channel ``name`` as bad, or unmark it with its electrodes."""
        self.choose(bad=self.marks.toggled(self.view.bad, name))

    def why_not(self, reference: DisplayReference) -> str:
        """Return why the stream does not allow ``reference``; empty if it does."""
        return "" if self.signal is None else why_not(reference, self.signal.stream.channels)

    def why_not_cleaned(self, cleaning: Cleaning) -> str:
        """Return why the stream does not allow ``cleaning``; empty if it does."""
        if self.signal is None:
            return ""
        return self.view.choice.why_not_cleaned(cleaning, self.signal.stream)

    def step_reference(self) -> None:
        """Choose the next reference that the stream allows."""
        possible = [each for each in DisplayReference if not self.why_not(each)]
        here = self.view.reference if self.view.reference in possible else DisplayReference.RECORDED
        self.choose(reference=following(possible, here))

    @property
    def page_text(self) -> str:
        """The shown page of channels in words; empty if all fit on one page."""
        return self.view.page_text(self.ch_names)

    def step_page(self, way: int) -> None:
        """Show the next (``way`` +1) or previous (-1) page of channels."""
        self.choose(first_channel=self.view.page_after(self.ch_names, way), all_shown=False)

    @property
    def gains(self) -> Gains:
        return self._scales.gains

    @property
    def gain(self) -> float:
        """The gain of the chosen kind, in its unit; 0 until it is known."""
        return self.gains.of(self.view.kind)

    def set_gain(self, gain: float, kind: GainKind | None = None) -> None:
        """Set the gain of ``kind``, in its unit; None means the chosen kind."""
        self.gains.set(kind or self.view.kind, gain)
        self.choose()

    def step_kind(self) -> None:
        """Choose the next kind of channel, whose gain the keys then change."""
        if kinds := self.gains.kinds:
            self.choose(kind=following(kinds, self.view.kind))

    def step_gain(self, way: int) -> None:
        """Draw the traces of the shown kind of channel larger (``way`` +1) or smaller (-1)."""
        if self.gain > 0:
            self.gains.step(self.view.kind, way)
            self.choose()
            self.gain_chosen.emit(self.view.kind, self.gain)

    def fit_gains(self) -> None:
        """Fit all gains to the signal, on request of the user."""
        if self.signal is None:
            return
        self.gains.fit(self.signal.deviations())
        self.choose()
        for kind in self.gains.kinds:
            self.gain_chosen.emit(kind, self.gains.of(kind))

    def step_time_base(self, way: int) -> None:
        """Choose the next longer (``way`` +1) or shorter (-1) of `TIME_BASES_S`."""
        k = TIME_BASES_S.index(self.view.time_base_s) + way
        self.choose(time_base_s=TIME_BASES_S[max(0, min(k, len(TIME_BASES_S) - 1))])

    @property
    def is_paused(self) -> bool:
        return self.signal is not None and self.signal.is_paused

    @property
    def pause_text(self) -> str:
        """The time from the paused picture's end to the newest sample; empty if unpaused."""
        return "" if self.signal is None else self.signal.pause_text(self.view.time_base_s)

    def toggle_pause(self) -> None:
        """Pause the picture, or continue with the newest samples."""
        if self.signal is not None:
            if self.signal.is_paused:
                self.signal.resume()
            else:
                self.signal.pause()
            self.choose()

    def look(self, way: int) -> None:
        """Pause and look further back (``way`` -1) or less far (+1).

        The picture continues when the newest sample is reached.
        """
        if self.signal is not None and (way < 0 or self.is_paused):
            self.signal.look(way * _LOOK_BACK * self.view.time_base_s, self.view.time_base_s)
            self.choose()

    def reset_view(self) -> None:
        """Show the newest 10 s, with fitted gains, without a pause."""
        if self.is_paused:
            self.toggle_pause()
        self.choose(time_base_s=ScopeView().time_base_s)
        self.fit_gains()

    def set_trouble(self, why: str) -> None:
        """Write over the picture ``why`` it stands still; empty text removes it."""
        self.trouble = why
        self._show_notice()

    def apply_theme(self) -> None:
        self.redraw()

    def add_markers(self, markers: list[Marker]) -> None:
        self.markers = [*self.markers, *markers][-_MAX_MARKERS:]
        self.plot.show_markers(self._marker_places())

    @property
    def inks(self) -> NDArray[np.uint8]:
        """Ink (colour number) of each channel, (n_channels,), by quality and the user's marks."""
        states, marked = map(self.names.state_of, self.ch_names), self.marked
        return inks_of(list(states), [name in marked for name in self.ch_names])

    @property
    def shown(self) -> ShownTraces:
        """The shown samples and their places; only with a stream."""
        assert self.signal is not None
        width, height = self.plot.size_px
        shown_s, edge = self.view.time_base_s, self.signal.edge
        per_column = shown_s * self.signal.sfreq / width
        layout = TraceLayout(width, height, per_column, edge, *self._rows, self.view.sweep)
        return ShownTraces(self.signal, layout, shown_s)

    def advance(self) -> None:
        """Draw new samples if the scope is visible; call once per frame."""
        if self.signal is None:
            return
        if self.signal.take() and self._scales.follow(self.signal, self.view.time_base_s):
            self.choose()
        if is_seen(self) and self.gains.is_any_known:
            self.plot.draw_new(self.shown, self._marker_places())

    def redraw(self) -> None:
        """Draw everything again, after a change of size, gain, time base, theme or page."""
        if self.signal is None:
            return
        which = np.array(self.view.channels(self.ch_names), dtype=np.int64)
        self._scales.centre(self.signal, self.view.time_base_s)
        self._rows = which, self.gains.of_channels()[which], self._scales.centres[which]
        self.names.set_quality(self.marks.quality)
        self.names.set_marked(self.marked)
        self.plot.hint, self.plot.is_blank = "all channels are hidden", not len(which)
        self.plot.make_room_for(self.ch_names)
        self.plot.image.inks = self.inks
        shown = self.shown
        self.plot.scale_bar.show_scale(self.view.kind, self.gain, shown.layout.row)
        self.plot.redraw(shown, self._marker_places())

    def _marker_places(self) -> Markers:
        if self.signal is None:
            return []
        return [(self.signal.index_at(marker.time), marker.label) for marker in self.markers]

    def _show_notice(self) -> None:
        paused = f"{self.pause_text} (Space: continue)" if self.is_paused else ""
        self.plot.set_notice("\n".join(text for text in (self.trouble, paused) if text))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        action = action_of(self, event)
        if action is not None:
            action()
        else:
            super().keyPressEvent(event)
