"""The places of samples in the picture, and the samples at places."""

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
    """Size of the picture, and the samples and channels in it.

    ``edge`` is one past the last sample shown, which lies at the right edge; ``per_column`` are
    the samples a pixel. For each of the ``channels`` shown, ``gains`` holds the amount that its
    row's height stands for, 0 while it is not known, and ``centres`` the value in the middle of
    its row. With ``sweep`` the traces stand and the edge moves over them from left to right, as a
    pen does.
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
        """Height at which a value is drawn: never far out of its row."""
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
    """A channel's value at one time, and its place in the picture.

    ``seconds`` is counted back from the newest sample: 0 or less.
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
        """Describe the change from ``start``, and the rate of so long a period."""
        apart = self.seconds - start.seconds
        rate = f" ({1 / abs(apart):.3g} Hz)" if apart else ""
        time = f"{1000 * apart:.0f} ms{rate}".replace("-", "\u2212")
        if start.name == self.name:
            return f"{self.name}: {_signed(self.value - start.value, self.unit)}, {time}"
        ends = f"{start.name} \u2192 {self.name}"
        if start.unit != self.unit:
            # Amounts in two units have no difference.
            return f"{ends}: {time}"
        return f"{ends}: {_signed(self.value - start.value, self.unit)}, {time}"


def _signed(value: float, unit: str) -> str:
    # A minus as wide as the digits beside it, so that the text does not jump.
    sign = "\u2212" if value < 0 else "+"
    return sign + with_unit(abs(value), unit)


@dataclass(frozen=True)
class ShownTraces:
    """The samples that are drawn, and their places; ``seconds`` of them are shown."""

    signal: DisplaySignal
    layout: TraceLayout
    seconds: float

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Names of the channels that are shown, from top to bottom."""
        return tuple(self.signal.info.ch_names[k] for k in self.layout.channels)

    def reading_at(self, x: float, y: float) -> TraceReading | None:
        return self.reading(self.layout.sample_at(x), self.layout.channel_at(y))

    def reading(self, index: int, channel: int) -> TraceReading | None:
        """Read a sample; None where it is not shown, or was lost."""
        layout, ring = self.layout, self.signal.ring
        is_there = ring.oldest <= index < ring.end
        # A sweep has another sample in the place of one that is no longer shown.
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
        """Names of what `rows` gives, with units."""
        channels = [self.signal.info.channels[k] for k in self.layout.channels]
        return ["LSL time (s)", *(f"{channel.name} ({channel.unit})" for channel in channels)]

    def rows(self) -> Iterator[list[float]]:
        """Give time and values of each sample that is shown, without those that were lost."""
        layout, ring = self.layout, self.signal.ring
        first = max(ring.oldest, layout.edge - round(layout.width * layout.per_column))
        data, times = ring.view(first, max(first, layout.edge))
        for time, values in zip(times, data[:, np.asarray(layout.channels)], strict=True):
            if not np.isnan(time):
                yield [float(time), *map(float, values)]
