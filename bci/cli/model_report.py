"""Report of a trained model, for people and for programs."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from bci.cli.console import out
from bci.cli.events import emit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bci.evaluation.metrics import Measure
    from bci.models.card import Card, MeasureCard

_MOST_RUNS = 20


def print_score(card: "Card") -> None:
    score = card.score
    out.print(
        f"accuracy {score.accuracy:.2f} by trial "
        f"(95 % interval {score.low:.2f}-{score.high:.2f}, n = {score.trials}, "
        f"chance {score.chance:.2f}, p = {score.p_value:.2g}); {score.folds}"
    )
    if len(card.sources) > 1:
        shown = [f"{source.file} {source.trials}" for source in card.sources[:_MOST_RUNS]]
        more = len(card.sources) - len(shown)
        text = ", ".join(shown) + (f" and {more} more" if more else "")
        out.print(f"trials by run: {text}")
    for measure in score.measures:
        out.print(f"{measure.name} {format_measure(measure, score.trials)}")
    if score.candidates is not None:
        out.print(f"found {score.candidates}; compared by {card.embedded_by}")
    print_confusion(card.classes, score.confusion)
    if card.confidence is not None:
        out.print(f"confidence: {card.confidence.calibration()}")
        if (decisions := card.decisions()) is not None:
            out.print(f"{decisions}.")
            if card.confidence.lacks_rest:
                out.print(
                    "For a promise, record more runs, or a minute or two without any task and add "
                    "it: bci calibrate ... --rest FILE"
                )
    if score.shuffled_p is not None and score.shuffled_p <= 0.05 < score.p_value:
        out.print(
            f"better than guessing (p = {score.shuffled_p:.2g} by shuffled labels), but not than "
            "naming the most frequent class every time"
        )
    if (warning := card.warning()) is not None:
        out.print(warning, style="yellow")


def format_measure(measure: "Measure | MeasureCard", n: int) -> str:
    return f"{measure.value:.3g} (n = {n}, chance {measure.chance:.3g}, p = {measure.p_value:.2g})"


def print_confusion(classes: tuple[str, ...], counts: list[list[int]]) -> None:
    """A confusion matrix: rows are what was asked, columns what was decided."""
    if not counts:
        return
    table = Table("asked \\ decided", *classes)
    for name, row in zip(classes, counts, strict=True):
        table.add_row(name, *(str(n) for n in row))
    out.print(table)


def emit_model(card: "Card", folder: Path) -> None:
    from bci.messages import AccuracyFigure, ModelEvent, WarningEvent

    score = card.score
    if (warning := card.warning()) is not None:
        emit(WarningEvent(text=warning))
    figure = AccuracyFigure(
        value=score.accuracy, low=score.low, high=score.high, n=score.trials,
        chance=score.chance, p_value=score.p_value,
    )  # fmt: skip
    emit(ModelEvent(folder=str(folder), accuracy=figure))


def report_serving(arrays: "Mapping[str, NDArray[np.generic]]", as_json: bool = False) -> None:
    if "serving" not in arrays:
        return
    from bci.messages import NoteEvent
    from decoders.neural.serving import described

    text = described(arrays)
    if as_json:
        emit(NoteEvent(text=text))
    else:
        out.print(text)
