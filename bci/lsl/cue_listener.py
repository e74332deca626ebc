"""Listen for cues in background threads, for callers that must not wait."""

import queue
import string
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pylsl import local_clock

from bci.errors import StreamError
from bci.lsl.cue_streams import MARKER_TYPES, CueQuery, Rank, belongs, cue_query, rank_of
from bci.lsl.discovery import FoundStream, StreamQuery, StreamWatch
from bci.lsl.marker_inlet import MarkerInlet
from bci.signals import Marker

GUIDED = "Cues"
"""Type of the cue stream of a guided calibration; differs from a device's ``Markers``."""

_WAIT_S = 0.01
_LOOK_S = 0.1
_STOP_S = 0.8
# A lost stream is ignored this long, since discovery still lists it for two seconds.
_LISTED_S = 3.0
# Time without a marker stream until that is reported; discovery takes at most one second.
_MISSED_S = 2.0
_MAX_STREAMS = 16
# Consecutive failures to read a stream after which it is given up.
_MAX_FAILURES = 20


@dataclass
class _Source:
    """One marker stream, received in its own thread."""

    found: FoundStream
    thread: threading.Thread | None = None
    opened: bool = False
    over: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Name and type; equal for streams of the same name and for a restarted stream."""
        return self.found.info.name, self.found.info.type

    @property
    def rank(self) -> Rank:
        """Rank of the stream's type as a source of cues."""
        rank = rank_of(self.found.info.type, self.found.channel_format == "string")
        return Rank.MARKERS if rank is None else rank


class CueListener:
    """Receive markers in background threads, so that no stream can block the caller.

    All streams that match ``query`` are opened, including several of the same name. Streams may
    appear, end and return at any time. If the query names only a type, the cues are taken from the
    stream that sends a cue first. A stream of a type that is likelier to carry cues (see
    `bci.lsl.cue_streams`) replaces it. The threads are daemons, so a hanging sender cannot keep
    this process from ending.

    Raises `StreamError` if the query is no valid LSL predicate.
    """

    def __init__(
        self,
        query: CueQuery | StreamQuery,
        # Returns True for the label of a cue; None: `pull` returns the markers of all streams
        is_cue: Callable[[str], bool] | None = None,
        signal: str = "",  # Name of the signal's stream; its own marker stream is preferred
        ignored: Collection[str] = (),  # Names of streams to leave out
    ) -> None:
        self._signal = signal
        self._ignored = frozenset(ignored)
        self.query = cue_query(query)
        self._is_cue = is_cue if self.query.is_general else None
        self._watch = StreamWatch(StreamQuery(predicate=cue_predicate(self.query)))
        self._came: queue.SimpleQueue[tuple[_Source, Marker]] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._sources: tuple[_Source, ...] = ()
        self._chosen: _Source | None = None
        self._reported: set[tuple[str, str]] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """True while a matching stream is open."""
        return bool(self.streams)

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the open streams; after one has sent cues, its name alone."""
        live = [each for each in self._sources if each.opened and not each.over]
        chosen = self._chosen
        if chosen is not None and any(each.key == chosen.key for each in live):
            return (chosen.found.info.name,)
        return tuple(dict.fromkeys(each.found.info.name for each in live))

    def pull(self) -> list[Marker]:
        """Return the markers received since the last call, without waiting."""
        came = [self._came.get_nowait() for _ in range(self._came.qsize())]
        return [marker for source, marker in came if self._counts(source, marker)]

    def news(self) -> list[str]:
        """Return sentences about missing, new and lost streams since the last call."""
        return [self._news.get_nowait() for _ in range(self._news.qsize())]

    def close(self) -> None:
        """End the threads, within a second."""
        self._stopping.set()
        self._thread.join(_STOP_S)

    def _counts(self, source: _Source, marker: Marker) -> bool:
        """Return True if ``marker`` is from the cue stream, by what is known so far."""
        if self._is_cue is None:
            return True
        chosen, is_cue = self._chosen, self._is_cue(marker.label)
        if chosen is not None and not any(each.key == chosen.key for each in self._sources):
            chosen = self._chosen = None
        if is_cue and (chosen is None or self._place(source) < self._place(chosen)):
            if len({each.key for each in self._sources}) > 1:
                self._news.put(f"cues come from {_described(source.found)}")
            self._chosen = source
            return True
        if chosen is None:
            return source.rank is not Rank.NOTES
        if is_cue and source.key != chosen.key and self._place(source) == self._place(chosen):
            self._report_once(
                source,
                f"{_described(source.found)} sends cues too; those of "
                f"{_described(chosen.found)} are used. Name the one that counts: --markers NAME",
            )
        return source.key == chosen.key

    def _place(self, source: _Source) -> tuple[Rank, bool]:
        """Return a key for comparison, smaller for a likelier cue stream."""
        return source.rank, not belongs(source.found.info.name, self._signal)

    def _report_once(self, source: _Source, sentence: str) -> None:
        if source.key not in self._reported:
            self._reported.add(source.key)
            self._news.put(sentence)

    def _listen(self) -> None:
        missed_at, ignored_until = local_clock() + _MISSED_S, dict[str, float]()
        while not self._stopping.wait(_LOOK_S):
            now = local_clock()
            for each in self._sources:
                if each.over:
                    ignored_until[each.found.uid] = now + _LISTED_S
            left = tuple(each for each in self._sources if not each.over)
            known = {each.found.uid for each in left}
            for found in self._watch.poll():
                wanted = found.uid not in known and now > ignored_until.get(found.uid, 0.0)
                if wanted and self._fits(found) and len(left) < _MAX_STREAMS:
                    left = (*left, self._listen_to(found))
            self._sources = left
            if self.connected:
                missed_at = float("inf")
            elif now > missed_at:
                missed_at = float("inf")
                self._news.put(f"there is no marker stream with {self.query}; it is waited for")
        # A thread that waits for a hanging sender is left; it ends with the process.
        deadline = local_clock() + _STOP_S / 2
        for each in self._sources:
            if each.thread is not None:
                each.thread.join(max(0.0, deadline - local_clock()))

    def _fits(self, found: FoundStream) -> bool:
        info = found.info
        carries = found.channel_format == "string" or info.sfreq == 0
        is_text = found.channel_format == "string"
        if info.name in self._ignored:
            return False
        return carries and self.query.fits(info.name, info.type, info.source_id, is_text)

    def _listen_to(self, found: FoundStream) -> _Source:
        source = _Source(found)
        source.thread = threading.Thread(target=self._follow, args=(source,), daemon=True)
        source.thread.start()
        return source

    def _follow(self, source: _Source) -> None:
        inlet: MarkerInlet | None = None
        failures = 0
        try:
            inlet = MarkerInlet(source.found)
            source.opened = True
            self._news.put(f"listening for cues to {_described(source.found)}")
            while inlet.connected and not self._stopping.is_set() and failures < _MAX_FAILURES:
                try:
                    for marker in inlet.pull(_WAIT_S):
                        self._came.put((source, marker))
                    for finding in inlet.findings:
                        self._report_once(source, f"{_described(source.found)}: {finding}")
                    failures = 0
                except Exception as error:  # noqa: BLE001 - one marker must not end all cues
                    failures += 1
                    self._report_once(
                        source, f"{_described(source.found)}: a marker could not be read ({error})"
                    )
            if not self._stopping.is_set():
                self._news.put(f"{_described(source.found)} was lost; its return is waited for")
        except (StreamError, UnicodeError) as error:
            self._report_once(source, str(error))
        finally:
            if inlet is not None:
                inlet.close()
            source.over = True


def cue_predicate(query: CueQuery) -> str:
    """Convert a query to an LSL predicate.

    It may match more streams than `CueQuery.fits`.
    """
    if query.named is not None:
        name = StreamQuery(name=query.named).to_predicate()
        return f"{name} or {_type_is(query.named)}"
    if query.is_general:
        listed = f" {' '.join(MARKER_TYPES)} "
        return f"contains('{listed}', concat(' ', {_lower('type')}, ' ')) or type=''"
    others = StreamQuery(query.name, None, query.source_id, query.predicate).to_predicate()
    return others if query.type is None else f"{others} and {_type_is(query.type)}"


def _type_is(value: str) -> str:
    exact = StreamQuery(type=value.lower()).to_predicate()
    # Values that XPath cannot compare are checked by `CueQuery.fits`.
    return f"{_lower('type')}{exact[len('type') :]}" if exact.startswith("type=") else exact


def _lower(key: str) -> str:
    return f"translate({key}, '{string.ascii_uppercase}', '{string.ascii_lowercase}')"


def _described(found: FoundStream) -> str:
    kind = found.info.type or "no type"
    return f"marker stream {found.info.name!r} ({kind}, on {found.hostname})"
