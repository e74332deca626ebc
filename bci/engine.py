"""The live engine: an LSL stream through a model's pipeline, predictions back onto LSL."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from pylsl import local_clock
from threadpoolctl import threadpool_limits

from bci.bundle import Card, check_stream, decision_threshold, trained_channels
from bci.errors import AmbiguousStreamError, StreamError
from bci.lsl.cues import CueListener
from bci.lsl.discovery import FoundStream, StreamQuery, resolve
from bci.lsl.inlet import SignalInlet
from bci.lsl.mapped import MappedInlet
from bci.lsl.predictions import DecisionOutlet, PredictionOutlet, StatusOutlet
from bci.montage import tell_map
from bci.pipeline import Pipeline
from bci.profile import Output
from bci.types import Decoder, StreamInfo

# How long one pull may wait: bounds both how much is left to filter when a window completes
# and how late a request to stop is seen.
_PULL_S = 0.02
_STATUS_EVERY_S = 0.5
_RESOLVE_S = 0.5

Say = Callable[[str], None]


class Engine:
    """Decodes one stream until it is told to stop.

    Parameters
    ----------
    card, decoder
        Of the model.
    query : StreamQuery
        Which stream to decode.
    output : Output
        Names of the streams to publish, and the least confidence of a decision.
    say : callable
        Takes one plain sentence whenever something changes.
    markers : StreamQuery, optional
        Where cues come from; needed by a model whose windows come at cues.
    map_montage : bool
        Interpolate the channels that the stream lacks.

    Raises
    ------
    StreamError
        If the model needs cues and there is no ``markers``.
    """

    def __init__(
        self,
        card: Card,
        decoder: Decoder,
        query: StreamQuery,
        output: Output,
        say: Say,
        markers: StreamQuery | None = None,
        map_montage: bool = False,
    ) -> None:
        if card.pipeline.at_cues and markers is None:
            raise StreamError(
                f"{card.name} decodes at cues: name their stream in the profile (markers:)"
            )
        self._markers = markers if card.pipeline.at_cues else None
        self._card = card
        self._decoder = decoder
        self._query = query
        self._output = output
        self._say = say
        self._map_montage = map_montage
        self._latencies: deque[float] = deque(maxlen=1000)
        self._status_due = 0.0

    def run(self, stop: threading.Event, wait_s: float | None = None) -> None:
        """Find the stream, decode it, publish; return soon after ``stop`` is set.

        Parameters
        ----------
        stop : threading.Event
        wait_s : float, optional
            How long to wait for the stream at first; without it, for ever.

        Raises
        ------
        StreamError
            If the stream does not appear in time, is ambiguous, or returns changed.
        MismatchError
            If the stream does not fit the model; the message names what differs.
        """
        self._status = StatusOutlet(self._output.name, f"{self._output.name}-status")
        try:
            found = self._find(stop, wait_s)
            if found is None:
                return
            signal = SignalInlet(found)
            inlet: SignalInlet | MappedInlet = signal
            try:
                if self._map_montage:
                    inlet = MappedInlet(signal, trained_channels(self._card))
                    self._say(tell_map(inlet.info.name, inlet.info))
                with threadpool_limits(limits=1):
                    self._decode(inlet, stop)
            finally:
                inlet.close()
        finally:
            self._status.close()

    def _find(self, stop: threading.Event, wait_s: float | None) -> FoundStream | None:
        deadline = local_clock() + (wait_s if wait_s is not None else float("inf"))
        said = False
        while not stop.is_set():
            try:
                return resolve(self._query, _RESOLVE_S)
            except AmbiguousStreamError:
                raise
            except StreamError as error:
                if local_clock() > deadline:
                    raise
                if not said:
                    self._say(f"waiting for the stream ({error})")
                    said = True
                self._status.push({"state": "waiting for stream", "model": self._card.name})
        return None

    def _decode(self, inlet: SignalInlet | MappedInlet, stop: threading.Event) -> None:
        info = inlet.info
        check_stream(self._card, info)
        warm_up(self._card, self._decoder, info)
        pipeline = Pipeline(self._card.pipeline, info, self._decoder, clock=local_clock)
        predictions = PredictionOutlet(
            self._output.name,
            self._card.classes,
            f"{self._output.name}-predictions",
            simulated=info.simulated,
            task=self._card.task,
        )
        decisions = DecisionOutlet(
            self._output.name, f"{self._output.name}-decisions", info.simulated
        )
        self._say(
            f"decoding {info.name} ({info.n_channels} channels, {info.sfreq:g} Hz"
            f"{', simulated' if info.simulated else ''}) with {self._card.name}"
        )
        hop_s = pipeline.hop / pipeline.chain.sfreq
        threshold = decision_threshold(self._output, self._card)
        everything = max(1, round(10 * info.sfreq))
        behind = False
        connected = True
        cues = CueListener(self._markers) if self._markers is not None else None
        try:
            while not stop.is_set():
                if behind:
                    chunks = inlet.pull(everything, 0.0)
                else:
                    chunks = inlet.pull(pipeline.samples_to_window, _PULL_S)
                began = local_clock()
                if cues is not None:
                    self._ask(pipeline, cues)
                for chunk in chunks:
                    for prediction in pipeline.push(chunk, newest_only=behind):
                        published = predictions.push(prediction)
                        self._latencies.append(published - prediction.taken)
                        if prediction.confidence >= threshold:
                            decisions.push(prediction)
                now = local_clock()
                behind = now - began > hop_s
                if connected != inlet.connected:
                    connected = inlet.connected
                    self._say(f"{info.name} is back" if connected else f"{info.name} was lost")
                if now >= self._status_due:
                    self._status_due = now + _STATUS_EVERY_S
                    self._status.push(self._describe(inlet, pipeline))
        finally:
            predictions.close()
            decisions.close()
            if cues is not None:
                cues.close()

    def _ask(self, pipeline: Pipeline, cues: CueListener) -> None:
        paradigm = self._card.paradigm
        for marker in cues.pull():
            if paradigm.cue_of(marker.label) is not None:
                pipeline.at(marker.time + paradigm.start_s)

    def _describe(self, inlet: SignalInlet | MappedInlet, pipeline: Pipeline) -> dict[str, object]:
        p50, p99 = np.percentile(self._latencies, [50, 99]) if self._latencies else (None, None)
        stats = inlet.stats
        return {
            "state": "running" if inlet.connected else "stream lost",
            "stream": inlet.info.name,
            "model": self._card.name,
            "simulated": inlet.info.simulated,
            "interpolated": list(inlet.info.interpolated),
            "samples": stats.samples,
            "lost_samples": stats.lost_samples,
            "gaps": stats.gaps,
            "clock_jumps": stats.clock_jumps,
            "reconnects": stats.reconnects,
            "rate_hz": stats.effective_rate,
            "non_finite": pipeline.chain.non_finite,
            **{f"windows_{name}": n for name, n in asdict(pipeline.counts).items()},
            "latency_p50_ms": None if p50 is None else round(1000 * float(p50), 3),
            "latency_p99_ms": None if p99 is None else round(1000 * float(p99), 3),
        }


def warm_up(card: Card, decoder: Decoder, info: StreamInfo) -> None:
    """Compile the kernels and touch every code path once, on noise, before samples arrive."""
    pipeline = Pipeline(card.pipeline, info, decoder)
    rng = np.random.default_rng(0)
    window = rng.normal(size=(pipeline.n_samples, len(pipeline.chain.channels)))
    decoder.predict_proba(window.astype(np.float32).T)
    pipeline.chain.process(rng.normal(size=(8, info.n_channels)).astype(np.float32), 0)
