"""Selections of a recording, decided again from predictions of its flashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.signals import Marker
from bci.spelling.flash_evidence import FlashEvidence, FlashWindows
from bci.spelling.from_settings import Speller
from bci.spelling.posterior import Probabilities, Stopping, Verdict
from bci.spelling.run import INTERRUPTED
from bci.spelling.stimulation import group_of

SELECTION = "selection/"


class TimedPrediction(NamedTuple):
    """A prediction; ``taken`` is the time of its window's last sample."""

    taken: float
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class RecordedSelection:
    """One selection of a recording, with the markers of its flashes.

    ``target`` is the attended symbol, None in free spelling. ``began`` is the time of the
    selection's marker.
    """

    number: int
    target: str | None
    began: float
    flashes: tuple[Marker, ...]


def find_selections(markers: Iterable[Marker]) -> list[RecordedSelection]:
    """Find the selections in markers in order of time; interrupted ones are left out."""
    found: list[RecordedSelection] = []
    begin: Marker | None = None
    flashes: list[Marker] = []

    def close() -> None:
        if begin is not None and flashes:
            _, number, *symbol = begin.label.split("/", 2)
            found.append(
                RecordedSelection(
                    int(number) if number.isdecimal() else len(found) + 1,
                    symbol[0] if symbol else None,
                    begin.time,
                    tuple(flashes),
                )
            )

    for marker in markers:
        if marker.label.startswith(SELECTION):
            close()
            begin, flashes = marker, []
        elif marker.label == INTERRUPTED:
            begin, flashes = None, []
        elif group_of(marker.label) is not None:
            flashes.append(marker)
    close()
    return found


def select(
    speller: Speller,
    windows: FlashWindows,
    selection: RecordedSelection,
    predictions: Sequence[TimedPrediction],
    prior: Probabilities,
    stopping: Stopping | None = None,
) -> Verdict | None:
    """Decide a recorded selection by the rules of a live run.

    Parameters
    ----------
    predictions : sequence of TimedPrediction
        Of the recording, in order of time.
    prior : ndarray, shape (n_symbols,)
        Probability of each symbol before the selection.
    stopping : Stopping, optional
        Default: the profile's rule.

    Returns
    -------
    verdict : Verdict or None
        None if no flash has a prediction.
    """
    evidence = _evidence(speller, windows, selection, prior, stopping or speller.stopping)
    for prediction in predictions:
        if evidence.received(prediction.taken, prediction.probabilities) is not None:
            break
    return evidence.give_up()


def after_repetitions(
    speller: Speller,
    windows: FlashWindows,
    selection: RecordedSelection,
    predictions: Sequence[TimedPrediction],
    prior: Probabilities,
) -> list[int]:
    """List the number of the likeliest symbol after 1, 2, ... repetitions of a selection.

    The list is empty if no flash has a prediction. Arguments as for `select`.
    """
    n = len(selection.flashes) // speller.code.n_groups
    found = []
    for k in range(1, n + 1):
        fixed = Stopping(2.0, k, k)
        verdict = select(speller, windows, selection, predictions, prior, fixed)
        if verdict is None:
            break
        found.append(verdict.number)
    return found


def of_selection(
    selection: RecordedSelection, predictions: Sequence[TimedPrediction], windows: FlashWindows
) -> list[TimedPrediction]:
    """List the predictions whose times fit the flashes of a selection."""
    first = selection.flashes[0].time + windows.delay_s - windows.slack_s
    last = selection.flashes[-1].time + windows.delay_s + windows.slack_s
    return [each for each in predictions if first <= each.taken <= last]


def _evidence(
    speller: Speller,
    windows: FlashWindows,
    selection: RecordedSelection,
    prior: Probabilities,
    stopping: Stopping,
) -> FlashEvidence:
    evidence = FlashEvidence(speller.code, prior, stopping, windows)
    for marker in selection.flashes:
        evidence.shown(marker.time, marker.label)
    return evidence
