"""Base class of plots of the last half minute, which move to the left."""

from collections import deque
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QSizePolicy

from gui.plots.axis import Axis, caption_font, seconds_ago
from gui.plots.plot import Plot, Range, Table
from gui.plots.tags import Tag, Tags, spread
from gui.widgets.labels import HISTORY_HEIGHT
from gui.widgets.layouts import is_seen

SPAN_S = 30.0
# Seconds before the shown span that a user can pan to.
KEPT_S = 30.0
_NAMES_PX, NAME_PX = 88.0, 17.0
# Seconds without data after which a span is a gap.
STALE_S = 1.5
# Least seconds between two drawings, in which the plot moves by a pixel or two.
_FRAME_S = 0.1


class Past(NamedTuple):
    """The data of the lines.

    ``times``, shape (n_times,), are in seconds on the LSL clock. ``values`` have the shape
    (n_times, n_lines), and ``names`` are those of the lines.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]
    names: tuple[str, ...]


class PastPlot(Plot):
    """A plot of the last half minute; names at the right mark the ends of lines.

    A subclass implements `past`, which returns its data, and `words_at`, which returns the text for
    one index of its times.
    """

    def __init__(self, title: str, left: Axis, y: Range) -> None:
        bottom = Axis("bottom", write=seconds_ago, within=(-inf, 0.0))
        super().__init__(title, bottom, left, grid=False, zoom=(True, False))
        self.now = self._drawn = 0.0
        self._y = y
        self._cues: deque[tuple[float, str | None]] = deque(maxlen=500)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HISTORY_HEIGHT)
        self.plotItem.layout.setContentsMargins(4, 4, 2, 2)
        self.hint_label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.names = Tags(self, (0, 0.5))
        # Backgrounds are drawn below all names: each is higher than its name, and would cover the
        # name above.
        self._grounds = Tags(self, (0, 0.5), z=9)

    def past(self) -> Past:
        raise NotImplementedError

    def words_at(self, k: int) -> str:
        raise NotImplementedError

    def numbers(self) -> Table:
        times, values, names = self.past()
        return Table(("time (s)", *names), np.column_stack([times, values]).tolist())

    def read(self, place: QPointF) -> str:
        times = self.past().times - self.now
        if not len(times) or place.x() > 0:
            return ""
        k = int(np.argmin(np.abs(times - place.x())))
        is_near = abs(times[k] - place.x()) <= STALE_S
        return f"{place.x():.1f} s: {self.words_at(k)}" if is_near else ""

    def add_cue(self, time: float, cue: str | None) -> None:
        """Add a cue that began at ``time``, in seconds on the LSL clock; None ends the last cue."""
        self._cues.append((time, cue))

    def cues_shown(self) -> list[tuple[float, float, str]]:
        """Return start, end and class of the kept cues, in seconds relative to now."""
        ends = [*(time for time, _ in list(self._cues)[1:]), self.now]
        return [
            (start - self.now, stop - self.now, cue)
            for (start, cue), stop in zip(self._cues, ends, strict=False)
            if cue is not None and stop > self.now - SPAN_S - KEPT_S
        ]

    def advance(self, now: float) -> None:
        """Move the right edge to ``now``, LSL clock; draw at most ten times a second."""
        self.now = now
        if abs(now - self._drawn) >= _FRAME_S and not self.is_blank and is_seen(self):
            self._drawn = now
            self.draw()

    def refresh(self) -> None:
        self.set_y(self._y)
        super().refresh()

    def set_y(self, y: Range) -> None:
        """Set the range of the y axis; the x axis shows 30 s and space for names."""
        self._y = y
        room = max(100.0, self.width() - 60.0)
        names_s = SPAN_S * _NAMES_PX / max(room - _NAMES_PX, _NAMES_PX)
        self.set_home((-SPAN_S, names_s), y)

    def name_ends(self, ends: list[tuple[float, str, QColor]]) -> None:
        """Write names beside the ends of lines, shifted so that none overlap.

        Each of ``ends`` is (y, name, colour).
        """
        ends = sorted(ends, key=lambda end: -end[0])
        gap = NAME_PX / max(self.px_per_y, 1.0)
        top = self._y[1] - gap / 2
        places = spread([end for end, _, _ in ends], gap, max(0.0, self._y[0] + gap / 2), top)
        metrics, elide = QFontMetricsF(caption_font()), Qt.TextElideMode.ElideRight
        tags = [
            Tag(0.0, y, metrics.elidedText(name, elide, _NAMES_PX - 8), colour)
            for y, (_, name, colour) in zip(places, ends, strict=True)
        ]
        self.names.show(tags)
        ground = self.theme.colour("panel")
        self._grounds.show([tag._replace(colour=ground, ground=ground) for tag in tags])

    @property
    def px_per_s(self) -> float:
        (left, right), _ = self.plotItem.vb.viewRange()
        return float(self.plotItem.vb.width() / (right - left))

    @property
    def px_per_y(self) -> float:
        return float(self.plotItem.vb.height() / (self._y[1] - self._y[0]))
