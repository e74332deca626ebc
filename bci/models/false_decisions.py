"""False decisions at rest: their count, the bound of their rate, and a threshold that keeps it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.decisions import reaches
from bci.signals import Prediction

LEVEL = 0.95
"""Confidence of every bound of a rate: in 19 of 20 calibrations the true rate is below it."""

NO_COMMAND = -1
THRESHOLDS = np.arange(0.5, 1.0, 0.005).round(3)
"""Thresholds that are tried, ascending."""


@dataclass(frozen=True)
class Commands:
    """The command that each prediction of a run would lead to, in order of time.

    ``confidence`` (n,), ``number`` (n,) of the class or `NO_COMMAND`, and ``in_rest`` (n,):
    whether the window lies wholly within rest.
    """

    confidence: NDArray[np.float64]
    number: NDArray[np.int64]
    in_rest: NDArray[np.bool_]


@dataclass(frozen=True)
class RestRate:
    """False decisions in some minutes of rest."""

    count: int
    minutes: float

    @property
    def per_min(self) -> float:
        return self.count / self.minutes

    @property
    def bound_per_min(self) -> float:
        """Upper bound of the rate; see `upper_bound`."""
        return upper_bound(self.count, self.minutes)


def upper_bound(count: int, minutes: float) -> float:
    """Exact one-sided 95 % upper bound of a Poisson rate, per minute.

    Garwood, Biometrika 28 (1936) 437-442. Without an event it is 3.0 / ``minutes``.
    """
    from scipy import stats

    return float(stats.chi2.ppf(LEVEL, 2 * (count + 1)) / (2 * minutes))


def minutes_needed(most_per_min: float) -> float:
    """Least minutes of rest, without a false decision, that bound the rate at a limit."""
    return upper_bound(0, 1.0) / most_per_min


def commands_of(
    decisions: list[Prediction | None], in_rest: NDArray[np.bool_], quiet: str | None = None
) -> Commands:
    """The commands of decisions; none without evidence enough, or for the class ``quiet``."""
    given = [None if each is None or each.label == quiet else each for each in decisions]
    return Commands(
        np.array([0.0 if each is None else each.confidence for each in given]),
        np.array(
            [NO_COMMAND if e is None else e.probabilities.argmax() for e in given], dtype=np.int64
        ),
        in_rest,
    )


def false_decisions(run: Commands, threshold: float, lasting: int) -> int:
    """Count the false decisions of a run at rest.

    A decision counts when it begins, changes to another class, or is there already in the first
    window of a rest. While it is held it counts again every ``lasting`` predictions: by then its
    window shares no sample with the one before. So a decoder that is always sure is never quiet.
    """
    false = reaches(run.confidence, threshold) & (run.number != NO_COMMAND) & run.in_rest
    held = np.zeros(len(false), dtype=np.bool_)
    held[1:] = false[1:] & false[:-1] & (run.number[1:] == run.number[:-1])
    place = np.arange(len(false))
    begun = np.maximum.accumulate(np.where(held, 0, place)) if len(false) else place
    return int(np.count_nonzero(false & ((place - begun) % lasting == 0)))


def independent_after(n_samples: int, hop: int, n_windows: int = 1) -> int:
    """Predictions until a decision shares no sample with an earlier one.

    ``n_samples`` and ``hop`` are of the windows; a decision is taken from ``n_windows``.
    """
    return math.ceil(n_samples / hop) + n_windows - 1


def rest_rate(runs: list[Commands], hop_s: float, threshold: float, lasting: int) -> RestRate:
    """False decisions over runs, and the minutes of rest that they were counted in."""
    minutes = sum(int(run.in_rest.sum()) for run in runs) * hop_s / 60.0
    return RestRate(sum(false_decisions(run, threshold, lasting) for run in runs), minutes)


def choose_threshold(
    runs: list[Commands], hop_s: float, most_per_min: float, lasting: int
) -> float | None:
    """Choose the lowest threshold that, like all above it, has a bound of the rate at a limit.

    Where the minutes of rest cannot bound the rate at the limit, the limit is the least that they
    can bound: no false decision at all was seen.

    ``runs`` are those that the decoder did not learn from, with ``hop_s`` seconds between
    predictions; the limit is ``most_per_min`` false decisions a minute of rest; ``lasting`` is as
    for `false_decisions`.

    Returns
    -------
    threshold : float or None
        None without rest, or where no threshold meets the limit.

    Notes
    -----
    Thresholds are tested in a fixed order, the safest first, until one fails. So the bound holds
    for the one that is chosen as if it had been the only one tested (fixed sequence testing:
    Angelopoulos, Bates, Candes, Jordan and Lei, Learn then Test, arXiv:2110.01052).
    """
    if not any(run.in_rest.any() for run in runs):
        return None
    chosen = None
    for threshold in THRESHOLDS[::-1]:
        rate = rest_rate(runs, hop_s, float(threshold), lasting)
        if rate.bound_per_min > max(most_per_min, upper_bound(0, rate.minutes)):
            break
        chosen = float(threshold)
    return chosen


def crossed_rate(
    runs: list[Commands], hop_s: float, most_per_min: float, lasting: int
) -> RestRate | None:
    """Rate of each run at the threshold that the other runs ask for, over all runs.

    None where the other runs do not hold rest enough to bound the rate at the limit.
    """
    count, minutes = 0, 0.0
    for k, run in enumerate(runs):
        others = runs[:k] + runs[k + 1 :]
        chosen = choose_threshold(others, hop_s, most_per_min, lasting)
        if chosen is None:
            return None
        if rest_rate(others, hop_s, chosen, lasting).bound_per_min > most_per_min:
            return None
        own = rest_rate([run], hop_s, chosen, lasting)
        count, minutes = count + own.count, minutes + own.minutes
    return RestRate(count, minutes) if minutes else None
