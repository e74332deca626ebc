"""Latency of the last minute, and an engine's losses, in numbers and words."""

import numpy as np
from numpy.typing import NDArray

from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus, WindowCounts
from bci.models.drift import BEYOND
from gui.decisions.timing.rejections import REASONS, rejected
from gui.widgets.units import counted, round_up

STAGES = ("arrive", "filter", "decode", "publish")
N_BINS = 26
# Fields of the status that count losses, and their names.
_LOST = {
    "lost_samples": "sample",
    "gaps": "gap",
    "clock_jumps": "clock jump",
    "reconnects": "reconnection",
    "non_finite": "non-finite value",
}
# After every start, some windows contain the filters' transient: such rejections are normal.
_SETTLING, _GAP = REASONS["rejected_settling"], REASONS["rejected_gap"]
_SPAN_S = 60.0
_MAX_ROWS = 12_000
_FRAME_S = 0.5


class LatencyFigures:
    """Latencies of the predictions of the last minute.

    Attributes
    ----------
    totals : ndarray, shape (n_predictions,)
        Milliseconds from a prediction's last sample to its publication.
    stages : ndarray, shape (4,)
        Mean time in each of `STAGES`, in ms.
    """

    def __init__(self) -> None:
        self._waiting: list[ReceivedPrediction] = []
        self._counted = -np.inf
        # Per prediction: time of the last sample in seconds, and the end of each of the four stages
        # in milliseconds after it.
        self._rows = np.zeros((0, 5))
        self.totals, self.stages = np.zeros(0), np.zeros(4)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Store predictions until `advance` counts them."""
        self._waiting += predictions

    def advance(self, now: float) -> bool:
        """Count the stored predictions, at most twice a second, LSL clock.

        Returns True if the figures were computed again.
        """
        if not self._waiting or abs(now - self._counted) < _FRAME_S:
            return False
        self._counted = now
        new = np.array([_row(p) for p in self._waiting]).reshape(-1, 5)
        self._waiting.clear()
        rows = np.concatenate([self._rows, new[np.isfinite(new).all(axis=1)]])[-_MAX_ROWS:]
        if len(rows):
            self._rows = rows[np.abs(rows[:, 0] - rows[-1, 0]) < _SPAN_S]
            self.totals = self._rows[:, -1]
            spent = np.diff(self._rows[:, 1:], axis=1, prepend=0.0)
            self.stages = np.maximum(spent, 0.0).mean(axis=0)
        return True

    @property
    def median_ms(self) -> float | None:
        """The median latency of the last minute in ms; None before the first prediction."""
        return float(np.median(self.totals)) if len(self.totals) else None

    def histogram(self) -> tuple[NDArray[np.int64], float]:
        """Return the number of predictions per bin, (n_bins,), and the end of the last bin in ms.

        The first bin begins at 0. The last bin includes all longer latencies.
        """
        if not len(self.totals):
            return np.zeros(N_BINS, dtype=np.int64), 1.0
        end = round_up(1.1 * float(np.percentile(self.totals, 99)))
        counts, _ = np.histogram(np.clip(self.totals, 0, end), N_BINS, (0, end))
        return counts, end


def _row(p: ReceivedPrediction) -> tuple[float, ...]:
    stages = (p.arrived_s, p.filtered_s, p.decoded_s, p.published_s)
    return p.taken, *(1000 * until for until in stages)


def notes(status: EngineStatus | None) -> tuple[tuple[str, bool], ...]:
    """Return texts on rejected windows, losses and drift, each with a warning flag.

    The flag is True if a person should look at it. ``status`` is None if no engine runs. The text
    is empty for what is not measured.
    """
    if status is None:
        return ("", False), ("no engine reports losses", False), ("", False)
    lost = [counted(n, what) for field, what in _LOST.items() if (n := getattr(status, field))]
    drift = status.drift
    return (
        (_rejected_text(status.windows), _is_wasteful(status.windows, bool(lost))),
        (f"lost: {', '.join(lost)}" if lost else "no samples lost", bool(lost)),
        ("", False) if drift is None else (f"drift {drift:.1f} of {BEYOND}", drift > BEYOND),
    )


def _rejected_text(windows: WindowCounts) -> str:
    """Return ``windows not used: gap (12); skipped: 2``, without counts of zero."""
    why = ", ".join(f"{reason} ({n:,})" for reason, n in rejected(windows).items() if n)
    skipped = f"skipped: {windows.skipped:,}" if windows.skipped else ""
    if why:
        return "; ".join(filter(None, (f"windows not used: {why}", skipped)))
    return f"all windows used; {skipped}" if skipped else "all windows used, none skipped"


def _is_wasteful(windows: WindowCounts, any_lost: bool) -> bool:
    # A gap without lost samples means that a replay started again.
    harmless = (_SETTLING,) if any_lost else (_SETTLING, _GAP)
    watched = (n for reason, n in rejected(windows).items() if reason not in harmless)
    return any(watched) or bool(windows.skipped)
