"""Progress of a training: a bar for people, or events for programs."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.progress import Progress

from bci.cli.console import err, progress_columns
from bci.cli.events import emit
from bci.interfaces import TrainingStep
from bci.messages import NoteEvent, PointEvent, ProgressEvent, RunEvent, StepEvent
from bci.training.learning_curve import CurvePoint
from bci.training.run_counts import RunCount


@contextmanager
def reporting(as_json: bool) -> Iterator["_Events | _Bar"]:
    """Show progress while the ``with`` block runs: as a bar or, with ``as_json``, as events.

    The bar is on standard error, events are on standard output.
    """
    if as_json:
        yield _Events()
        return
    with Progress(*progress_columns(), console=err, transient=True) as shown:
        yield _Bar(shown)


class _Events:
    """Reporter that prints events of `bci.messages` on standard output."""

    def progress(self, doing: str, done: int, of: int) -> None:
        emit(ProgressEvent(doing=doing, done=done, of=of))

    def note(self, sentence: str) -> None:
        emit(NoteEvent(text=sentence))

    def runs(self, runs: tuple[RunCount, ...]) -> None:
        for run in runs:
            counts = asdict(run)
            emit(RunEvent(file=counts.pop("source"), **counts))

    def step(self, fold: int, step: TrainingStep) -> None:
        score = step.score if math.isfinite(step.score) else None
        loss = step.loss if math.isfinite(step.loss) else None
        emit(StepEvent(fold=fold, step=step.step, of=step.of, loss=loss, score=score))

    def point(self, point: CurvePoint) -> None:
        score, n = point.accuracy, point.trials_per_class
        event = PointEvent(
            trials_per_class=n, accuracy=score.value, low=score.low, high=score.high,
            chance=score.chance, trials=score.n, with_base=point.with_base,
        )  # fmt: skip
        emit(event)


class _Bar:
    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._bar = shown.add_task("", total=None)
        self._doing: tuple[str, int, int] = ("", 0, 1)

    def progress(self, doing: str, done: int, of: int) -> None:
        self._shown.update(self._bar, description=doing, completed=done, total=of)
        self._doing = doing, done, of

    def note(self, sentence: str) -> None:
        self._shown.console.print(sentence)

    def runs(self, runs: tuple[RunCount, ...]) -> None:
        for run in runs:
            self.note(str(run))

    def step(self, _fold: int, step: TrainingStep) -> None:
        doing, done, of = self._doing
        self._shown.update(
            self._bar,
            description=f"{doing}, loss {step.loss:.2f}",
            completed=done + step.step / step.of,
            total=of,
        )

    def point(self, point: CurvePoint) -> None:
        """Do nothing: points are printed in a table after the training."""
