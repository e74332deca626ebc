"""The gain of each kind of channel, and the value at the middle of each row."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.display.signal import DisplaySignal
from bci.signals import Channel
from gui.widgets.units import neighbouring, round_up, with_unit

# Height of a row in standard deviations, for a gain that is chosen by the program.
_DEVIATIONS = 4.0
_MIN_GAIN, _MAX_GAIN = 1e-18, 1e12
_MAX_LABEL = 8
_SPELT = {"unknown": "other", "accelerometer": "ACC", "gyroscope": "GYRO"}
# Interval of checks for kinds without a gain, and for raw channels that have left their row.
_EVERY_S = 1.0


class GainKind(NamedTuple):
    """A kind of channels with the same quantity and unit, which share a gain."""

    name: str
    unit: str

    @property
    def label(self) -> str:
        """The text for a button: ``EEG``, ``MAG``, ``other``."""
        return _SPELT.get(self.name, self.name.upper())[:_MAX_LABEL]


def kind_of(channel: Channel) -> GainKind:
    return GainKind(channel.kind, channel.unit)


UNKNOWN_KIND = kind_of(Channel(""))


class Gains:
    """The gains: the value that a row's height stands for, by kind; 0 if unknown."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        kinds = [kind_of(channel) for channel in channels]
        self.kinds = tuple(dict.fromkeys(kinds))
        self.usual = Counter(kinds).most_common(1)[0][0] if kinds else UNKNOWN_KIND
        self._index = np.array([self.kinds.index(kind) for kind in kinds], dtype=np.int64)
        self._gains = np.zeros(len(self.kinds))

    def of(self, kind: GainKind) -> float:
        return float(self._gains[self.kinds.index(kind)]) if kind in self.kinds else 0.0

    def set(self, kind: GainKind, gain: float) -> None:
        """Set a gain, clipped to what can be drawn; ignore one that is not positive."""
        if gain > 0:
            self._gains[self.kinds.index(kind)] = np.clip(gain, _MIN_GAIN, _MAX_GAIN)

    def step(self, kind: GainKind, way: int) -> None:
        """Make traces larger (``way`` +1) or smaller (-1), in steps of 1, 2, 5, 10 ..."""
        self.set(kind, neighbouring(self.of(kind), -way))

    def take_over(self, other: "Gains") -> None:
        """Copy the gains of another stream, for the kinds that both have."""
        for kind in set(self.kinds) & set(other.kinds):
            self.set(kind, other.of(kind))

    @property
    def are_known(self) -> bool:
        return bool((self._gains > 0).all())

    @property
    def is_any_known(self) -> bool:
        return bool((self._gains > 0).any())

    def find(self, deviations: NDArray[np.float64]) -> bool:
        """Set unknown gains from each channel's standard deviation.

        Returns True if any was set. ``deviations``, shape (n_channels,), are NaN if unknown.
        """
        found = False
        for k, kind in enumerate(self.kinds):
            known = deviations[self._index == k]
            known = known[np.isfinite(known)]
            if self._gains[k] == 0 and len(known):
                self.set(kind, round_up(_DEVIATIONS * float(np.median(known))))
                found = True
        return found

    def fit(self, deviations: NDArray[np.float64]) -> None:
        """Set all gains again; the gain of a kind with unknown deviations stays."""
        before = self._gains.copy()
        self._gains[:] = 0.0
        self.find(deviations)
        self._gains = np.where(self._gains > 0, self._gains, before)

    def of_channels(self) -> NDArray[np.float64]:
        """Return the gain of every channel, shape (n_channels,)."""
        gains: NDArray[np.float64] = self._gains[self._index]
        return gains

    def text(self, kind: GainKind) -> str:
        """Return the gain of ``kind`` as text, ``100 µV``; a dash if it is unknown."""
        return with_unit(self.of(kind), kind.unit) if self.of(kind) > 0 else "-"


class RowScales:
    """The gains from the signal, and the centres that keep raw channels in their rows."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self.channels = tuple(channels)
        self.gains = Gains(channels)
        self.centres = np.zeros(len(channels))
        self._gains_due = self._centres_due = 0

    def follow(self, signal: DisplaySignal, shown_s: float) -> bool:
        """Set unknown gains, and centre raw channels that have left their row.

        Centres are checked once per second; a known gain stays. Return whether a gain or a centre
        has changed. ``shown_s`` is the shown span in seconds.
        """
        found = self._find_gains(signal)
        raw_is_due = signal.chosen.filter.is_raw and signal.ring.end >= self._centres_due
        return bool(raw_is_due and self.centre(signal, shown_s).any()) or found

    def centre(self, signal: DisplaySignal, shown_s: float) -> NDArray[np.bool_]:
        """Centre the raw channels that have left their row.

        Filtered channels have their centre at zero. Returns a mask of the channels whose centre
        has changed, shape (n_channels,).
        """
        raw = signal.chosen.filter.is_raw
        level = signal.level(shown_s) if raw else np.zeros(len(self.centres))
        reach = self.gains.of_channels() / 2 if raw else 0.0
        away: NDArray[np.bool_] = np.abs(level - self.centres) > reach
        self.centres = np.where(away, level, self.centres)
        self._centres_due = signal.ring.end + round(_EVERY_S * signal.sfreq)
        return away

    def _find_gains(self, signal: DisplaySignal) -> bool:
        if self.gains.are_known or signal.ring.end < self._gains_due:
            return False
        if self.gains.find(signal.deviations()):
            return True
        if self.gains.is_any_known:
            # A kind without numbers is checked once a second instead of in every frame.
            self._gains_due = signal.ring.end + round(_EVERY_S * signal.sfreq)
        return False
