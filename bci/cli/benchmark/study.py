"""Trainings of a study: missing rows as jobs, progress, time left."""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from rich.progress import MofNCompleteColumn, Progress, TextColumn

import decoders
from bci.cli import events
from bci.cli.benchmark.runner import Conditions, Results, Row
from bci.cli.console import err, progress_columns
from bci.jobs.workers import Workers, run_jobs
from bci.messages import ProgressEvent

R = TypeVar("R", bound=Row)
Group = list[Conditions]
"""Conditions whose rows are made in one job, because they share the longest computation."""

# Time between two lines of a log, in seconds.
_LOGGED_S = 60.0


def fill(
    results: Results[R],
    wanted: Sequence[Conditions],
    do: Callable[[Any, Group], list[R]],
    workers: Workers,
    given: Callable[[list[Conditions]], Any] = lambda _missing: None,
    together: Callable[[Conditions], Hashable] = lambda each: each,
    kind: Callable[[Conditions], Hashable] = lambda _each: None,
    doing: str = "Trainings",
) -> int:
    """Make the rows that a study lacks; each result is saved at once.

    Parameters
    ----------
    results : Results
    wanted : sequence of tuple
        Conditions in the final order of their rows; they may be made in another order.
    do : callable
        Function at the top level of a module; makes the rows of a group from the shared data.
    workers : Workers
    given : callable
        Called with the missing conditions; returns the data that all jobs share.
    together : callable
        Conditions for which it returns the same value are made in one job.
    kind : callable
        Conditions for which it returns the same value take about as long; for the time left.
    doing : str
        Description of the progress bar.

    Returns
    -------
    n_rows : int
        Number of rows that were made.
    """
    groups: dict[Hashable, Group] = {}
    for each in results.lacking(wanted):
        groups.setdefault(together(each), []).append(each)
    jobs = list(groups.values())
    if not jobs:
        return 0
    shared = given([each for group in jobs for each in group])
    left = TimeLeft([kind(group[0]) for group in jobs])
    n_before = len(results.rows)
    done = run_jobs(do, shared, jobs, workers)
    with closing(done), _shown(doing, len(jobs)) as show:
        for n_done, one in enumerate(done, 1):
            results.add(one.result)
            left.took(one.number, one.seconds)
            show(n_done, left.seconds())
    results.arrange(wanted)
    return len(results.rows) - n_before


def seeded(name: str, seed: int, device: str) -> dict[str, object]:
    """Return seed and device as parameters of the decoder ``name``, if it has them."""
    known = decoders.parameters_of(name)
    given: dict[str, object] = {"seed": seed, "device": device}
    return {key: value for key, value in given.items() if key in known}


class TimeLeft:
    """Estimate of the time until all jobs are done, from finished jobs of the same kind."""

    def __init__(
        self, kinds: Sequence[Hashable], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kinds, self._clock, self._began = kinds, clock, clock()
        self._left = set(range(len(kinds)))
        self._took: dict[Hashable, list[float]] = {}

    def took(self, number: int, seconds: float) -> None:
        """Record that job ``number`` is done after ``seconds``."""
        self._left.discard(number)
        self._took.setdefault(self._kinds[number], []).append(seconds)

    def seconds(self) -> float | None:
        """Return the remaining time in seconds; None before the first job is done."""
        every = [each for own in self._took.values() for each in own]
        if not every:
            return None
        mean = {kind: sum(own) / len(own) for kind, own in self._took.items()}
        usual = sum(every) / len(every)
        work = sum(mean.get(self._kinds[number], usual) for number in self._left)
        # As many jobs run in parallel as on average so far.
        elapsed = max(self._clock() - self._began, 1e-9)
        return work / max(1.0, sum(every) / elapsed)


def duration(seconds: float | None) -> str:
    """Format a remaining time: ``3 h 10 min left``; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min left"
    return f"{minutes} min {rest:02} s left" if minutes else f"{rest} s left"


@contextmanager
def _shown(doing: str, n_jobs: int) -> Iterator[Callable[[int, float | None], None]]:
    """Yield a function that shows progress: a bar, one log line per minute, or events.

    It is called with the number of done jobs and the remaining seconds.
    """
    if events.wanted():
        events.emit(ProgressEvent(doing=doing, done=0, of=n_jobs))
        yield lambda done, left: events.emit(
            ProgressEvent(doing=doing, done=done, of=n_jobs, left_s=left)
        )
        return
    columns = (*progress_columns(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    logged = [time.monotonic()]
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(doing, total=n_jobs, left="")

        def show(done: int, left: float | None) -> None:
            bar.update(task, completed=done, left=duration(left))
            now = time.monotonic()
            if not err.is_terminal and now - logged[0] >= _LOGGED_S:
                logged[0] = now
                err.print(f"{doing}: {done} of {n_jobs}, {duration(left)}")

        yield show
