"""Evidence from flicker: predictions of the windows after its onset are summed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.spelling.posterior import Probabilities, Selection, Stopping, Verdict

# Least probability of a class in one window, so that no single window excludes a symbol.
_LEAST = 1e-6


@dataclass(frozen=True)
class FlickerWindows:
    """Timing of a flicker's windows relative to its onset.

    Parameters
    ----------
    order : tuple of int
        Number of each symbol's class in the decoder's probabilities.
    start_s : float
        Least time from the onset to the first sample of a window, in seconds.
    window_s : float
        From the first sample of a window to one past its last, in seconds.
    slack_s : float
        A window may begin earlier by this time, in seconds: half a sample.
    offset_s : float
        Time from the marker of a flicker to its light, which is the onset, in seconds.
    """

    order: tuple[int, ...]
    start_s: float
    window_s: float
    slack_s: float = 0.002
    offset_s: float = 0.0

    @classmethod
    def of(
        cls,
        classes: Sequence[str],
        symbols: Sequence[str],
        start_s: float,
        window_s: float,
        sfreq: float,
        offset_s: float = 0.0,
    ) -> "FlickerWindows":
        """Make the timing for a model with these ``classes``.

        ``symbols`` are in the order of the grid. ``sfreq`` is the rate of the windows in hertz. The
        other arguments are as for the class. Raises `ProfileError` if the model lacks a symbol's
        class.
        """
        numbers = {name: k for k, name in enumerate(classes)}
        lacking = [symbol for symbol in symbols if symbol not in numbers]
        if lacking:
            raise ProfileError(
                f"the model has no class for {' '.join(lacking):.100}; its classes are "
                f"{', '.join(classes):.200}: make it with the profile that is shown"
            )
        order = tuple(numbers[symbol] for symbol in symbols)
        return cls(order, start_s, window_s, 0.5 / sfreq, offset_s)

    def stopping(
        self, max_s: float, step_s: float, confidence: float = 0.9, min_s: float = 0.0
    ) -> Stopping:
        """Make the stopping rule for a flicker of ``min_s`` to ``max_s``.

        A window comes every ``step_s``. All times are in seconds.
        """
        first_s = self.start_s + self.window_s

        def windows_in(length_s: float) -> int:
            return max(1, 1 + int((length_s - first_s) / step_s + 1e-6))

        return Stopping(confidence, windows_in(min_s), windows_in(max_s))


class FlickerEvidence:
    """Evidence of one selection by flicker.

    An update is a window that lies wholly after the onset. Windows overlap, so the log
    probabilities of each window are weighted by the share of it that is new. The first window has
    the weight 1. A window of 1 s that ends 0.1 s after the one before has the weight 0.1.

    Parameters
    ----------
    prior : ndarray, shape (n_symbols,)
    stopping : Stopping
    windows : FlickerWindows
    """

    def __init__(self, prior: Probabilities, stopping: Stopping, windows: FlickerWindows) -> None:
        self.selection = Selection(prior, stopping)
        self.windows = windows
        self._order = np.array(windows.order)
        self._onset: float | None = None
        self._last = -np.inf  # End of the newest used window

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol so far, (n_symbols,)."""
        return self.selection.posterior.probabilities

    @property
    def verdict(self) -> Verdict | None:
        return self.selection.verdict

    def shown(self, time: float, label: str) -> None:
        """Set the onset by the first marker of a flicker; ignore all other markers.

        ``time`` is that of the marker, in seconds on the LSL clock.
        """
        if self._onset is None and label.partition("/")[0] == "flicker":
            self._onset = time + self.windows.offset_s

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Add a prediction, ``probabilities`` (n_classes,) in the decoder's order.

        ``taken`` is the time of its window's last sample, in seconds on the LSL clock. A window
        that begins before ``start_s`` after the onset is ignored. Returns the verdict if the
        selection is decided, else None.
        """
        windows = self.windows
        if self._onset is None or taken <= self._last:
            return self.selection.verdict
        # ``window_s`` ends one sample after the last one; the slack is half a sample.
        began = taken + 2 * windows.slack_s - windows.window_s
        if began < self._onset + windows.start_s - windows.slack_s:
            return self.selection.verdict
        # LSL sends predictions in float32; rounding makes offline selections identical to live.
        shown = np.asarray(probabilities, dtype=np.float32).astype(np.float64)[self._order]
        # Times of a live stream and of its recording differ by rounding.
        share = min(1.0, round(taken - self._last, 4) / windows.window_s)
        self._last = taken
        return self.selection.update(share * np.log(np.maximum(shown, _LEAST)))

    def give_up(self) -> Verdict | None:
        """End the wait; return the verdict so far, None if no window had a prediction."""
        if self.selection.verdict is None and self.selection.n_updates:
            self.selection.verdict = self.selection.conclude()
        return self.selection.verdict
