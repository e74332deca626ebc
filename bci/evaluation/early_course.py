"""Accuracy by the beginning of each window, for models that decode at cues."""

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
# Most trials of a fold; more would take minutes and change the curve little.
_MOST_TRIALS = 500


def early_course(card: Card, decoder: Decoder, recording: Recording) -> TimeCourse | None:
    """Score decisions from the first 0.1 s of each window, the first 0.2 s, and so on.

    Parameters
    ----------
    card : Card
        Card of the model.
    decoder : Decoder
        Decoder of the model.
    recording : Recording
        A recording that the model was not trained on.

    Returns
    -------
    course : TimeCourse or None
        None if the model does not decode at cues, or its decoder needs whole windows.
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
    """Number of parts, of about 0.1 s, into which `right_by_length` divides a window."""
    return min(max(1, round(window_s / _PART_S)), _MOST_PARTS)


def right_by_length(decoder: Decoder, epochs: Epochs) -> list[tuple[int, bool]]:
    """Decide held-out windows from their first part, their first two parts, and so on.

    The rest of the window is filled with the decoder's baseline. With more than 500 windows, an
    evenly spaced subset is used.

    Returns
    -------
    right : list of (int, bool)
        One item per decision: the number of the last part that was used, from 0, and whether the
        decision was right. Empty if the decoder needs whole windows.
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
    """Average the results of `right_by_length` into a course over time.

    The windows begin ``start_s`` seconds after the cue and are ``window_s`` seconds long.
    """
    part_s = window_s / n_parts(window_s)
    return time_course(right, start_s + part_s, part_s)
