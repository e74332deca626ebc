"""Success of the run that is under way."""

from gui.feedback.feature_reader import FeedbackRow


class RunTally:
    """Count the windows of the newest run."""

    def __init__(self) -> None:
        self.run = 0
        self._clear()

    def _clear(self) -> None:
        self.windows = self.counted = self.successes = self.rewards = 0
        self.began = 0.0

    def add(self, row: FeedbackRow) -> None:
        """Take in a window; those between runs change nothing."""
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
        """Share of the counted windows beyond the threshold; None before the first."""
        return self.successes / self.counted if self.counted else None

    @property
    def held(self) -> float:
        """Share of the windows that an artifact held back."""
        return 1 - self.counted / self.windows if self.windows else 0.0
