"""In which order a run shows its cues: by chance, but never one of them many times in a row."""

from random import Random

from gui.calibration.run.paradigms import CueScreenItem, RunPlan

MOST_IN_A_ROW = 3


def order_of(plan: RunPlan) -> list[CueScreenItem]:
    """Each cue ``trials_per_class`` times in a seeded random order, never four in a row."""
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
    """Whether after this cue the rest can still be shown without four in a row."""
    row = _row_of(order, chosen) + 1
    if row > MOST_IN_A_ROW:
        return False
    if 2 * max(left.values()) <= sum(left.values()):
        return True  # no cue is more than half of what is left
    after = left | {chosen: left[chosen] - 1}
    for k, n in after.items():
        others = sum(after.values()) - n
        room = MOST_IN_A_ROW * others + (MOST_IN_A_ROW - row if k == chosen else MOST_IN_A_ROW)
        if n > room:
            return False
    return True


def _row_of(order: list[int], k: int) -> int:
    """How often the cue stands at the end of the order without another between."""
    count = 0
    for other in reversed(order):
        if other != k:
            break
        count += 1
    return count
