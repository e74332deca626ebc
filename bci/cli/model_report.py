"""Report of a trained model, for people and for programs."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from bci.cli.console import out, warn
from bci.cli.events import emit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bci.evaluation.metrics import Measure
    from bci.evaluation.spelling import SpellingScore
    from bci.models.card import Card, MeasureCard
    from bci.signals import Recording
    from bci.spelling.from_settings import Speller

_MOST_RUNS = 20


def print_score(card: "Card") -> None:
    score = card.score
    if score.is_missing:
        out.print(f"not scored; {score.folds}")
        return
    if card.of_flashes:
        _print_flashes(card)
        return
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
    if trained_on := card.trained_on():
        out.print(f"trained on {trained_on}; scored on imagined ones")
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
    if card.pipeline.at_cues:
        out.print(f"stimulus offset {card.stimulus or 'unmeasured'}")
    if card.states is not None:
        out.print(f"{card.states.summary()}.")
    if score.shuffled_p is not None and score.shuffled_p <= 0.05 < score.p_value:
        out.print(
            f"better than guessing (p = {score.shuffled_p:.2g} by shuffled labels), but not than "
            "naming the most frequent class every time"
        )
    if (warning := card.warning()) is not None:
        out.print(warning, style="yellow")


def _print_flashes(card: "Card") -> None:
    """Print the score of a model whose windows are evidence only, most of them of one class."""
    score = card.score
    out.print(f"{score.trials} windows, decided one by one; {score.folds}")
    for measure in score.measures:
        out.print(f"{measure.name} {format_measure(measure, score.trials)}")
    print_confusion(card.classes, score.confusion)
    if card.confidence is not None:
        out.print(f"confidence: {card.confidence.calibration()}")
    if (warning := card.warning()) is not None:
        out.print(warning, style="yellow")


def format_measure(measure: "Measure | MeasureCard", n: int) -> str:
    return f"{measure.value:.3g} (n = {n}, chance {measure.chance:.3g}, p = {measure.p_value:.2g})"


def print_confusion(classes: tuple[str, ...], counts: list[list[int]]) -> None:
    """Print a confusion matrix: rows are the true classes, columns the decided ones."""
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


def report_spelling(spelled: "SpellingScore", as_json: bool = False) -> None:
    """Print the symbols that held-out flashes spell, and the repetitions that they need."""
    lines = describe_spelling(spelled)
    if as_json:
        from bci.messages import NoteEvent

        for line in lines:
            emit(NoteEvent(text=line))
        return
    for line in lines:
        out.print(line)


def warn_unscored(speller: "Speller", recordings: "Sequence[Recording]") -> None:
    """Warn once if copied symbols cannot be scored; see `bci.evaluation.spelling`."""
    from bci.evaluation.spelling import why_unscored

    for recording in recordings:
        if why := why_unscored(speller, recording.markers):
            warn(f"{recording.source}: {why}")
            return


def describe_spelling(spelled: "SpellingScore") -> list[str]:
    """Describe the symbols that flashes spell, in sentences."""
    accuracy = spelled.accuracy
    lines = [
        f"{round(accuracy.value * spelled.n)} of {spelled.n} symbols right "
        f"({accuracy.value:.2f}, 95 % interval {accuracy.low:.2f}-{accuracy.high:.2f}, chance "
        f"{accuracy.chance:.3f}) after {spelled.repetitions:.1f} repetitions on average: "
        f"{spelled.chars_per_min:.1f} characters a minute with each error undone, "
        f"{spelled.itr_bits_per_min:.1f} bit/min (Wolpaw: equally likely symbols, evenly spread "
        "errors)"
    ]
    curve = ", ".join(
        f"{right} of {spelled.n} after {k}" for k, right in enumerate(spelled.right, 1)
    )
    lines.append(f"symbols right by repetitions: {curve}")
    if spelled.needed is None:
        lines.append(
            f"{len(spelled.right)} repetitions are too few for four right symbols in five: record "
            "more runs, or look at the signal quality"
        )
    else:
        lines.append(f"four right symbols in five take {spelled.needed} repetitions")
    return lines
