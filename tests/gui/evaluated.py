"""Scores of a recording, as ``bci evaluate --json`` prints them."""

from bci.messages import AccuracyFigure, EvaluatedTrial, EvaluationEvent
from gui.replay.trials import ReplayTrial


def evaluation(
    classes: tuple[str, ...],
    trials: tuple[ReplayTrial, ...],
    confusion: tuple[tuple[int, ...], ...] = (),
) -> EvaluationEvent:
    """Return the score of these trials."""
    answered = [trial for trial in trials if trial.decision is not None]
    right = sum(bool(trial.is_right) for trial in answered)
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
        n_windows=10 * len(trials),
        itr_bits_per_min=0.0,
        threshold=0.7,
        trials_without_window=len(trials) - len(answered),
        trials=tuple(
            EvaluatedTrial(
                label=trial.label, onset=trial.onset, start=trial.onset, stop=trial.stop,
                decision=trial.decision, confidence=trial.confidence,
            )
            for trial in trials
        ),
    )  # fmt: skip
