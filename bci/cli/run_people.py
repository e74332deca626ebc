"""Engines of several people: ``bci run`` with several profiles."""

import queue
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from bci.cli.console import err, out
from bci.cli.events import emit
from bci.cli.stopping import stop_on_signals
from bci.errors import ProfileError
from bci.messages import (
    DecidedEvent,
    ErrorEvent,
    NoteEvent,
    PeopleEvent,
    PeopleStatus,
    Person,
    PersonEvent,
    RecordedEvent,
    RecordingEvent,
    WarningEvent,
)

if TYPE_CHECKING:
    from bci.messages import AnyEvent

_LEAST_ROOM = 8


def run_people(
    profiles: Sequence[str],
    alone: Mapping[str, object],
    every: Mapping[str, object],
    trusted: Sequence[str] | None,
    decisions: bool | None,
    record: Path | None,
    as_json: bool,
    with_parent: bool,
) -> None:
    """Run one engine per profile until Ctrl-C.

    ``alone`` are options that are allowed with one profile only; ``every`` are passed to all
    engines.
    """
    from bci.people.group import read_group
    from bci.people.supervisor import Supervisor

    for option, value in alone.items():
        if value is not None:
            key = {"--model": "model", "--stream": "stream", "--name": "output.name"}[option]
            raise ProfileError(f"{option} is for one profile; with several, write {key} into each")
    members = read_group(profiles)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    stop = stop_on_signals(with_parent, lines)
    shown = sys.stdout.isatty() if decisions is None else decisions
    printer = _Printer(max(_LEAST_ROOM, *(len(member.name) for member in members)), shown)
    supervisor = Supervisor(
        members,
        (*_words(every), *(word for each in trusted or () for word in ("--trust", each))),
        _emit_event if as_json else printer.print_event,
        _emit_people if as_json else print_people,
        record,
    )
    supervisor.run(stop, lines)


def _words(given: Mapping[str, object]) -> tuple[str, ...]:
    words: list[str] = []
    for option, value in given.items():
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            words += [option, str(value)]
    return tuple(words)


def _emit_event(name: str, event: "AnyEvent") -> None:
    emit(PersonEvent(name=name, came=event.model_dump(mode="json")))


def _emit_people(status: PeopleStatus) -> None:
    emit(PeopleEvent(status=status))


class _Printer:
    """Print the events of all engines; each line begins with the engine's name."""

    def __init__(self, room: int, shows_decisions: bool) -> None:
        self._room = room
        self._shows_decisions = shows_decisions

    def print_event(self, name: str, event: "AnyEvent") -> None:
        if isinstance(event, DecidedEvent):
            if self._shows_decisions:
                what = event.label or f"end of {event.ended}"
                sure = "" if event.confidence is None else f"  {100 * event.confidence:.0f} %"
                out.print(f"{name:{self._room}}  {what}{sure}")
        elif isinstance(event, RecordingEvent):
            self._print(name, f"writing {event.file}")
        elif isinstance(event, RecordedEvent):
            size = f"{event.n_bytes / 1e6:.1f} MB, {event.elapsed_s:.0f} s"
            self._print(name, f"{event.file}: {len(event.streams)} streams, {size}")
        elif isinstance(event, ErrorEvent):
            self._print(name, f"error: {event.text}")
        elif isinstance(event, NoteEvent | WarningEvent):
            self._print(name, event.text)

    def _print(self, name: str, text: str) -> None:
        err.print(f"{name:{self._room}}  {text}" if name else text, soft_wrap=True)


def print_people(status: PeopleStatus) -> None:
    """Print the table of engines and clocks."""
    table = Table(
        "person", "state", "stream", "source id", "clock offset (ms)", "± (ms)", "drift (ppm)",
        "samples", "lost", "latency p50 (ms)", "p99", "restarts", box=None,
    )  # fmt: skip
    for each in status.people:
        table.add_row(
            each.name, each.state, each.stream, each.source_id, *_clock_figures(each),
            f"{each.samples:,}", str(each.lost_samples), _figure(each.latency_p50_ms, ".1f"),
            _figure(each.latency_p99_ms, ".1f"), str(each.restarts),
        )  # fmt: skip
    err.print(table)
    if status.error_s is not None:
        err.print(f"time between two streams: known to {1000 * status.error_s:.2f} ms or better")


def _clock_figures(person: Person) -> tuple[str, str, str]:
    """Format the clock offset and its error in milliseconds, and the drift in parts per million."""
    return (
        _figure(person.clock_offset_s, "+.2f", 1000),
        _figure(person.clock_error_s, ".2f", 1000),
        _figure(person.clock_drift_ppm, "+.1f"),
    )


def _figure(value: float | None, form: str, scale: float = 1.0) -> str:
    return "-" if value is None else format(scale * value, form)
