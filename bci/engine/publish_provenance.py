"""The provenance of a running engine's predictions, published for whoever records them."""

import time
import uuid
from collections import deque
from dataclasses import asdict
from weakref import WeakKeyDictionary

import pylsl
from pylsl import local_clock

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
from bci.lsl.metadata import to_lsl
from bci.models.card import Card
from bci.pipeline.pipeline import WindowTally
from bci.profiles.profile import Output
from bci.signals import Channel, StreamInfo

# Often enough that a short recording holds one, and seldom enough to be small beside a signal.
_EVERY_S = 5.0
# liblsl drops what it has not sent yet when a stream is closed.
_LAST_WORD_S = 0.1
_MAX_MODELS = 100


class EngineProvenance:
    """Keeps and publishes the stream ``<name>-provenance`` of an engine."""

    def __init__(
        self,
        output: Output,
        source_id: str,
        inlet: SignalInlet,
        map_montage: bool,
        markers: CueQuery | None,
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
            # Read from disk here, before samples come.
            versions=versions(),
            machine=machine(),
        )

    def identify(self, decoding: RunningModel, card: Card, decoder: Decoder) -> None:
        """Hash a model before it decodes; takes as long as reading it once."""
        self._known[decoding] = model_run(card, decoder)

    def take_over(self, decoding: RunningModel, decides_from: int) -> None:
        """Note that a model decodes from an absolute sample index on."""
        self._past.extend(self._present())
        model = self._known[decoding].model_copy(update={"decides_from": decides_from})
        self._running = decoding, model

    def publish(self, now: float, counts: WindowTally, final: bool = False) -> None:
        """Publish what is known, if it is due or has changed."""
        models = (*self._past, *self._present())
        state = tuple(self._inlet.seams), models, counts.skipped
        if not final and now < self._due and state == self._state:
            return
        self._due, self._state = now + _EVERY_S, state
        provenance = self._base.model_copy(
            update={
                "versions": versions(),
                "models": models,
                "seams": tuple(self._inlet.seams),
                "here": self._inlet.here,
                "predicted": counts.predicted,
                "skipped": counts.skipped,
            }
        )
        if self._outlet is None:
            self._outlet = pylsl.StreamOutlet(to_lsl(self._info, "string"))
        self._outlet.push_sample([provenance.line()])

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
