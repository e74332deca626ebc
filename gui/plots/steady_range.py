"""An axis range that follows its values but changes rarely."""

from math import ceil, floor, isfinite


class SteadyRange:
    """A range of whole steps that includes the values.

    It grows at once, but shrinks only when more than two steps are unused. ``least``, the smallest
    range, is a whole number of steps.
    """

    def __init__(self, step: float, least: float) -> None:
        self._step, self._least = step, least
        self.reset()

    def reset(self) -> None:
        """Forget the range, since other data are shown from now on."""
        self.low, self.high = 0.0, self._least
        self._fresh = True

    def follow(self, low: float, high: float) -> None:
        """Adapt the range to the smallest and largest value; ignore non-finite values."""
        if not (isfinite(low) and isfinite(high)):
            return
        low, high = floor(low / self._step) * self._step, ceil(high / self._step) * self._step
        if high - low < self._least:
            low = floor((low + high - self._least) / 2 / self._step) * self._step
            high = low + self._least
        slack = 2 * self._step
        if self._fresh or low < self.low or low > self.low + slack:
            self.low = low
        if self._fresh or high > self.high or high < self.high - slack:
            self.high = high
        self._fresh = False
