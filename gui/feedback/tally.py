"""Success and rewards of the current run."""

from gui.feedback.feature_reader import FeedbackRow


class RunTally:
    """Counts of the windows of the newest run."""

    def __init__(self) -> None:
        self.run = 0
        self._clear()

    def _clear(self) -> None:
        self.windows = self.counted = self.successes = self.rewards = 0
        self.began = 0.0

    def add(self, row: FeedbackRow) -> None:
        """Count a window; windows between runs are ignored."""
        if row.run == 0:
            return
        if row.run != self.run:
            self._clear()
            self.run, self.began = row.run, row.taken
        self.windows += 1
        self.counted += not row.held
        self.successes += row.success
        self.rewards += row.reward

    @property
    def success(self) -> float | None:
        """Share of the windows without artifact that pass the threshold; None before one."""
        return self.successes / self.counted if self.counted else None

    @property
    def held(self) -> float:
        """Share of the windows in which an artifact paused the feedback."""
        return 1 - self.counted / self.windows if self.windows else 0.0
