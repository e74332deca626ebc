"""Flashes of the timing lab: when the patch is lit, frame by frame."""

from typing import NamedTuple

import numpy as np

# Irregular, because with a regular interval a delay longer by one interval looks the same.
_INTERVAL_S = (0.4, 0.8)
LIT_S = 0.1
"""Length of a flash, in seconds."""

_LEAD_S, _TAIL_S = 0.5, 0.2

PATCH = "patch"
"""Label of the marker of a flash."""


class PatchFrame(NamedTuple):
    """One frame of the patch: ``lit`` while it is bright, ``begins`` if a flash starts with it."""

    lit: bool
    begins: bool


class Flashes:
    """``n`` flashes of a patch at irregular intervals, which ``seed`` determines.

    Time counts from the first call of `at`. ``interval_s`` is the shortest and the longest time
    between the beginnings of two flashes, in seconds.
    """

    def __init__(
        self, n: int, seed: int = 1, interval_s: tuple[float, float] = _INTERVAL_S
    ) -> None:
        rng = np.random.default_rng(seed)
        self.n = n
        self.n_begun = 0
        self._begins = _LEAD_S + np.cumsum(rng.uniform(*interval_s, n)) - interval_s[0]
        self._start: float | None = None
        self._lit_until = 0.0
        self._newest = 0.0

    @property
    def over(self) -> bool:
        """True once the last flash is over."""
        return self.n_begun == self.n and self._newest > self._lit_until + _TAIL_S

    def at(self, due: float, period_s: float) -> PatchFrame:
        """Return the patch's state in the frame that is due on the screen at the time ``due``.

        ``due`` and the length ``period_s`` of a frame are in seconds.
        """
        if self._start is None:
            self._start = due
        now = self._newest = due - self._start
        nearest = now + period_s / 2
        begins = self.n_begun < self.n and nearest >= self._begins[self.n_begun]
        if begins:
            self.n_begun += 1
            self._lit_until = now + LIT_S
        return PatchFrame(nearest < self._lit_until, bool(begins))
