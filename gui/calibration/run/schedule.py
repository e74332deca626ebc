"""What comes when in a run: a state machine that is told the time and knows nothing of Qt."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from gui.calibration.run.paradigms import CueScreenItem, CueTiming


class Phase(Enum):
    """Where a run is."""

    WAITING = "waiting"
    BASELINE = "baseline"
    CUE = "cue"
    TASK = "task"
    RATING = "rating"
    PAUSE = "pause"
    HELD = "held"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class SchedulePhase:
    """What is to be shown now; ``cue`` is that of the trial, if one is under way."""

    phase: Phase
    cue: CueScreenItem | None
    n_done: int
    n_trials: int


_OVER = (Phase.DONE, Phase.ABORTED)
_IN_TRIAL = (Phase.CUE, Phase.TASK, Phase.RATING)


class Schedule:
    """Baseline, cue, task, pause, and again; a step lasts from when it was entered.

    Where trials are rated, the rating comes before the pause and takes as long as it takes. A trial
    that is interrupted before its pause is shown again at the end, so that a pause
    costs no trial.

    Parameters
    ----------
    order : sequence of Cue
    timing : Timing
    seed : int
        Of the pauses.
    rated : bool
        Whether each trial is rated.
    """

    def __init__(
        self, order: Sequence[CueScreenItem], timing: CueTiming, seed: int, rated: bool = False
    ) -> None:
        self._rated = rated
        self._left = deque(order)
        self._timing = timing
        self._rng = Random(seed)  # noqa: S311 - lengths of pauses, no secret
        self._until = float("inf")
        self._n_trials = len(order)
        self.completed: Counter[str] = Counter()
        self.phase = Phase.WAITING

    @property
    def step(self) -> SchedulePhase:
        """What is to be shown now."""
        cue = self._left[0] if self.phase in _IN_TRIAL else None
        return SchedulePhase(self.phase, cue, self.completed.total(), self._n_trials)

    @property
    def is_over(self) -> bool:
        return self.phase in _OVER

    def begin(self, now: float) -> None:
        """Start with the first trial, or go on after `hold`."""
        if self.phase is Phase.WAITING or self.phase is Phase.HELD:
            if self._left:
                self._enter(Phase.BASELINE, now, self._timing.baseline_s)
            else:
                self._enter(Phase.DONE, now, float("inf"))

    def hold(self, now: float) -> None:
        """Wait until `begin`; a trial under way will be shown again."""
        if self.is_over or self.phase in (Phase.WAITING, Phase.HELD):
            return
        if self.phase in _IN_TRIAL:
            self._left.rotate(-1)
        self._enter(Phase.HELD, now, float("inf"))

    def abort(self, now: float) -> None:
        """End here."""
        if not self.is_over:
            self._enter(Phase.ABORTED, now, float("inf"))

    def rate(self, now: float) -> None:
        """The trial is rated: go on."""
        if self.phase is Phase.RATING:
            self._complete(now)

    def advance(self, now: float) -> bool:
        """Go on by one step at most, if it is time; whether there is another step now.

        One at a time, since a cue that was late must be shown all the same.
        """
        if now < self._until:
            return False
        timing = self._timing
        if self.phase is Phase.BASELINE:
            self._enter(Phase.CUE, now, timing.cue_s)
        elif self.phase is Phase.CUE:
            self._enter(Phase.TASK, now, timing.task_s)
        elif self.phase is Phase.TASK and self._rated:
            self._enter(Phase.RATING, now, float("inf"))
        elif self.phase is Phase.TASK:
            self._complete(now)
        elif self._left:
            self._enter(Phase.BASELINE, now, timing.baseline_s)
        else:
            self._enter(Phase.DONE, now, float("inf"))
        return True

    def _complete(self, now: float) -> None:
        self.completed[self._left.popleft().label] += 1
        pause_s = self._rng.uniform(self._timing.pause_min_s, self._timing.pause_max_s)
        self._enter(Phase.PAUSE, now, pause_s)

    def _enter(self, phase: Phase, now: float, lasts_s: float) -> None:
        self.phase = phase
        self._until = now + lasts_s
