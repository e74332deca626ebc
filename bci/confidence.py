"""Confidence that means what it says: temperature scaling, and a threshold with a known cost."""

import numpy as np
from numpy.typing import NDArray

from bci.types import Decoder, FloatArray, Prediction

Probabilities = NDArray[np.float64]

_TEMPERATURES = (0.05, 20.0)
_TINY = 1e-12
_N_BINS = 10
_THRESHOLDS = np.arange(0.5, 1.0, 0.005).round(3)


def temper(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Probabilities made less sure (temperature above 1) or surer; the order stays.

    Guo, Pleiss, Sun and Weinberger, ICML 2017. ``probabilities`` (..., n_classes). What is
    exactly 0 stays so: it was no candidate.
    """
    logs = np.log(np.maximum(probabilities, _TINY)) / temperature
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True)) * (probabilities > 0)
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def fit_temperature(probabilities: Probabilities, truth: NDArray[np.int64]) -> float:
    """The temperature under which held-out decisions are likeliest.

    Parameters
    ----------
    probabilities : ndarray, shape (n_trials, n_classes)
    truth : ndarray of int, shape (n_trials,)
        Numbers of the true classes.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(truth))

    def cost(log_temperature: float) -> float:
        tempered = temper(probabilities, float(np.exp(log_temperature)))
        return float(-np.log(np.maximum(tempered[rows, truth], _TINY)).mean())

    bounds = tuple(np.log(_TEMPERATURES))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded").x))


def calibration_error(probabilities: Probabilities, truth: NDArray[np.int64]) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over ten bins."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _N_BINS).astype(int), _N_BINS - 1)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


def confidences(decisions: list[Prediction | None], quiet: str | None = None) -> Probabilities:
    """Confidence of each decision, (n_decisions,).

    0 where there was not evidence enough, or for the class ``quiet``, which is no command: so a
    threshold is chosen, and false positives are counted, for the other classes alone.
    """
    return np.array(
        [0.0 if each is None or each.label == quiet else each.confidence for each in decisions]
    )


def false_positives(
    confidence: NDArray[np.float64], in_rest: NDArray[np.bool_], threshold: float
) -> int:
    """How often confidence rose to the threshold during rest.

    Parameters
    ----------
    confidence : ndarray, shape (n_predictions,)
        Of every prediction in turn.
    in_rest : ndarray of bool, shape (n_predictions,)
        Whether its window lies wholly within rest.
    threshold : float
    """
    rose = (confidence[1:] >= threshold) & (confidence[:-1] < threshold)
    return int(np.count_nonzero(rose & in_rest[1:]))


def false_positive_rate(
    runs: list[tuple[NDArray[np.float64], NDArray[np.bool_]]], hop_s: float, threshold: float
) -> float | None:
    """False positives a minute of rest over runs, as in `choose_threshold`; None without rest."""
    rest_min = sum(int(in_rest.sum()) for _, in_rest in runs) * hop_s / 60.0
    if not rest_min:
        return None
    return sum(false_positives(*run, threshold) for run in runs) / rest_min


def choose_threshold(
    runs: list[tuple[NDArray[np.float64], NDArray[np.bool_]]], hop_s: float, most_per_min: float
) -> float | None:
    """The lowest threshold that, like all above it, keeps false positives at rest to a rate.

    Parameters
    ----------
    runs : list of (confidence, in_rest)
        Of each held-out run, as in `false_positives`.
    hop_s : float
        Between predictions, in seconds.
    most_per_min : float
        False positives a minute of rest.

    Returns
    -------
    threshold : float or None
        None where there is no rest or none keeps it quiet.
    """
    # From the top down, since a threshold that is always exceeded is never risen to.
    chosen = None
    for threshold in _THRESHOLDS[::-1]:
        rate = false_positive_rate(runs, hop_s, float(threshold))
        if rate is None or rate > most_per_min:
            break
        chosen = float(threshold)
    return chosen


class Tempered:
    """A decoder whose probabilities are tempered.

    Parameters
    ----------
    decoder : Decoder
        Trained.
    temperature : float
    """

    def __init__(self, decoder: Decoder, temperature: float) -> None:
        self.inner = decoder
        self.temperature = temperature
        self.classes = decoder.classes

    def fit(self, windows: FloatArray, labels: NDArray[np.str_], **context: object) -> None:
        """Train anew; the temperature belongs to what was, so it is 1 from here on."""
        self.inner.fit(windows, labels, **context)  # type: ignore[arg-type]
        self.temperature = 1.0

    def predict_proba(self, window: FloatArray) -> Probabilities:
        return temper(self.inner.predict_proba(window), self.temperature)

    @property
    def similarities(self) -> Probabilities | None:
        """As `bci.types.Comparing`: no temperature changes them."""
        return getattr(self.inner, "similarities", None)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return self.inner.arrays()
