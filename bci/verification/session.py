"""Streams that a running engine published, read from a recording."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.clock.dejitter import Position
from bci.decisions import DecisionEvent, event_from_json
from bci.engine.adaptation_state import AdaptedState
from bci.engine.provenance import STREAM_TYPE, ModelRun, Provenance, read_provenance
from bci.errors import MessageError, RecordingError
from bci.lsl.engine_streams import LATENCIES
from bci.recording.xdf.header import channel_nodes, field_of, first_of

Streams = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LivePrediction:
    """A prediction that was published live.

    ``time`` is the time of the window's last sample, ``published`` the time of sending, both in
    seconds on the engine's LSL clock. ``decision`` has the class number and the confidence.
    ``similarities`` and ``decision`` are empty if the stream has none.
    """

    time: float
    published: float
    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    similarities: NDArray[np.float32]
    decision: NDArray[np.float32]


@dataclass(frozen=True)
class LiveRun:
    """The recorded part of one run of an engine, from its start to its end."""

    # The newest message of the run; the lists below also have the models, seams and positions of
    # older messages
    provenance: Provenance
    models: tuple[ModelRun, ...]  # In the order in which they decoded
    # The first sample, and the first sample behind each gap or step of the sender's clock
    seams: tuple[Position, ...]
    # Samples with known indices, by which the signal is aligned, including the seams, in order
    positions: tuple[Position, ...]
    skipped_before: int  # Windows that were skipped before the first recorded message
    predictions: tuple[LivePrediction, ...] = ()  # In the order of publication
    # Decision events, in the order of publication; None if they were not recorded
    events: tuple[DecisionEvent, ...] | None = None
    states: tuple[AdaptedState, ...] = ()  # States of the adaptation, in the order of publication
    n_unreadable: int = 0  # Number of the recording's provenance messages that cannot be read

    @property
    def gaps(self) -> list[int]:
        """Absolute index behind each gap that the engine found."""
        return [
            seam.index
            for before, seam in pairwise(self.seams)
            if seam.index - seam.sample > before.index - before.sample
        ]

    def is_consecutive(self, end: int, first: int) -> bool:
        """Return whether the engine received no sample from index ``end`` up to ``first``."""
        return first == end or any(
            seam.index == first and before.index + seam.sample - before.sample == end
            for before, seam in pairwise(self.seams)
        )


def read_runs(path: Path, streams: Streams, engine: str | None = None) -> list[LiveRun]:
    """Read the runs of an engine from a recording's streams.

    ``engine`` is its name; it may be None if the recording has one engine.

    Raises `RecordingError` if there is no provenance, or provenance of several engines.
    """
    messages, n_unreadable = _messages(path, streams)
    names = sorted({each.engine for each in messages})
    chosen = [name for name in names if engine in (None, name)]
    if len(chosen) != 1:
        there = ", ".join(names)
        raise RecordingError(
            f"{path}: no engine called {engine!r} ran; choose one by --engine of: {there}"
            if not chosen
            else f"{path}: several engines ran; choose one by --engine of: {there}"
        )
    runs: dict[str, list[Provenance]] = {}
    for each in messages:
        if each.engine == chosen[0]:
            runs.setdefault(each.run, []).append(each)
    ordered = sorted(runs.values(), key=lambda messages: messages[0].began)
    predictions = _predictions(streams, f"{chosen[0]}-predictions")
    events = _events(streams, f"{chosen[0]}-decisions")
    edges = [-np.inf, *(messages[0].began for messages in ordered[1:]), np.inf]
    return [
        replace(
            _run(messages),
            predictions=tuple(p for p in predictions if edges[k] <= p.published < edges[k + 1]),
            events=events and tuple(e for e in events if edges[k] <= e.time < edges[k + 1]),
            n_unreadable=n_unreadable,
        )
        for k, messages in enumerate(ordered)
    ]


def _messages(path: Path, streams: Streams) -> tuple[list[Provenance], int]:
    found, n_unreadable, problem = [], 0, ""
    for stream in _of(streams, STREAM_TYPE):
        for row in stream["time_series"]:
            try:
                found.append(read_provenance(row[0]))
            except MessageError as error:
                n_unreadable, problem = n_unreadable + 1, str(error)
    if found:
        return found, n_unreadable
    if problem:
        raise RecordingError(f"{path}: the provenance of its predictions cannot be read: {problem}")
    raise RecordingError(
        f"{path}: holds no provenance of predictions, so it cannot be verified; record all streams "
        "of a running engine of this version, <name>-provenance too"
    )


def _of(
    streams: Streams, stream_type: str, name: str | None = None, are_texts: bool = True
) -> Iterable[dict[str, Any]]:
    return (
        stream
        for stream in streams
        if field_of(stream, "type") == stream_type
        and name in (None, field_of(stream, "name"))
        and (field_of(stream, "channel_format") == "string") == are_texts
    )


def _run(messages: list[Provenance]) -> LiveRun:
    newest = messages[-1]
    models = {
        (each.decides_from, each.fed_from): each for message in messages for each in message.models
    }
    seams = {seam for message in messages for seam in message.seams}
    here = {message.here for message in messages if message.here is not None}
    return LiveRun(
        newest,
        tuple(models[key] for key in sorted(models)),
        tuple(sorted(seams, key=attrgetter("sample"))),
        tuple(sorted(seams | here, key=attrgetter("sample"))),
        messages[0].skipped,
        states=tuple(each.adapted for each in messages if each.adapted is not None),
    )


def _predictions(streams: Streams, name: str) -> list[LivePrediction]:
    found = []
    for stream in _of(streams, "Predictions", name, are_texts=False):
        nodes = channel_nodes(stream)
        kinds = np.array([first_of(node, "type").lower() for node in nodes])
        labels = np.array([first_of(node, "label") for node in nodes])
        classes = tuple(map(str, labels[kinds == "class"]))
        if tuple(labels[kinds == "latency"]) != LATENCIES or not classes:
            continue
        rows = np.asarray(stream["time_series"], dtype=np.float32).reshape(-1, len(nodes))
        published = np.asarray(stream["time_stamps"]) + rows[:, kinds == "latency"][:, -1]
        found += [
            LivePrediction(
                float(time), float(out), classes,
                row[kinds == "class"], row[kinds == "similarity"], row[kinds == "decision"],
            )
            for time, out, row in zip(stream["time_stamps"], published, rows, strict=True)
        ]  # fmt: skip
    return sorted(found, key=lambda prediction: prediction.published)


def _events(streams: Streams, name: str) -> tuple[DecisionEvent, ...] | None:
    recorded = list(_of(streams, "Decisions", name))
    if not recorded:
        return None
    return tuple(
        event
        for stream in recorded
        for time, row in zip(stream["time_stamps"], stream["time_series"], strict=True)
        if (event := event_from_json(row[0], float(time))) is not None
    )
