"""Rewards: after some time beyond the threshold, and not too soon after the last."""

from bci.profiles.neurofeedback import RewardSettings


class RewardRule:
    """Decide when a reward is due; it is given every window's time and success."""

    def __init__(self, settings: RewardSettings, hop_s: float) -> None:
        self._settings = settings
        # Windows that are further apart have a gap of the signal between them.
        self._longest_s = 1.5 * hop_s
        self._last = float("-inf")
        self._since: float | None = None
        self._next = float("-inf")

    def __call__(self, success: bool, at: float) -> bool:
        """Take a window that ends at a time, in seconds; return whether a reward is due."""
        if not success:
            self._since = None
            return False
        if self._since is None or at - self._last > self._longest_s:
            self._since = at
        self._last = at
        # Times are stamps of samples, whose differences are rounded.
        is_due = at - self._since >= self._settings.hold_s - 1e-6 and at >= self._next - 1e-6
        if is_due:
            self._next = at + self._settings.refractory_s
        return is_due
