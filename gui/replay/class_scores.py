"""How each class fared, where there are too many for a matrix."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassScore:
    """How often a class was asked and found, and what it was mostly taken for instead."""

    name: str
    asked: int
    right: int
    mistaken: str = ""
    times: int = 0


def class_scores(decisions: Iterable[tuple[str, str]]) -> list[ClassScore]:
    """Score every class by its trials' true and decided class; the most frequent class first."""
    by_class: dict[str, Counter[str]] = {}
    for true, decided in decisions:
        by_class.setdefault(true, Counter())[decided] += 1
    scores = []
    for name in sorted(by_class, key=lambda name: (-by_class[name].total(), name)):
        counts = by_class[name]
        asked, right = counts.total(), counts.pop(name, 0)
        (mistaken, times), *_ = counts.most_common(1) or [("", 0)]
        scores.append(ClassScore(name, asked, right, mistaken, times))
    return scores
