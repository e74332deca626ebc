"""How each class fared, where there are too many for a matrix."""

from collections import Counter
from dataclasses import dataclass

from gui.replay.trials import ReplayTrial


@dataclass(frozen=True)
class ClassScore:
    """How often a class was asked and found, and what it was mostly taken for instead."""

    name: str
    asked: int
    right: int
    mistaken: str = ""
    times: int = 0


def class_scores(steps: tuple[ReplayTrial, ...]) -> list[ClassScore]:
    """Of every class that was asked in a trial with a decision; the most asked first."""
    by_class: dict[str, Counter[str]] = {}
    for step in steps:
        if step.decision is not None:
            by_class.setdefault(step.label, Counter())[step.decision] += 1
    scores = []
    for name in sorted(by_class, key=lambda name: (-by_class[name].total(), name)):
        decided = by_class[name]
        asked, right = decided.total(), decided.pop(name, 0)
        (mistaken, times), *_ = decided.most_common(1) or [("", 0)]
        scores.append(ClassScore(name, asked, right, mistaken, times))
    return scores
