"""Schedule of a run: order of its cues, and a state machine.

The caller's clock drives the state machine.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from bci.tasks.cue_items import CueScreenItem
from bci.tasks.paradigms import CueTiming, RunPlan

MAX_IN_A_ROW = 3


class Phase(Enum):
    """Phases of a run."""

    WAITING = "waiting"
    REST = "rest"
    BASELINE = "baseline"
    CUE = "cue"
    TASK = "task"
    RATING = "rating"
    PAUSE = "pause"
    INTERRUPTED = "interrupted"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class SchedulePhase:
    """State of a run for display: phase, cue and trial counts.

    ``cue`` is that of the present trial, or None.
    """

    phase: Phase
    cue: CueScreenItem | None
    n_done: int
    n_trials: int


_OVER = (Phase.DONE, Phase.ABORTED)
_IN_TRIAL = (Phase.CUE, Phase.TASK, Phase.RATING)


class Schedule:
    """State machine of a run: rest if planned, then its trials.

    A trial has baseline, cue, task and pause. The duration of a phase is counted from the time
    at which it was entered. An interrupted rest starts again. Rated trials have a rating before
    the pause, which lasts until `rate` is called. A trial interrupted before its pause is
    repeated at the end of the run. All times ``now`` are in seconds on one clock.
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
        self._rested = timing.rest_s <= 0
        self.completed: Counter[str] = Counter()
        self.phase = Phase.WAITING

    @property
    def step(self) -> SchedulePhase:
        """The state to display at present."""
        cue = self._left[0] if self.phase in _IN_TRIAL else None
        return SchedulePhase(self.phase, cue, self.completed.total(), self._n_trials)

    @property
    def upcoming(self) -> CueScreenItem | None:
        """The cue of the present or next trial; None if no trial is left."""
        return self._left[0] if self._left else None

    @property
    def is_over(self) -> bool:
        return self.phase in _OVER

    def begin(self, now: float) -> None:
        """Start the run, or continue it after `interrupt`; ``now`` is in seconds."""
        if self.phase is Phase.WAITING or self.phase is Phase.INTERRUPTED:
            if not self._rested:
                self._enter(Phase.REST, now, self._timing.rest_s)
            elif self._left:
                self._enter(Phase.BASELINE, now, self._timing.baseline_s)
            else:
                self._enter(Phase.DONE, now, float("inf"))

    def interrupt(self, now: float) -> None:
        """Pause the run until `begin`; the present trial is repeated later."""
        if self.is_over or self.phase in (Phase.WAITING, Phase.INTERRUPTED):
            return
        if self.phase in _IN_TRIAL:
            self._left.rotate(-1)
        self._enter(Phase.INTERRUPTED, now, float("inf"))

    def abort(self, now: float) -> None:
        """End the run before all trials are done."""
        if not self.is_over:
            self._enter(Phase.ABORTED, now, float("inf"))

    def rate(self, now: float) -> None:
        """Complete the present trial after its rating."""
        if self.phase is Phase.RATING:
            self._complete(now)

    def advance(self, now: float) -> bool:
        """Enter the next phase if it is due; return True if so.

        Only one phase is entered per call, since a late cue must still be displayed.
        """
        if now < self._until:
            return False
        timing = self._timing
        if self.phase is Phase.REST:
            self._rested = True
            self._enter(Phase.BASELINE, now, timing.baseline_s)
        elif self.phase is Phase.BASELINE:
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


def order_of(plan: RunPlan) -> list[CueScreenItem]:
    """Return the cues of all trials in random order by the seed.

    At most three equal cues follow one another.
    """
    rng = Random(plan.seed)  # noqa: S311 - an order of cues, no secret
    left = dict.fromkeys(range(len(plan.cues)), plan.trials_per_class)
    order: list[int] = []
    for _ in range(plan.n_trials):
        allowed = [k for k, n in left.items() if n and _can_follow(order, k, left)]
        chosen = rng.choices(allowed, [left[k] for k in allowed])[0]
        left[chosen] -= 1
        order.append(chosen)
    return [plan.cues[k] for k in order]


def _can_follow(order: list[int], chosen: int, left: dict[int, int]) -> bool:
    """Return True if cue ``chosen`` leaves a valid order possible.

    An order is valid without four equal cues in a row.
    """
    row = _row_of(order, chosen) + 1
    if row > MAX_IN_A_ROW:
        return False
    if 2 * max(left.values()) <= sum(left.values()):
        return True  # no cue has more than half of the trials left
    after = left | {chosen: left[chosen] - 1}
    for k, n in after.items():
        others = sum(after.values()) - n
        room = MAX_IN_A_ROW * others + (MAX_IN_A_ROW - row if k == chosen else MAX_IN_A_ROW)
        if n > room:
            return False
    return True


def _row_of(order: list[int], k: int) -> int:
    """Count how often in a row cue ``k`` is at the end of the order."""
    count = 0
    for other in reversed(order):
        if other != k:
            break
        count += 1
    return count
