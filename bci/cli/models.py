"""Command ``bci models``: list models with their scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bci.cli.console import out
from bci.cli.events import JsonResult, print_result
from bci.errors import BciError, BundleError

if TYPE_CHECKING:
    from bci.models.card import Card

MODELS = Path("recordings/models")


_MOST_NAMED = 8


def models(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = MODELS,
    as_json: JsonResult = False,
) -> None:
    """List the models below a folder, with their scores."""
    from bci.models.bundle import list_bundles

    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder; calibrate a model first, or name another")
    if as_json:
        listed = [
            {"folder": str(path), "error": str(card)}
            if isinstance(card, BciError)
            else {"folder": str(path), "card": card.model_dump(mode="json")}
            for path, card in list_bundles(folder)
        ]
        print_result(listed)
        return
    table = Table("Model", "Decoder", "Classes", "Accuracy (95 %)", "Chance", "Needs", "Trained")
    for path, card in list_bundles(folder):
        if isinstance(card, BciError):
            table.add_row(str(path), Text(str(card), "red"))
            continue
        accuracy, chance = _score(card)
        table.add_row(
            str(path) + (" (simulated)" if card.simulated else ""),
            card.decoder.name + _base(card),
            _named(card.classes) or "(without labels)",
            accuracy,
            chance,
            _needs(card),
            f"{card.created:%Y-%m-%d %H:%M}",
        )
    out.print(table)


def _score(card: "Card") -> tuple[str, str]:
    """Describe a model's accuracy and chance; of a model of flashes the AUC."""
    score = card.score
    if score.is_missing:
        return "not scored", "-"
    if (auc := card.flash_auc) is not None:
        return f"AUC {auc.value:.2f}, n = {score.trials}", f"{auc.chance:.2f}"
    interval = f"({score.low:.2f}-{score.high:.2f})"
    return f"{score.accuracy:.2f} {interval}, n = {score.trials}", f"{score.chance:.2f}"


def _base(card: "Card") -> str:
    """Describe a base model, as `` (base, 12 people)``; empty for a person's own model."""
    if card.kind == "own":
        return ""
    return f" (base, {card.people.n} people)" if card.people else " (base)"


def _needs(card: "Card") -> str:
    """Describe the requirements of a model: ``16 ch, 250 Hz, cues, torch``."""
    stream = f"{len(card.stream.channels)} ch, {card.stream.sfreq:g} Hz"
    return ", ".join((stream, *(["cues"] if card.needs.cues else []), *card.needs.packages))


def _named(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:_MOST_NAMED])
    more = len(classes) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
