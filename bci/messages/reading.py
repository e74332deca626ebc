"""Reading and checking of messages from other programs."""

from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from bci.errors import MessageError
from bci.messages.bridged import AnyBridged
from bci.messages.evaluation import EvaluationEvent, PredictedEvent, VerifyEvent
from bci.messages.fields import VERSION
from bci.messages.general import ErrorEvent, FileEvent, NoteEvent, ProgressEvent, WarningEvent
from bci.messages.listings import DevicesEvent, PluginsEvent
from bci.messages.live import (
    BaselineEvent,
    DecidedEvent,
    FeedbackRunEvent,
    PeopleEvent,
    PersonEvent,
    QualityEvent,
    RecordedEvent,
    RecordingEvent,
    StoppedEvent,
    StreamingEvent,
)
from bci.messages.spelling import Spelled
from bci.messages.statuses import EngineStatus, PeopleStatus, RecorderStatus
from bci.messages.training import (
    ModelEvent,
    OutcomeEvent,
    PointEvent,
    RoundEvent,
    RunEvent,
    SitesEvent,
    StepEvent,
)

# Longest line, in characters; messages of this program are much shorter.
MAX_STATUS = 1 << 20
_MAX_EVENT = 16 << 20

AnyEvent = Annotated[
    DevicesEvent | PluginsEvent | StreamingEvent | NoteEvent | WarningEvent | ErrorEvent
    | ProgressEvent | StepEvent | RunEvent | PointEvent | ModelEvent | FileEvent | RecordingEvent
    | RecordedEvent | RoundEvent | SitesEvent | OutcomeEvent | QualityEvent | DecidedEvent
    | StoppedEvent | PredictedEvent | EvaluationEvent | VerifyEvent | FeedbackRunEvent
    | BaselineEvent | PersonEvent | PeopleEvent,
    Field(discriminator="event"),
]  # fmt: skip
M = TypeVar("M")
AnyStatus = Annotated[EngineStatus | RecorderStatus | PeopleStatus, Field(discriminator="kind")]

_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
_STATUS: TypeAdapter[AnyStatus] = TypeAdapter(AnyStatus)
_SPELLED: TypeAdapter[Spelled] = TypeAdapter(Spelled)
_BRIDGED: TypeAdapter[AnyBridged] = TypeAdapter(AnyBridged)


def read_event(line: str | bytes) -> AnyEvent:
    """Read an event of a command.

    Raises `MessageError` if the line is no event of this version; the message names the field.
    """
    return _read(_EVENT, line, _MAX_EVENT)


def read_status(line: str | bytes) -> EngineStatus | RecorderStatus | PeopleStatus:
    """Read a status that was received over the network.

    Raises `MessageError` if the line is no status of this version; the message names the field.
    """
    return _read(_STATUS, line, MAX_STATUS)


def read_spelled(line: str | bytes) -> Spelled:
    """Read a speller's selection that was received over the network.

    Raises `MessageError` if the line is no selection of this version; the message names the field.
    """
    return _read(_SPELLED, line, MAX_STATUS)


def read_bridged(line: str | bytes) -> AnyBridged:
    """Read a message of a bridge.

    Raises `MessageError` if the line is no message of this version; the message names the field.
    """
    return _read(_BRIDGED, line, MAX_STATUS)


class Lines:
    """Split received bytes into lines; a line longer than ``max_bytes`` is cut."""

    def __init__(self, max_bytes: int = _MAX_EVENT) -> None:
        self._max_bytes = max_bytes
        self._begun = bytearray()

    def take(self, written: bytes) -> list[bytes]:
        """Add received bytes; return the lines that are complete now."""
        *ended, begun = written.split(b"\n")
        lines = []
        for end in ended:
            self._add(end)
            lines.append(self.rest())
        self._add(begun)
        return lines

    def rest(self) -> bytes:
        """Return the incomplete line and discard it."""
        line = bytes(self._begun)
        self._begun.clear()
        return line

    def _add(self, more: bytes) -> None:
        self._begun += more[: max(0, self._max_bytes - len(self._begun))]


def _read(adapter: TypeAdapter[M], line: str | bytes, longest: int) -> M:
    if len(line) > longest:
        raise MessageError(f"a message of {len(line):,} characters is too long")
    try:
        return adapter.validate_json(line)
    except ValidationError as problem:
        raise MessageError(_explain(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise MessageError("not a message of JSON") from problem


def _explain(problem: ValidationError) -> str:
    first = problem.errors(include_url=False)[0]
    if first["type"] == "union_tag_not_found":
        tag = first["ctx"]["discriminator"].strip("'")
        return f"no {tag}: not a message of this version of bci"
    if first["type"] == "json_invalid":
        return "not a message of JSON"
    # The first part of the location is the tag of the message, which is no field.
    where = ".".join(map(str, first["loc"][1:])) or "the message"
    if where == "version":
        return f"version {first['input']!s:.20} of the message; this bci reads version {VERSION}"
    return f"{where}: {first['msg']}"
