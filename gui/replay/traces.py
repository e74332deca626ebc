"""The recording's traces up to the playhead: a scope that reads from a file."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from bci.pipeline.ring import RingBuffer
from bci.signals import Recording
from gui.scope.channel_chooser import ChannelChooser
from gui.scope.controls import FilterChoice, ViewControls
from gui.scope.scope import Scope
from gui.scope.shown_line import ShownLine
from gui.widgets.layouts import column_of, row_of

# Seconds before the shown span in which the display's high-pass settles.
_SETTLING_S = 6.0


class ReplayTraces(QWidget):
    """A scope whose right edge is the playhead, above its controls."""

    turned = Signal(int)  # turn of the wheel: +1 for later, -1 for earlier

    def __init__(self) -> None:
        super().__init__()
        # The live scope looks back with the wheel; here the whole window moves in time.
        self.scope = Scope(looks_back=False)
        self.scope.plot.turned.connect(self.turned)
        self._recording: Recording | None = None
        self._row = 0
        self._next_marker = 0
        self._kept_s = 0.0
        self.controls = ViewControls(self.scope)
        self.channels, self.filter = ChannelChooser(self.scope), FilterChoice(self.scope)
        controls = self.controls, None, self.channels, self.filter
        row = row_of(*controls, margins=(8, 0, 8, 6), spacing=4)
        self.shown = ShownLine(self.scope)
        self.setLayout(column_of(self.shown, (self.scope, 1), row, spacing=4))

    def set_recording(self, recording: Recording) -> None:
        """Set another recording, which is first shown by `show_until`."""
        self._recording = recording
        self._begin(0, keep_view=False)

    @property
    def is_outdated(self) -> bool:
        """True if the buffer is too short for the shown span; `show_until` renews it."""
        return (
            self._recording is not None and self.scope.view.time_base_s + _SETTLING_S > self._kept_s
        )

    def show_until(self, position: float) -> None:
        """Show the signal up to ``position``, in seconds of the recording."""
        recording = self._recording
        if recording is None:
            return
        row = int(np.searchsorted(recording.timestamps, position, side="right"))
        kept = round(self._kept_s * recording.info.sfreq)
        if self.is_outdated or not self._row <= row <= self._row + kept:
            self._begin(row, keep_view=True)
        self._write(row)
        # In a gap of the recording, the signal before the gap stays in the picture.
        last_time = recording.timestamps[row - 1] if row else 0.0
        in_gap = position - last_time >= 1.0 + 2 / recording.info.sfreq
        self.scope.set_trouble("a gap: the recording has no samples here" if in_gap else "")
        first, last = self._next_marker, len(recording.markers)
        while self._next_marker < last and recording.markers[self._next_marker].time <= position:
            self._next_marker += 1
        self.scope.add_markers(list(recording.markers[first : self._next_marker]))
        self.scope.advance()

    def _begin(self, row: int, keep_view: bool) -> None:
        """Empty the buffer, and begin early enough to show the signal up to ``row``."""
        assert self._recording is not None
        info = self._recording.info
        scope, gains = self.scope, self.scope.gains
        bad, hidden = self.scope.view.bad, self.scope.view.hidden
        self._kept_s = scope.view.time_base_s + _SETTLING_S
        kept = max(1, round(self._kept_s * info.sfreq))
        self._ring = RingBuffer(kept, info.n_channels)
        row = self._row = max(0, row - kept)
        scope.set_stream(info, self._ring)
        if keep_view:
            scope.gains.take_over(gains)
            scope.choose(bad=bad, hidden=hidden)
        times = self._recording.timestamps
        start = float(times[row]) if row < len(times) else 0.0
        self._next_marker = sum(marker.time < start for marker in self._recording.markers)

    def _write(self, until: int) -> None:
        assert self._recording is not None
        rows = slice(self._row, until)
        part = replace(
            self._recording,
            data=self._recording.data[rows],
            timestamps=self._recording.timestamps[rows],
            indices=self._recording.indices[rows],
        )
        for chunk in part.chunks():
            self._ring.write(chunk.data, chunk.timestamps, chunk.first)
        self._row = max(until, self._row)
