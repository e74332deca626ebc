"""Success and learning: figures of each run, and their trend over runs and sessions."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import linregress, t

from bci.neurofeedback.baseline import Baseline
from bci.neurofeedback.session import FEEDBACK, TRANSFER, RunKind, Update

_LEAST_RUNS = 3


class RunFigures(NamedTuple):
    """Figures of a run.

    ``change_sd`` is the mean of the feature minus the baseline's mean, in the baseline's standard
    deviations; it is positive in the trained direction. ``success`` is the share of successful
    windows among those without an artifact; ``shown_success`` is the same share of the feedback as
    it was shown. ``agreement`` is the correlation of the shown level with the subject's own level:
    1 for real feedback, about 0 for sham.
    """

    session: int
    run: int
    kind: RunKind
    windows: int
    held: float
    mean: float
    change_sd: float
    success: float
    shown_success: float
    rewards_per_min: float
    threshold_first: float
    threshold_last: float
    agreement: float


class Course(NamedTuple):
    """Trend of the feature: change per run in standard deviations of the baseline.

    ``low`` and ``high`` are the ends of its 95 % interval.
    """

    n_runs: int
    slope: float
    low: float
    high: float


def run_figures(
    updates: Sequence[Update],
    baseline: Baseline,
    sign: int,
    hop_s: float,
    session: int = 1,
) -> list[RunFigures]:
    """Compute the figures of a session's feedback and transfer runs.

    ``sign`` is the trained direction, 1 or -1. ``hop_s`` is the time between windows.
    """
    numbers = sorted({each.run for each in updates if each.kind in (FEEDBACK, TRANSFER)})
    runs = ([each for each in updates if each.run == number] for number in numbers)
    return [_figures(run, baseline, sign, hop_s, session) for run in runs]


def _figures(
    run: Sequence[Update], baseline: Baseline, sign: int, hop_s: float, session: int
) -> RunFigures:
    counted = [each for each in run if not each.own.held]
    shown = [each for each in run if not each.shown.held]
    mean = float(np.mean([each.own.feature for each in counted])) if counted else math.nan
    # Sham feedback that was not recorded is unknown.
    known = [each for each in run if math.isfinite(each.shown.feature)]
    minutes = len(known) * hop_s / 60
    kind = run[0].kind
    assert kind is not None
    return RunFigures(
        session=session,
        run=run[0].run,
        kind=kind,
        windows=len(run),
        held=1 - len(counted) / len(run),
        mean=mean,
        change_sd=sign * (mean - baseline.mean) / baseline.sd,
        success=float(np.mean([each.own.success for each in counted])) if counted else math.nan,
        shown_success=float(np.mean([each.shown.success for each in shown])) if shown else math.nan,
        rewards_per_min=sum(each.shown.reward for each in known) / minutes if known else math.nan,
        threshold_first=run[0].own.threshold,
        threshold_last=run[-1].own.threshold,
        agreement=agreement(run),
    )


def agreement(run: Sequence[Update]) -> float:
    """Correlation of the shown level with the subject's own; NaN if too few windows have both."""
    pairs = [
        (each.shown.level, each.own.level)
        for each in run
        if math.isfinite(each.shown.level) and math.isfinite(each.own.level)
    ]
    if len(pairs) < _LEAST_RUNS:
        return math.nan
    shown, own = np.array(pairs).T
    if shown.std() == 0 or own.std() == 0:
        return math.nan
    return float(np.corrcoef(shown, own)[0, 1])


def learning_course(runs: Sequence[RunFigures], kind: RunKind = FEEDBACK) -> Course | None:
    """Trend of the feature over the runs of a kind, None with fewer than three; see `course_of`."""
    return course_of([each.change_sd for each in runs if each.kind == kind])


def course_of(changes: Sequence[float]) -> Course | None:
    """Trend of the changes of runs; None if fewer than three changes are finite.

    The slope is fitted by least squares, its interval follows Student's t distribution.
    """
    known = [(i, change) for i, change in enumerate(changes) if math.isfinite(change)]
    if len(known) < _LEAST_RUNS:
        return None
    x, y = np.array(known).T
    fit = linregress(x, y)
    half = float(t.ppf(0.975, len(known) - 2)) * float(fit.stderr)
    return Course(len(known), float(fit.slope), float(fit.slope) - half, float(fit.slope) + half)


def describe_course(course: Course | None) -> str:
    """Describe a learning trend in one sentence."""
    if course is None:
        return f"Learning: fewer than {_LEAST_RUNS} runs of feedback, so no course"
    interval = f"95 % interval {course.low:+.3f} to {course.high:+.3f}"
    return f"Learning: {course.slope:+.3f} baseline SD a run ({interval}, n = {course.n_runs} runs)"
