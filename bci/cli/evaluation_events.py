"""Events of ``bci evaluate --json``: each window, and the score of each recording."""

from dataclasses import asdict

from bci.cli.events import emit
from bci.evaluation.pseudo_online import Evaluation
from bci.messages import CoursePoint, EvaluationEvent, Figure, PredictedEvent
from bci.training.epochs import JudgedWindow, OnWindow
from bci.training.time_course import TimeCourse


def predicted(recording: str, window: JudgedWindow) -> PredictedEvent:
    """Make the event of a window of an evaluation, with the decision that the engine would make.

    ``recording`` is the path of the file.
    """
    prediction, decision = window.prediction, window.decision
    return PredictedEvent(
        recording=recording,
        start=window.first,
        time=prediction.taken,
        label=prediction.label,
        probabilities=tuple(map(float, prediction.probabilities)),
        decision=None if decision is None else decision.label,
        confidence=None if decision is None else decision.confidence,
    )


def printer_of(recording: str) -> OnWindow:
    """Make a function that prints the event of each window of ``recording``."""
    return lambda window: emit(predicted(recording, window))


def all_of(receivers: list[OnWindow]) -> OnWindow | None:
    """Join several functions for windows to one; None if the list is empty."""
    if not receivers:
        return None

    def on_window(window: JudgedWindow) -> None:
        for receive in receivers:
            receive(window)

    return on_window


def evaluated(
    result: Evaluation, learnt_from: bool, course: TimeCourse | None = None
) -> EvaluationEvent:
    """Make the event of a score; ``learnt_from`` and ``course`` as in `EvaluationEvent`."""
    figures = asdict(result) | {
        "learnt_from": learnt_from,
        "measures": [Figure(**measure._asdict()) for measure in result.measures],
        "course": [] if course is None else _points(course),
        # Undefined (NaN) if all cues have the same class.
        "kappa": None if result.kappa != result.kappa else result.kappa,
    }
    return EvaluationEvent.model_validate(figures)


def _points(course: TimeCourse) -> list[CoursePoint]:
    pairs = zip(course.seconds.tolist(), course.accuracy.tolist(), strict=True)
    return [CoursePoint(seconds=seconds, accuracy=accuracy) for seconds, accuracy in pairs]
