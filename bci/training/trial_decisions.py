"""Decisions at the ends of trials, from the evidence that their windows give together."""

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
    """Epochs and a decoder that did not learn from them; each window is decoded once, when wanted.

    Parameters
    ----------
    decoder : Decoder
    epochs : Epochs
    known : mapping of int to ndarray
        Probabilities of windows that were decoded before, by `Epochs.ends`.
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
        """Class probabilities of a window, (n_classes,); raises `DecodingError` if it has none."""
        if number not in self._found:
            window = self.epochs.windows[number]
            self._found[number] = self.decoder.predict_proba(window)
        return self._found[number]

    def at_trial_ends(self, evidence_s: float = 0.0) -> tuple[NDArray[np.str_], Probabilities]:
        """Decide each trial at its end, as an engine does that gathers evidence for so long.

        Live evidence goes back beyond the first window of a trial where ``evidence_s`` is longer
        than the trial; here it is of the trial alone. With 0, or where the epochs do not state
        when their windows end, the last window decides.

        Returns
        -------
        truth : ndarray of str, shape (n_trials,)
        probabilities : ndarray, shape (n_trials, n_classes)
        """
        trials = self.epochs.trials
        lasts = np.flatnonzero(self.epochs.are_last_of_trials())
        decided = [
            self._evidence(np.flatnonzero(trials == trials[last]), evidence_s) for last in lasts
        ]
        return self.epochs.labels[lasts], np.stack(decided)

    def _evidence(self, numbers: NDArray[np.int64], evidence_s: float) -> Probabilities:
        """Gather the evidence of a trial's windows, up to the last one that completes it."""
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
    """True class and decision of each trial, at its end; see `DecidedEpochs.at_trial_ends`."""
    truth, probabilities = DecidedEpochs(decoder, epochs).at_trial_ends(evidence_s)
    for label, number in zip(truth, probabilities.argmax(axis=1), strict=True):
        yield str(label), decoder.classes[number]
