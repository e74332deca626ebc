"""Verification of a recorded session: decode it again, compare, and report differences."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from bci.engine.provenance import COMPARED, ModelRun, Provenance, installed, machine
from bci.errors import RecordingError
from bci.lsl.cue_streams import CueQuery
from bci.messages import VerifyEvent
from bci.profiles.stimulus import Triggers
from bci.recording.rounding import as_float32
from bci.recording.trigger_events import TriggerMarkers
from bci.recording.xdf.header import field_of
from bci.recording.xdf.markers import find_markers
from bci.recording.xdf.read import info_of, load_streams
from bci.signals import Chunk, FloatArray, Marker, Recording, StreamInfo
from bci.training.epochs import cue_markers
from bci.verification.again import PlacedSignal, SecondDecoding
from bci.verification.comparison import SessionComparison, compare
from bci.verification.models import FoundModel, Load, find_model
from bci.verification.placement import UNKNOWN, Placement, place
from bci.verification.session import LiveRun, Streams, read_runs

# A recorder compares clocks every few seconds.
_COMPARED_S = 60.0


def verify(
    path: Path,
    load: Load,
    models: Sequence[Path] = (),  # Model folders; without any, ``places`` are searched
    places: Sequence[Path] = (),  # Folders that are searched for models by hash and name
    engine: str | None = None,  # Name of the engine, if the recording has several
) -> list[VerifyEvent]:
    """Decode a recorded session again and compare it with the live predictions.

    Raises `RecordingError` if nothing can be compared: no predictions, no provenance, no model.
    """
    if path.suffix.lower() not in (".xdf", ".xdfz"):
        raise RecordingError(
            f"{path}: only an XDF recording holds predictions beside the signal; name one that "
            "'bci record' or LabRecorder wrote"
        )
    streams = load_streams(path, as_sent=True)
    runs = read_runs(path, streams, engine)
    decoded = [run for run in runs if run.predictions and run.models]
    if not decoded:
        name = runs[0].provenance.engine
        raise RecordingError(
            f"{path}: holds no predictions of the engine {name}; record the stream "
            f"{name}-predictions too"
        )
    is_only = len({model.name for run in decoded for model in run.models}) == 1
    find = partial(find_model, given=models, places=places, load=load, is_only=is_only)
    return [_verify_run(path, streams, run, find) for run in decoded]


def _verify_run(
    path: Path, streams: Streams, run: LiveRun, find: Callable[[ModelRun], FoundModel]
) -> VerifyEvent:
    provenance = run.provenance
    found = [find(model) for model in run.models]
    signal = _signal(path, streams, run, found)
    try:
        second = SecondDecoding(run, signal, found)
    except ValidationError as problem:
        raise RecordingError(f"{path}: the recorded profile's output cannot be read") from problem
    n_skipped = provenance.skipped - (0 if signal.placement.is_whole else run.skipped_before)
    comparison = compare(run, second, n_skipped)
    if not comparison.windows:
        lacks = "the samples before them"
        if run.states and not second.resumed:
            lacks += ", or a state of the adaptation behind those; record 20 s or longer"
        raise RecordingError(
            f"{path}: none of the {len(run.predictions)} predictions of {provenance.engine} can be "
            f"compared: the recording lacks {lacks}"
        )
    return _event(path, run, found, second, comparison)


def _signal(
    path: Path, streams: Streams, run: LiveRun, models: Sequence[FoundModel]
) -> PlacedSignal:
    provenance = run.provenance
    named = [s for s in streams if field_of(s, "name") == provenance.stream and _is_signal(s)]
    of_source = [s for s in named if field_of(s, "source_id") == provenance.source_id] or named
    placed = [
        (stream, placement)
        for stream in of_source
        if (placement := _placement(stream, run)) is not None
    ]
    if not placed:
        why = "its samples are not those that were decoded" if named else "it was not recorded"
        raise RecordingError(
            f"{path}: the signal {provenance.stream} that {provenance.engine} decoded is missing: "
            f"{why}"
        )
    stream, placement = placed[0]
    info = info_of(stream, path, provenance.sfreq)
    data = as_float32(np.asarray(stream["time_series"]))
    markers: tuple[Marker, ...] = ()
    if provenance.output.get("adapt") == "supervised":
        if provenance.triggers is not None:
            found = _triggered(provenance.triggers, info, data, placement)
            markers = models[0].card.paradigm.at_stimuli(found)
        else:
            markers = _cues(path, streams, run, models[0], info)
    return PlacedSignal(info, data, placement, markers)


def _placement(stream: dict[str, Any], run: LiveRun) -> Placement | None:
    stamps = np.asarray(stream["time_stamps"], dtype=np.float64)
    compared = max(stream["clock_times"], default=float("inf"))
    latest = max(compared, float(stamps[0])) + _COMPARED_S
    return place(stamps, run.provenance.sfreq, run.positions, run.seams, latest)


def _is_signal(stream: dict[str, Any]) -> bool:
    return field_of(stream, "channel_format") != "string" and len(stream["time_stamps"]) > 0


def _cues(
    path: Path, streams: Streams, run: LiveRun, model: FoundModel, info: StreamInfo
) -> tuple[Marker, ...]:
    wanted = run.provenance.markers
    query = CueQuery(**wanted.model_dump()) if wanted is not None else CueQuery()
    on_clock = [_on_engines_clock(stream, streams, run) for stream in streams]
    markers, of_streams = find_markers(path, on_clock, query, 0.0)
    nothing = Recording(
        info, np.empty((0, info.n_channels), np.float32), np.empty(0), np.empty(0, np.int64),
        markers, str(path), marker_streams=of_streams,
    )  # fmt: skip
    return cue_markers(nothing, model.card.paradigm)


def _triggered(
    settings: dict[str, Any], info: StreamInfo, data: FloatArray, placement: Placement
) -> list[Marker]:
    """List the markers of the cues' trigger channel, in seconds on the engine's clock."""
    found = TriggerMarkers(Triggers.model_validate(settings), info.channels, info.sfreq, info.name)
    rows = np.flatnonzero(placement.indices != UNKNOWN)
    indices = placement.indices[rows]
    begins = [offset.sample for offset in placement.offsets]
    numbers = np.maximum(np.searchsorted(begins, indices, side="right") - 1, 0)
    ahead = np.array([offset.ahead_s for offset in placement.offsets])[numbers]
    times = placement.smooth[rows] + ahead
    seams = np.flatnonzero(np.diff(indices) != 1) + 1
    markers: list[Marker] = []
    for part in np.split(np.arange(len(rows)), seams):
        if len(part):
            chunk = Chunk(data[rows[part]], times[part], int(indices[part[0]]))
            markers += found.push(chunk)
    return markers


def _on_engines_clock(stream: dict[str, Any], streams: Streams, run: LiveRun) -> dict[str, Any]:
    """Convert a stream's time stamps to the engine's clock, if it is from another computer."""
    own = next(s for s in streams if field_of(s, "name") == f"{run.provenance.engine}-provenance")
    offsets, of_engine = stream["clock_values"], own["clock_values"]
    if field_of(stream, "hostname") == field_of(own, "hostname") or not offsets or not of_engine:
        return stream
    ahead = float(np.median(offsets)) - float(np.median(of_engine))
    return stream | {"time_stamps": np.asarray(stream["time_stamps"]) + ahead}


def _event(
    path: Path,
    run: LiveRun,
    models: Sequence[FoundModel],
    second: SecondDecoding,
    comparison: SessionComparison,
) -> VerifyEvent:
    provenance, placement, output = run.provenance, second.signal.placement, second.output
    notes = []
    if not placement.is_whole:
        notes.append(
            "the recording began after the engine: windows are compared from where its filters "
            "have forgotten what is missing"
        )
    if placement.n_lacking:
        notes.append(f"the recording lacks {placement.n_lacking} samples that were decoded")
    if second.resumed:
        n, at_s = comparison.left_out, second.resumed[0] + second.matches.offset
        notes.append(
            f"the adaptation is resumed from a state that was published, "
            f"{at_s - run.predictions[0].time:.1f} s after the first prediction; "
            f"{n} predictions are not compared"
        )
    if run.n_unreadable:
        notes.append(f"{run.n_unreadable} messages of the provenance cannot be read")
    seams = [index for index in run.gaps if index in placement.indices]
    if seams != placement.gaps:
        notes.append(
            f"live, {len(seams)} gaps were found in the signal; by its time stamps the recording "
            f"has {len(placement.gaps)}"
        )
    if run.events is None:
        notes.append(
            f"{provenance.engine}-decisions was not recorded, so its events are not compared"
        )
    if output.sentences is not None:
        notes.append("decisions with a prior of words are not compared")
    if output.adapt == "supervised":
        notes.append(
            "the decoder adapted to cues while it ran; a cue that arrived late counts as on time"
        )
    differs = [each.differs for each in models if each.differs is not None]
    return VerifyEvent(
        recording=str(path),
        engine=provenance.engine,
        models=tuple(dict.fromkeys(model.name for model in run.models)),
        all_equal=comparison.all_equal,
        windows=comparison.windows,
        windows_equal=comparison.equal,
        missing=comparison.missing,
        extra=comparison.extra,
        skipped=comparison.skipped,
        left_out=comparison.left_out,
        decisions=comparison.decisions,
        decisions_equal=comparison.decisions_equal,
        decisions_left_out=comparison.decisions_left_out,
        states=comparison.states,
        states_equal=comparison.states_equal,
        swaps=len(run.models) - 1,
        gaps=len(seams),
        first_difference=comparison.first and comparison.first.sentence,
        first_difference_s=comparison.first and comparison.first.time_s,
        first_decision=comparison.first_decision and comparison.first_decision.sentence,
        first_decision_s=comparison.first_decision and comparison.first_decision.time_s,
        first_state=comparison.first_state and comparison.first_state.sentence,
        differs=(*dict.fromkeys(differs), *_changes(provenance)),
        notes=tuple(notes),
    )


def _changes(provenance: Provenance) -> list[str]:
    changed = [
        f"{name} {then} then, {now} now"
        for name, then in provenance.versions.items()
        if name in COMPARED and (now := installed(name)) != then
    ]
    here = machine()
    return changed + [
        f"{name}: {then} then, {here[name]} now"
        for name, then in provenance.machine.items()
        if here.get(name, then) != then
    ]
