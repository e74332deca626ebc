"""Evidence into probabilities of the symbols, and when they are enough."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]

_TINY = 1e-12


class Posterior:
    """Probability of each symbol: a prior, times the likelihood of what was observed.

    Parameters
    ----------
    prior : ndarray, shape (n_symbols,)
        Probabilities before any evidence. None is taken for 0, so that evidence can win.
    """

    def __init__(self, prior: Probabilities) -> None:
        self._logs = np.log(np.maximum(prior, _TINY))
        self._logs -= self._logs.max()

    def add(self, log_likelihoods: Probabilities) -> None:
        """Add the log likelihood of new evidence under each symbol, (n_symbols,).

        What all symbols have in common cancels: log ratios do as well.
        """
        self._logs = self._logs + log_likelihoods
        self._logs -= self._logs.max()

    @property
    def probabilities(self) -> Probabilities:
        """Probability of each symbol, (n_symbols,); they sum to 1."""
        odds = np.exp(self._logs)
        return np.asarray(odds / odds.sum())

    @property
    def best(self) -> int:
        """Number of the likeliest symbol."""
        return int(np.argmax(self._logs))

    @property
    def confidence(self) -> float:
        """Probability of the likeliest symbol."""
        return float(self.probabilities[self.best])


def uniform(n_symbols: int) -> Probabilities:
    """The prior that knows nothing."""
    return np.full(n_symbols, 1.0 / n_symbols)


@dataclass(frozen=True, slots=True)
class Stopping:
    """Rule by which a selection has enough evidence.

    An update is a repetition of all flashes, or one window of a flicker.

    Parameters
    ----------
    confidence : float
        Stop from this probability of the likeliest symbol on. Above 1: never before the maximum.
    min_updates, max_updates : int
        Updates that a selection has at least and at most.
    """

    confidence: float = 0.95
    min_updates: int = 1
    max_updates: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.min_updates <= self.max_updates:
            raise ValueError(
                f"min_updates ({self.min_updates}) must be 1 to max_updates ({self.max_updates})"
            )

    def is_enough(self, confidence: float, n_updates: int) -> bool:
        """Return whether a selection ends after so many updates."""
        if n_updates >= self.max_updates:
            return True
        return n_updates >= self.min_updates and confidence >= self.confidence


@dataclass(frozen=True)
class Verdict:
    """The symbol that a selection chose.

    ``probabilities`` (n_symbols,) are the posterior's, ``n_updates`` and ``n_flashes`` what it
    was made from: flashes without a prediction are not counted.
    """

    number: int
    confidence: float
    probabilities: Probabilities
    n_updates: int
    n_flashes: int = 0


class Selection:
    """Evidence of one selection, update by update, until it is enough."""

    def __init__(self, prior: Probabilities, stopping: Stopping) -> None:
        self.posterior = Posterior(prior)
        self.stopping = stopping
        self.n_updates = 0
        self.verdict: Verdict | None = None

    def update(self, log_likelihoods: Probabilities, n_flashes: int = 0) -> Verdict | None:
        """Add the evidence of one update, (n_symbols,); return the verdict where it is enough.

        After a verdict further evidence changes nothing.
        """
        if self.verdict is None:
            self.posterior.add(log_likelihoods)
            self.n_updates += 1
            posterior = self.posterior
            if self.stopping.is_enough(posterior.confidence, self.n_updates):
                self.verdict = self.conclude(n_flashes)
        return self.verdict

    def conclude(self, n_flashes: int = 0) -> Verdict:
        """End with the evidence so far."""
        posterior = self.posterior
        return Verdict(
            posterior.best,
            posterior.confidence,
            posterior.probabilities,
            self.n_updates,
            n_flashes,
        )
