"""What is held out in turn when a decoder is cross-validated."""

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.training.epochs import Epochs

_ITEM_FOLDS = 5


def split_by_run(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Test masks of the cross-validation, and what the folds are.

    Raises
    ------
    RecordingError
        If there are too few trials to hold any out.
    """
    runs = np.unique(epochs.runs)
    if len(runs) > 1:
        splits = [epochs.runs == run for run in runs]
        described = f"leave one run out, {len(runs)} runs"
    else:
        trials = np.unique(epochs.trials)
        if len(trials) < 8:
            raise RecordingError(
                f"{len(trials)} trials are too few to calibrate on; record at least 8"
            )
        splits = [np.isin(epochs.trials, block) for block in np.array_split(trials, 4)]
        described = "4 consecutive blocks of the trials of one run"
    for test in splits:
        if len(np.unique(epochs.labels[~test])) < len(np.unique(epochs.labels)):
            raise RecordingError(
                "a class is found in one part of the recordings only, so nothing can be held "
                "out; record every class in every run"
            )
    return splits, described


def split_by_item(epochs: Epochs) -> tuple[list[NDArray[np.bool_]], str]:
    """Test masks of five folds of whole items, drawn at random (seeded), and what they are.

    Raises
    ------
    RecordingError
        If there are too few items to hold any out.
    """
    assert epochs.items is not None
    items = np.unique(epochs.items)
    if len(items) < 2 * _ITEM_FOLDS:
        raise RecordingError(
            f"{len(items)} items are too few to calibrate on; show at least {2 * _ITEM_FOLDS}"
        )
    parts = np.array_split(np.random.default_rng(0).permutation(items), _ITEM_FOLDS)
    described = f"{_ITEM_FOLDS} folds of whole items, {len(items)} items"
    return [np.isin(epochs.items, part) for part in parts], described
