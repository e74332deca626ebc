"""Trainings of a benchmark: a progress bar for people, or events for programs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from rich.progress import track

from bci.cli import events
from bci.cli.console import err
from bci.messages import OutcomeEvent, ProgressEvent

J = TypeVar("J")


def tracked(jobs: Sequence[J], doing: str) -> Iterator[J]:
    """Yield jobs, with a progress bar on standard error or, with ``--json``, an event a job."""
    if not events.wanted():
        yield from track(jobs, doing, transient=True, console=err)
        return
    for done, job in enumerate(jobs):
        events.emit(ProgressEvent(doing=doing, done=done, of=len(jobs)))
        yield job
    events.emit(ProgressEvent(doing=doing, done=len(jobs), of=len(jobs)))


def emit_outcome(
    study: str,
    conditions: Mapping[str, str | int | bool],
    figures: Mapping[str, float | int | None],
) -> None:
    """Print the outcome of a training as an event; nothing without ``--json``."""
    if not events.wanted():
        return
    known = {
        name: None if value is None or not math.isfinite(value) else float(value)
        for name, value in figures.items()
    }
    events.emit(OutcomeEvent(study=study, conditions=dict(conditions), figures=known))
