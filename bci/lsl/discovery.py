"""Find streams on the network."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pylsl

from bci.errors import AmbiguousStreamError, StreamError, shortened
from bci.lsl.cue_streams import is_own
from bci.signals import StreamInfo

_MAX_LISTED = 20
_MAX_LABEL = 200
_POLL_S = 0.01
_TWIN_S = 0.2
_REPORT_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class StreamQuery:
    """Query for a stream; the stream must match every field that is given.

    ``predicate`` is an XPath 1.0 condition on the stream's description, such as
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
        """Convert the query to an XPath condition.

        Values that only `fits` can compare are left out.
        """
        parts = [
            f"{key}={_quoted(value)}"
            for key, value in self._given().items()
            if key != "predicate" and _is_exact(value)
        ]
        if self.predicate is not None:
            parts.append(f"({self.predicate})")
        return " and ".join(parts) or "count(name)>0"

    def fits(self, info: StreamInfo) -> bool:
        """Return True if name, type and source id match, up to 200 characters each."""
        return all(
            given is None or given[:_MAX_LABEL] == own
            for given, own in (
                (self.name, info.name), (self.type, info.type), (self.source_id, info.source_id),
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A stream on the network.

    ``info`` has name, type, rate and source id, but no channels; an inlet fetches the full
    description.
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
    """List the streams on the network, by name.

    Parameters
    ----------
    wait_s : float
        Longest wait for answers, in seconds.

    Returns
    -------
    streams : list of FoundStream
        Each prints as name, type, channels, rate and host.

    Examples
    --------
    >>> import bci
    >>> "simulator" in [found.info.name for found in bci.list_streams()]
    True
    """
    return _sorted(pylsl.resolve_streams(wait_s))


def resolve(query: StreamQuery, timeout_s: float = 5.0) -> FoundStream:
    """Find the only stream that matches a query, within ``timeout_s`` seconds.

    Raises `StreamError` if none matches or the predicate is invalid; the message lists the streams
    on the network. Raises `AmbiguousStreamError` if several match; the message lists them.
    """
    found = await_stream(query, threading.Event(), timeout_s)
    assert found is not None  # nobody can set the event
    return found


def await_stream(
    query: StreamQuery,
    stop: threading.Event,
    timeout_s: float,
    # Called with the reason, twice per second, while no stream matches
    on_wait: Callable[[StreamError], None] = lambda _: None,
) -> FoundStream | None:
    """Wait for the only stream that matches a query; None if ``stop`` is set first.

    liblsl's own resolver may return seconds late. This one searches in the background and notices
    ``stop`` within 0.01 s.

    Raises `StreamError` if none matches in ``timeout_s`` seconds or the predicate is invalid; the
    message lists the streams on the network. Raises `AmbiguousStreamError` if several match; the
    message lists them.
    """
    watch, everything = StreamWatch(query), StreamWatch(StreamQuery())
    now = time.monotonic()
    deadline, report_at = now + timeout_s, now + min(timeout_s, _REPORT_EVERY_S)
    seen_at = float("inf")
    while not stop.wait(_POLL_S):
        now = time.monotonic()
        # The list is made before the search, so that it never has the stream reported as absent.
        others = everything.poll() if now >= report_at else []
        found = watch.poll()
        if found:
            seen_at = min(seen_at, now)
            # A second matching stream may answer a moment later than the first.
            if now - seen_at < _TWIN_S:
                continue
            if len(found) == 1:
                return found[0]
            raise AmbiguousStreamError(
                f"several LSL streams with {query}: {_listing(found, 'they are')}. "
                "Choose one by its name or source id"
            )
        seen_at = float("inf")
        if now >= report_at:
            report_at = now + _REPORT_EVERY_S
            # Streams of engines and recorders are left out: nobody searches for them here.
            foreign = [other for other in others if not is_own(other.info.type)]
            absent = StreamError(f"no LSL stream with {query}; {_listing(foreign, 'there is')}")
            if now >= deadline:
                raise absent
            on_wait(absent)
    return None


def await_reporting(
    query: StreamQuery,
    stop: threading.Event,
    wait_s: float | None,
    report: Callable[[str], None],
    on_wait: Callable[[], None],
) -> FoundStream | None:
    """Wait as `await_stream` does; call ``report`` with the reason once.

    ``wait_s`` is the longest wait in seconds, None for no limit. ``on_wait`` is called twice per
    second while no stream matches.
    """
    reported = False

    def wait(why: StreamError) -> None:
        nonlocal reported
        if not reported:
            report(f"waiting for the stream ({why})")
            reported = True
        on_wait()

    return await_stream(query, stop, float("inf") if wait_s is None else wait_s, wait)


def _listing(streams: list[FoundStream], lead: str) -> str:
    if not streams:
        return "no stream is there at all"
    return f"{lead}: {shortened([str(stream) for stream in streams], _MAX_LISTED, '; ')}"


def _sorted(described: list[pylsl.StreamInfo]) -> list[FoundStream]:
    unique = {stream.uid(): stream for stream in described}
    return sorted(
        (_found(stream) for stream in unique.values()),
        key=lambda s: (s.info.name, s.info.source_id, s.uid),
    )


def _found(described: pylsl.StreamInfo) -> FoundStream:
    # Discovery has no channels. A channel count from the network must not allocate memory here.
    info = StreamInfo(
        name=described.name()[:_MAX_LABEL],
        type=described.type()[:_MAX_LABEL],
        sfreq=described.nominal_srate(),
        channels=(),
        source_id=described.source_id()[:_MAX_LABEL],
    )
    formats = {
        pylsl.cf_float32: "float32", pylsl.cf_double64: "double64", pylsl.cf_string: "string",
        pylsl.cf_int8: "int8", pylsl.cf_int16: "int16", pylsl.cf_int32: "int32",
        pylsl.cf_int64: "int64",
    }  # fmt: skip
    return FoundStream(
        info,
        formats.get(described.channel_format(), "undefined"),
        described.hostname()[:_MAX_LABEL],
        described.uid(),
        described,
    )


def _is_exact(value: str) -> bool:
    """Return True if XPath can compare a value: ASCII, below 200 characters, quotable."""
    return value.isascii() and len(value) < _MAX_LABEL and not ("'" in value and '"' in value)


def _quoted(value: str) -> str:
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}"


class StreamWatch:
    """Background search for the streams that match a query; `poll` never waits.

    Raises `StreamError` if the query's predicate is invalid.
    """

    def __init__(self, query: StreamQuery) -> None:
        self.query = query
        try:
            self._resolver = pylsl.ContinuousResolver(pred=query.to_predicate(), forget_after=2.0)
        except RuntimeError as error:
            raise StreamError(
                f"cannot look for a stream with {query}: the predicate is not valid XPath"
            ) from error

    def poll(self) -> list[FoundStream]:
        """Return the matching streams that answered in the last two seconds."""
        return [found for found in _sorted(self._resolver.results()) if self.query.fits(found.info)]
