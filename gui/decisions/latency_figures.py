"""Latency of the last minute, and the losses that an engine reports, in figures and words."""

import numpy as np
from numpy.typing import NDArray

from bci.lsl.engine_streams import ReceivedPrediction
from bci.messages import EngineStatus
from bci.models.drift import BEYOND
from gui.decisions.rejections import REASONS, rejected
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
# Every start has windows that the filters' transient reaches: nothing is wrong then.
_SETTLING, _GAP = REASONS["rejected_settling"], REASONS["rejected_gap"]
_SPAN_S = 60.0
_MAX_ROWS = 12_000
_FRAME_S = 0.25


class LatencyFigures:
    """Latencies of the predictions of the last minute.

    Attributes
    ----------
    totals : ndarray, shape (n_predictions,)
        From a prediction's last sample to its publication, in ms.
    stages : ndarray, shape (4,)
        Mean time in each of `STAGES`, in ms.
    """

    def __init__(self) -> None:
        self._waiting: list[ReceivedPrediction] = []
        self._counted = -np.inf
        # When each was taken, in seconds, and when each of its stages ended, in ms after that.
        self._rows = np.zeros((0, 5))
        self.totals, self.stages = np.zeros(0), np.zeros(4)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        """Take predictions in; `advance` counts them."""
        self._waiting += predictions

    def advance(self, now: float) -> bool:
        """Count the predictions that came, as often as figures can be read; whether any did."""
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
        """Median latency of the last minute; None before the first prediction."""
        return float(np.median(self.totals)) if len(self.totals) else None

    def histogram(self) -> tuple[NDArray[np.int64], float]:
        """The predictions in each bin, and the end of the last bin in ms.

        The first bin begins at 0; whatever is later than the end is counted in the last.
        """
        if not len(self.totals):
            return np.zeros(N_BINS, dtype=np.int64), 1.0
        end = round_up(1.1 * float(np.percentile(self.totals, 99)))
        counts, _ = np.histogram(np.clip(self.totals, 0, end), N_BINS, (0, end))
        return counts, end


def _row(p: ReceivedPrediction) -> tuple[float, ...]:
    stages = (p.arrived_s, p.filtered_s, p.decoded_s, p.published_s)
    return p.taken, *(1000 * until for until in stages)


def losses(status: EngineStatus | None) -> dict[str, int]:
    """Losses by name; those of zero are left out."""
    counts = {name: getattr(status, field, 0) for field, name in _LOST.items()}
    return {name: n for name, n in counts.items() if n}


def lost_text(status: EngineStatus | None) -> str:
    """``lost: 7 samples, 2 gaps``; None: no engine runs."""
    if status is None:
        return "no engine reports losses"
    lost = ", ".join(counted(n, what) for what, n in losses(status).items())
    return f"lost: {lost}" if lost else "no samples lost"


def rejected_text(status: EngineStatus | None) -> str:
    """``windows not used: gap (12); skipped: 2``; those of zero are left out."""
    if status is None:
        return ""
    windows = status.windows
    why = ", ".join(f"{reason} ({n:,})" for reason, n in rejected(windows).items() if n)
    skipped = f"skipped: {windows.skipped:,}" if windows.skipped else ""
    if not why:
        return f"all windows used; {skipped}" if skipped else "all windows used, none skipped"
    return "; ".join(filter(None, (f"windows not used: {why}", skipped)))


def is_wasteful(status: EngineStatus | None) -> bool:
    """Whether windows gave no prediction for a reason that a person should look at."""
    if status is None:
        return False
    # Without a loss, a gap is where a replay began again.
    harmless = (_SETTLING,) if losses(status) else (_SETTLING, _GAP)
    counts = rejected(status.windows)
    watched = (n for reason, n in counts.items() if reason not in harmless)
    return any(watched) or bool(status.windows.skipped)


def drift_text(status: EngineStatus | None) -> str:
    """``drift 0.8 of 1.5``; empty where it is not measured."""
    if status is None or status.drift is None:
        return ""
    return f"drift {status.drift:.1f} of {BEYOND}"


def is_far(status: EngineStatus | None) -> bool:
    """Whether the signal is beyond the allowed drift."""
    return status is not None and status.drift is not None and status.drift > BEYOND
