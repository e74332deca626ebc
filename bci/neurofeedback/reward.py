"""Rewards after some time beyond the threshold, but not too soon after each other."""

from bci.profiles.neurofeedback import RewardSettings


class RewardRule:
    """Decide when a reward is due, from each window's time and success.

    ``hop_s`` is the time between windows, in seconds.
    """

    def __init__(self, settings: RewardSettings, hop_s: float) -> None:
        self._settings = settings
        # Between windows that are further apart, the signal has a gap.
        self._longest_s = 1.5 * hop_s
        self._last = float("-inf")
        self._since: float | None = None
        self._next = float("-inf")

    def __call__(self, success: bool, at: float) -> bool:
        """Return whether a reward is due at the window that ends at time ``at``.

        ``at`` is in seconds on the clock of the signal's time stamps.
        """
        if not success:
            self._since = None
            return False
        if self._since is None or at - self._last > self._longest_s:
            self._since = at
        self._last = at
        # Differences of time stamps have rounding errors.
        is_due = at - self._since >= self._settings.hold_s - 1e-6 and at >= self._next - 1e-6
        if is_due:
            self._next = at + self._settings.refractory_s
        return is_due
