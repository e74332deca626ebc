"""How a training tells how far it is: a bar for people, or a line of JSON a step for programs."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import Progress

from bci.cli.console import err, progress_columns
from bci.learning_curve import CurvePoint
from bci.runs import RunCount
from bci.types import TrainingStep


class Teller(Protocol):
    """Is told how far a training is."""

    def progress(self, doing: str, done: int, of: int) -> None: ...
    def note(self, sentence: str) -> None: ...
    def runs(self, runs: tuple[RunCount, ...]) -> None: ...
    def step(self, fold: int, step: TrainingStep) -> None: ...
    def point(self, point: CurvePoint) -> None: ...


@contextmanager
def telling(as_json: bool) -> Iterator[Teller]:
    """A progress bar on the terminal for as long as the block runs, or lines of JSON."""
    if as_json:
        yield JsonLines()
        return
    with Progress(*progress_columns(), console=err, transient=True) as shown:
        yield _Bar(shown)


class JsonLines:
    """One JSON object a line on standard output, each with the key ``event``."""

    def progress(self, doing: str, done: int, of: int) -> None:
        """``{"event": "progress", "doing": ..., "done": 1, "of": 5}``."""
        self._print(event="progress", doing=doing, done=done, of=of)

    def note(self, sentence: str) -> None:
        """``{"event": "note", "said": "b.xdf: left out, since a.xdf holds the same signal"}``."""
        self._print(event="note", said=sentence)

    def runs(self, runs: tuple[RunCount, ...]) -> None:
        """``{"event": "run", "file": ..., "cues": 20, "trials": {"left": 9}, ...}``."""
        for run in runs:
            self._print(
                event="run", file=run.source, cues=run.cues, broken_off=run.broken_off,
                trials=run.trials, rest=run.rest, counts=run.counts,
            )  # fmt: skip

    def step(self, fold: int, step: TrainingStep) -> None:
        """``{"event": "step", "fold": 0, "step": 3, "of": 60, "loss": 0.6, "score": null}``."""
        score = step.score if math.isfinite(step.score) else None
        loss = step.loss if math.isfinite(step.loss) else None
        self._print(event="step", fold=fold, step=step.step, of=step.of, loss=loss, score=score)

    def point(self, point: CurvePoint) -> None:
        """``{"event": "point", "trials_per_class": 8, "accuracy": 0.8, "low": ..., ...}``."""
        score = point.accuracy
        self._print(
            event="point", trials_per_class=point.trials_per_class, accuracy=score.value,
            low=score.low, high=score.high, chance=score.chance, trials=score.n,
        )  # fmt: skip

    def serving(self, said: str) -> None:
        """``{"event": "serving", "said": "served by ONNX Runtime in 0.41 of PyTorch's time"}``."""
        self._print(event="serving", said=said)

    def model(self, folder: str) -> None:
        """``{"event": "model", "folder": "recordings/models/me"}``."""
        self._print(event="model", folder=folder)

    def _print(self, **values: object) -> None:
        # Not through rich, which wraps long lines.
        print(json.dumps(values), flush=True)


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
        """Told in a table afterwards."""
