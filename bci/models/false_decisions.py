"""Count false decisions at rest, and choose a threshold that limits them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.decisions import reaches
from bci.signals import Prediction

LEVEL = 0.95
"""Confidence level of a rate's upper bound: in 95 % of calibrations the true rate is below it."""

NO_COMMAND = -1
THRESHOLDS = np.arange(0.5, 1.0, 0.005).round(3)
"""Candidate thresholds, ascending."""


@dataclass(frozen=True)
class Commands:
    """The command that each prediction of a run would give, in order of time.

    ``confidence`` has shape (n,). ``number`` (n,) is the number of the class or `NO_COMMAND`.
    ``in_rest`` (n,) marks the windows that lie wholly in rest.
    """

    confidence: NDArray[np.float64]
    number: NDArray[np.int64]
    in_rest: NDArray[np.bool_]


@dataclass(frozen=True)
class RestRate:
    """Number of false decisions, and the minutes of rest in which they were counted."""

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
    """Return the exact one-sided 95 % upper bound of a Poisson rate, per minute.

    Garwood, Biometrika 28 (1936) 437-442. For ``count`` 0 it is 3.0 / ``minutes``.
    """
    from scipy import stats

    return float(stats.chi2.ppf(LEVEL, 2 * (count + 1)) / (2 * minutes))


def minutes_needed(most_per_min: float) -> float:
    """Return the minutes of rest that prove a limit if no decision is false.

    ``most_per_min`` is the limit.
    """
    return upper_bound(0, 1.0) / most_per_min


def commands_of(
    decisions: list[Prediction | None], in_rest: NDArray[np.bool_], quiet: str | None = None
) -> Commands:
    """Convert evidence to commands; there is none for None or for the class ``quiet``.

    ``in_rest`` (n_predictions,) is True for predictions at rest.
    """
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

    A decision counts when it starts, when it changes to another class, and in the first window of a
    rest. A lasting decision counts again every ``lasting`` predictions, when its windows share no
    sample with those counted before. So a decoder that always decides the same has many false
    decisions.
    """
    false = reaches(run.confidence, threshold) & (run.number != NO_COMMAND) & run.in_rest
    held = np.zeros(len(false), dtype=np.bool_)
    held[1:] = false[1:] & false[:-1] & (run.number[1:] == run.number[:-1])
    place = np.arange(len(false))
    begun = np.maximum.accumulate(np.where(held, 0, place)) if len(false) else place
    return int(np.count_nonzero(false & ((place - begun) % lasting == 0)))


def independent_after(n_samples: int, hop: int, n_windows: int = 1) -> int:
    """Return the predictions until a decision shares no sample with another.

    ``n_samples`` is the length of a window and ``hop`` the step between windows, in samples. A
    decision uses ``n_windows`` windows.
    """
    return math.ceil(n_samples / hop) + n_windows - 1


def rest_rate(runs: list[Commands], hop_s: float, threshold: float, lasting: int) -> RestRate:
    """Count the false decisions of all runs.

    There are ``hop_s`` seconds between predictions.
    """
    minutes = sum(int(run.in_rest.sum()) for run in runs) * hop_s / 60.0
    return RestRate(sum(false_decisions(run, threshold, lasting) for run in runs), minutes)


def choose_threshold(
    runs: list[Commands], hop_s: float, most_per_min: float, lasting: int
) -> float | None:
    """Choose the lowest threshold at which the upper bound of the rate meets a limit.

    All higher thresholds must meet it too. The limit is ``most_per_min`` false decisions per minute
    of rest. If there is too little rest to prove this limit, the threshold must have no false
    decision.

    ``runs`` are held-out runs, with ``hop_s`` seconds between predictions. ``lasting`` is as in
    `false_decisions`.

    Returns
    -------
    threshold : float or None
        None without rest, or if no threshold meets the limit.

    Notes
    -----
    Thresholds are tested from the highest down until one fails. So the bound of the chosen one
    holds as if no other had been tested (fixed sequence testing: Angelopoulos, Bates, Candes,
    Jordan and Lei, Learn then Test, arXiv:2110.01052).
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
    """Count false decisions at the threshold chosen on the other runs.

    The counts of all runs are added. None if the other runs have no threshold that proves the
    limit.
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
