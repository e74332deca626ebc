"""The signal for the display: processed as chosen, and paused for looking back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.display.choice import DisplayChoice, rate_of
from bci.pipeline.display.processing import DisplayProcessing
from bci.pipeline.display.reference import DisplayReference
from bci.pipeline.ring import RingBuffer
from bci.signals import StreamInfo

# The oldest that a full ring holds is overwritten while it is read.
_SAFE = 0.95
_FOR_LEVEL = 500


class DisplaySignal:
    """Take samples out of the feed's ring, process them and keep them in a ring of its own.

    ``info`` is of the channels that are shown: a reference may make others of the stream's.
    ``chosen`` is what the stream allows of the choice.

    While it is paused nothing newer is taken in: what was there when it stopped stays there, for as
    long as it is looked at, unless another filter is chosen. Afterwards it catches up
    with what the feed's ring still has.
    """

    def __init__(
        self,
        stream: StreamInfo,
        source: RingBuffer,
        chosen: DisplayChoice | None = None,
        capacity: int | None = None,
    ) -> None:
        self.stream = self.info = stream
        self.sfreq = rate_of(stream)
        self._paused_at: int | None = None
        self._looked_back = False  # paused by looking back, not by `pause` alone
        self._source = source
        self._taken = 0
        self.ring = RingBuffer(capacity or source.capacity, stream.n_channels)
        self._begin((chosen or DisplayChoice()).within(stream), source.oldest)

    def _begin(self, chosen: DisplayChoice, first: int) -> None:
        """Process from so far before ``first`` that it has settled there."""
        self.chosen = chosen
        self._processing = DisplayProcessing(self.stream, chosen)
        channels = self._processing.derivation.channels
        if channels != self.info.channels:
            is_own = channels == self.stream.channels
            self.info = self.stream if is_own else replace(self.stream, channels=channels)
        if len(channels) == self.ring.n_channels:
            self.ring.clear()
        else:
            self.ring = RingBuffer(self.ring.capacity, len(channels))
        self._cursor = max(first - self._processing.settling, self._source_oldest)

    @property
    def how(self) -> str:
        """Reference and cleaning of what is shown; empty where neither is chosen."""
        is_other = self.chosen.reference != DisplayReference.RECORDED
        words = [self.chosen.reference.value] if is_other else []
        return ", ".join(words + self.chosen.cleaning_words(self.stream))

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        """Channels of the stream that each shown one is judged by."""
        return self._processing.derivation.members

    def choose(self, chosen: DisplayChoice, shown_s: float) -> None:
        """Show it otherwise: the ``shown_s`` before the edge again, and all that comes.

        Looking further back processes what else the feed's ring still has; older is gone. What is
        held and shown stays as it is, where that ring no longer has all of it: choose again once
        it has resumed.
        """
        chosen = chosen.within(self.stream)
        first = max(self.edge - round(shown_s * self.sfreq), self.ring.oldest)
        is_lost = self.is_paused and first < self._source_oldest
        if chosen != self.chosen and not is_lost:
            self._process_anew(chosen, first)

    def reach(self, shown_s: float) -> None:
        """Have ``shown_s`` before the edge, as far as the feed's ring has them."""
        self._reach(self.edge - round(shown_s * self.sfreq))

    def _reach(self, first: int) -> None:
        if max(first - self._settling, self._source_oldest) < self.ring.oldest:
            self._process_anew(self.chosen, first)

    def _process_anew(self, chosen: DisplayChoice, first: int) -> None:
        """Have all from ``first`` on, up to where it was taken in if it is paused."""
        n_samples, paused_at, end = self.n_samples, self._paused_at, self.ring.end
        self._begin(chosen, first)
        self._taken = n_samples - (self._source.end - self._cursor)
        self._paused_at = None
        self.take(None if paused_at is None else max(0, end - self._cursor))
        self._paused_at = paused_at

    @property
    def _settling(self) -> int:
        return self._processing.settling

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
        """Accept samples again; begins again where too many came meanwhile."""
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
        """Describe how far back the paused signal ends; empty while it continues."""
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
        shown = self._processing.process(data, times)
        self.ring.write(shown, times, max(got.first, self.ring.end))
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


def _over_known(
    measure: Callable[..., NDArray[np.float64]], data: NDArray[np.float32]
) -> NDArray[np.float64]:
    """A figure of each channel over its finite samples; NaN where there are none."""
    if np.isfinite(data).all() and len(data):
        return np.asarray(measure(data, axis=0), dtype=np.float64)
    columns = (column[np.isfinite(column)] for column in data.T)
    return np.array([float(measure(known)) if len(known) else np.nan for known in columns])
