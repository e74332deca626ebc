"""Evidence from flashes: predictions are matched to the groups that flashed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.spelling.codes import FlashCode
from bci.spelling.posterior import Probabilities, Selection, Stopping, Verdict
from bci.spelling.stimulation import group_of

LARGEST_RATIO = 6.0
"""Limit of one flash's log likelihood ratio, so that no single flash decides a selection."""


def log_ratio(probabilities: NDArray[np.float64], target: int) -> float:
    """Log likelihood ratio of one flash, target against nontarget.

    Parameters
    ----------
    probabilities : ndarray, shape (2,)
        Of the decoder. ERP decoders treat both classes as equally frequent, so the ratio of
        probabilities is the ratio of likelihoods.
    target : int
        Number of the class ``target``.

    Returns
    -------
    ratio : float
        From -`LARGEST_RATIO` to `LARGEST_RATIO`.
    """
    # LSL sends predictions in float32; rounding here makes offline selections identical to live.
    p = min(max(float(np.float32(probabilities[target])), 1e-9), 1.0 - 1e-9)
    return float(np.clip(np.log(p) - np.log1p(-p), -LARGEST_RATIO, LARGEST_RATIO))


@dataclass(frozen=True, slots=True)
class FlashWindows:
    """Timing of a flash's window relative to the flash.

    Parameters
    ----------
    target : int
        Number of the class ``target`` in the decoder's probabilities.
    delay_s : float
        From a flash to the last sample of its window, in seconds.
    slack_s : float
        Largest deviation from ``delay_s`` at which a prediction still belongs to a flash, in
        seconds; less than half the stimulus onset asynchrony.
    """

    target: int
    delay_s: float
    slack_s: float = 0.04

    @classmethod
    def of(
        cls, classes: Sequence[str], start_s: float, window_s: float, soa_s: float
    ) -> "FlashWindows":
        """Make the timing for a model with these ``classes``.

        A window begins ``start_s`` after the flash and lasts ``window_s``. Flashes begin every
        ``soa_s``; all in seconds.

        Raises `ProfileError` if the model has no class ``target``, or not exactly two classes.
        """
        if "target" not in classes or len(classes) != 2:
            raise ProfileError(
                f"the model's classes are {', '.join(classes)}; a speller needs a model with the "
                "classes target and nontarget: calibrate one with the profile p300"
            )
        return cls(list(classes).index("target"), start_s + window_s, 0.4 * soa_s)


@dataclass
class _Flash:
    time: float
    group: int
    ratio: float | None = None


@dataclass
class FlashEvidence:
    """Evidence of one selection by flashes.

    An update is a whole repetition: each of its flashes has a prediction or will never have one.
    So the time at which predictions arrive does not change the selection. A repetition without
    any prediction is no update.

    Parameters
    ----------
    code : FlashCode
    prior : ndarray, shape (n_symbols,)
    stopping : Stopping
    windows : FlashWindows
    """

    code: FlashCode
    prior: Probabilities
    stopping: Stopping
    windows: FlashWindows
    selection: Selection = field(init=False)

    def __post_init__(self) -> None:
        self.selection = Selection(self.prior, self.stopping)
        self._flashes: list[_Flash] = []
        self._times: list[float] = []
        self._n_used = 0
        self._n_predicted = 0
        self.n_missing = 0  # Flashes of finished repetitions without a prediction

    @property
    def n_flashes(self) -> int:
        """Number of flashes so far."""
        return len(self._flashes)

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol after the repetitions so far, (n_symbols,)."""
        return self.selection.posterior.probabilities

    @property
    def verdict(self) -> Verdict | None:
        return self.selection.verdict

    def shown(self, time: float, label: str) -> None:
        """Add the flash of a marker; a ``label`` that is of no flash is ignored.

        ``time``, in seconds on the LSL clock, must not descend.
        """
        group = group_of(label)
        if group is not None and group < self.code.n_groups:
            self._flashes.append(_Flash(time, group))
            self._times.append(time)

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Add a prediction of the two classes, ``probabilities`` (n_classes,).

        ``taken`` is the time of its window's last sample, in seconds on the LSL clock. A prediction
        that belongs to no flash is ignored. Returns the verdict if the selection is decided, else
        None.
        """
        onset, slack = taken - self.windows.delay_s, self.windows.slack_s
        ratio = log_ratio(probabilities, self.windows.target)
        times = self._times
        at = bisect_left(times, onset - slack)
        if at == len(times) or times[at] > onset + slack:
            return self.selection.verdict
        # Of several flashes within the slack, the nearest one.
        near = [k for k in range(at, min(at + 3, len(times))) if times[k] <= onset + slack]
        nearest = min(near, key=lambda k: abs(times[k] - onset))
        if nearest >= self._n_used:
            # Two flashes at the same time share one window and its prediction.
            for k in near:
                if times[k] == times[nearest]:
                    self._flashes[k].ratio = ratio
            self._conclude_before(nearest + 1)
        return self.selection.verdict

    def give_up(self) -> Verdict | None:
        """End the wait for predictions; decide by the whole repetitions so far.

        Returns the verdict; None if no flash has a prediction.
        """
        self._conclude_before(len(self._flashes), final=True)
        if self.selection.verdict is None and self._n_predicted:
            self.selection.verdict = self.selection.conclude(self._n_predicted)
        return self.selection.verdict

    def _conclude_before(self, end: int, final: bool = False) -> None:
        """Add each repetition in which every flash has a prediction or cannot get one any more."""
        n = self.code.n_groups
        while self._n_used + n <= len(self._flashes):
            repetition = self._flashes[self._n_used : self._n_used + n]
            passed = end >= self._n_used + n and (final or repetition[-1].ratio is not None)
            passed |= end > self._n_used + n
            if not passed or self.selection.verdict is not None:
                return
            self._n_used += n
            known = [(flash.group, flash.ratio) for flash in repetition if flash.ratio is not None]
            self.n_missing += n - len(known)
            self._n_predicted += len(known)
            if not known:
                continue
            total = np.zeros(self.code.n_symbols)
            for group, ratio in known:
                total += ratio * self.code.groups[group]
            self.selection.update(total, self._n_predicted)
