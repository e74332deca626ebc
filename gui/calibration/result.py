"""A trained model as the result page shows it, and the earlier models of the same subject."""

from dataclasses import dataclass
from pathlib import Path

from bci.bundle import Card, list_bundles, load_card
from bci.electrodes import standard_position
from bci.interpretation import ClassPattern, load_patterns
from bci.time_course import TimeCourse, load_time_course
from bci.types import Channel


@dataclass(frozen=True)
class Result:
    """A model's card, where and when it looks, and what it is compared with (newest first)."""

    folder: Path
    card: Card
    patterns: tuple[ClassPattern, ...]
    course: TimeCourse | None
    earlier: tuple[tuple[Path, Card], ...]


def read_result(folder: Path, models: Path, subject: str) -> Result:
    """Read a model and find the earlier ones.

    Raises
    ------
    BundleError
        If the model is missing or invalid.
    """
    card = load_card(folder)
    earlier = [
        (other, theirs)
        for other, theirs in list_bundles(models)
        if isinstance(theirs, Card) and other != folder and is_of(theirs, subject)
    ]
    earlier.sort(key=lambda pair: pair[1].created, reverse=True)
    course = load_time_course(folder)
    return Result(folder, card, load_patterns(folder), course, tuple(earlier))


def is_of(card: Card, subject: str) -> bool:
    """Whether a model was calibrated on this subject alone, by its recordings' BIDS names.

    One that names no recording is nobody's.
    """
    whose = {source.file.startswith(f"sub-{subject}_") for source in card.sources}
    return whose == {True}


def placed(pattern: ClassPattern) -> tuple[Channel, ...]:
    """The pattern's channels, with the electrodes' standard positions where they have one."""
    return tuple(Channel(name, position=standard_position(name)) for name in pattern.ch_names)
