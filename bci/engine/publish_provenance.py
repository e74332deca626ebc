"""Publish the provenance of a running engine's predictions for recorders."""

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

# Interval of messages: a short recording has at least one, and the signal stays much larger.
_EVERY_S = 5.0
# `bci verify` compares a recording from its first state on. A state takes 44 kB and 0.3 ms of the
# engine's thread with 64 channels, 1 MB and 12 ms with 306.
_STATE_EVERY_S = 5.0
# Wait before the stream is closed, in seconds: liblsl drops samples that are not sent yet.
_LAST_WORD_S = 0.1
_MAX_MODELS = 100


class EngineProvenance:
    """Publish the stream ``<name>-provenance`` of an engine."""

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
        # Of the newest published state: its model's ``decides_from``, and its window's end.
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
        """Hash a model's card and arrays before it decodes."""
        offset_s = decoding.card.paradigm.offset_s
        self._known[decoding] = model_run(card, decoder).model_copy(update={"offset_s": offset_s})

    def take_over(self, decoding: RunningModel, decides_from: int) -> None:
        """Record that ``decoding`` decodes from sample ``decides_from`` on.

        It is an absolute sample index.
        """
        self._past.extend(self._present())
        model = self._known[decoding].model_copy(update={"decides_from": decides_from})
        self._running = decoding, model

    def publish(self, now: float, counts: WindowTally, final: bool = False) -> None:
        """Publish the provenance if it has changed or 5 s have passed.

        ``now`` is in seconds on the LSL clock. With ``final`` it is always published.
        """
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
        """Return the state of the adaptation; None if it is not due or has not changed."""
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
        """Return the running model as a tuple of one; empty before its first sample."""
        if self._running is None or self._running[0].fed_from is None:
            return ()
        decoding, model = self._running
        return (model.model_copy(update={"fed_from": decoding.fed_from}),)

    def close(self, counts: WindowTally) -> None:
        """Publish the provenance a last time and close the stream."""
        self.publish(float(local_clock()), counts, final=True)
        if self._outlet is not None and self._outlet.have_consumers():
            time.sleep(_LAST_WORD_S)
        self._outlet = None


def _unpublished(decoding: RunningModel) -> str:
    """Return the kind of an adaptation whose state is not published, or an empty text.

    Only a recording from the engine's start on can repeat its predictions. The state of
    ``supervised`` would be every trial so far: 16 MB with 64 channels.
    """
    adaptation = decoding.adaptation
    if adaptation is None:
        return ""
    if not isinstance(adaptation, Adaptation):
        return "supervised"
    return "" if adaptation.is_resumable else "alignment"
