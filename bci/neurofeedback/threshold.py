"""Thresholds: fixed, adaptive to a success rate, or moved by a staircase."""

from math import exp
from typing import Protocol

from bci.neurofeedback.baseline import Baseline
from bci.profiles.neurofeedback import Neurofeedback, ThresholdSettings

# Moves the threshold by one standard deviation in about ``time_s``: near the median, the success
# rate of Gaussian values changes by 0.4 per standard deviation.
_GAIN = 2.5
# A session may begin far from its baseline, so the first steps are larger by 1 + this factor.
_HASTE = 4.0


class Threshold(Protocol):
    """A value that the feature has to pass; it may change with success."""

    value: float

    def move(self, success: bool, step_s: float) -> None:
        """Adjust ``value`` after a window; ``step_s`` is the time since the last window.

        ``success`` is whether the window's feature passed the threshold.
        """


class FixedThreshold:
    """A constant threshold."""

    def __init__(self, value: float) -> None:
        self.value = value

    def move(self, success: bool, step_s: float) -> None:
        """Leave ``value`` unchanged."""


class AdaptiveThreshold:
    """A threshold that adapts so that a chosen share of the windows succeeds.

    A success makes it harder by a step proportional to 1 minus the share. A failure makes it easier
    by a step proportional to the share. The first steps are larger. In the long run, the success
    rate equals the chosen share for any distribution of the feature (weighted up-down method:
    C. Kaernbach, Percept. Psychophys. 49 (1991) 227-229).
    """

    def __init__(self, settings: ThresholdSettings, start: float, sd: float, sign: int) -> None:
        self.value = start
        self._rate = settings.success_rate
        self._time_s = settings.time_s
        self._elapsed = 0.0
        self._speed = sign * _GAIN * sd / settings.time_s

    def move(self, success: bool, step_s: float) -> None:
        haste = 1.0 + _HASTE * exp(-self._elapsed / self._time_s)
        self._elapsed += step_s
        self.value += haste * self._speed * step_s * (float(success) - self._rate)


class StaircaseThreshold:
    """A threshold that changes in steps at fixed intervals.

    It becomes harder if the success rate since the last step was high, and easier if it was low.
    """

    def __init__(self, settings: ThresholdSettings, start: float, sd: float, sign: int) -> None:
        self.value = start
        self._settings = settings
        self._step = sign * settings.step_sd * sd
        self._elapsed = self._passed = 0.0

    def move(self, success: bool, step_s: float) -> None:
        self._elapsed += step_s
        self._passed += step_s * success
        # The tolerance absorbs rounding errors of the sum.
        if self._elapsed < self._settings.step_every_s - 1e-9:
            return
        rate = self._passed / self._elapsed
        if rate > self._settings.harder_above:
            self.value += self._step
        elif rate < self._settings.easier_below:
            self.value -= self._step
        self._elapsed = self._passed = 0.0


def make_threshold(protocol: Neurofeedback, baseline: Baseline) -> Threshold:
    """Make a protocol's threshold; its first value comes from the baseline."""
    settings, sign = protocol.threshold, protocol.sign
    if settings.kind == "fixed":
        value = settings.value
        if value is None:
            value = baseline.mean + sign * settings.baseline_sd * baseline.sd
        return FixedThreshold(value)
    start = baseline.beyond(settings.success_rate, sign)
    moving = AdaptiveThreshold if settings.kind == "adaptive" else StaircaseThreshold
    return moving(settings, start, baseline.sd, sign)
