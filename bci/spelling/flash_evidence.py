"""Predictions of flashes, matched to the groups that flashed."""

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
"""Largest log likelihood ratio of one flash: no single flash decides a selection."""


def log_ratio(probabilities: NDArray[np.float64], target: int) -> float:
    """Log likelihood ratio of target against nontarget, of one flash.

    Parameters
    ----------
    probabilities : ndarray, shape (2,)
        As the decoder gives them: for classes that are equally frequent, which the ERP decoders
        take them for. So no class share is left to remove.
    target : int
        Number of the class ``target``.

    Returns
    -------
    ratio : float
        At most `LARGEST_RATIO` in size.
    """
    # In float32, as predictions come over LSL: a selection is then the same offline to the bit.
    p = min(max(float(np.float32(probabilities[target])), 1e-9), 1.0 - 1e-9)
    return float(np.clip(np.log(p) - np.log1p(-p), -LARGEST_RATIO, LARGEST_RATIO))


@dataclass(frozen=True, slots=True)
class FlashWindows:
    """Relation of a flash's window to the flash.

    Parameters
    ----------
    target : int
        Number of the class ``target`` in the decoder's probabilities.
    delay_s : float
        From a flash to the last sample of its window, in seconds.
    slack_s : float
        Largest distance of a prediction from the flash that it is taken for, in seconds: less than
        half the stimulus onset asynchrony.
    """

    target: int
    delay_s: float
    slack_s: float = 0.04

    @classmethod
    def of(
        cls, classes: Sequence[str], start_s: float, window_s: float, soa_s: float
    ) -> "FlashWindows":
        """Relation for a model with these classes, and flashes so far apart.

        Raises `ProfileError` if the model has no class ``target``, or more than two.
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

    An update is a whole repetition: all its flashes are over, and each has its prediction or will
    never have one. So when predictions arrive does not change what is selected. A repetition
    without any prediction is no update.

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
        self.n_missing = 0  # Flashes of finished repetitions that had no prediction

    @property
    def n_flashes(self) -> int:
        """Flashes so far."""
        return len(self._flashes)

    @property
    def posterior(self) -> Probabilities:
        """Probability of each symbol by the repetitions so far, (n_symbols,)."""
        return self.selection.posterior.probabilities

    @property
    def verdict(self) -> Verdict | None:
        return self.selection.verdict

    def shown(self, time: float, label: str) -> None:
        """Take note of a flash's marker; ``time`` on the LSL clock, ascending."""
        group = group_of(label)
        if group is not None and group < self.code.n_groups:
            self._flashes.append(_Flash(time, group))
            self._times.append(time)

    def received(self, taken: float, probabilities: NDArray[np.float64]) -> Verdict | None:
        """Take a prediction; ``taken`` is the time of its window's last sample.

        A prediction of no flash is left out. Returns the verdict where there is enough.
        """
        onset, slack = taken - self.windows.delay_s, self.windows.slack_s
        ratio = log_ratio(probabilities, self.windows.target)
        times = self._times
        at = bisect_left(times, onset - slack)
        if at == len(times) or times[at] > onset + slack:
            return self.selection.verdict
        # Of two flashes within the slack the nearer one.
        near = [k for k in range(at, min(at + 3, len(times))) if times[k] <= onset + slack]
        nearest = min(near, key=lambda k: abs(times[k] - onset))
        if nearest >= self._n_used:
            # Two flashes at one time share one window, so each has its prediction.
            for k in near:
                if times[k] == times[nearest]:
                    self._flashes[k].ratio = ratio
            self._conclude_before(nearest + 1)
        return self.selection.verdict

    def give_up(self) -> Verdict | None:
        """Wait no longer: flashes without a prediction never have one.

        Returns the verdict of the whole repetitions; None where not one flash was predicted.
        """
        self._conclude_before(len(self._flashes), final=True)
        if self.selection.verdict is None and self._n_predicted:
            self.selection.verdict = self.selection.conclude(self._n_predicted)
        return self.selection.verdict

    def _conclude_before(self, end: int, final: bool = False) -> None:
        """Add each repetition whose flashes are all predicted or passed over."""
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
