"""The reasons for windows without a prediction, from an engine's status."""

from bci.messages import WindowCounts

# Name of each reason, by the field of `WindowCounts`.
REASONS = {
    "rejected_gap": "gap",
    "rejected_settling": "filters settling",
    "rejected_artifact": "large swings",
    "rejected_bad_channels": "too many bad channels",
    "rejected_non_finite": "values missing",
    "rejected_undecodable": "values too large",
}
EXPLAINED = """A window is the stretch of signal that one prediction is made from.
No prediction is made where
gap: samples are missing in the stretch, or a replay began again
filters settling: the filters have only just begun
large swings: a blink or a movement, larger than the profile allows
too many bad channels: more than the filter interpolate_bad may replace
values missing: the device sent NaN
values too large: the decoder found no probabilities"""


def rejected(windows: WindowCounts) -> dict[str, int]:
    """Return the number of windows without a prediction, by reason."""
    return {reason: getattr(windows, field) for field, reason in REASONS.items()}


class Rejections:
    """Compares the counts of each status with those of the status before."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the counts, since a new engine counts from zero."""
        self._before: dict[str, int] | None = None

    def since_last(self, windows: WindowCounts) -> str:
        """Return the commonest reason for rejections since the last status.

        Empty text if no window was rejected, or at the first status.
        """
        counts = rejected(windows)
        before, self._before = self._before, counts
        if before is None:
            return ""
        grown = {reason: counts[reason] - before[reason] for reason in counts}
        commonest = max(grown, key=grown.__getitem__)
        return commonest if grown[commonest] > 0 else ""
