"""Order and timing of the flashes of groups."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bci.spelling.codes import FlashCode

# A flash is shown by a frame that is early by at most this time.
_SLACK_S = 0.002


@dataclass(frozen=True, slots=True)
class FlashTiming:
    """Timing of flashes, in seconds.

    Parameters
    ----------
    flash_s, gap_s : float
        A group is bright for ``flash_s`` and dark for ``gap_s``; both together are the stimulus
        onset asynchrony.
    """

    flash_s: float = 0.1
    gap_s: float = 0.06

    def __post_init__(self) -> None:
        if not (self.flash_s > 0 and self.gap_s >= 0):
            raise ValueError(
                f"flash_s ({self.flash_s}) must be above 0 and gap_s ({self.gap_s}) at least 0"
            )

    @property
    def soa_s(self) -> float:
        """Stimulus onset asynchrony: time between the onsets of two flashes, in seconds."""
        return self.flash_s + self.gap_s


class Stimulation(Protocol):
    """Stimuli of one selection: `FlashStimulation`, or flicker of `bci.stimulus`."""

    def begin(self, target: int | None) -> None:
        """Begin a selection; ``target`` is the number of the attended symbol, None if unknown."""

    def advance(self, elapsed: float) -> Sequence[str]:
        """Advance to the frame ``elapsed`` seconds after `begin`; return its markers' labels."""

    @property
    def is_over(self) -> bool:
        """True after the longest stimulation of a selection."""


class FlashStimulation:
    """Flashes of a code, one repetition after another.

    Each flash has a marker: ``target/G`` or ``nontarget/G`` if the attended symbol is known,
    otherwise ``flash/G``. G is the number of the group.
    """

    def __init__(
        self,
        code: FlashCode,
        timing: FlashTiming,
        max_repetitions: int,
        rng: np.random.Generator,
    ) -> None:
        self.code = code
        self.timing = timing
        self._max_repetitions = max_repetitions
        self._rng = rng
        self.begin(None)

    def begin(self, target: int | None) -> None:
        self._target = target
        self._queue: deque[int] = deque()
        self._before: tuple[int, ...] = ()
        self._n_drawn = 0
        self._n_begun = 0
        self._lit: int | None = None
        self._is_over = False

    @property
    def lit(self) -> int | None:
        """Number of the group that is bright now; None between flashes."""
        return self._lit

    @property
    def lit_symbols(self) -> NDArray[np.bool_]:
        """Mask of the symbols that are bright now, (n_symbols,)."""
        if self._lit is None:
            return np.zeros(self.code.n_symbols, dtype=np.bool_)
        return np.asarray(self.code.groups[self._lit])

    @property
    def is_over(self) -> bool:
        return self._is_over

    def advance(self, elapsed: float) -> tuple[str, ...]:
        """Advance to the frame ``elapsed`` seconds after `begin`; return the label of a new flash.

        The result is empty if no flash begins.
        """
        now, soa_s = elapsed + _SLACK_S, self.timing.soa_s
        if now >= self._n_begun * soa_s:
            group = self._next()
            self._lit = group
            if group is None:
                self._is_over = True
                return ()
            self._n_begun += 1
            return (self._label(group),)
        if now >= (self._n_begun - 1) * soa_s + self.timing.flash_s:
            self._lit = None
        return ()

    def _next(self) -> int | None:
        if not self._queue:
            if self._n_drawn >= self._max_repetitions:
                return None
            self._n_drawn += 1
            self._before = self.code.repetition(self._rng, self._before)
            self._queue.extend(self._before)
        return self._queue.popleft()

    def _label(self, group: int) -> str:
        if self._target is None:
            return f"flash/{group}"
        is_target = bool(self.code.groups[group, self._target])
        return f"{'target' if is_target else 'nontarget'}/{group}"


def group_of(label: str) -> int | None:
    """Return the number of the group in a flash's marker; None for any other marker."""
    kind, _, number = label.partition("/")
    if kind not in ("target", "nontarget", "flash") or not number.isascii():
        return None
    return int(number) if number.isdecimal() and len(number) < 6 else None
