"""Flicker of one selection: its luminance at each frame, and the markers of its onset."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.profiles.flicker import MARKER
from bci.stimulus.flicker import Flickering


class FlickerStimulation:
    """Flicker of one selection, for at most ``max_s``.

    The marker of the onset is ``flicker/CLASS`` if the attended target is known, otherwise
    ``flicker``. If the stimulus repeats, as codes do, each complete repetition has a marker too.

    Parameters
    ----------
    flickering : Flickering
        Its classes are in the order of the symbols.
    refresh_hz : float
        Refresh rate of the monitor, in hertz.
    max_s : float
        Longest flicker of a selection, in seconds.
    """

    def __init__(self, flickering: Flickering, refresh_hz: float, max_s: float) -> None:
        self._flickering = flickering
        self._refresh_hz = refresh_hz
        self._max_s = max_s
        self._label = MARKER
        self._frame: int | None = None
        self._cycle = -1
        self._is_over = True

    @property
    def luminances(self) -> NDArray[np.float64] | None:
        """Luminance of each target in this frame, (n_targets,); None while nothing flickers."""
        return None if self._frame is None else self._flickering.at(self._frame)

    @property
    def is_over(self) -> bool:
        return self._is_over

    def begin(self, target: int | None) -> None:
        """Begin a selection; ``target`` is the number of the attended symbol, None if unknown."""
        name = None if target is None else self._flickering.classes[target]
        self._label = MARKER if name is None else f"{MARKER}/{name}"
        self._frame, self._cycle, self._is_over = None, -1, False

    def advance(self, elapsed: float) -> Sequence[str]:
        """Advance to the frame ``elapsed`` seconds after the onset; return its markers' labels."""
        if elapsed >= self._max_s:
            self.end()
            return ()
        # The frame follows from the time, so that a dropped frame does not delay the flicker.
        self._frame = round(elapsed * self._refresh_hz)
        cycle = 0 if self._flickering.cycle is None else self._frame // self._flickering.cycle
        is_due, self._cycle = cycle > self._cycle, cycle
        return (self._label,) if is_due and self._is_whole(cycle) else ()

    def _is_whole(self, cycle: int) -> bool:
        """Return whether repetition ``cycle`` ends before ``max_s``; True for the first one."""
        if cycle == 0 or self._flickering.cycle is None:
            return True
        # Half a frame of tolerance, because elapsed times are rounded to frames.
        return (cycle + 1) * self._flickering.cycle <= self._max_s * self._refresh_hz + 0.5

    def end(self) -> None:
        """Stop the flicker."""
        self._frame, self._is_over = None, True
