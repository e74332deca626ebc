"""The data of the timeline, and predictions as columns of pixels."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from bci.signals import Recording
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial
from gui.theme import Theme

# Pixels between two lines of a hatching.
_HATCH_PX = 6


@dataclass
class TimelineData:
    """A recording, its trials, and its predictions up to the time ``until``, in s."""

    recording: Recording | None = None
    trials: tuple[ReplayTrial, ...] = ()
    predictions: Predictions | None = None
    until: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """The number of markers by label."""
        return Counter(m.label for m in self.recording.markers) if self.recording else {}

    @property
    def duration(self) -> float:
        return self.recording.duration if self.recording else 0.0

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their colours: the model's, else those of trials."""
        if self.predictions is not None:
            return self.predictions.classes
        return tuple(sorted({trial.label for trial in self.trials}))

    @property
    def marker_classes(self) -> dict[str, str]:
        """The class by label of the marker, for markers at the onset of a trial."""
        onsets = {trial.onset: trial.label for trial in self.trials}
        markers = self.recording.markers if self.recording else ()
        return {m.label: onsets[m.time] for m in markers if m.time in onsets}

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Start and end of each span without samples, in seconds, shape (n_gaps, 2)."""
        if self.recording is None:
            return np.empty((0, 2))
        times, lost = self.recording.timestamps, np.diff(self.recording.indices) != 1
        return np.column_stack([times[:-1][lost], times[1:][lost]])

    def colours(self, theme: Theme) -> dict[str, QColor]:
        """Return the colour of each class, and of each marker that is a cue of a class.

        If there are more classes than colours, all have the same colour, since repeated colours
        would mislead. Markers that are no cue are left out.
        """
        one_for_all = len(self.classes) > len(theme.classes)
        accent = theme.colour("accent")
        found = {
            name: accent if one_for_all else theme.class_colour(k)
            for k, name in enumerate(self.classes)
        }
        asked = self.marker_classes.items()
        return found | {marker: found[name] for marker, name in asked if name in found}


def shares(predictions: Predictions, start: float, stop: float, width: int) -> NDArray[np.float64]:
    """Return the mean probability of each class in each column of pixels.

    The result has the shape (width, n_classes), for ``width`` columns from ``start`` to ``stop``,
    in seconds. A prediction is valid from the end of its window for `Predictions.hold_s` seconds.
    Columns without a valid prediction are NaN.
    """
    n = len(predictions.times)
    edges = np.linspace(start, stop, width + 1)
    first = np.searchsorted(predictions.times, edges[:-1])
    last = np.searchsorted(predictions.times, edges[1:])
    sums = np.vstack([np.zeros(len(predictions.classes)), predictions.probabilities.cumsum(axis=0)])
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)[:, None]
    # Columns narrower than a hop have the last prediction, if it is still valid.
    empty = np.flatnonzero((first == last) & (first > 0))
    if n and len(empty):
        before = first[empty] - 1
        holds = edges[empty] - predictions.times[before] <= predictions.hold_s
        found[empty[holds]] = predictions.probabilities[before[holds]]
    return found


def ribbon_picture(
    columns: NDArray[np.float64], theme: Theme, height: int, n_known: int
) -> NDArray[np.uint8]:
    """Return a picture of stacked classes in each column, with heights by probability.

    ``columns`` are the result of `shares`. If there are more classes than colours, only the
    likeliest is drawn. Among the first ``n_known`` columns, those without a valid prediction are
    hatched. The picture is RGBA with the shape (height, n_columns, 4).
    """
    n_columns, n_classes = columns.shape
    picture = np.zeros((height, n_columns, 4), dtype=np.uint8)
    known = ~np.isnan(columns[:, 0])
    rows = np.arange(height) + 0.5
    if n_classes > len(theme.classes):
        filled = rows[:, None] >= height * (1 - columns.max(axis=1, initial=0))
        np.copyto(picture, _rgba(theme.colour("accent")), where=(filled & known)[:, :, None])
    else:
        ends = height * columns[known].cumsum(axis=1)
        number = (rows[:, None, None] >= ends[:, :-1]).sum(axis=2)
        colours = np.array([_rgba(theme.class_colour(k)) for k in range(n_classes)])
        picture[:, known] = colours[number]
    at = np.arange(n_columns)
    is_line = (np.arange(height)[:, None] + at) % _HATCH_PX == 0
    hatched = is_line & ~known & (at < n_known)
    np.copyto(picture, _rgba(theme.colour("dim")), where=hatched[:, :, None])
    return picture


def _rgba(colour: QColor) -> NDArray[np.uint8]:
    return np.array(colour.getRgb(), dtype=np.uint8)


def decided(predictions: Predictions, start: float, stop: float, width: int) -> NDArray[np.int64]:
    """Return the index of the class decided at each column's right edge, (width,); -1 for none.

    A decision is valid as long as its prediction. The columns are those of `shares`.
    """
    number = {name: k for k, name in enumerate(predictions.classes)}
    found = np.full(width, -1)
    for column, edge in enumerate(np.linspace(start, stop, width + 1)[1:]):
        k = predictions.number_at(edge)
        decision = predictions.decisions[k] if k is not None else None
        if decision is not None and decision.label is not None:
            found[column] = number.get(decision.label, -1)
    return found
