"""Why windows gave no prediction, from the counts in an engine's status."""

# Status keys, and what each reason is called.
REASONS = {
    "windows_rejected_gap": "gap",
    "windows_rejected_settling": "filters settling",
    "windows_rejected_artifact": "large swings",
    "windows_rejected_non_finite": "values missing",
    "windows_rejected_undecodable": "values too large",
}
EXPLAINED = """A window is the stretch of signal that one prediction is made from.
No prediction is made where
gap: samples are missing in the stretch, or a replay began again
filters settling: the filters have only just begun
large swings: a blink or a movement, larger than the profile allows
values missing: the device sent NaN
values too large: the decoder found no probabilities"""


def counts_of(status: dict[str, object], keys: tuple[str, ...]) -> dict[str, int]:
    """The whole numbers of a status; 0 for what is missing or no number."""
    return {key: value if isinstance(value := status.get(key), int) else 0 for key in keys}


class Rejections:
    """Compares each status with the one before."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Another engine, which counts anew."""
        self._before: dict[str, int] | None = None

    def since_last(self, status: dict[str, object]) -> str:
        """The commonest reason of windows rejected since the last status; empty if none was."""
        counts = counts_of(status, tuple(REASONS))
        before, self._before = self._before, counts
        if before is None:
            return ""
        grown = {key: counts[key] - before[key] for key in REASONS}
        most = max(grown, key=grown.__getitem__)
        return REASONS[most] if grown[most] > 0 else ""
