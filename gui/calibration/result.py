"""A trained model as the result page shows it, and the other models beside it."""

from dataclasses import dataclass
from pathlib import Path

from bci.errors import BundleError
from bci.head.electrodes import standard_position
from bci.models.bundle import Card, list_bundles, load_card
from bci.training.class_patterns import ClassPattern, load_patterns
from bci.training.time_course import TimeCourse, load_time_course
from bci.types import Channel


@dataclass(frozen=True)
class Result:
    """A model's card, where and when it looks, and what it is compared with (newest first)."""

    folder: Path
    card: Card
    patterns: tuple[ClassPattern, ...]
    course: TimeCourse | None
    earlier: tuple[tuple[Path, Card], ...]


def read_result(folder: Path, models: Path, subject: str | None) -> Result:
    """Read a model and find the others of the same subject; without one, all that decide.

    Raises
    ------
    BundleError
        If the model is missing or invalid.
    """
    card = load_card(folder)
    earlier = [
        (other, theirs)
        for other, theirs in _deciding(models)
        if other != folder and (subject is None or is_of(theirs, subject))
    ]
    course = load_time_course(folder)
    return Result(folder, card, load_patterns(folder), course, tuple(earlier))


def read_newest(models: Path) -> Result:
    """Read the newest of all models, with the others.

    Raises
    ------
    BundleError
        If there is none.
    """
    found = _deciding(models)
    if not found:
        raise BundleError(f"there is no model in {models} yet: record a run and train one")
    return read_result(found[0][0], models, None)


def _deciding(models: Path) -> list[tuple[Path, Card]]:
    """All models that have classes, newest first."""
    found = [
        (folder, card)
        for folder, card in (list_bundles(models) if models.is_dir() else ())
        if isinstance(card, Card) and card.classes
    ]
    return sorted(found, key=lambda pair: pair[1].created, reverse=True)


def is_of(card: Card, subject: str) -> bool:
    """Whether a model was calibrated on this subject alone, by its recordings' BIDS names.

    One that names no recording is nobody's.
    """
    whose = {source.file.startswith(f"sub-{subject}_") for source in card.sources}
    return whose == {True}


def placed(pattern: ClassPattern) -> tuple[Channel, ...]:
    """The pattern's channels, with the electrodes' standard positions where they have one."""
    return tuple(Channel(name, position=standard_position(name)) for name in pattern.ch_names)
