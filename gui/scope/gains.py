"""Gain of each kind of channel: the amount that the height of a row stands for."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.types import Channel
from gui.widgets.units import neighbouring, round_up, with_unit

# A row holds so many standard deviations.
_DEVIATIONS = 4.0
_LEAST, _MOST = 1e-18, 1e12
_LONGEST = 8
_SPELT = {"unknown": "other", "accelerometer": "ACC", "gyroscope": "GYRO"}


class GainKind(NamedTuple):
    """Channels that measure the same in the same unit."""

    name: str
    unit: str

    @property
    def label(self) -> str:
        """As it is written on a button: ``EEG``, ``MAG``, ``other``."""
        return _SPELT.get(self.name, self.name.upper())[:_LONGEST]


def kind_of(channel: Channel) -> GainKind:
    return GainKind(channel.kind, channel.unit)


class Gains:
    """The gain of each kind of a stream's channels; 0 while it is not known.

    Parameters
    ----------
    channels : sequence of Channel
    """

    def __init__(self, channels: Sequence[Channel]) -> None:
        kinds = [kind_of(channel) for channel in channels]
        self.kinds = tuple(dict.fromkeys(kinds))
        self.usual = Counter(kinds).most_common(1)[0][0] if kinds else kind_of(Channel(""))
        self._index = np.array([self.kinds.index(kind) for kind in kinds], dtype=np.int64)
        self._gains = np.zeros(len(self.kinds))

    def of(self, kind: GainKind) -> float:
        return float(self._gains[self.kinds.index(kind)])

    def set(self, kind: GainKind, gain: float) -> None:
        """Keep a gain within what can be drawn; one that is no number is left out."""
        if gain > 0:
            self._gains[self.kinds.index(kind)] = np.clip(gain, _LEAST, _MOST)

    def step(self, kind: GainKind, way: int) -> None:
        """Larger traces (+1) or smaller ones (-1): the next of 1, 2, 5, 10 ..."""
        self.set(kind, neighbouring(self.of(kind), -way))

    def take_over(self, other: "Gains") -> None:
        """Use the gains of another stream, for the kinds that it has too."""
        for kind in set(self.kinds) & set(other.kinds):
            self.set(kind, other.of(kind))

    @property
    def are_known(self) -> bool:
        return bool((self._gains > 0).all())

    @property
    def is_any_known(self) -> bool:
        return bool((self._gains > 0).any())

    def find(self, spread: NDArray[np.float64]) -> bool:
        """Choose what is not known from the spread of each channel; whether anything was."""
        found = False
        for k, kind in enumerate(self.kinds):
            spreads = spread[self._index == k]
            spreads = spreads[np.isfinite(spreads)]
            if self._gains[k] == 0 and len(spreads):
                self.set(kind, round_up(_DEVIATIONS * float(np.median(spreads))))
                found = True
        return found

    def fit(self, spread: NDArray[np.float64]) -> None:
        """Choose every gain anew; one of whose kind nothing is known stays."""
        before = self._gains.copy()
        self._gains[:] = 0.0
        self.find(spread)
        self._gains = np.where(self._gains > 0, self._gains, before)

    def of_channels(self) -> NDArray[np.float64]:
        """The gain of every channel, (n_channels,)."""
        gains: NDArray[np.float64] = self._gains[self._index]
        return gains

    def text(self, kind: GainKind) -> str:
        """``100 µV``; a dash while it is not known."""
        return with_unit(self.of(kind), kind.unit) if self.of(kind) > 0 else "-"
