"""The provenance of a running engine's predictions, published for whoever records them."""

import time
import uuid
from collections import deque
from dataclasses import asdict
from weakref import WeakKeyDictionary

import pylsl
from pylsl import local_clock

from bci.engine.adapt_alignment import Adaptation
from bci.engine.adaptation_state import AdaptedState, write_state
from bci.engine.provenance import (
    STREAM_TYPE,
    CueSource,
    ModelRun,
    Provenance,
    machine,
    model_run,
    versions,
)
from bci.engine.running_model import RunningModel
from bci.interfaces import Decoder
from bci.lsl.cue_streams import CueQuery
from bci.lsl.inlet import SignalInlet
from bci.lsl.metadata import UNPUBLISHED, to_lsl
from bci.models.card import Card
from bci.pipeline.pipeline import WindowTally
from bci.profiles.profile import Output
from bci.profiles.stimulus import Triggers
from bci.signals import Channel, StreamInfo

# Often enough that a short recording holds one, and seldom enough to be small beside a signal.
_EVERY_S = 5.0
# A recording is compared from its first state on. With 64 channels a state takes 44 kB and 0.3 ms
# of the engine's thread, with 306 1 MB and 12 ms.
_STATE_EVERY_S = 5.0
# liblsl drops what it has not sent yet when a stream is closed.
_LAST_WORD_S = 0.1
_MAX_MODELS = 100


class EngineProvenance:
    """Keep and publish the stream ``<name>-provenance`` of an engine."""

    def __init__(
        self,
        output: Output,
        source_id: str,
        inlet: SignalInlet,
        map_montage: bool,
        markers: CueQuery | None,
        triggers: Triggers | None = None,
    ) -> None:
        channel = Channel("provenance", "status", "json")
        name, simulated = f"{output.name}-provenance", inlet.info.simulated
        self._info = StreamInfo(name, STREAM_TYPE, 0.0, (channel,), source_id, simulated)
        self._outlet: pylsl.StreamOutlet | None = None
        self._inlet = inlet
        self._known: WeakKeyDictionary[RunningModel, ModelRun] = WeakKeyDictionary()
        self._past: deque[ModelRun] = deque(maxlen=_MAX_MODELS)
        self._running: tuple[RunningModel, ModelRun] | None = None
        self._due = 0.0
        self._state: object = None
        self._state_due = 0.0
        # The model, and the window, of the newest state that was published.
        self._state_of: tuple[int, int] | None = None
        self._base = Provenance(
            run=uuid.uuid4().hex,
            engine=output.name,
            began=float(local_clock()),
            stream=inlet.info.name,
            source_id=inlet.info.source_id,
            sfreq=inlet.info.sfreq,
            output=output.model_dump(mode="json"),
            map_montage=map_montage,
            markers=CueSource(**asdict(markers)) if markers is not None else None,
            triggers=triggers.model_dump(mode="json") if triggers is not None else None,
            # Read from disk here, before samples come.
            versions=versions(),
            machine=machine(),
        )

    def identify(self, decoding: RunningModel, card: Card, decoder: Decoder) -> None:
        """Hash a model before it decodes; takes as long as reading it once."""
        offset_s = decoding.card.paradigm.offset_s
        self._known[decoding] = model_run(card, decoder).model_copy(update={"offset_s": offset_s})

    def take_over(self, decoding: RunningModel, decides_from: int) -> None:
        """Note that a model decodes from an absolute sample index on."""
        self._past.extend(self._present())
        model = self._known[decoding].model_copy(update={"decides_from": decides_from})
        self._running = decoding, model

    def publish(self, now: float, counts: WindowTally, final: bool = False) -> None:
        """Publish what is known, if it is due or has changed."""
        models = (*self._past, *self._present())
        state = tuple(self._inlet.seams), models, counts.skipped
        adapted = self._adapted(now, final)
        if not final and adapted is None and now < self._due and state == self._state:
            return
        self._due, self._state = now + _EVERY_S, state
        provenance = self._base.model_copy(
            update={
                "versions": versions(),
                "models": models,
                "seams": tuple(self._inlet.seams),
                "here": self._inlet.here,
                "adapted": adapted,
                "predicted": counts.predicted,
                "skipped": counts.skipped,
            }
        )
        if self._outlet is None:
            self._outlet = pylsl.StreamOutlet(self._describe())
        self._outlet.push_sample([provenance.line()])

    def _adapted(self, now: float, final: bool) -> AdaptedState | None:
        """The state of the adaptation, where it is due and has changed."""
        if self._running is None or not isinstance(self._running[0].adaptation, Adaptation):
            return None
        decides_from = self._running[1].decides_from
        is_new = self._state_of is None or self._state_of[0] != decides_from
        if not (is_new or final or now >= self._state_due):
            return None
        state = self._running[0].adaptation.state
        if state is None or self._state_of == (decides_from, state.end):
            return None
        self._state_due, self._state_of = now + _STATE_EVERY_S, (decides_from, state.end)
        return write_state(state, decides_from)

    def _describe(self) -> pylsl.StreamInfo:
        described = to_lsl(self._info, "string")
        if self._running is not None and (unpublished := _unpublished(self._running[0])):
            described.desc().append_child_value(UNPUBLISHED, unpublished)
        return described

    def _present(self) -> tuple[ModelRun, ...]:
        """The model that decodes; none before it has taken in a sample."""
        if self._running is None or self._running[0].fed_from is None:
            return ()
        decoding, model = self._running
        return (model.model_copy(update={"fed_from": decoding.fed_from}),)

    def close(self, counts: WindowTally) -> None:
        """Publish the last state and take the stream off the network."""
        self.publish(float(local_clock()), counts, final=True)
        if self._outlet is not None and self._outlet.have_consumers():
            time.sleep(_LAST_WORD_S)
        self._outlet = None


def _unpublished(decoding: RunningModel) -> str:
    """Kind of an adaptation that only a recording from the engine's start on repeats, or nothing.

    ``supervised`` would need every trial so far: 16 MB with 64 channels.
    """
    adaptation = decoding.adaptation
    if adaptation is None:
        return ""
    if not isinstance(adaptation, Adaptation):
        return "supervised"
    return "" if adaptation.is_resumable else "alignment"
