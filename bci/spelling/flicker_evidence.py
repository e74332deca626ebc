"""Predictions of windows after the onset of a flicker, added up to one selection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.spelling.posterior import Probabilities, Selection, Stopping, Verdict

# Least probability of a class in one window: no single window rules a symbol out.
_LEAST = 1e-6


@dataclass(frozen=True)
class FlickerWindows:
    """Relation of a flicker's windows to its onset.

    Parameters
    ----------
    order : tuple of int
        Number of each symbol's class in the decoder's probabilities.
    start_s : float
        From the onset to the first sample of a window, at least, in seconds.
    window_s : float
        From the first sample of a window to one past its last, in seconds.
    slack_s : float
        A window that begins so little earlier counts, in seconds: half a sample.
    offset_s : float
        From the marker of a flicker to its light, the onset, in seconds.
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
        """Relation for a model with these classes, and symbols in the order of the grid.

        Raises `ProfileError` if the model lacks a symbol's class.
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
        """Stopping for flicker of at most ``max_s`` with a window every ``step_s``.

        ``min_s`` is the least length of the flicker; both in seconds.
        """
        first_s = self.start_s + self.window_s

        def windows_in(length_s: float) -> int:
            return max(1, 1 + int((length_s - first_s) / step_s + 1e-6))

        return Stopping(confidence, windows_in(min_s), windows_in(max_s))


class FlickerEvidence:
    """Evidence of one selection by flicker.

    An update is a window that lies wholly after the onset. Windows overlap, so each counts by the
    share of it that is new: the log probabilities of the first count whole, those of a window that
    ends 0.1 s after the last one, with windows of 1 s, by a tenth.

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
        self._last = -np.inf  # When the newest used window ended

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol so far, (n_symbols,)."""
        return self.selection.posterior.probabilities

    @property
    def verdict(self) -> Verdict | None:
        return self.selection.verdict

    def shown(self, time: float, label: str) -> None:
        """Take note of a marker; the first of a flicker is its onset."""
        if self._onset is None and label.partition("/")[0] == "flicker":
            self._onset = time + self.windows.offset_s

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Take a prediction; ``taken`` is the time of its window's last sample.

        A window that began before the response to the flicker is left out. Returns the verdict
        where there is enough.
        """
        windows = self.windows
        if self._onset is None or taken <= self._last:
            return self.selection.verdict
        # From one past the last sample; the slack is half a sample.
        began = taken + 2 * windows.slack_s - windows.window_s
        if began < self._onset + windows.start_s - windows.slack_s:
            return self.selection.verdict
        # In float32, as predictions come over LSL: a selection is then the same offline to the bit.
        shown = np.asarray(probabilities, dtype=np.float32).astype(np.float64)[self._order]
        # Times of a stream and of its recording differ by rounding.
        share = min(1.0, round(taken - self._last, 4) / windows.window_s)
        self._last = taken
        return self.selection.update(share * np.log(np.maximum(shown, _LEAST)))

    def give_up(self) -> Verdict | None:
        """Wait no longer; return the verdict so far, None where no window was predicted."""
        if self.selection.verdict is None and self.selection.n_updates:
            self.selection.verdict = self.selection.conclude()
        return self.selection.verdict
