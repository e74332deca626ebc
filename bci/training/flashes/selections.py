"""Group the trials of a speller by selection, for folds of whole symbols."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.signals import Recording
from bci.spelling.replay import SELECTION
from bci.training.epochs import Epochs, StreamedRun

_FOLDS = 4
_FEWEST_TARGETS = 20


def selections_of(runs: Sequence[StreamedRun]) -> NDArray[np.int64] | None:
    """Return the number of each trial's selection, counted over all runs.

    The shape is (n_trials,). The result is None if no recording has a marker of a selection.
    """
    numbers: list[NDArray[np.int64]] = []
    n_before = 0
    for run in runs:
        begins = selection_times(run.recording)
        onsets = np.array([trial.onset for trial in run.trials])
        numbers.append(n_before + np.searchsorted(begins, onsets, side="right"))
        n_before += len(begins) + 1
    if n_before == len(runs):
        return None
    return np.concatenate(numbers)


def selection_times(recording: Recording) -> NDArray[np.float64]:
    """Return the start time of each selection, (n_selections,), in seconds of the recording."""
    return np.array([m.time for m in recording.markers if m.label.startswith(SELECTION)])


def split_by_selection(
    epochs: Epochs, selections: NDArray[np.int64]
) -> tuple[list[NDArray[np.bool_]], str]:
    """Split one run into four blocks of whole selections.

    Return the test mask (n_windows,) of each block, and a description. ``selections`` (n_trials,)
    has the number of each trial's selection; see `selections_of`.

    Raises `RecordingError` if there are fewer than four selections.
    """
    own = selections[epochs.trials]
    found = np.unique(own)
    if len(found) < _FOLDS:
        raise RecordingError(
            f"{len(found)} selections are too few to calibrate on; copy at least {_FOLDS} symbols"
        )
    blocks = np.array_split(found, _FOLDS)
    described = f"{_FOLDS} consecutive blocks of the {len(found)} selections of one run"
    return [np.isin(own, block) for block in blocks], described


def require_targets(epochs: Epochs, unlabelled: str | None) -> None:
    """Raise RecordingError if flashes of the rarer class are fewer than 20.

    Paradigms without ``unlabelled`` markers or without a class ``target`` are not checked.
    """
    if unlabelled is None or "target" not in epochs.labels:
        return
    labels, counts = np.unique(epochs.labels, return_counts=True)
    rarest = int(counts.argmin())
    if counts[rarest] < _FEWEST_TARGETS:
        raise RecordingError(
            f"{counts[rarest]} flashes of the class {labels[rarest]} are too few to calibrate on; "
            f"record at least {_FEWEST_TARGETS}: copy more symbols"
        )


def away_from(epochs: Epochs, test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the epochs that share no sample with any test window, shape (n_windows,).

    ``test`` (n_windows,) marks the test windows. The result is the mask for training.
    """
    kept = ~test
    if epochs.ends is None:
        return kept
    n_samples = epochs.windows.shape[2]
    for run in np.unique(epochs.runs[test]):
        own = (epochs.runs == run) & kept
        tested = np.sort(epochs.ends[test & (epochs.runs == run)])
        ends = epochs.ends[own]
        at = np.searchsorted(tested, ends)
        before = np.where(at > 0, ends - tested[np.maximum(at - 1, 0)], n_samples)
        behind = np.where(
            at < len(tested), tested[np.minimum(at, len(tested) - 1)] - ends, n_samples
        )
        kept[own] = (before >= n_samples) & (behind >= n_samples)
    return kept
