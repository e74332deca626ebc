"""Simulated rows of a session, as they come over LSL."""

import math

from pylsl import local_clock

from bci.neurofeedback.session import RunKind
from gui.feedback.feature_reader import FeedbackRow


def row(
    taken: float,
    level: float = 0.7,
    kind: RunKind | None = "feedback",
    run: int = 2,
    reward: bool = False,
    held: bool = False,
) -> FeedbackRow:
    """Return one window of a run with a threshold of 20 dB."""
    is_shown = kind == "feedback"
    return FeedbackRow(
        taken, 20.0 + 8 * (level - 0.5), 20.0, level if is_shown else math.nan,
        level > 0.5 and not held, reward, held, 0 if kind is None else run, kind,
    )  # fmt: skip


def half_a_minute(end: float | None = None) -> list[FeedbackRow]:
    """Return a baseline and the start of a run, with rewards and an artifact."""
    end = local_clock() if end is None else end
    rows = []
    for k in range(300):
        level = 0.5 + 0.35 * math.sin(k / 9) + 0.1 * math.sin(k / 3.1)
        if k < 80:
            rows.append(row(end - 30 + k / 10, level, "baseline", 1)._replace(threshold=math.nan))
        else:
            held = 180 <= k < 192
            reward = k % 15 == 0 and level > 0.6 and not held
            rows.append(row(end - 30 + k / 10, level, reward=reward, held=held))
    return rows
