"""Decide trials at their ends, from the combined evidence of their windows."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from bci.engine.evidence import Evidence
from bci.errors import DecodingError
from bci.interfaces import Decoder
from bci.signals import Prediction
from bci.training.epochs import Epochs

Probabilities = NDArray[np.float64]


class DecidedEpochs:
    """Held-out epochs and a decoder; each window is decoded once, at its first use.

    Parameters
    ----------
    decoder : Decoder
        Decoder that was not trained on the epochs.
    epochs : Epochs
        Held-out windows.
    known : mapping of int to ndarray
        Probabilities of windows that are decoded already, by `Epochs.ends`.
    """

    def __init__(
        self, decoder: Decoder, epochs: Epochs, known: Mapping[int, Probabilities] | None = None
    ) -> None:
        self.decoder = decoder
        self.epochs = epochs
        self._found: dict[int, Probabilities] = {}
        if known is not None and epochs.ends is not None:
            ends = enumerate(epochs.ends.tolist())
            self._found = {number: known[end] for number, end in ends if end in known}

    def probabilities(self, number: int) -> Probabilities:
        """Return the class probabilities of window ``number``, shape (n_classes,).

        Raises `DecodingError` if the window cannot be decoded.
        """
        if number not in self._found:
            window = self.epochs.windows[number]
            self._found[number] = self.decoder.predict_proba(window)
        return self._found[number]

    def at_trial_ends(self, evidence_s: float = 0.0) -> tuple[NDArray[np.str_], Probabilities]:
        """Decide each trial at its end, from ``evidence_s`` seconds of windows.

        An engine decides in the same way. If ``evidence_s`` is longer than the trial, a
        live engine also uses windows from before the trial; here only the trial's own
        windows are used. The last window decides alone if ``evidence_s`` is 0 or the epochs
        have no ``ends``.

        Returns
        -------
        truth : ndarray of str, shape (n_trials,)
            True class of each trial.
        probabilities : ndarray, shape (n_trials, n_classes)
            Probabilities at the end of each trial.
        """
        trials = self.epochs.trials
        lasts = np.flatnonzero(self.epochs.are_last_of_trials())
        decided = [
            self._evidence(np.flatnonzero(trials == trials[last]), evidence_s) for last in lasts
        ]
        return self.epochs.labels[lasts], np.stack(decided)

    def _evidence(self, numbers: NDArray[np.int64], evidence_s: float) -> Probabilities:
        """Return the probabilities of a trial from its windows ``numbers``."""
        epochs, signal, last = self.epochs, self.epochs.signal, int(numbers[-1])
        if not evidence_s or epochs.ends is None or signal is None:
            return self.probabilities(last)
        ends, hop_s = epochs.ends[numbers], epochs.hop / signal.sfreq
        trial_s = float(ends[-1] - ends[0]) / signal.sfreq + hop_s
        evidence = Evidence(min(evidence_s, trial_s), hop_s, epochs.hop)
        whole = None
        for prediction in self._predictions(numbers):
            whole = evidence.add(prediction) or whole
        return self.probabilities(last) if whole is None else whole.probabilities

    def _predictions(self, numbers: NDArray[np.int64]) -> Iterator[Prediction]:
        assert self.epochs.ends is not None
        n_samples = self.epochs.windows.shape[2]
        for number in numbers.tolist():
            end = int(self.epochs.ends[number])
            try:
                found = self.probabilities(number)
            except DecodingError:  # such a window has no prediction live either
                continue
            yield Prediction(self.decoder.classes, found, end - n_samples, end, float("nan"))


def decide_trials(
    decoder: Decoder, epochs: Epochs, evidence_s: float = 0.0
) -> Iterator[tuple[str, str]]:
    """Yield the true and the decided class of each trial.

    See `DecidedEpochs.at_trial_ends`.
    """
    truth, probabilities = DecidedEpochs(decoder, epochs).at_trial_ends(evidence_s)
    for label, number in zip(truth, probabilities.argmax(axis=1), strict=True):
        yield str(label), decoder.classes[number]
