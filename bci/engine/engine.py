"""The live engine: decode an LSL stream with a model and publish predictions."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from pylsl import local_clock
from threadpoolctl import threadpool_limits

from bci.decisions import DecisionEvent
from bci.engine.cues import EngineCues
from bci.engine.hot_swap import Load, NextModel
from bci.engine.loop import EngineLoop
from bci.engine.outlets import Outlets, require_free_name, source_id
from bci.engine.publish_provenance import EngineProvenance
from bci.engine.running_model import RunningModel, warm_up
from bci.engine.trigger_cues import TriggerCues
from bci.errors import MismatchError, ProfileError, StreamError
from bci.head.remap import describe_map, map_montage
from bci.interfaces import Decoder
from bci.lsl.cue_streams import CueQuery, cue_query
from bci.lsl.discovery import FoundStream, StreamQuery, await_reporting
from bci.lsl.engine_streams import StatusOutlet
from bci.lsl.inlet import SignalInlet
from bci.messages import EngineStatus
from bci.models.card import Card, adaptation, decision_threshold, evidence_span, trained_channels
from bci.models.fit import info_for
from bci.models.stimulus import stimulus_remark, with_stimulus
from bci.profiles.profile import Output, Timing
from bci.profiles.stimulus import Stimulus, Triggers
from bci.signals import StreamInfo
from bci.tasks.word_prior import WordPrior, read_sentences


class Engine:
    """Engine that decodes one stream until it is stopped.

    Raises `StreamError` if the model needs cues and neither ``markers`` nor ``triggers`` is given.
    Raises `ProfileError` if ``output`` names sentences, but the model decodes without cues or the
    sentences have none of its words.
    """

    def __init__(
        self,
        card: Card,
        decoder: Decoder,
        query: StreamQuery,
        output: Output,
        report: Callable[[str], None],
        markers: CueQuery | StreamQuery | None = None,  # Source of the cues
        map_montage: bool = False,
        load: Load | None = None,  # Reads another model's folder; None: the model stays
        # Called with each decision event when it is published
        on_decision: Callable[[DecisionEvent], None] | None = None,
        timing: Timing | None = None,
        triggers: Triggers | None = None,  # Channel of the decoded stream that has the cues
        stimulus: Stimulus | None = None,  # Stimulus offset measured on this computer
    ) -> None:
        self.last_status: EngineStatus | None = None
        self._on_decision = on_decision
        self._markers = cue_query(markers) if markers is not None else None
        self._triggers = triggers
        self._stimulus = stimulus
        self._output = output
        self._require_cues(card)
        self._prior(card)
        self._card = card
        self._decoder = decoder
        self._query = query
        self._report = report
        self._map_montage = map_montage
        self._load = load
        self._timing = timing or Timing()

    def run(
        self,
        stop: threading.Event,
        wait_s: float | None = None,  # Longest wait for the stream, in seconds; None: no limit
        commands: "queue.SimpleQueue[str] | None" = None,
    ) -> None:
        """Find the stream, decode it and publish; return soon after ``stop`` is set.

        ``commands`` takes ``use FOLDER``, which loads another model. The running model continues
        until the new model's filters have settled, so no window is left out. A model that does not
        fit is refused with a message, and the running one continues.

        Raises `StreamError` if the stream does not appear in time, is ambiguous, or differs after
        a reconnection. It also raises it if another engine of the same name runs. Raises
        `MismatchError` if the stream does not fit the model; the message names the difference.
        """
        name = self._output.name
        require_free_name(name, stop)
        self._status = StatusOutlet(name, source_id(name, "status"))
        try:
            found = self._find(stop, wait_s)
            if found is None:
                return
            by_arrival = self._timing.stamps == "arrival"
            inlet = SignalInlet(found, by_arrival=by_arrival, given_hz=self._timing.sfreq)
            try:
                triggers = self._tap_triggers(inlet)
                if self._map_montage:
                    self._map_channels(inlet)
                with threadpool_limits(limits=1):
                    self._decode(inlet, stop, commands or queue.SimpleQueue(), triggers)
            finally:
                inlet.close()
        finally:
            self._status.close()

    def _tap_triggers(self, inlet: SignalInlet) -> TriggerCues | None:
        """Read the cues from the stream's trigger channel, before the channels are mapped.

        Returns None without trigger settings, or if the stream lacks the channel and the model
        needs no cues.
        """
        if self._triggers is None:
            return None
        try:
            cues = TriggerCues(self._triggers, inlet.info)
        except MismatchError:
            if self._card.pipeline.at_cues or self._output.adapt == "supervised":
                raise
            return None
        inlet.tap(cues.take)
        return cues

    def _map_channels(self, inlet: SignalInlet) -> None:
        info = info_for(self._card, inlet.info)
        mapping = map_montage(info, trained_channels(self._card))
        inlet.map_channels(mapping.info, mapping.apply)
        self._report(describe_map(inlet.info.name, inlet.info))

    def _find(self, stop: threading.Event, wait_s: float | None) -> FoundStream | None:
        def on_wait() -> None:
            self._status.push(EngineStatus(state="waiting for stream", model=self._card.name))

        return await_reporting(self._query, stop, wait_s, self._report, on_wait)

    def _decode(
        self,
        inlet: SignalInlet,
        stop: threading.Event,
        commands: "queue.SimpleQueue[str]",
        triggers: TriggerCues | None,
    ) -> None:
        info, name = inlet.info, self._output.name
        provenance = EngineProvenance(
            self._output,
            source_id(name, "provenance"),
            inlet,
            self._map_montage,
            self._markers,
            self._triggers,
        )

        def make(card: Card, decoder: Decoder) -> RunningModel:
            made = self._make(card, decoder, info)
            provenance.identify(made, card, decoder)
            return made

        running = make(self._card, self._decoder)
        provenance.take_over(running, 0)
        warm_up(self._card, self._decoder, info)
        loop = EngineLoop(
            inlet,
            running,
            self._output,
            Outlets(self._output, running.card, info, self._on_decision),
            EngineCues(self._markers, info.name, self._report, triggers),
            provenance,
            self._status.push,
            self._report,
            NextModel(self._load, make, info, self._report) if self._load else None,
            commands,
        )
        loop.start()
        try:
            while not stop.is_set():
                loop.step()
        finally:
            self.last_status = loop.close()

    def _make(self, card: Card, decoder: Decoder, info: StreamInfo) -> RunningModel:
        self._require_cues(card)
        made = RunningModel(
            with_stimulus(card, self._stimulus),
            decoder,
            info,
            local_clock,
            evidence_span(self._output, card),
            adaptation(self._output, card),
            self._prior(card),
            decision_threshold(self._output, card),
        )
        made.stimulus_remark = stimulus_remark(card, self._stimulus)
        return made

    def _require_cues(self, card: Card) -> None:
        if self._markers is not None or self._triggers is not None:
            return
        hint = (
            "name their stream by --markers, or in the profile (markers:, or triggers: for a "
            "channel of the signal)"
        )
        if card.pipeline.at_cues:
            raise StreamError(f"{card.name} decodes at cues: {hint}")
        if self._output.adapt == "supervised":
            raise StreamError(f"supervised adaptation learns from cues: {hint}")

    def _prior(self, card: Card) -> WordPrior | None:
        if self._output.sentences is None:
            return None
        if not card.pipeline.at_cues:
            raise ProfileError(
                f"output.sentences: {card.name} decodes without cues, so nothing marks where one "
                "word ends and the next begins; leave it out"
            )
        return read_sentences(Path(self._output.sentences), card.classes)
