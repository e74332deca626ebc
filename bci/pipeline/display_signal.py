"""The signal for the display: filtered, and paused for looking back."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.display_filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.filters import SosFilter
from bci.pipeline.gap_bridge import GapBridge
from bci.pipeline.ring import RingBuffer
from bci.signals import StreamInfo

# The oldest that a full ring holds is overwritten while it is read.
_SAFE = 0.95
_FOR_LEVEL = 500


class DisplaySignal:
    """Takes samples out of the feed's ring, filters them and keeps them in a ring of its own.

    While it is paused nothing newer is taken in: what was there when it stopped stays there, for as
    long as it is looked at, unless another filter is chosen. Afterwards it catches up
    with what the feed's ring still has.
    """

    def __init__(
        self, info: StreamInfo, source: RingBuffer, chosen: DisplayFilter = DISPLAY_FILTERS[0]
    ) -> None:
        self.info = info
        self.sfreq = info.sfreq or 100.0
        self._paused_at: int | None = None
        self._looked_back = False  # paused by looking back, not by `pause` alone
        self._source = source
        self._taken = 0
        self.ring = RingBuffer(source.capacity, info.n_channels)
        self._begin(chosen.within(self.sfreq), source.oldest)

    def _begin(self, chosen: DisplayFilter, first: int) -> None:
        """Filter from so far before ``first`` that it has settled there."""
        self.chosen = chosen
        self._filter: SosFilter | None = None
        if not chosen.is_raw:
            sos = chosen.design(self.sfreq)
            self._filter = SosFilter(sos, self.info.n_channels, self.sfreq)
        self._bridge = GapBridge(self.info.n_channels)
        self.ring.clear()
        self._cursor = max(first - self._settling, self._source_oldest)

    def choose(self, chosen: DisplayFilter, shown_s: float) -> None:
        """Filter otherwise: the ``shown_s`` before the edge anew, and all that comes.

        Looking further back filters what else the feed's ring still has; older is gone. What is
        held and shown stays as it is, filter and all, where that ring no longer has all of it:
        choose again once it has resumed.
        """
        chosen = chosen.within(self.sfreq)
        first = max(self.edge - round(shown_s * self.sfreq), self.ring.oldest)
        is_lost = self.is_paused and first < self._source_oldest
        if chosen != self.chosen and not is_lost:
            self._filter_anew(chosen, first)

    def reach(self, shown_s: float) -> None:
        """Have ``shown_s`` before the edge, as far as the feed's ring has them."""
        self._reach(self.edge - round(shown_s * self.sfreq))

    def _reach(self, first: int) -> None:
        if max(first - self._settling, self._source_oldest) < self.ring.oldest:
            self._filter_anew(self.chosen, first)

    def _filter_anew(self, chosen: DisplayFilter, first: int) -> None:
        """Have all from ``first`` on, up to where it was taken in if it is paused."""
        n_samples, paused_at, end = self.n_samples, self._paused_at, self.ring.end
        self._begin(chosen, first)
        self._taken = n_samples - (self._source.end - self._cursor)
        self._paused_at = None
        self.take(None if paused_at is None else max(0, end - self._cursor))
        self._paused_at = paused_at

    @property
    def _settling(self) -> int:
        return self._filter.settling if self._filter is not None else 0

    @property
    def _source_oldest(self) -> int:
        """The oldest that the feed leaves alone while it is read."""
        return max(self._source.oldest, self._source.end - round(_SAFE * self._source.capacity))

    @property
    def n_samples(self) -> int:
        """Samples that have come, whether taken in or not."""
        return self._taken + self._source.end - max(self._cursor, self._source.oldest)

    @property
    def is_paused(self) -> bool:
        return self._paused_at is not None

    @property
    def edge(self) -> int:
        """One past the last sample to be shown."""
        return self.ring.end if self._paused_at is None else self._paused_at

    @property
    def seconds_back(self) -> float:
        """Seconds from `edge` to the newest sample taken in."""
        return (self.ring.end - self.edge) / self.sfreq

    def pause(self) -> None:
        """Take nothing in until it resumes; all that the feed's ring has can be looked at."""
        if self._paused_at is None:
            self._reach(0)
            self._paused_at = self.ring.end

    def resume(self) -> None:
        """Take samples in again; begins anew where too many came meanwhile."""
        self._paused_at = None
        self._looked_back = False
        if self._cursor < self._source.oldest:
            self.ring.clear()
        self.take()

    def look(self, seconds: float, shown_s: float) -> None:
        """Move the edge by ``seconds``, as far as ``shown_s`` before it are there.

        Pauses the signal. One that was paused by looking back resumes at the newest sample.
        """
        if not self.is_paused:
            if seconds > 0:
                return
            self.pause()
            self._looked_back = True
        self._reach(0)
        oldest = min(self.ring.oldest + round(shown_s * self.sfreq), self.ring.end)
        moved = self.edge + round(seconds * self.sfreq)
        self._paused_at = max(oldest, min(moved, self.ring.end))
        if seconds > 0 and self._looked_back and not self.seconds_back:
            self.resume()

    def pause_text(self, shown_s: float) -> str:
        """Describe how far back the paused signal ends; empty while it goes on."""
        if not self.is_paused:
            return ""
        if not self.seconds_back:
            return "paused"
        is_oldest = self.edge - self.ring.oldest <= round(shown_s * self.sfreq)
        end = ", no more is kept" if is_oldest else ""
        return f"paused, {self.seconds_back:.1f} s back{end}"

    def take(self, at_most: int | None = None) -> bool:
        """Take in what is new, or so many samples of it; whether anything was."""
        if self.is_paused:
            return False
        got = self._source.read(self._cursor, at_most)
        n = len(got.data)
        if not n:
            return False
        data, times = got.data.copy(), got.timestamps.copy()
        if not self._source.still_holds(got.first):
            self._cursor = self._source.end
            return False
        self._cursor = got.first + n
        self._taken += n
        self._apply_filter(data, times)
        self.ring.write(data, times, max(got.first, self.ring.end))
        return True

    def index_at(self, time: float) -> float:
        """Find the sample taken at ``time``, by the newest stamp; NaN where there is none."""
        newest = self.ring.latest(1).timestamps
        if not len(newest):
            return float("nan")
        return self.ring.end - 1 - (float(newest[0]) - time) * self.sfreq

    def deviations(self) -> NDArray[np.float64]:
        """Standard deviation of each channel over the last two seconds.

        NaN where a channel sent no numbers, and everywhere while there is less than a second.
        """
        if self.ring.end - self.ring.oldest < self.sfreq:
            return np.full(self.info.n_channels, np.nan)
        return _over_known(np.std, self.ring.latest(round(2 * self.sfreq)).data)

    def level(self, shown_s: float) -> NDArray[np.float64]:
        """Median of each channel over what is shown; NaN where it is not known."""
        first = max(self.ring.oldest, self.edge - max(1, round(shown_s * self.sfreq)))
        data, _ = self.ring.view(first, max(first, self.edge))
        # So many samples give it as well as all.
        return _over_known(np.median, data[:: max(1, len(data) // _FOR_LEVEL)])

    def _apply_filter(self, data: NDArray[np.float32], times: NDArray[np.float64]) -> None:
        """Filter what came, in place; of what did not come, in a gap of the index, is NaN."""
        unknown = ~np.isfinite(data)
        if not unknown.any():
            if self._filter is not None:
                self._bridge.fill(data)
                self._filter.process(data, 0)
            return
        if self._filter is not None:
            # A sample that was lost has no time either: one without a number still has.
            lost = np.isnan(times)
            edges = np.flatnonzero(np.diff(lost)) + 1
            for part in np.split(np.arange(len(data)), edges):
                if lost[part[0]]:
                    self._filter.reset()
                    self._bridge.reset()
                else:
                    rows = data[part[0] : part[-1] + 1]
                    self._bridge.fill(rows)
                    self._filter.process(rows, 0)
        data[unknown] = np.nan


def _over_known(
    measure: Callable[..., NDArray[np.float64]], data: NDArray[np.float32]
) -> NDArray[np.float64]:
    """A figure of each channel over its finite samples; NaN where there are none."""
    if np.isfinite(data).all() and len(data):
        return np.asarray(measure(data, axis=0), dtype=np.float64)
    columns = (column[np.isfinite(column)] for column in data.T)
    return np.array([float(measure(known)) if len(known) else np.nan for known in columns])
