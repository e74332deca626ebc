"""Events of ``bci evaluate --json``: each window, and the score of each recording."""

from dataclasses import asdict

from bci.cli.events import emit
from bci.evaluation.pseudo_online import Evaluation
from bci.evaluation.scores import Measure
from bci.messages import EvaluationEvent, Figure, PredictedEvent
from bci.training.epochs import JudgedWindow, Watch


def predicted(recording: str, window: JudgedWindow) -> PredictedEvent:
    """Make the event of a window, with its decision as the engine makes it."""
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


def printer_of(recording: str) -> Watch:
    """Make a watcher that prints the event of each window of a recording."""
    return lambda window: emit(predicted(recording, window))


def all_of(watchers: list[Watch]) -> Watch | None:
    """Make one watcher of these; None where there is none."""
    if not watchers:
        return None

    def watch(window: JudgedWindow) -> None:
        for watcher in watchers:
            watcher(window)

    return watch


def evaluated(result: Evaluation, learnt_from: bool) -> EvaluationEvent:
    """Make the event of a score; ``learnt_from`` as in `EvaluationEvent`."""
    figures = asdict(result) | {
        "learnt_from": learnt_from,
        "measures": [_figure(measure) for measure in result.measures],
        # Not defined where only one class was asked for.
        "kappa": None if result.kappa != result.kappa else result.kappa,
    }
    return EvaluationEvent.model_validate(figures)


def _figure(measure: Measure) -> Figure:
    return Figure(**measure._asdict())
