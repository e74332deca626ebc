"""Compare decoders of emotion levels by film and by subject.

A leaky split is computed for reference.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bci.interfaces import Decoder
from bci.signals import Signal
from bci.training.cross_validation import split_by_item
from bci.training.epochs import Epochs
from bci.training.others.pretrain import HeldOutPredictions, decide, fit, score_people

MakeDecoder = Callable[[], Decoder]

# Leaky: training and test have windows of the same films. Never report it alone.
PROTOCOLS = ("by film", "by subject", "leaky")
_LEAKY_FOLDS = 5
_MOST_FOLDS = 5


def run_protocol(
    protocol: str, people: list[Epochs], make_decoder: MakeDecoder, signal: Signal
) -> list[HeldOutPredictions]:
    """Cross-validate a decoder by one of `PROTOCOLS`.

    Return predictions in the order of people.

    - ``by film``: within each person, five folds of whole films, one decision per film at its end.
    - ``by subject``: trained on other people, who may have seen the same films. The decoder is
      aligned to the person's unlabelled windows.
    - ``leaky``: within each person, five folds of random windows, one decision per window.
      Training then has neighbours of each test window from the same film.

    The epochs in ``people`` must have ``items`` (film names), and run numbers must differ between
    people.
    """
    if protocol == "by subject":
        n_folds = min(_MOST_FOLDS, len(people))
        return score_people(people, make_decoder, signal, n_folds)
    if protocol == "by film":
        return [_by_film(person, make_decoder, signal) for person in people]
    return [_leaky(person, make_decoder, signal) for person in people]


def shuffled_films(epochs: Epochs, seed: int) -> Epochs:
    """Permute the classes between films, so that a decoder can only reach chance."""
    assert epochs.items is not None
    films, first, number = np.unique(epochs.items, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(films))
    return replace(epochs, labels=epochs.labels[first][order][number])


def _by_film(person: Epochs, make_decoder: MakeDecoder, signal: Signal) -> HeldOutPredictions:
    folds = []
    for test in split_by_item(person)[0]:
        decoder = make_decoder()
        fit(decoder, [person.only(~test)], signal)
        folds.append(decide(decoder, person.only(test).last_of_trials()))
    return _joined(folds)


def _leaky(person: Epochs, make_decoder: MakeDecoder, signal: Signal) -> HeldOutPredictions:
    fold_of = np.random.default_rng(0).integers(_LEAKY_FOLDS, size=len(person.windows))
    folds = []
    for fold in range(_LEAKY_FOLDS):
        decoder = make_decoder()
        fit(decoder, [person.only(fold_of != fold)], signal)
        folds.append(decide(decoder, person.only(fold_of == fold)))
    return _joined(folds)


def _joined(folds: list[HeldOutPredictions]) -> HeldOutPredictions:
    return HeldOutPredictions(
        folds[0].classes,
        np.concatenate([fold.probabilities for fold in folds]),
        np.concatenate([fold.truth for fold in folds]),
    )
