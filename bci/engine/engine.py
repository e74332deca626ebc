"""The live engine: an LSL stream through a model's pipeline, predictions back onto LSL."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pylsl import local_clock
from threadpoolctl import threadpool_limits

from bci.clock.timekeeping import findings
from bci.engine.cues import EngineCues
from bci.engine.hot_swap import Load, NextModel
from bci.engine.outlets import Outlets, Tell, require_free_name, source_id
from bci.engine.publish_provenance import EngineProvenance
from bci.engine.running_model import RunningModel, warm_up
from bci.engine.status import describe_engine
from bci.errors import ProfileError, StreamError
from bci.head.remap import describe_map
from bci.lsl.cue_streams import CueQuery, cue_query
from bci.lsl.discovery import FoundStream, StreamQuery, await_stream
from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.inlet import SignalInlet
from bci.lsl.losses import LossLog, UnsoundLog
from bci.lsl.mapped import MappedInlet
from bci.messages import EngineStatus
from bci.models.bundle import Card, decision_threshold, evidence_span, trained_channels
from bci.models.fit import told
from bci.profiles.profile import Output, Timing
from bci.recording.rounding import LARGEST_EXACT
from bci.tasks.word_prior import WordPrior, read_sentences
from bci.types import Decoder

# How long one pull may wait: bounds both how much is left to filter when a window completes
# and how late a request to stop is seen.
_PULL_S = 0.02
_STATUS_EVERY_S = 0.5

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
    markers : CueQuery or StreamQuery, optional
        Where cues come from; needed by a model whose windows come at cues, and to learn from cues.
    map_montage : bool
        Interpolate the channels that the stream lacks.
    load : callable, optional
        Reads a model folder; without it no other model can be taken while decoding.
    tell : callable, optional
        Told of each event of the decision, as it is published.
    timing : Timing, optional
        How the stream's stamps are taken, and its true rate.

    Attributes
    ----------
    last_status : EngineStatus or None
        Status at the end of the run; None before.

    Raises
    ------
    StreamError
        If cues are needed and there is no ``markers``.
    ProfileError
        If there are sentences, and the model has no cues or none of its words is in them.
    """

    def __init__(
        self,
        card: Card,
        decoder: Decoder,
        query: StreamQuery,
        output: Output,
        say: Say,
        markers: CueQuery | StreamQuery | None = None,
        map_montage: bool = False,
        load: Load | None = None,
        tell: Tell | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.last_status: EngineStatus | None = None
        self._tell = tell
        self._markers = cue_query(markers) if markers is not None else None
        self._output = output
        self._require_cues(card)
        self._prior(card)
        self._card = card
        self._decoder = decoder
        self._query = query
        self._say = say
        self._map_montage = map_montage
        self._load = load
        self._timing = timing or Timing()
        self._swaps = 0
        self._latencies: deque[float] = deque(maxlen=1000)
        self._status_due = 0.0

    def run(
        self,
        stop: threading.Event,
        wait_s: float | None = None,
        commands: "queue.SimpleQueue[str] | None" = None,
    ) -> None:
        """Find the stream, decode it, publish; return soon after ``stop`` is set.

        Parameters
        ----------
        stop : threading.Event
        wait_s : float, optional
            How long to wait for the stream at first; without it, for ever.
        commands : queue of str, optional
            ``use FOLDER`` loads another model beside the running one, which goes on until the
            other's filters have settled; no window is left out. One that does not fit is refused
            in a sentence and changes nothing.

        Raises
        ------
        StreamError
            If the stream does not appear in time, is ambiguous, or returns changed; or if another
            engine of that name runs.
        MismatchError
            If the stream does not fit the model; the message names what differs.
        """
        name = self._output.name
        require_free_name(name, stop)
        self._status = StatusOutlet(name, source_id(name, "status"))
        try:
            found = self._find(stop, wait_s)
            if found is None:
                return
            by_arrival = self._timing.stamps == "arrival"
            signal = SignalInlet(found, by_arrival=by_arrival, given_hz=self._timing.sfreq)
            inlet: SignalInlet | MappedInlet = signal
            try:
                if self._map_montage:
                    info = told(self._card, signal.info)
                    inlet = MappedInlet(signal, trained_channels(self._card), info)
                    self._say(describe_map(inlet.info.name, inlet.info))
                with threadpool_limits(limits=1):
                    self._decode(inlet, stop, commands or queue.SimpleQueue())
            finally:
                inlet.close()
        finally:
            self._status.close()

    def _find(self, stop: threading.Event, wait_s: float | None) -> FoundStream | None:
        said = False

        def wait(why: StreamError) -> None:
            nonlocal said
            if not said:
                self._say(f"waiting for the stream ({why})")
                said = True
            waiting = EngineStatus(state="waiting for stream", model=self._card.name)
            self._status.push(waiting)

        return await_stream(self._query, stop, float("inf") if wait_s is None else wait_s, wait)

    def _decode(
        self,
        inlet: SignalInlet | MappedInlet,
        stop: threading.Event,
        commands: "queue.SimpleQueue[str]",
    ) -> None:
        info = inlet.info

        name = self._output.name
        provenance = EngineProvenance(
            self._output, source_id(name, "provenance"), inlet, self._map_montage, self._markers
        )

        def make(card: Card, decoder: Decoder) -> RunningModel:
            self._require_cues(card)
            span_s, adapt = evidence_span(self._output, card), self._output.adapt
            made = RunningModel(
                card,
                decoder,
                info,
                local_clock,
                span_s,
                adapt,
                self._prior(card),
                decision_threshold(self._output, card),
            )
            provenance.identify(made, card, decoder)
            return made

        running = make(self._card, self._decoder)
        provenance.take_over(running, 0)
        warm_up(self._card, self._decoder, info)
        successor = NextModel(self._load, make, info, self._say) if self._load else None
        outlets = Outlets(self._output, running.card, info, self._tell)
        self._warn(running.card)
        self._say(f"decoding {info.name} ({info.summary}) with {running.card.name}")
        for remark in running.remarks:
            self._say(remark)
        everything = max(1, round(10 * info.sfreq))
        behind = False
        connected, warned, rounded = True, False, False
        losses, unsound = LossLog(info.name), UnsoundLog(info.name)
        cues = EngineCues(self._markers, info.name, self._say)
        try:
            while not stop.is_set():
                if behind:
                    chunks = inlet.pull(everything, 0.0)
                else:
                    chunks = inlet.pull(running.samples_to_window, _PULL_S)
                began = local_clock()
                settling = successor.settling if successor else None
                cues.pass_on([running, settling] if settling else [running])
                for chunk in chunks:
                    for decoded in running.push(chunk, newest_only=behind):
                        published = outlets.publish(decoded)
                        self._latencies.append(published - decoded.prediction.taken)
                now = local_clock()
                outlets.expect(now, inlet.connected, running.hop_s)
                behind = now - began > running.hop_s
                if successor is not None:
                    while not commands.empty():
                        self._obey(commands.get(), successor)
                    if following := successor.follow(chunks, running.card.name):
                        following.take_over(running)
                        provenance.take_over(following, chunks[-1].end)
                        running = following
                        self._swaps += 1
                        changed = outlets.serve(running.card)
                        self._warn(running.card)
                        self._say(f"decoding with {running.card.name} from here on{changed}")
                        for remark in running.remarks:
                            self._say(remark)
                if connected != inlet.connected:
                    connected = inlet.connected
                    self._say(f"{info.name} is back" if connected else f"{info.name} was lost")
                if inlet.rounds and not rounded:
                    rounded = True
                    self._say(f"{info.name}: values above {LARGEST_EXACT} are rounded to float32")
                if now >= self._status_due:
                    self._status_due = now + _STATUS_EVERY_S
                    self._status.push(self._describe(inlet, running, cues))
                    provenance.publish(now, running.pipeline.counts)
                    self._check_clock(inlet, running.card)
                    for sentence in losses.news(inlet.stats):
                        self._say(sentence)
                    columns = running.pipeline.chain.take_unsound()
                    found = unsound.news([info.ch_names[column] for column in columns])
                    if found is not None:
                        self._say(found)
                    warning = running.drift.warning if running.drift else None
                    if warning and not warned:
                        self._say(warning)
                    warned = warning is not None
        finally:
            self.last_status = self._describe(inlet, running, cues)
            provenance.close(running.pipeline.counts)
            outlets.close()
            cues.close()

    def _check_clock(self, inlet: SignalInlet | MappedInlet, card: Card) -> None:
        """Refuse to wait for cues on a stream whose stamps can never meet them."""
        keeping = inlet.keeping
        needs_cues = card.pipeline.at_cues or self._output.adapt == "supervised"
        if needs_cues and keeping.is_off_clock and not keeping.by_arrival:
            raise StreamError(f"stream {inlet.info.name!r}: {findings(keeping)[0]}")

    def _require_cues(self, card: Card) -> None:
        if self._markers is not None:
            return
        hint = "name their stream by --markers, or in the profile (markers:)"
        if card.pipeline.at_cues:
            raise StreamError(f"{card.name} decodes at cues: {hint}")
        if self._output.adapt == "supervised":
            raise StreamError(f"supervised adaptation learns from cues: {hint}")

    def _prior(self, card: Card) -> WordPrior | None:
        if self._output.sentences is None:
            return None
        if not card.pipeline.at_cues:
            raise ProfileError(
                f"output.sentences: {card.name} decodes without cues, so nothing tells where one "
                "word ends and the next begins; leave it out"
            )
        return read_sentences(Path(self._output.sentences), card.classes)

    def _warn(self, card: Card) -> None:
        """Warn of a model at chance, or of a threshold that was chosen for other decisions."""
        if (warning := card.warning()) is not None:
            self._say(f"{card.name}: {warning}")
        span, sure = evidence_span(self._output, card), card.confidence
        own = self._output.decision_threshold is None and sure and sure.threshold is not None
        if own and sure and sure.evidence_s != span:
            self._say(
                f"{card.name} chose its threshold for decisions from {sure.evidence_s:g} s of "
                f"evidence, the profile wants {span:g} s: calibrate again, or set "
                "output.decision_threshold"
            )
        given = self._output.decision_threshold
        if given is not None and sure and sure.threshold not in (None, given):
            self._say(
                f"the profile's output.decision_threshold has decisions from confidence {given:g} "
                f"on; {card.name} chose {sure.threshold:g} for few false ones at rest: leave it "
                "out to have that"
            )

    def _obey(self, command: str, successor: NextModel) -> None:
        word, _, rest = command.strip().partition(" ")
        if word == "use" and rest.strip():
            successor.ask(Path(rest.strip()))
        else:
            self._say(f"{command!r:.80} is not understood; 'use FOLDER' takes another model")

    def _describe(
        self, inlet: SignalInlet | MappedInlet, running: RunningModel, cues: EngineCues
    ) -> EngineStatus:
        told = cues.describe(running.card.paradigm)
        return describe_engine(
            inlet, running, self._output, told, self._swaps, tuple(self._latencies)
        )
