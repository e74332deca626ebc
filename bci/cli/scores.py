"""How the scores of a model are printed."""

from rich.table import Table

from bci.cli.console import out

_MOST_RUNS = 20


def print_score(card) -> None:  # type: ignore[no-untyped-def]
    score = card.score
    out.print(
        f"accuracy {score.accuracy:.2f} by trial "
        f"(95 % interval {score.low:.2f}-{score.high:.2f}, n = {score.trials}, "
        f"chance {score.chance:.2f}, p = {score.p_value:.2g}); {score.folds}"
    )
    if len(card.sources) > 1:
        shown = [f"{source.file} {source.trials}" for source in card.sources[:_MOST_RUNS]]
        more = len(card.sources) - len(shown)
        told = ", ".join(shown) + (f" and {more} more" if more else "")
        out.print(f"trials by run: {told}")
    for measure in score.measures:
        out.print(f"{measure.name} {told_measure(measure, score.trials)}")
    if score.candidates is not None:
        out.print(f"found {score.candidates}; compared by {card.embedded_by}")
    print_confusion(card.classes, score.confusion)
    if card.confidence is not None:
        sure = card.confidence
        out.print(
            f"confidence: temperature {sure.temperature:.2f}, expected calibration error "
            f"{sure.error:.2f} (before {sure.error_before:.2f})"
        )
        if (decisions := card.decisions()) is not None:
            out.print(decisions)
    if score.p_value > 0.05:
        out.print("not distinguishable from chance: do not rely on this model", style="yellow")


def told_measure(measure, n: int) -> str:  # type: ignore[no-untyped-def]
    return f"{measure.value:.3g} (n = {n}, chance {measure.chance:.3g}, p = {measure.p_value:.2g})"


def print_confusion(classes: tuple[str, ...], counts: list[list[int]]) -> None:
    """A confusion matrix: rows are what was asked, columns what was decided."""
    if not counts:
        return
    table = Table("asked \\ decided", *classes)
    for name, row in zip(classes, counts, strict=True):
        table.add_row(name, *(str(n) for n in row))
    out.print(table)
