"""What a model scored on the recording, out of the answer of ``bci evaluate --json``."""

import json
from dataclasses import dataclass
from typing import Any

from bci.bundle import MeasureCard
from gui.replay.steps import Step


@dataclass(frozen=True)
class Outcome:
    """The score by trial with its 95 % interval, and every trial with what was decided.

    ``confusion`` has a row for each true class and a column for each decided one; none where
    there are too many. ``measures`` are further scores: name, value and chance.
    """

    model: str
    simulated: bool
    classes: tuple[str, ...]
    accuracy: float
    low: float
    high: float
    n: int
    chance: float
    p_value: float
    confusion: tuple[tuple[int, ...], ...]
    without_window: int
    steps: tuple[Step, ...]
    measures: tuple[MeasureCard, ...] = ()


def parse_outcome(answer: bytes) -> Outcome:
    """The outcome of one recording.

    Raises
    ------
    ValueError
        If it is no such answer.
    """
    try:
        (result,) = json.loads(answer)
        score = result["trial_accuracy"]
        classes = tuple(map(str, result["classes"]))
        confusion = tuple(tuple(map(int, row)) for row in result["confusion"])
        if confusion and [len(row) for row in confusion] != [len(classes)] * len(classes):
            raise TypeError
        return Outcome(
            model=str(result["model"]),
            simulated=result["simulated"] is True,
            classes=classes,
            accuracy=float(score["value"]),
            low=float(score["low"]),
            high=float(score["high"]),
            n=int(score["n"]),
            chance=float(score["chance"]),
            p_value=float(score["p_value"]),
            confusion=confusion,
            without_window=int(result["trials_without_window"]),
            steps=tuple(_step(trial) for trial in result["trials"]),
            measures=tuple(
                MeasureCard(name=name, value=value, chance=chance, p_value=p_value)
                for name, value, chance, p_value in result["measures"]
            ),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError("not the answer of an evaluation") from problem


def _step(trial: dict[str, Any]) -> Step:
    decision, confidence = trial["decision"], trial["confidence"]
    return Step(
        str(trial["label"]),
        float(trial["onset"]),
        float(trial["stop"]),
        None if decision is None else str(decision),
        None if confidence is None else float(confidence),
    )
