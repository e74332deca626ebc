"""Probabilities of the symbols from evidence, and the rule that ends a selection."""

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
        Probabilities before any evidence. A 0 is replaced by 1e-12, so that evidence can outweigh
        it.
    """

    def __init__(self, prior: Probabilities) -> None:
        self._logs = np.log(np.maximum(prior, _TINY))
        self._logs -= self._logs.max()

    def add(self, log_likelihoods: Probabilities) -> None:
        """Add the log likelihood of new evidence under each symbol, (n_symbols,).

        A constant added to all symbols has no effect, so log likelihood ratios may be used.
        """
        self._logs = self._logs + log_likelihoods
        self._logs -= self._logs.max()

    @property
    def probabilities(self) -> Probabilities:
        """Probability of each symbol, (n_symbols,); the sum is 1."""
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
    """Prior in which all symbols are equally likely, (n_symbols,)."""
    return np.full(n_symbols, 1.0 / n_symbols)


@dataclass(frozen=True, slots=True)
class Stopping:
    """Rule that ends a selection.

    An update is a repetition of all flashes, or one window of a flicker.

    Parameters
    ----------
    confidence : float
        Probability of the likeliest symbol at which a selection ends. With a value above 1 it
        never ends before ``max_updates``.
    min_updates, max_updates : int
        Least and largest number of updates of a selection.
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
        """Return whether a selection with this ``confidence`` ends after ``n_updates``."""
        if n_updates >= self.max_updates:
            return True
        return n_updates >= self.min_updates and confidence >= self.confidence


@dataclass(frozen=True)
class Verdict:
    """The symbol ``number`` that a selection chose.

    ``probabilities`` (n_symbols,) is the posterior, ``confidence`` its largest value.
    ``n_updates`` and ``n_flashes`` count the evidence; flashes without a prediction do not count.
    """

    number: int
    confidence: float
    probabilities: Probabilities
    n_updates: int
    n_flashes: int = 0


class Selection:
    """Evidence of one selection, added update by update until the stopping rule ends it."""

    def __init__(self, prior: Probabilities, stopping: Stopping) -> None:
        self.posterior = Posterior(prior)
        self.stopping = stopping
        self.n_updates = 0
        self.verdict: Verdict | None = None

    def update(self, log_likelihoods: Probabilities, n_flashes: int = 0) -> Verdict | None:
        """Add the evidence of one update, (n_symbols,); return the verdict, None without one.

        After a verdict, further evidence is ignored.
        """
        if self.verdict is None:
            self.posterior.add(log_likelihoods)
            self.n_updates += 1
            posterior = self.posterior
            if self.stopping.is_enough(posterior.confidence, self.n_updates):
                self.verdict = self.conclude(n_flashes)
        return self.verdict

    def conclude(self, n_flashes: int = 0) -> Verdict:
        """Make the verdict of the evidence so far."""
        posterior = self.posterior
        return Verdict(
            posterior.best,
            posterior.confidence,
            posterior.probabilities,
            self.n_updates,
            n_flashes,
        )
