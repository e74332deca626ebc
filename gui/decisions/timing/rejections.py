"""The reasons why windows gave no prediction, by the counts in an engine's status."""

from bci.messages import WindowCounts

# Fields of the counts, and what each reason is called.
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
    """Windows that gave no prediction, by reason."""
    return {reason: getattr(windows, field) for field, reason in REASONS.items()}


class Rejections:
    """Compares each status with the one before."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the counts: another engine begins from zero."""
        self._before: dict[str, int] | None = None

    def since_last(self, windows: WindowCounts) -> str:
        """The commonest reason of windows rejected since the last status; empty if none was."""
        counts = rejected(windows)
        before, self._before = self._before, counts
        if before is None:
            return ""
        grown = {reason: counts[reason] - before[reason] for reason in counts}
        commonest = max(grown, key=grown.__getitem__)
        return commonest if grown[commonest] > 0 else ""
