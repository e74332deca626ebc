"""A trained model with its score and patterns, and the other models to compare it with.

A model that is missing or invalid raises `BundleError`.
"""

from dataclasses import dataclass
from pathlib import Path

from bci.errors import BundleError
from bci.models.bundle import list_bundles, load_card
from bci.models.card import Card
from bci.training.class_patterns import ClassPattern, load_patterns
from bci.training.time_course import TimeCourse, load_time_course


@dataclass(frozen=True)
class ModelResult:
    """A model's card, patterns and time course, and the earlier models, newest first."""

    folder: Path
    card: Card
    patterns: tuple[ClassPattern, ...]
    course: TimeCourse | None
    earlier: tuple[tuple[Path, Card], ...]


def read_result(folder: Path, models: Path, subject: str | None) -> ModelResult:
    """Read a model and find the others of the same subject; without a subject, all with classes."""
    card = load_card(folder)
    earlier = [
        (other, their_card)
        for other, their_card in _with_classes(models)
        if other != folder and (subject is None or is_of(their_card, subject))
    ]
    course = load_time_course(folder)
    return ModelResult(folder, card, load_patterns(folder), course, tuple(earlier))


def read_newest(models: Path) -> ModelResult:
    """Read the newest of all models, with the others."""
    found = _with_classes(models)
    if not found:
        raise BundleError(f"there is no model in {models} yet: record a run and train one")
    return read_result(found[0][0], models, None)


def _with_classes(models: Path) -> list[tuple[Path, Card]]:
    """List the models that have classes, newest first."""
    found = [
        (folder, card)
        for folder, card in (list_bundles(models) if models.is_dir() else ())
        if isinstance(card, Card) and card.classes
    ]
    return sorted(found, key=lambda pair: pair[1].created, reverse=True)


def is_of(card: Card, subject: str) -> bool:
    """Check by its recordings' BIDS names that a model was calibrated on this subject alone.

    A model that names no recording belongs to nobody.
    """
    subjects = {source.file.startswith(f"sub-{subject}_") for source in card.sources}
    return subjects == {True}
