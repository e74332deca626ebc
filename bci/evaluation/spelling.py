"""Scores of spelling: accuracy, repetitions needed, characters per minute."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.evaluation.metrics import Accuracy, score_accuracy
from bci.signals import Marker
from bci.spelling.flash_evidence import FlashWindows
from bci.spelling.from_settings import Speller
from bci.spelling.replay import (
    TimedPrediction,
    after_repetitions,
    find_selections,
    of_selection,
    select,
)
from bci.spelling.run import UNDONE
from bci.spelling.stimulation import group_of
from bci.spelling.symbols import SPACE

_REPETITIONS, RIGHT, SELECTIONS = "spelling.repetitions", "spelling.right", "spelling.selections"
FIGURES = "spelling.figures"
ENOUGH = 0.8


class SpelledRun(NamedTuple):
    """Markers of a run and the predictions of its flashes, both in order of time."""

    markers: Sequence[Marker]
    predictions: Sequence[TimedPrediction]


@dataclass(frozen=True)
class SpellingScore:
    """Score of copied symbols, decided from held-out predictions.

    ``accuracy`` is that of the profile's dynamic stopping, with ``repetitions`` on average.
    ``right`` (n_repetitions,) counts the correct symbols, of ``n``, after each fixed number of
    repetitions from 1 on. ``seconds`` is the duration of one selection with dynamic stopping:
    target, flashes, last window and feedback. ``selections`` has the target, the decided symbol
    (None without one) and the repetitions of each selection.
    """

    accuracy: Accuracy
    repetitions: float
    right: NDArray[np.int64]
    n: int
    n_symbols: int
    seconds: float
    selections: tuple[tuple[str, str | None, int], ...]

    @property
    def selections_per_min(self) -> float:
        return 60.0 / self.seconds

    @property
    def chars_per_min(self) -> float:
        """Characters per minute of a text in which every wrong symbol is undone.

        A wrong symbol costs its own selection and another one that undoes it, which may be wrong
        too. So the rate is ``2 accuracy - 1`` times that of selections, and 0 for an accuracy below
        one half.
        """
        return self.selections_per_min * max(0.0, 2.0 * self.accuracy.value - 1.0)

    @property
    def itr_bits_per_min(self) -> float:
        """Information transfer rate in bits per minute, after Wolpaw; see `wolpaw_bits`."""
        return wolpaw_bits(self.accuracy.value, self.n_symbols) * self.selections_per_min

    @property
    def needed(self) -> int | None:
        """Fewest repetitions that give 80 % correct symbols; None if no number does."""
        enough = np.flatnonzero(self.right >= ENOUGH * self.n)
        return int(enough[0]) + 1 if len(enough) else None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the curve over repetitions and the scores, as arrays to store."""
        return {
            _REPETITIONS: np.arange(1, len(self.right) + 1),
            RIGHT: self.right,
            SELECTIONS: np.array([self.n]),
            FIGURES: np.array(
                [
                    self.accuracy.value,
                    self.repetitions,
                    self.chars_per_min,
                    self.itr_bits_per_min,
                    self.n_symbols,
                ]
            ),
        }


def wolpaw_bits(accuracy: float, n_symbols: int) -> float:
    """Return the bits of one selection by Wolpaw's formula.

    Wolpaw et al., Clin. Neurophysiol. 113 (2002) 767-791. The formula assumes equally likely
    and equally easy symbols, and errors spread evenly over the other symbols. The result is 0
    at or below chance.
    """
    if accuracy <= 1.0 / n_symbols:
        return 0.0
    bits = np.log2(n_symbols)
    if accuracy < 1.0:
        wrong = 1.0 - accuracy
        bits += accuracy * np.log2(accuracy) + wrong * np.log2(wrong / (n_symbols - 1))
    return float(bits)


def why_unscored(speller: Speller, markers: Sequence[Marker]) -> str:
    """Explain that copied symbols flashed in other groups than the speller's.

    The text is empty if the groups agree.
    """
    n_groups = speller.code.n_groups
    for selection in find_selections(markers):
        groups = {group_of(marker.label) for marker in selection.flashes}
        if selection.target is not None and groups != set(range(n_groups)):
            return (
                f"symbols are not scored: {len(groups)} groups flash in the recording, {n_groups} "
                "in the speller's grid; take the profile that the recording was made with"
            )
    return ""


def score_spelling(
    speller: Speller, windows: FlashWindows, runs: Sequence[SpelledRun]
) -> SpellingScore | None:
    """Decide and score all copied symbols of ``runs``.

    The result is None if no symbol can be decided. The prior of each symbol follows from the
    symbols copied before it, as live. Undone symbols are removed from that text. Selections on
    another grid, or with less than one repetition, are left out.
    """
    right: list[list[bool]] = []
    outcomes: list[tuple[str, str | None, int]] = []
    for run in runs:
        copied: list[str] = []
        undone = deque(marker.time for marker in run.markers if marker.label == UNDONE)
        for selection in find_selections(run.markers):
            target = selection.target
            if target is None or target not in speller.grid.symbols:
                continue
            groups = {group_of(marker.label) for marker in selection.flashes}
            if groups != set(range(speller.code.n_groups)):
                continue
            own = of_selection(selection, run.predictions, windows)
            while undone and undone[0] < selection.began:
                undone.popleft()
                del copied[-1:]
            prior = speller.prior("".join(copied))
            number = speller.grid.number(target)
            fixed = after_repetitions(speller, windows, selection, own, prior)
            if not fixed:
                continue
            copied.append(" " if target == SPACE else target)
            right.append([each == number for each in fixed])
            verdict = select(speller, windows, selection, own, prior)
            symbol = None if verdict is None else speller.grid.symbols[verdict.number]
            outcomes.append((target, symbol, 0 if verdict is None else verdict.n_updates))
    if not outcomes:
        return None
    shortest = min(map(len, right))
    by_repetition = np.array([each[:shortest] for each in right]).sum(axis=0)
    repetitions = float(np.mean([n for _, _, n in outcomes]))
    hits = np.array(["right" if target == symbol else "wrong" for target, symbol, _ in outcomes])
    timing = speller.timing
    return SpellingScore(
        accuracy=score_accuracy(
            np.full(len(hits), "right"), hits, chance=1.0 / speller.grid.n_symbols
        ),
        repetitions=repetitions,
        right=by_repetition,
        n=len(outcomes),
        n_symbols=speller.grid.n_symbols,
        seconds=timing.target_s
        + repetitions * speller.code.n_groups * speller.flashes.soa_s
        + windows.delay_s
        + timing.feedback_s,
        selections=tuple(outcomes),
    )
