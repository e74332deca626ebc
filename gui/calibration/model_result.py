"""A trained model with score and patterns, and other models to compare it with.

The functions that read raise `BundleError` if a model is missing or invalid.
"""

from dataclasses import dataclass
from pathlib import Path

from bci.errors import BundleError
from bci.evaluation.spelling_curve import SpellingCurve, best_flicker, load_spelling_curve
from bci.models.bundle import list_bundles, load_card
from bci.models.card import Card
from bci.training.class_patterns import ClassPattern, load_patterns
from bci.training.time_course import TimeCourse, load_time_course
from gui.widgets.units import percent


@dataclass(frozen=True)
class ModelResult:
    """A model's card, patterns and time course, and other models, newest first.

    ``course`` or ``spelling`` is None if the model was stored without one.
    """

    folder: Path
    card: Card
    patterns: tuple[ClassPattern, ...]
    course: TimeCourse | None
    earlier: tuple[tuple[Path, Card], ...]
    spelling: SpellingCurve | None = None


def read_result(folder: Path, models: Path, subject: str | None) -> ModelResult:
    """Read the model in ``folder``, and find others in ``models`` to compare it with.

    The others are those of ``subject``; if it is None, all models that have classes.
    """
    card = load_card(folder)
    earlier = [
        (other, their_card)
        for other, their_card in _with_classes(models)
        if other != folder and (subject is None or is_of(their_card, subject))
    ]
    course = load_time_course(folder)
    spelling = load_spelling_curve(folder)
    return ModelResult(folder, card, load_patterns(folder), course, tuple(earlier), spelling)


def read_newest(models: Path) -> ModelResult:
    """Read the newest model in ``models`` that has classes, and list all others."""
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
    """Check by its recordings' BIDS names that a model has this subject's data only.

    A model whose card lists no recording gives False.
    """
    subjects = {source.file.startswith(f"sub-{subject}_") for source in card.sources}
    return subjects == {True}


def spelling_sentence(result: ModelResult) -> str:
    """Describe the accuracy and speed of a spelling model; empty for another task."""
    curve, course, card = result.spelling, result.course, result.card
    if curve is not None:
        right, chance = round(curve.accuracy * curve.n), 100 / curve.n_symbols
        needed = "more than were shown" if curve.needed is None else f"{curve.needed}"
        return (
            f"{right} of {curve.n} held-out symbols right (chance {chance:.1f} %) after "
            f"{curve.repetitions:.1f} repetitions on average. Repetitions needed for four in five: "
            f"{needed}. {curve.chars_per_min:.1f} characters a minute, errors undone; "
            f"{curve.itr_bits_per_min:.0f} bit/min (Wolpaw)."
        )
    if card.paradigm.flicker is None or course is None:
        return ""
    best = best_flicker(course, len(card.classes))
    if best is None:
        return ""
    return (
        f"{best.bits_per_min:.0f} bit/min (Wolpaw) with {best.seconds:.1f} s of flicker and 1 s "
        f"between two targets: {best.selections_per_min:.1f} selections a minute, "
        f"{percent(best.accuracy)} right."
    )
