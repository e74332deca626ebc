"""The runs of a session in their order."""

from typing import NamedTuple

from bci.neurofeedback.session import BASELINE, FEEDBACK, TRANSFER, RunKind
from bci.profiles.neurofeedback import RunSettings


class Step(NamedTuple):
    """One run of a session, number ``number`` of ``of`` runs of its ``kind``."""

    kind: RunKind
    number: int
    of: int
    length_s: float

    @property
    def title(self) -> str:
        """The step in words: ``Feedback run 2 of 4 (180 s)``."""
        length = f"({self.length_s:g} s)"
        if self.kind == BASELINE:
            return f"Baseline {length}"
        what = "Feedback run" if self.kind == FEEDBACK else "Transfer run"
        return f"{what} {self.number} of {self.of} {length}"


def steps_of(runs: RunSettings) -> list[Step]:
    """Return the steps of a session: baseline, feedback runs, then transfer runs."""
    kinds: tuple[tuple[RunKind, int, float], ...] = (
        (BASELINE, 1, runs.baseline_s),
        (FEEDBACK, runs.feedback_runs, runs.feedback_s),
        (TRANSFER, runs.transfer_runs, runs.transfer_s),
    )
    return [
        Step(kind, number, n, length_s) for kind, n, length_s in kinds for number in range(1, n + 1)
    ]
