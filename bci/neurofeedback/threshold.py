"""Thresholds: fixed, adaptive to a success rate, or moved by a staircase."""

from math import exp
from typing import Protocol

from bci.neurofeedback.baseline import Baseline
from bci.profiles.neurofeedback import Neurofeedback, ThresholdSettings

# Moves the threshold a standard deviation in about ``time_s``: near the median, the success rate
# of Gaussian values changes by 0.4 a standard deviation.
_GAIN = 2.5
# A session may begin far from its baseline, so the first steps are larger, by this factor more.
_HASTE = 4.0


class Threshold(Protocol):
    """A value that the feature has to pass, which may move with success."""

    value: float

    def move(self, success: bool, step_s: float) -> None:
        """Take whether a window passed it, ``step_s`` seconds after the last one."""


class FixedThreshold:
    """A threshold that stays."""

    def __init__(self, value: float) -> None:
        self.value = value

    def move(self, success: bool, step_s: float) -> None:
        """Stay."""


class AdaptiveThreshold:
    """Approaches the value that the feature passes for a chosen share of the time.

    Each window moves it by a little: up by what a success is above the chosen share, down by what a
    failure is below it; at first by more. Over a long time the success rate is therefore the chosen
    one, however the feature is distributed (weighted up-down method: C. Kaernbach, Percept.
    Psychophys. 49 (1991) 227-229).
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
    """Becomes harder after a good stretch and easier after a bad one."""

    def __init__(self, settings: ThresholdSettings, start: float, sd: float, sign: int) -> None:
        self.value = start
        self._settings = settings
        self._step = sign * settings.step_sd * sd
        self._elapsed = self._passed = 0.0

    def move(self, success: bool, step_s: float) -> None:
        self._elapsed += step_s
        self._passed += step_s * success
        # A sum of steps may lack a rounding error to the whole.
        if self._elapsed < self._settings.step_every_s - 1e-9:
            return
        rate = self._passed / self._elapsed
        if rate > self._settings.harder_above:
            self.value += self._step
        elif rate < self._settings.easier_below:
            self.value -= self._step
        self._elapsed = self._passed = 0.0


def make_threshold(protocol: Neurofeedback, baseline: Baseline) -> Threshold:
    """Make a protocol's threshold, from where the baseline puts it."""
    settings, sign = protocol.threshold, protocol.sign
    if settings.kind == "fixed":
        value = settings.value
        if value is None:
            value = baseline.mean + sign * settings.baseline_sd * baseline.sd
        return FixedThreshold(value)
    start = baseline.beyond(settings.success_rate, sign)
    moving = AdaptiveThreshold if settings.kind == "adaptive" else StaircaseThreshold
    return moving(settings, start, baseline.sd, sign)
