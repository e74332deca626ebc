"""Recorded sessions for tests, made as an engine makes them but without a network."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bci.clock.dejitter import Position, number_samples
from bci.decisions import RunningDecision
from bci.engine.adapt_alignment import Adaptation
from bci.engine.adaptation_state import AdaptedState, write_state
from bci.engine.provenance import CueSource, Provenance, machine, model_run, versions
from bci.engine.running_model import Decoded, RunningModel
from bci.head.remap import map_montage
from bci.lsl.engine_streams import DECISION, LATENCIES, UNDECIDED
from bci.lsl.metadata import to_lsl
from bci.models.card import adaptation, decision_threshold, evidence_span, trained_channels
from bci.models.fit import info_for, with_options
from bci.models.load import load_model
from bci.models.stimulus import with_stimulus
from bci.profiles.profile import Output
from bci.profiles.stimulus import Stimulus, Triggers
from bci.recording.trigger_events import TriggerMarkers
from bci.recording.xdf.writer import XdfWriter
from bci.signals import Channel, Chunk, Marker, Recording, StreamInfo

START = 5000.0
# From the sender's clock to the engine's.
OFFSET = 0.25
LATENCY_S = 0.02


@dataclass(frozen=True)
class Live:
    """A session: the signal, and what an engine of the name ``engine`` published of it."""

    signal: Recording
    predictions: list[tuple[float, np.ndarray]]
    described: list[Channel]
    events: list[Marker]
    messages: list[tuple[float, Provenance]]


def run_live(
    signal: Recording,
    models: Sequence[Path],
    swap_at: int = 0,
    skipping: Collection[int] = (),
    chunk: int = 16,
    options: dict | None = None,
    mapped: bool = False,
    rows: tuple[int, int | None] = (0, None),
    triggers: Triggers | None = None,
    stimulus: Stimulus | None = None,
    **output: object,
) -> Live:
    """Decode a signal as a live engine does.

    Parameters
    ----------
    signal : Recording
        Its indices jump where samples are lost.
    models : sequence of Path
        The second is loaded after ``swap_at`` samples.
    skipping : collection of int
        Numbers of seconds in which the decoder is late.
    chunk : int
        Samples of one pull.
    rows : tuple of int
        The engine's first sample and the one behind its last.
    """
    wanted = Output.model_validate({"name": "engine", **output})
    whole, part_of = signal, slice(*rows)
    signal = replace(signal, data=signal.data[part_of], indices=signal.indices[part_of])
    stamps = START + signal.indices / signal.info.sfreq
    numbered, _ = number_samples(stamps, signal.info.sfreq)
    times = numbered.timestamps + OFFSET
    info, mapping = signal.info, None
    runs, made = [], []
    for folder in models:
        card, decoder = load_model(folder)
        card = with_options(card, options or {})
        if mapped and mapping is None:
            mapping = map_montage(info_for(card, info), trained_channels(card))
            info = mapping.info
        decoding = RunningModel(
            with_stimulus(card, stimulus), decoder, info, None, evidence_span(wanted, card),
            adaptation(wanted, card),
            threshold=decision_threshold(wanted, card),
        )  # fmt: skip
        made.append(decoding)
        offset_s = decoding.card.paradigm.offset_s
        runs.append(model_run(card, decoder).model_copy(update={"offset_s": offset_s}))
    running, settling = made[0], made[1:]
    decided, events = RunningDecision(), []
    predictions: list[tuple[float, np.ndarray]] = []
    markers = list(signal.markers)
    messages: list[tuple[float, Provenance]] = []
    seams: list[Position] = []
    began, n_skipped = float(times[0]), 0
    base = Provenance(
        run=uuid.uuid4().hex, engine="engine", began=began, stream=signal.info.name,
        source_id=signal.info.source_id, sfreq=signal.info.sfreq,
        output=wanted.model_dump(mode="json"), map_montage=mapped, markers=CueSource(),
        versions=versions(), machine=machine(),
        triggers=None if triggers is None else triggers.model_dump(mode="json"),
    )  # fmt: skip
    found = None
    if triggers is not None:
        own = signal.info
        found = TriggerMarkers(triggers, own.channels, own.sfreq, own.name)
    done = []

    def position(row: int) -> Position:
        return Position(float(stamps[row]), row, int(numbered.indices[row]), float(times[row]))

    def state() -> AdaptedState | None:
        adaptation = running.adaptation
        if not isinstance(adaptation, Adaptation) or adaptation.state is None:
            return None
        return write_state(adaptation.state, decides_from)

    def report(row: int) -> None:
        now = runs[len(done)].model_copy(update={"fed_from": running.fed_from or 0})
        if done:
            now = now.model_copy(update={"decides_from": decides_from})
        told_now = base.model_copy(
            update={
                "models": (*done, now), "seams": tuple(seams), "here": position(row),
                "predicted": len(predictions), "skipped": n_skipped, "adapted": state(),
            }
        )  # fmt: skip
        messages.append((float(times[row]), told_now))

    decides_from, row, reported = 0, 0, 0
    while row < len(stamps):
        jumps = np.flatnonzero(np.diff(numbered.indices[row : row + chunk]) != 1)
        stop = min(len(stamps), row + (int(jumps[0]) + 1 if len(jumps) else chunk))
        if row == 0 or numbered.indices[row] != numbered.indices[row - 1] + 1:
            seams.append(position(row))
        part = Chunk(signal.data[row:stop], times[row:stop], int(numbered.indices[row]))
        came = [] if found is None else found.push(part)
        part = part if mapping is None else mapping.apply(part)
        while markers and START + OFFSET + markers[0].time <= part.timestamps[-1]:
            marker = markers.pop(0)
            came.append(Marker(START + OFFSET + marker.time, marker.label))
        for marker in came:
            for each in [running, *settling]:
                if each.needs_cues:
                    each.cue(marker)
        late = int(signal.indices[row] // signal.info.sfreq) in skipping
        before = running.pipeline.counts.skipped
        for one in running.push(part, newest_only=late):
            predictions.append((one.prediction.taken, _row(one)))
            event = decided.add(one.decision, one.prediction.taken, running.pipeline.at_cues)
            if event is not None:
                events.append(Marker(event.time, event.to_json()))
        n_skipped += running.pipeline.counts.skipped - before
        if settling and row >= swap_at and settling[0].settle(part):
            done.append(
                runs[len(done)].model_copy(
                    update={"fed_from": running.fed_from, "decides_from": decides_from}
                )
            )
            running, decides_from = settling.pop(0), part.end
        if row - reported > 500:
            reported = row
            report(row)
        row = stop
    report(len(stamps) - 1)
    return Live(whole, predictions, _described(made[0], predictions), events, messages)


def _row(one: Decoded) -> np.ndarray:
    decision = one.decision
    numbers = [np.nan, np.nan]
    if decision is not None:
        classes = one.prediction.classes
        number = UNDECIDED if decision.label is None else classes.index(decision.label)
        numbers = [number, decision.confidence]
    latencies = [0.0, 0.0, 0.0, LATENCY_S]
    return np.array([*one.prediction.probabilities, *latencies, *numbers], dtype=np.float32)


def _described(decoding: RunningModel, predictions: object) -> list[Channel]:
    channels = [Channel(label, "class", "probability") for label in decoding.card.classes]
    channels += [Channel(label, "latency", "s") for label in LATENCIES]
    return channels + [Channel(label, "decision", "number") for label in DECISION]


def write_session(
    path: Path,
    *lives: Live,
    from_row: int = 0,
    from_prediction: int = 0,
    alter: Callable[[np.ndarray], None] | None = None,
    without: Collection[str] = (),
) -> Path:
    """Record sessions that ran one after another; from a row and a prediction of the first on."""
    writer = XdfWriter(path)
    first = lives[0]
    data = first.signal.data.copy()
    if alter is not None:
        alter(data)
    stamps = START + first.signal.indices / first.signal.info.sfreq
    begin = stamps[from_row] + OFFSET

    def write(info: StreamInfo, times: Sequence[float], rows: np.ndarray, kind: str) -> None:
        if info.name in without:
            return
        number = writer.add_stream(to_lsl(info, kind).as_xml())
        writer.write_samples(number, np.asarray(times, dtype=np.float64), rows)
        writer.write_offset(number, START, 0.0)

    def texts(name: str, kind: str, pairs: Sequence[tuple[float, str]]) -> None:
        info = StreamInfo(name, kind, 0.0, (Channel("text", "text", "text"),), name)
        rows = np.array([[text.encode()] for _, text in pairs], dtype=object).reshape(-1, 1)
        write(info, [time for time, _ in pairs], rows, "string")

    write(first.signal.info, stamps[from_row:], data[from_row:], "float32")
    cues = [(START + OFFSET + m.time, m.label) for m in first.signal.markers]
    texts("cues", "Markers", cues)
    sent = [one for live in lives for one in live.predictions][from_prediction:]
    info = StreamInfo("engine-predictions", "Predictions", 0.0, tuple(first.described), "p")
    rows = np.array([row for _, row in sent], dtype=np.float32)
    write(info, [time for time, _ in sent], rows.reshape(-1, len(first.described)), "float32")
    heard = sent[0][0] if sent else begin
    events = [(e.time, e.label) for live in lives for e in live.events if e.time >= heard]
    texts("engine-decisions", "Decisions", events)
    messages = [
        (time, message.line()) for live in lives for time, message in live.messages if time >= begin
    ]
    texts("engine-provenance", "Provenance", messages)
    writer.close()
    return path


def without_samples(recording: Recording, start: int, stop: int) -> Recording:
    """The recording as if these samples had been lost on the way."""
    kept = np.r_[0:start, stop : len(recording.data)]
    return replace(
        recording,
        data=recording.data[kept],
        timestamps=recording.timestamps[kept],
        indices=recording.indices[kept],
    )
