"""The displayed signal: processed as chosen, with pause and scrolling back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bci.pipeline.display.choice import DisplayChoice, rate_of
from bci.pipeline.display.processing import DisplayProcessing
from bci.pipeline.display.reference import DisplayReference
from bci.pipeline.ring import RingBuffer
from bci.signals import StreamInfo

# Share of a full ring that is safe to read, while the oldest samples are overwritten.
_SAFE = 0.95
_FOR_LEVEL = 500


class DisplaySignal:
    """Processed samples of the ring ``source``, in a ring of their own.

    ``source`` has the received samples. `info` describes the displayed channels, which a
    reference may change. `chosen` is the part of the choice that the stream allows. While
    paused, no newer samples are processed, so the displayed ones stay until another filter is
    chosen. After the pause, the samples that ``source`` still has are processed.
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
        self._looked_back = False  # True if `look` paused the signal, not `pause`
        self._source = source
        self._taken = 0
        self.ring = RingBuffer(capacity or source.capacity, stream.n_channels)
        self._begin((chosen or DisplayChoice()).within(stream), source.oldest)

    def _begin(self, chosen: DisplayChoice, first: int) -> None:
        """Set the processing up, starting early enough to be settled at sample ``first``."""
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
        """Reference and cleanings in words; empty if none is chosen."""
        is_other = self.chosen.reference != DisplayReference.RECORDED
        words = [self.chosen.reference.value] if is_other else []
        return ", ".join(words + self.chosen.cleaning_words(self.stream))

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        """For each displayed channel, the stream's channels whose signal quality it has."""
        return self._processing.derivation.members

    def choose(self, chosen: DisplayChoice, shown_s: float) -> None:
        """Change the processing of the displayed and all later samples.

        The ``shown_s`` seconds before `edge` are displayed. Older samples are processed
        when they are displayed, if the source ring still has them. While paused, nothing
        changes if the source ring lacks a part of the displayed samples; call this again
        after the pause.
        """
        chosen = chosen.within(self.stream)
        first = max(self.edge - round(shown_s * self.sfreq), self.ring.oldest)
        is_lost = self.is_paused and first < self._source_oldest
        if chosen != self.chosen and not is_lost:
            self._process_anew(chosen, first)

    def reach(self, shown_s: float) -> None:
        """Process the ``shown_s`` seconds before `edge`.

        Samples that the source ring lacks are left out.
        """
        self._reach(self.edge - round(shown_s * self.sfreq))

    def _reach(self, first: int) -> None:
        if max(first - self._settling, self._source_oldest) < self.ring.oldest:
            self._process_anew(self.chosen, first)

    def _process_anew(self, chosen: DisplayChoice, first: int) -> None:
        """Process again from sample ``first`` on.

        While paused, this ends at the last processed sample.
        """
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
        """Index of the oldest source sample that is not overwritten while it is read."""
        return max(self._source.oldest, self._source.end - round(_SAFE * self._source.capacity))

    @property
    def n_samples(self) -> int:
        """Number of samples received so far, processed or not."""
        return self._taken + self._source.end - max(self._cursor, self._source.oldest)

    @property
    def is_paused(self) -> bool:
        return self._paused_at is not None

    @property
    def edge(self) -> int:
        """Index one past the last displayed sample."""
        return self.ring.end if self._paused_at is None else self._paused_at

    @property
    def seconds_back(self) -> float:
        """Seconds from `edge` to the newest processed sample."""
        return (self.ring.end - self.edge) / self.sfreq

    def pause(self) -> None:
        """Pause; all samples in the source ring are processed for scrolling back."""
        if self._paused_at is None:
            self._reach(0)
            self._paused_at = self.ring.end

    def resume(self) -> None:
        """End the pause; the ring is cleared first if samples were lost meanwhile."""
        self._paused_at = None
        self._looked_back = False
        if self._cursor < self._source.oldest:
            self.ring.clear()
        self.take()

    def look(self, seconds: float, shown_s: float) -> None:
        """Move `edge` by ``seconds``, and pause the signal.

        ``shown_s`` seconds before the edge stay displayed, so the oldest samples limit the move. A
        signal that this method paused resumes when the edge reaches the newest sample.
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
        """Describe in words how far back a paused signal ends; empty if not paused."""
        if not self.is_paused:
            return ""
        if not self.seconds_back:
            return "paused"
        is_oldest = self.edge - self.ring.oldest <= round(shown_s * self.sfreq)
        end = ", no more is kept" if is_oldest else ""
        return f"paused, {self.seconds_back:.1f} s back{end}"

    def take(self, at_most: int | None = None) -> bool:
        """Process new samples, at most ``at_most``; return True if there were any."""
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
        """Return the fractional index of the sample at ``time``; NaN without samples.

        ``time`` is in seconds on the LSL clock.
        """
        newest = self.ring.latest(1).timestamps
        if not len(newest):
            return float("nan")
        return self.ring.end - 1 - (float(newest[0]) - time) * self.sfreq

    def deviations(self) -> NDArray[np.float64]:
        """Return the standard deviation of each channel, (n_channels,), over the last two seconds.

        NaN for a channel without numbers, and for all in the first second.
        """
        if self.ring.end - self.ring.oldest < self.sfreq:
            return np.full(self.info.n_channels, np.nan)
        return _over_known(np.std, self.ring.latest(round(2 * self.sfreq)).data)

    def level(self, shown_s: float) -> NDArray[np.float64]:
        """Return the median of each channel, (n_channels,), over the displayed ``shown_s`` seconds.

        The result is NaN for a channel without numbers.
        """
        first = max(self.ring.oldest, self.edge - max(1, round(shown_s * self.sfreq)))
        data, _ = self.ring.view(first, max(first, self.edge))
        # A subset of the samples gives nearly the same median.
        return _over_known(np.median, data[:: max(1, len(data) // _FOR_LEVEL)])


def _over_known(
    measure: Callable[..., NDArray[np.float64]], data: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Apply ``measure`` to the finite samples of each channel; NaN without any."""
    if np.isfinite(data).all() and len(data):
        return np.asarray(measure(data, axis=0), dtype=np.float64)
    columns = (column[np.isfinite(column)] for column in data.T)
    return np.array([float(measure(known)) if len(known) else np.nan for known in columns])
