"""Compare decoders of seen images by retrieval scores."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bci.evaluation.metrics import rank_of_truth
from bci.interfaces import Decoder, Retrieval
from bci.training.epochs import Epochs


class RetrievalScore(NamedTuple):
    """Retrieval score of images; each trial is decided among ``n_candidates`` images."""

    top_1: float
    top_5: float
    median_rank: float
    n_trials: int
    n_candidates: int


def find_images(
    training: Epochs, test: Epochs, make_decoder: Callable[[], Decoder]
) -> RetrievalScore:
    """Train a decoder, then rank the images of ``test`` for each of its trials."""
    decoder = make_decoder()
    decoder.fit(training.windows, training.labels, groups=training.runs, signal=training.signal)
    assert isinstance(decoder, Retrieval)
    decoder.choose_from([str(name) for name in np.unique(test.labels)])
    probabilities = np.stack([decoder.predict_proba(window) for window in test.windows])
    rank = rank_of_truth(probabilities, np.searchsorted(decoder.classes, test.labels))
    return RetrievalScore(
        float((rank == 1).mean()), float((rank <= 5).mean()), float(np.median(rank)), len(rank),
        len(decoder.classes),
    )  # fmt: skip


def shuffled(epochs: Epochs, seed: int) -> Epochs:
    """Permute the labels between trials."""
    return replace(epochs, labels=np.random.default_rng(seed).permutation(epochs.labels))


def part_of(epochs: Epochs, start_s: float, stop_s: float) -> Epochs:
    """Cut each window to ``start_s``-``stop_s``, in seconds from its beginning."""
    assert epochs.signal is not None
    sfreq = epochs.signal.sfreq
    samples = slice(round(start_s * sfreq), round(stop_s * sfreq))
    return replace(epochs, windows=np.ascontiguousarray(epochs.windows[:, :, samples]))
