"""Finding streams on the network."""

from dataclasses import dataclass

import pylsl

from bci.errors import AmbiguousStreamError, StreamError
from bci.types import StreamInfo

_MOST_LISTED = 20
# What a stream says of itself is cut to this; a longer name is looked for by how it begins.
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class StreamQuery:
    """Which stream is meant; every part given has to fit.

    ``predicate`` is an XPath 1.0 condition over the stream's description, as
    ``channel_count=64 and starts-with(name,'Bio')``.
    """

    name: str | None = None
    type: str | None = None
    source_id: str | None = None
    predicate: str | None = None

    def __str__(self) -> str:
        parts = [f"{key} {value!r}" for key, value in self._given().items()]
        return " and ".join(parts) or "any stream"

    def _given(self) -> dict[str, str]:
        pairs = (
            ("name", self.name),
            ("type", self.type),
            ("source_id", self.source_id),
            ("predicate", self.predicate),
        )
        return {key: value for key, value in pairs if value is not None}

    def to_predicate(self) -> str:
        """The query as one XPath condition.

        Raises
        ------
        StreamError
            If a value holds both kinds of quote, which XPath 1.0 cannot express.
        """
        parts = [
            _condition(key, value) for key, value in self._given().items() if key != "predicate"
        ]
        if self.predicate is not None:
            parts.append(f"({self.predicate})")
        return " and ".join(parts) or "count(name)>0"


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A stream that is there.

    ``info`` is what discovery tells: name, type, rate and source id, but no channels; the inlet
    fetches the full description.
    """

    info: StreamInfo
    channel_format: str
    hostname: str
    uid: str
    raw: pylsl.StreamInfo

    def __str__(self) -> str:
        rate = f"{self.info.sfreq:g} Hz" if self.info.sfreq else "irregular"
        return (
            f"{self.info.name!r} ({self.info.type or 'no type'}, {self.raw.channel_count()} ch, "
            f"{rate}, source id {self.info.source_id or 'none'!r}, on {self.hostname})"
        )


def list_streams(wait_s: float = 1.0) -> list[FoundStream]:
    """Every stream that answers within ``wait_s`` seconds, by name."""
    return _sorted(pylsl.resolve_streams(wait_s))


def resolve(query: StreamQuery, timeout_s: float = 5.0) -> FoundStream:
    """The one stream that fits a query.

    Parameters
    ----------
    query : StreamQuery
    timeout_s : float
        How long to look for it.

    Raises
    ------
    StreamError
        If none fits or the predicate is not valid; the message lists what there is.
    AmbiguousStreamError
        If several fit; the message lists them.
    """
    predicate = query.to_predicate()
    try:
        first = pylsl.resolve_bypred(predicate, 1, timeout_s)
        # A twin may answer a moment later than the first.
        found = _sorted(pylsl.resolve_bypred(predicate, 2, 0.2)) if first else []
    except ValueError as error:
        raise StreamError(f"the stream predicate {predicate!r} is not valid XPath") from error
    if len(found) == 1:
        return found[0]
    if not first:
        others = list_streams(min(timeout_s, 0.5))
        raise StreamError(f"no LSL stream with {query}; {_listing(others, 'there is')}")
    if not found:
        return _found(first[0])
    raise AmbiguousStreamError(
        f"several LSL streams with {query}: {_listing(found, 'they are')}. "
        "Choose one by its name or source id"
    )


def _listing(streams: list[FoundStream], lead: str) -> str:
    if not streams:
        return "no stream is there at all"
    shown = "; ".join(str(stream) for stream in streams[:_MOST_LISTED])
    more = f" and {len(streams) - _MOST_LISTED} more" if len(streams) > _MOST_LISTED else ""
    return f"{lead}: {shown}{more}"


def _sorted(described: list[pylsl.StreamInfo]) -> list[FoundStream]:
    unique = {stream.uid(): stream for stream in described}
    return sorted(
        (_found(stream) for stream in unique.values()),
        key=lambda s: (s.info.name, s.info.source_id, s.uid),
    )


def _found(described: pylsl.StreamInfo) -> FoundStream:
    # Discovery does not carry the channels; a count from the network allocates nothing here.
    info = StreamInfo(
        name=described.name()[:_MOST_LETTERS],
        type=described.type()[:_MOST_LETTERS],
        sfreq=described.nominal_srate(),
        channels=(),
        source_id=described.source_id()[:_MOST_LETTERS],
    )
    formats = {
        pylsl.cf_float32: "float32", pylsl.cf_double64: "double64", pylsl.cf_string: "string",
        pylsl.cf_int8: "int8", pylsl.cf_int16: "int16", pylsl.cf_int32: "int32",
        pylsl.cf_int64: "int64",
    }  # fmt: skip
    return FoundStream(
        info,
        formats.get(described.channel_format(), "undefined"),
        described.hostname()[:_MOST_LETTERS],
        described.uid(),
        described,
    )


def _condition(key: str, value: str) -> str:
    if len(value) < _MOST_LETTERS:
        return f"{key}={_quoted(value)}"
    return f"starts-with({key},{_quoted(value[:_MOST_LETTERS])})"


def _quoted(value: str) -> str:
    for quote in "'\"":
        if quote not in value:
            return f"{quote}{value}{quote}"
    raise StreamError(f"{value!r} holds both kinds of quote; select by another property")


class StreamWatch:
    """Looks for one stream in the background; asking costs nothing and never waits.

    Parameters
    ----------
    query : StreamQuery

    Raises
    ------
    StreamError
        If the query cannot be expressed.
    """

    def __init__(self, query: StreamQuery) -> None:
        self.query = query
        try:
            self._resolver = pylsl.ContinuousResolver(pred=query.to_predicate(), forget_after=2.0)
        except RuntimeError as error:
            raise StreamError(f"cannot look for {query}: {error}") from error

    def poll(self) -> list[FoundStream]:
        """The streams that fit and were heard of in the last two seconds."""
        return _sorted(self._resolver.results())
