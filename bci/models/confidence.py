"""Calibrate probabilities by a temperature; compute the calibration error."""

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
    """Scale the confidence of probabilities; a temperature above 1 lowers it.

    Guo, Pleiss, Sun and Weinberger, ICML 2017. ``probabilities`` has shape (..., n_classes). Their
    order stays. A probability of exactly 0 stays 0, since such a class was no candidate.
    """
    logs = np.log(np.maximum(probabilities, _TINY)) / temperature
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True)) * (probabilities > 0)
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def equal_shares(truth: NDArray[np.int64]) -> Probabilities:
    """Return weights of trials that give each class the same total.

    Their mean is 1, and the shape is (n_trials,).
    """
    n = np.bincount(truth)
    return np.asarray((len(truth) / np.count_nonzero(n) / np.maximum(n, 1))[truth])


def fit_temperature(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    weights: Probabilities | None = None,
) -> float:
    """Fit the temperature that maximises the likelihood of held-out trials.

    ``probabilities`` has shape (n_trials, n_classes). ``truth`` (n_trials,) has the numbers of the
    true classes. ``weights`` (n_trials,) weigh the trials; None weighs them equally.

    Notes
    -----
    For n trials, the target probability of the true class is (n + 1) / (n + 2). This is Platt's
    rule (Advances in Large Margin Classifiers, 1999). Otherwise a few trials that are all correct
    would lead to certainty.
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
    """Return the expected calibration error.

    It is the mean gap of confidence and accuracy in ten bins. ``probabilities`` have the shape
    (n_trials, n_classes). ``truth`` (n_trials,) has the numbers of the true classes. ``weights``
    (n_trials,) are the trials' weights; None: all are 1.
    """
    return _error(*_gaps(probabilities, truth, weights))


def _gaps(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    weights: Probabilities | None = None,
) -> tuple[NDArray[np.int64], Probabilities]:
    """Return each trial's bin of confidence, and its weighted gap.

    The gap is the confidence minus 1 for a correct decision, or minus 0 for a wrong one.
    """
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * _N_BINS).astype(np.int64), _N_BINS - 1)
    gaps = confidence - (probabilities.argmax(axis=1) == truth)
    return bins, gaps if weights is None else gaps * weights


def _error(bins: NDArray[np.int64], gaps: Probabilities) -> float:
    # A bin's share of the trials times its mean gap is its sum of gaps divided by all trials.
    return float(np.abs(np.bincount(bins, gaps)).sum() / len(bins))


def error_interval(
    probabilities: Probabilities,
    truth: NDArray[np.int64],
    n_resamples: int = 1000,
    weights: Probabilities | None = None,
) -> tuple[float, float]:
    """Estimate the 95 % interval (low, high) of the calibration error.

    Arguments as for `calibration_error`. The method is a bootstrap of ``n_resamples`` over trials,
    with a fixed seed. With few trials in ten bins, the error is biased upwards: 30 trials of a
    perfectly calibrated model have 0.14 on average. Each resample adds the same bias again. So both
    ends are corrected for the bias of the resamples: the lower end as in the basic interval, the
    upper end by a shift.
    """
    n = len(truth)
    bins, gaps = _gaps(probabilities, truth, weights)
    error = _error(bins, gaps)
    draws = np.random.default_rng(0).integers(0, n, (n_resamples, n))
    resampled = [_error(bins[draw], gaps[draw]) for draw in draws]
    most, added = float(np.percentile(resampled, 97.5)), float(np.mean(resampled)) - error
    return min(error, max(0.0, 2 * error - most)), max(error, most - added)


class Tempered:
    """A decoder whose probabilities are scaled by a temperature."""

    def __init__(self, decoder: Decoder, temperature: float) -> None:
        self.inner = decoder
        self.temperature = temperature
        self.classes = decoder.classes

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **context: object) -> None:
        """Train the decoder again and reset the temperature to 1."""
        self.inner.fit(windows, labels, **context)  # type: ignore[arg-type]
        self.temperature = 1.0

    def predict_proba(self, window: FloatArray) -> Probabilities:
        return temper(self.inner.predict_proba(window), self.temperature)

    @property
    def similarities(self) -> Probabilities | None:
        """Similarities as in `bci.interfaces.Comparing`, without temperature.

        They are None without any.
        """
        return getattr(self.inner, "similarities", None)

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:
        """Return weights as `bci.interfaces.Attending` does, without temperature."""
        return self.inner.attention(ch_names) if isinstance(self.inner, Attending) else {}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return self.inner.arrays()
