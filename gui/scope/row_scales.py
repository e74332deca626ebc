"""Scale of a row of the scope: the gain of its kind, and the value in its middle."""

import numpy as np
from numpy.typing import NDArray

from bci.types import Channel
from gui.scope.display_signal import DisplaySignal
from gui.scope.gains import Gains

# How often it is looked at what has no gain yet, or may have left its row.
_EVERY_S = 1.0


class RowScales:
    """Finds gains from the signal, and keeps raw channels, which have an offset, in their rows.

    Parameters
    ----------
    channels : sequence of Channel
    """

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self.gains = Gains(channels)
        self.centres = np.zeros(len(channels))
        self._gains_due = self._centres_due = 0

    def follow(self, signal: DisplaySignal, shown_s: float) -> bool:
        """Take in new samples; whether a gain was found or a channel was moved."""
        found = self._find_gains(signal)
        raw_is_due = signal.chosen.is_raw and signal.ring.end >= self._centres_due
        return bool(raw_is_due and self.centre(signal, shown_s).any()) or found

    def centre(self, signal: DisplaySignal, shown_s: float) -> NDArray[np.bool_]:
        """Put raw channels that have left their row into its middle; which have, (n_channels,).

        What is filtered has its middle at zero.
        """
        raw = signal.chosen.is_raw
        level = signal.level(shown_s) if raw else np.zeros(len(self.centres))
        reach = self.gains.of_channels() / 2 if raw else 0.0
        away: NDArray[np.bool_] = np.abs(level - self.centres) > reach
        self.centres = np.where(away, level, self.centres)
        self._centres_due = signal.ring.end + round(_EVERY_S * signal.sfreq)
        return away

    def fit(self, signal: DisplaySignal) -> None:
        """Choose every gain anew, from what the signal is like now."""
        self.gains.fit(signal.spread())

    def _find_gains(self, signal: DisplaySignal) -> bool:
        if self.gains.are_known or signal.ring.end < self._gains_due:
            return False
        if self.gains.find(signal.spread()):
            return True
        if self.gains.is_any_known:
            # A kind that sends no numbers is not looked at in every frame.
            self._gains_due = signal.ring.end + round(_EVERY_S * signal.sfreq)
        return False
