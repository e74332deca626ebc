"""A recorded session decoded again: the same windows, by the code that ran live."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from bci.engine.outlets import layout
from bci.engine.provenance import ModelRun
from bci.engine.running_model import Decoded, RunningModel
from bci.errors import RecordingError
from bci.head.remap import map_montage
from bci.models.card import Card, adaptation, decision_threshold, evidence_span, trained_channels
from bci.models.fit import info_for
from bci.pipeline.pipeline import Window
from bci.profiles.profile import Adapt, Output
from bci.signals import Chunk, FloatArray, Marker, Prediction, StreamInfo
from bci.verification.adaptation import AdaptedAgain, StateCounts
from bci.verification.models import FoundModel
from bci.verification.placement import UNKNOWN, Placement
from bci.verification.session import LivePrediction, LiveRun

_MAX_SAMPLES = 4096
# A filter's settling time lets its past decay to a hundredth. After this many settling times, the
# past has no effect in 64 bits.
_DECAYS = 8


@dataclass(frozen=True)
class PlacedSignal:
    """The recorded signal ``data`` (n_samples, n_channels), with the engine's sample indices.

    ``markers`` are the cues, in seconds on the engine's LSL clock.
    """

    info: StreamInfo
    data: FloatArray
    placement: Placement
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """A window of the second decoding."""

    time: float  # Time of its last sample, in seconds on the sender's clock
    # The time of this prediction is that of ``live``; without ``live``, it is estimated on the
    # engine's clock
    prediction: Prediction
    # None if no prediction was published live; then the window was no evidence for a decision
    decoded: Decoded | None
    live: LivePrediction | None  # The live prediction of the same window, if one was published
    card: Card  # The card of the model
    comparable: bool  # True if the recording has all samples that the prediction depends on
    decidable: bool  # True if the recording has all samples that the decision depends on


class Matches:
    """Match windows to live predictions by their times, in order."""

    def __init__(self, predictions: Sequence[LivePrediction], offset: float) -> None:
        # Seconds that the engine's clock is ahead of the sender's, by the newest matched pair
        self.offset = offset
        # Times, on the sender's clock, of live predictions without a window in the second decoding
        self.unmatched: list[float] = []
        self._predictions = predictions
        self._next = self._first = 0

    @property
    def begun(self) -> bool:
        """True after the first live prediction on the present prediction stream."""
        return self._next > self._first

    def begin_stream(self) -> None:
        """Note that predictions continue on a new stream, which a recorder has to find first."""
        self._first = self._next

    def match(self, time: float, tolerance_s: float) -> LivePrediction | None:
        """Find the live prediction of a window; None if it has none.

        ``time`` is the smooth time of the window's last sample on the sender's clock. Both
        parameters are in seconds.
        """
        expected = time + self.offset
        while self._next < len(self._predictions):
            live = self._predictions[self._next]
            if live.time > expected + tolerance_s:
                return None
            self._next += 1
            if live.time >= expected - tolerance_s:
                self.offset = live.time - time
                return live
            self.unmatched.append(live.time - self.offset)
        return None

    def finish(self) -> None:
        """Add the remaining live predictions to `unmatched`."""
        self.unmatched += [p.time - self.offset for p in self._predictions[self._next :]]
        self._next = len(self._predictions)


class SecondDecoding:
    """Second decoding of all windows of a run, in order."""

    def __init__(self, run: LiveRun, signal: PlacedSignal, models: Sequence[FoundModel]) -> None:
        self._run = run
        self.signal = signal
        self._models = models
        self.output = Output.model_validate(run.provenance.output)
        self.matches = Matches(run.predictions, signal.placement.offsets[0].ahead_s)
        # Intervals (first, last) in which all windows are comparable. They are times of windows'
        # last samples, in seconds on the sender's clock
        self.spans: list[tuple[float, float]] = []
        self.states = StateCounts()
        # Times at which an adaptation was resumed from a published state, on the sender's clock
        self.resumed: list[float] = []
        self._seams = np.array([seam.index for seam in run.seams])
        self._info, self._mapping = signal.info, None
        self._decides = True
        if run.provenance.map_montage:
            card = models[0].card
            self._mapping = map_montage(info_for(card, signal.info), trained_channels(card))
            self._info = self._mapping.info

    def windows(self) -> Iterator[Again]:
        """Decode the recording; yield each window.

        Raises `MismatchError` if a model does not fit the signal. Raises `RecordingError` if the
        recording lacks samples to which a model adapted live.
        """
        ends = [*(model.decides_from for model in self._run.models[1:]), None]
        # One thread, as in the live engine, so that the results are identical to the last bit.
        before = self._models[0].card
        with threadpool_limits(limits=1):
            for model, found, end in zip(self._run.models, self._models, ends, strict=True):
                if layout(found.card) != layout(before):
                    self.matches.begin_stream()
                before = found.card
                yield from self._of_model(model, found, end)
        self.matches.finish()

    def _of_model(self, model: ModelRun, found: FoundModel, end: int | None) -> Iterator[Again]:
        card, output = found.card, self.output
        decoding = RunningModel(
            card,
            found.decoder,
            self._info,
            evidence_s=evidence_span(output, card),
            adapt=adaptation(output, card),
            threshold=decision_threshold(output, card),
        )
        ahead_s = {each.sample: each.ahead_s for each in self.signal.placement.offsets}
        published = [s for s in self._run.states if s.decides_from == model.decides_from]
        adapted = AdaptedAgain(decoding.adaptation, published, self.states)
        expected, since = None, -np.inf
        waiting = deque(self.signal.markers)
        if decoding.pipeline.at_cues:
            self._request_windows(decoding)
        for chunk in self._chunks(model, end, self._step(decoding)):
            if expected is None:
                is_all = chunk.first == model.fed_from and not self.signal.placement.n_lacking
                self._require_all(model, adaptation(output, card), is_all)
                # The states of the signal depend on all earlier samples.
                self._decides = is_all or decoding.states is None
            goes_on = chunk.first == expected
            if not goes_on:
                since = self._since(decoding, model, chunk)
            if not self._run.is_consecutive(
                model.fed_from if expected is None else expected, chunk.first
            ):
                adapted.lose()
            if chunk.first in self._seams:
                # From here on, the sender's clock may be another one.
                self.matches.offset = ahead_s.get(chunk.first, self.matches.offset)
            self._give_markers(decoding, chunk, waiting)
            expected = chunk.end
            if chunk.end <= model.decides_from:
                decoding.settle(chunk)
                continue
            for window, prediction in decoding.again(chunk):
                again = self._decide(decoding, window, prediction, since, adapted.is_known)
                yield again
                certain = again.live is not None and window.taken >= since
                if adapted.follow(window.end, window.taken, certain):
                    self.resumed.append(window.taken)
                    since = float(np.nextafter(window.taken, np.inf))
            self._span(chunk, since if adapted.is_known else np.inf, goes_on)

    def _require_all(self, model: ModelRun, adapt: Adapt, is_all: bool) -> None:
        """Check that no decoder adapted to missing samples without publishing its state.

        Raises `RecordingError` otherwise.
        """
        is_resumable = adapt == "alignment" and self._run.states
        if adapt != "off" and not is_all and not is_resumable:
            raise RecordingError(
                f"{model.name} adapted live ({adapt}) to samples that the recording lacks, so its "
                "predictions cannot be compared; start the recording first, or the engine with "
                "--adapt off"
            )

    def _since(self, decoding: RunningModel, model: ModelRun, chunk: Chunk) -> float:
        """Return the time from which windows are comparable, after a chunk behind a gap.

        Times are in seconds on the sender's clock; -inf means at once.
        """
        if chunk.first in (model.fed_from, *self._run.gaps):
            return -np.inf
        # The live filters had processed samples before this chunk that the recording lacks.
        pipeline = decoding.pipeline
        n_samples = pipeline.n_samples + _DECAYS * pipeline.memory
        return float(chunk.timestamps[0]) + n_samples / pipeline.chain.sfreq

    def _decide(
        self,
        decoding: RunningModel,
        window: Window,
        prediction: Prediction,
        since: float,
        is_adapted: bool,  # True if the adaptation has the same state as live
    ) -> Again:
        by_itself = decoding.hop_s / 2
        slack = 1.5 / decoding.pipeline.chain.sfreq if decoding.pipeline.at_cues else by_itself
        begun = self.matches.begun
        live = self.matches.match(window.taken, slack)
        comparable = is_adapted and window.taken >= since
        decidable = (
            self._decides and comparable and window.taken >= since + decoding.evidence.span_s
        )
        if live is None and begun:
            return Again(window.taken, prediction, None, None, decoding.card, comparable, decidable)
        time = window.taken
        taken = live.time if live is not None else time + self.matches.offset
        prediction, window = replace(prediction, taken=taken), replace(window, taken=taken)
        decoded = decoding.decide(prediction)
        decoding.learn(window)
        return Again(time, prediction, decoded, live, decoding.card, comparable, decidable)

    def _chunks(self, model: ModelRun, end: int | None, step: int) -> Iterator[Chunk]:
        """Yield the samples that a model processed, in chunks of consecutive samples.

        ``end`` is the index at which the next model begins to decode; None for the last model.
        A chunk has at most ``step`` samples.
        """
        indices = self.signal.placement.indices
        stop = np.iinfo(np.int64).max if end is None else end
        rows = np.flatnonzero((indices != UNKNOWN) & (indices >= model.fed_from) & (indices < stop))
        own = indices[rows]
        is_new = (np.diff(own) != 1) | (np.diff(rows) != 1)
        is_new |= np.isin(own[1:], [model.decides_from, *self._seams])
        for part in np.split(rows, np.flatnonzero(is_new) + 1) if len(rows) else []:
            for at in range(0, len(part), step):
                first, last = int(part[at]), int(part[min(at + step, len(part)) - 1])
                yield self._chunk(first, last + 1)

    def _chunk(self, start: int, stop: int) -> Chunk:
        placement = self.signal.placement
        chunk = Chunk(
            self.signal.data[start:stop],
            placement.smooth[start:stop],
            int(placement.indices[start]),
        )
        return chunk if self._mapping is None else self._mapping.apply(chunk)

    def _step(self, decoding: RunningModel) -> int:
        """Longest chunk in samples; one hop if there are cues, which are passed between chunks."""
        if not self.signal.markers:
            return _MAX_SAMPLES
        return max(1, round(decoding.hop_s * self.signal.info.sfreq))

    def _span(self, chunk: Chunk, since: float, goes_on: bool) -> None:
        begin, end = max(since, float(chunk.timestamps[0])), float(chunk.timestamps[-1])
        if goes_on and self.spans:
            before, _ = self.spans.pop()
            # ``before`` is infinite if no window was comparable yet.
            begin = max(since, before) if np.isfinite(before) else begin
        self.spans.append((begin, end))

    def _give_markers(self, decoding: RunningModel, chunk: Chunk, waiting: deque[Marker]) -> None:
        while waiting and waiting[0].time <= chunk.timestamps[-1] + self.matches.offset:
            decoding.on_marker(waiting.popleft())

    def _request_windows(self, decoding: RunningModel) -> None:
        """Request the windows of the live predictions; the markers' clock may be slightly off."""
        pipeline = decoding.pipeline
        length_s = (pipeline.n_samples - 1) / pipeline.chain.sfreq
        offsets = self.signal.placement.offsets
        for live in self._run.predictions:
            at = bisect_right(offsets, live.time, key=lambda offset: offset.time)
            pipeline.request_window(live.time - offsets[max(0, at - 1)].ahead_s - length_s)
