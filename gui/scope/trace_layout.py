"""Conversion between samples and places in the picture."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.display.signal import DisplaySignal
from gui.scope.min_max import Channels
from gui.scope.rasterise import REACH
from gui.widgets.units import with_unit


@dataclass(frozen=True)
class TraceLayout:
    """The size of the picture, and the samples and channels in it.

    ``width`` and ``height`` are in pixels. ``edge`` is the number of the last shown sample, at the
    right edge, plus one. ``per_column`` is the number of samples per pixel. ``channels`` are the
    indices of the shown channels. ``gains`` are the values that the height of their rows stands
    for, 0 if unknown; ``centres`` are the values at the middle of their rows. With ``sweep`` the
    traces stand still, and the edge moves over them from left to right.
    """

    width: int
    height: int
    per_column: float
    edge: int
    channels: Channels
    gains: NDArray[np.float64]
    centres: NDArray[np.float64]
    sweep: bool = False

    @property
    def row(self) -> float:
        return self.height / max(1, len(self.channels))

    @property
    def first(self) -> float:
        return self.edge - 1 - self.width * self.per_column

    def shows(self, index: float) -> bool:
        return self.first <= index < self.edge

    def x(self, index: float) -> float:
        if self.sweep:
            return index / self.per_column % self.width
        return self.width - (self.edge - 1 - index) / self.per_column

    def y(self, channel: int, value: float) -> float:
        """Return the y at which a value is drawn, at most 0.75 rows from its row's middle."""
        k = int(np.flatnonzero(np.asarray(self.channels) == channel)[0])
        rows = (value - self.centres[k]) / self.gains[k] if self.gains[k] > 0 else 0.0
        return self.row * (k + 0.5 - min(max(rows, -REACH), REACH))

    def sample_at(self, x: float) -> int:
        if self.sweep:
            newest = self.edge - 1
            back = (self.x(newest) - x) % self.width
            return round(newest - back * self.per_column)
        return round(self.edge - 1 - (self.width - x) * self.per_column)

    def channel_at(self, y: float) -> int:
        return int(self.channels[int(max(0, min(y / self.row, len(self.channels) - 1)))])


@dataclass(frozen=True)
class TraceReading:
    """The value of a channel at one time, and its place in the picture.

    ``seconds`` is the time relative to the newest sample, 0 or less. ``x`` and ``y`` are in pixels.
    """

    name: str
    seconds: float
    value: float
    unit: str
    x: float
    y: float

    @property
    def text(self) -> str:
        back = f"{-self.seconds:.3f} s back"
        return f"{self.name}  {_signed(self.value, self.unit)}, {back}"

    def text_since(self, start: "TraceReading") -> str:
        """Return the change from ``start`` in words, and the frequency of this period."""
        apart = self.seconds - start.seconds
        rate = f" ({1 / abs(apart):.3g} Hz)" if apart else ""
        time = f"{1000 * apart:.0f} ms{rate}".replace("-", "\u2212")
        if start.name == self.name:
            return f"{self.name}: {_signed(self.value - start.value, self.unit)}, {time}"
        ends = f"{start.name} \u2192 {self.name}"
        if start.unit != self.unit:
            # Values in different units have no difference.
            return f"{ends}: {time}"
        return f"{ends}: {_signed(self.value - start.value, self.unit)}, {time}"


def _signed(value: float, unit: str) -> str:
    # A minus sign as wide as the digits beside it, so that the text does not jump.
    sign = "\u2212" if value < 0 else "+"
    return sign + with_unit(abs(value), unit)


@dataclass(frozen=True)
class ShownTraces:
    """The shown samples and their places; ``seconds`` is the length of the shown span."""

    signal: DisplaySignal
    layout: TraceLayout
    seconds: float

    @property
    def ch_names(self) -> tuple[str, ...]:
        """The names of the shown channels, from top to bottom."""
        return tuple(self.signal.info.ch_names[k] for k in self.layout.channels)

    def reading_at(self, x: float, y: float) -> TraceReading | None:
        return self.reading(self.layout.sample_at(x), self.layout.channel_at(y))

    def reading(self, index: int, channel: int) -> TraceReading | None:
        """Return the reading of a sample; None if it is not shown, or was lost.

        ``index`` is the number of the sample, ``channel`` the index of its channel.
        """
        layout, ring = self.layout, self.signal.ring
        is_there = ring.oldest <= index < ring.end
        # In a sweep, a newer sample may take the place of this one.
        is_there = is_there and (not layout.sweep or layout.shows(index))
        if not is_there or channel not in layout.channels:
            return None
        value = float(ring.view(index, index + 1)[0][0, channel])
        if np.isnan(value):
            return None
        seconds = (index - ring.end + 1) / self.signal.sfreq
        about = self.signal.info.channels[channel]
        x, y = layout.x(index), layout.y(channel, value)
        return TraceReading(about.name, seconds, value, about.unit, x, y)

    @property
    def columns(self) -> list[str]:
        """The column names of `rows`, with units."""
        channels = [self.signal.info.channels[k] for k in self.layout.channels]
        return ["LSL time (s)", *(f"{channel.name} ({channel.unit})" for channel in channels)]

    def rows(self) -> Iterator[list[float]]:
        """Yield time and values of each shown sample, without lost ones."""
        layout, ring = self.layout, self.signal.ring
        first = max(ring.oldest, layout.edge - round(layout.width * layout.per_column))
        data, times = ring.view(first, max(first, layout.edge))
        for time, values in zip(times, data[:, np.asarray(layout.channels)], strict=True):
            if not np.isnan(time):
                yield [float(time), *map(float, values)]
