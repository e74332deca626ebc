"""Scores of a recording, as ``bci evaluate --json`` prints them."""

from bci.messages import AccuracyFigure, EvaluatedTrial, EvaluationEvent
from gui.replay.trials import ReplayTrial


def evaluation(
    classes: tuple[str, ...],
    steps: tuple[ReplayTrial, ...],
    confusion: tuple[tuple[int, ...], ...] = (),
) -> EvaluationEvent:
    """The score of these trials."""
    answered = [step for step in steps if step.decision is not None]
    right = sum(bool(step.is_right) for step in answered)
    value = right / len(answered) if answered else 0.0
    chance = 1 / len(classes)
    return EvaluationEvent(
        recording="run-02_eeg.fif",
        model="me",
        simulated=True,
        classes=classes,
        trial_accuracy=AccuracyFigure(
            value=value, low=0.0, high=1.0, n=len(answered), chance=chance, p_value=0.5
        ),
        confusion=confusion,
        window_accuracy=value,
        window_chance=chance,
        window_p_value=0.5,
        n_windows=10 * len(steps),
        itr_bits_per_min=0.0,
        threshold=0.7,
        trials_without_window=len(steps) - len(answered),
        trials=tuple(
            EvaluatedTrial(
                label=step.label, onset=step.onset, start=step.onset, stop=step.stop,
                decision=step.decision, confidence=step.confidence,
            )
            for step in steps
        ),
    )  # fmt: skip
