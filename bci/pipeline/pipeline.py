"""Process chunks to windows and predictions, live and offline."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError
from bci.interfaces import Decoder
from bci.pipeline import kernels
from bci.pipeline.filter_chain import Chain
from bci.pipeline.ring import RingBuffer
from bci.pipeline.window_schedule import AtCues, EveryHop, WindowSchedule
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Chunk, FloatArray, Prediction, StreamInfo, TimeArray

# Most samples filtered at a time; limits the memory for a chunk of any size.
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Window:
    """One window of filtered signal.

    ``data`` (n_channels, n_samples) is a view that is valid until the next chunk. ``start`` and
    ``end`` (exclusive) are absolute indices at the pipeline's output rate. ``taken`` is the time
    stamp of the last sample in seconds.
    """

    data: FloatArray
    start: int
    end: int
    taken: float


@dataclass
class WindowTally:
    """Counts of the windows so far: predicted, rejected by reason, and skipped."""

    predicted: int = 0
    rejected_gap: int = 0
    rejected_settling: int = 0
    rejected_non_finite: int = 0
    rejected_artifact: int = 0
    rejected_bad_channels: int = 0
    rejected_undecodable: int = 0
    skipped: int = 0

    @property
    def rejected(self) -> int:
        """Number of windows rejected for any reason."""
        return (
            self.rejected_gap
            + self.rejected_settling
            + self.rejected_non_finite
            + self.rejected_artifact
            + self.rejected_bad_channels
            + self.rejected_undecodable
        )


class Pipeline:
    """Causal filters, windows and a decoder over the chunks of one stream.

    A window ends at every multiple of the hop, counted in absolute sample index. With windows at
    cues, a window starts at each time requested by `request_window`. The output does not depend on
    the division of the samples into chunks.

    A window gives no prediction while the filters settle, at the start and after a gap. It also
    gives none if it contains a gap, a value that is not finite, or too many bad channels. The same
    holds if its peak-to-peak amplitude exceeds the settings' limit, or if the decoder cannot decode
    it. `counts` counts these windows by reason.

    Parameters
    ----------
    settings : PipelineSettings
        Channels, filters, window and hop.
    info : StreamInfo
        The stream of the chunks.
    decoder : Decoder, optional
        Without a decoder, only `windows` can be used.
    clock : callable, optional
        Returns the LSL time, for a prediction's time stamps; leave it out offline.
    units : sequence of str, optional
        Units of the selected channels; see `bci.pipeline.filter_chain.Chain`.

    Raises
    ------
    MismatchError
        If the stream cannot satisfy the settings.

    Examples
    --------
    >>> import bci
    >>> recording = bci.read_recording("run-01_eeg.fif")
    >>> pipeline = bci.Pipeline(bci.load_profile("motor-imagery").pipeline, recording.info)
    >>> sum(1 for chunk in recording.chunks() for _ in pipeline.windows(chunk))
    813
    """

    def __init__(
        self,
        settings: PipelineSettings,
        info: StreamInfo,
        decoder: Decoder | None = None,
        clock: Callable[[], float] | None = None,
        units: Sequence[str] | None = None,
    ) -> None:
        self.chain = Chain(settings, info, units)
        self.decoder = decoder
        self.counts = WindowTally()
        self.n_samples = max(1, round(settings.window_s * self.chain.sfreq))
        self.hop = max(1, round(settings.hop_s * self.chain.sfreq))
        self.at_cues = settings.at_cues
        self._ring = RingBuffer(self.n_samples + _BLOCK, len(self.chain.channels))
        self._schedule: WindowSchedule = EveryHop(self.hop)
        if settings.at_cues:
            period = 1.0 / self.chain.sfreq
            self._schedule = AtCues(self.n_samples, self.chain.decimation, period, self._ring)
        self.settling = -(-self.chain.settling // self.chain.decimation)
        self.memory = -(-self.chain.memory // self.chain.decimation)
        self._max_peak_to_peak = settings.max_peak_to_peak
        self._clock = clock or (lambda: float("nan"))
        self._expected: int | None = None  # index of the next input sample, unless samples are lost
        self._after_gap = False
        self._newest_bad = -1
        self._newest_rejected = -1
        self._filtered_at = float("nan")

    @property
    def samples_to_window(self) -> int:
        """Input samples still missing until the next window is complete; at least 1."""
        if self._expected is None:
            return self.hop * self.chain.decimation
        return min(self._samples_to_window(self._expected), _BLOCK)

    @property
    def is_settled(self) -> bool:
        """True if all later windows lie behind the filters' settling time."""
        if self._ring.segment is None:
            return False
        end = self._schedule.earliest(self._ring.end)
        return end - self.n_samples >= self._ring.segment + self.settling

    def request_window(self, time: float) -> None:
        """Request the window that starts at ``time``, in seconds on the clock of the time stamps.

        It comes with the chunk that completes it, or with the next chunk if it is complete already.
        This is for windows at cues; otherwise windows need no request.
        """
        if not self._schedule.request(time):
            self.counts.rejected_gap += 1

    def _samples_to_window(self, index: int) -> int:
        q = self.chain.decimation
        return (self._schedule.after(-(-index // q)) - 1) * q + 1 - index

    def push(self, chunk: Chunk, newest_only: bool = False) -> list[Prediction]:
        """Process samples; return the predictions of the windows that they complete.

        With ``newest_only``, only the newest complete window is decoded and the others count as
        skipped, for a caller that is behind.
        """
        return [prediction for _, prediction in self.decode(chunk, newest_only)]

    def decode(
        self, chunk: Chunk, newest_only: bool = False
    ) -> Iterator[tuple[Window, Prediction]]:
        """Yield predictions as `push`, each with its window.

        The window is valid until the next one.
        """
        if self.decoder is None:
            raise ValueError("this pipeline has no decoder: use windows()")
        for window in self._newest(chunk) if newest_only else self.windows(chunk):
            try:
                probabilities = self.decoder.predict_proba(window.data)
            except DecodingError:
                self.counts.rejected_undecodable += 1
                continue
            self.counts.predicted += 1
            yield (
                window,
                Prediction(
                    classes=self.decoder.classes,
                    probabilities=probabilities,
                    start=window.start,
                    end=window.end,
                    taken=window.taken,
                    arrived=chunk.arrived,
                    filtered=self._filtered_at,
                    decoded=self._clock(),
                    similarities=self._similarities,
                ),
            )

    @property
    def _similarities(self) -> NDArray[np.float64] | None:
        # Called for each window; `isinstance` with a protocol would take 0.1 ms.
        return getattr(self.decoder, "similarities", None)

    def windows(self, chunk: Chunk) -> Iterator[Window]:
        """Process samples; yield each usable window that they complete.

        A window's data must be used or copied before the next window.
        """
        for start, end in self._advance(chunk):
            if self._is_sound(start, end):
                data, timestamps = self._ring.view(start, end)
                yield Window(data.T, start, end, float(timestamps[-1]))

    def _newest(self, chunk: Chunk) -> list[Window]:
        bounds = [(start, end) for start, end in self._advance(chunk) if self._is_sound(start, end)]
        if not bounds:
            return []
        self.counts.skipped += len(bounds) - 1
        start, end = bounds[-1]
        data, timestamps = self._ring.view(start, end)
        return [Window(data.T, start, end, float(timestamps[-1]))]

    def _advance(self, chunk: Chunk) -> Iterator[tuple[int, int]]:
        """Filter a chunk up to each window's end in turn.

        Yield the window's start and end.

        So no later sample has any effect when a window is checked.
        """
        for end in self._schedule.overdue():
            yield end - self.n_samples, end
        if self._expected is not None and chunk.first != self._expected:
            self.chain.reset()
            self._ring.mark_gap()
            self._after_gap = True
        self._expected = chunk.end
        self.counts.rejected_gap += self._schedule.expect(chunk.timestamps, chunk.first)
        row = 0
        while row < len(chunk.data):
            rows = slice(row, row + min(_BLOCK, self._samples_to_window(chunk.first + row)))
            yield from self._advance_block(
                chunk.data[rows], chunk.timestamps[rows], chunk.first + row
            )
            row = rows.stop

    def _advance_block(
        self, data: FloatArray, timestamps: TimeArray, first: int
    ) -> Iterator[tuple[int, int]]:
        filtered = self.chain.process(data, first)
        self._newest_bad = max(self._newest_bad, filtered.newest_bad)
        self._newest_rejected = filtered.newest_rejected
        self._filtered_at = self._clock()
        if not len(filtered.data):
            return
        before = self._ring.end
        if self._ring.segment is None:
            if self._after_gap:
                self.counts.rejected_gap += self._schedule.count(before, filtered.first)
            before = filtered.first
        q = self.chain.decimation
        self._ring.write(filtered.data, timestamps[filtered.first * q - first :: q], filtered.first)
        end = self._schedule.after(before)
        if end <= self._ring.end:
            yield end - self.n_samples, end

    def _is_sound(self, start: int, end: int) -> bool:
        segment = self._ring.segment
        assert segment is not None
        if start < segment:
            # At the start of a stream, such a span is no rejected window.
            self.counts.rejected_gap += self._after_gap
            return False
        if self._newest_bad >= start:
            self.counts.rejected_non_finite += 1
            return False
        if start < segment + self.settling:
            self.counts.rejected_settling += 1
            return False
        if self._newest_rejected >= start:
            self.counts.rejected_bad_channels += 1
            return False
        limit = self._max_peak_to_peak
        if limit is not None and kernels.swings_beyond(self._ring.view(start, end)[0], limit):
            self.counts.rejected_artifact += 1
            return False
        return True
