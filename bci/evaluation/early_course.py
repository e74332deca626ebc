"""Accuracy from the beginning of each window alone, where windows come at cues."""

from collections.abc import Iterable

import numpy as np

from bci.interfaces import Decoder, EarlyDeciding
from bci.models.card import Card
from bci.models.confidence import Tempered
from bci.signals import Recording
from bci.training.epochs import Epochs, cut_epochs
from bci.training.time_course import TimeCourse, time_course

_MOST_PARTS = 25
_PART_S = 0.1
# Of each fold; more would take minutes and change the curve little.
_MOST_TRIALS = 500


def early_course(card: Card, decoder: Decoder, recording: Recording) -> TimeCourse | None:
    """Decide each trial from the beginning of its window alone: the first 0.1 s, the first 0.2 s.

    Parameters
    ----------
    card : Card
    decoder : Decoder
    recording : Recording
        The model was not trained on it.

    Returns
    -------
    course : TimeCourse or None
        None where windows do not come at cues, or the decoder cannot decide from a part of one.
    """
    if not card.pipeline.at_cues:
        return None
    plain = decoder.inner if isinstance(decoder, Tempered) else decoder
    epochs = cut_epochs([recording], card.pipeline, card.paradigm)
    right = right_by_length(plain, epochs)
    if not right or epochs.signal is None:
        return None
    window_s = epochs.windows.shape[2] / epochs.signal.sfreq
    return course_by_length(right, card.paradigm.start_s, window_s)


def n_parts(window_s: float) -> int:
    """Into how many parts, of about a tenth of a second, `right_by_length` divides a window."""
    return min(max(1, round(window_s / _PART_S)), _MOST_PARTS)


def right_by_length(decoder: Decoder, epochs: Epochs) -> list[tuple[int, bool]]:
    """Decide held-out windows from their beginnings alone: the first part, the first two, ...

    The rest of the window is at the decoder's baseline, as if nothing came any more. Of very many
    trials, some are left out evenly.

    Returns
    -------
    right : list of (int, bool)
        The number of the last part that was known, from 0, and whether the decision was right.
        Nothing of a decoder that cannot do it.
    """
    if not isinstance(decoder, EarlyDeciding) or epochs.signal is None or not len(epochs.windows):
        return []
    n_samples = epochs.windows.shape[2]
    parts = n_parts(n_samples / epochs.signal.sfreq)
    every = -(-len(epochs.windows) // _MOST_TRIALS)
    right = []
    for window, label in zip(epochs.windows[::every], epochs.labels[::every], strict=True):
        begun = np.repeat(decoder.baseline[:, None], n_samples, axis=1)
        for part in range(parts):
            end = round((part + 1) * n_samples / parts)
            begun[:, :end] = window[:, :end]
            decided = decoder.classes[int(np.argmax(decoder.predict_proba(begun)))]
            right.append((part, decided == label))
    return right


def course_by_length(
    right: Iterable[tuple[int, bool]], start_s: float, window_s: float
) -> TimeCourse:
    """Collect `right_by_length` of windows that begin ``start_s`` after the cue."""
    part_s = window_s / n_parts(window_s)
    return time_course(right, start_s + part_s, part_s)
