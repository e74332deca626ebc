"""Calibrated probabilities: temperature scaling, and the calibration error."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.interfaces import Attending, Decoder
from bci.models.confidence_card import TEMPERATURES
from bci.signals import FloatArray

Probabilities = NDArray[np.float64]

_TINY = 1e-12
_N_BINS = 10


def temper(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Make probabilities less confident (temperature above 1) or surer; their order stays.

    Guo, Pleiss, Sun and Weinberger, ICML 2017. ``probabilities`` (..., n_classes). What is
    exactly 0 stays so: it was no candidate.
    """
    logs = np.log(np.maximum(probabilities, _TINY)) / temperature
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True)) * (probabilities > 0)
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def equal_shares(truth: NDArray[np.int64]) -> Probabilities:
    """Weights of trials with which each class counts alike, 1 on average, (n_trials,)."""
    n = np.bincount(truth)
    return np.asarray((len(truth) / np.count_nonzero(n) / np.maximum(n, 1))[truth])


def fit_temperature(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    weights: Probabilities | None = None,
) -> float:
    """Fit the temperature under which held-out decisions are likeliest.

    ``probabilities`` (n_trials, n_classes); ``truth`` (n_trials,) are the numbers of the classes;
    ``weights`` (n_trials,) of the trials, all alike without them.

    Notes
    -----
    Each trial counts as right with a probability of (n + 1) / (n + 2), as in Platt's scaling
    (Advances in Large Margin Classifiers, 1999). Otherwise a few trials that are all decided
    rightly would ask for certainty.
    """
    from scipy.optimize import minimize_scalar

    n, n_classes = probabilities.shape
    doubt = 1.0 / (n + 2)
    wanted = np.full((n, n_classes), doubt / max(1, n_classes - 1))
    wanted[np.arange(n), truth] = 1.0 - doubt

    def cost(log_temperature: float) -> float:
        tempered = temper(probabilities, float(np.exp(log_temperature)))
        each = -(wanted * np.log(np.maximum(tempered, _TINY))).sum(axis=1)
        return float(np.average(each, weights=weights))

    bounds = tuple(np.log(TEMPERATURES))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded").x))


def calibration_error(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    weights: Probabilities | None = None,
) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over ten bins."""
    return _error(*_gaps(probabilities, truth, weights))


def _gaps(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    weights: Probabilities | None = None,
) -> tuple[NDArray[np.int64], Probabilities]:
    """Bin of each trial's confidence, and the weighed confidence less 1 where it was right."""
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * _N_BINS).astype(np.int64), _N_BINS - 1)
    gaps = confidence - (probabilities.argmax(axis=1) == truth)
    return bins, gaps if weights is None else gaps * weights


def _error(bins: NDArray[np.int64], gaps: Probabilities) -> float:
    # A bin's share of the trials times its mean gap is the sum of its gaps over all trials.
    return float(np.abs(np.bincount(bins, gaps)).sum() / len(bins))


def error_interval(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    n_resamples: int = 1000,
    weights: Probabilities | None = None,
) -> tuple[float, float]:
    """Estimate the 95 % interval of the calibration error, by a seeded bootstrap over trials.

    Few trials in ten bins make the error too large (30 trials of a perfectly calibrated model have
    0.14 on average), and a resample adds as much again. So both ends are corrected for what the
    resamples add: the lower one as in the basic interval, the upper one by shifting it.
    """
    n = len(truth)
    bins, gaps = _gaps(probabilities, truth, weights)
    error = _error(bins, gaps)
    draws = np.random.default_rng(0).integers(0, n, (n_resamples, n))
    resampled = [_error(bins[draw], gaps[draw]) for draw in draws]
    most, added = float(np.percentile(resampled, 97.5)), float(np.mean(resampled)) - error
    return min(error, max(0.0, 2 * error - most)), max(error, most - added)


class Tempered:
    """A decoder whose probabilities are tempered."""

    def __init__(self, decoder: Decoder, temperature: float) -> None:
        self.inner = decoder
        self.temperature = temperature
        self.classes = decoder.classes

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **context: object) -> None:
        """Train again; the temperature belongs to what was, so it is 1 from here on."""
        self.inner.fit(windows, labels, **context)  # type: ignore[arg-type]
        self.temperature = 1.0

    def predict_proba(self, window: FloatArray) -> Probabilities:
        return temper(self.inner.predict_proba(window), self.temperature)

    @property
    def similarities(self) -> Probabilities | None:
        """As `bci.interfaces.Comparing`: no temperature changes them."""
        return getattr(self.inner, "similarities", None)

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:
        """As `bci.interfaces.Attending`: no temperature changes it."""
        return self.inner.attention(ch_names) if isinstance(self.inner, Attending) else {}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return self.inner.arrays()
