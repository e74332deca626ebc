"""Choice of the streams that carry the cues, for files and live streams.

The cues are on the streams that ``--markers`` or the profile's ``markers:`` names. If neither
names one, or the profile has only ``type: Markers``, the type of a stream decides:

1. ``Cues``: the stream of a guided calibration.
2. ``Markers`` and other programs' names for it: ``Events``, ``Trigger``, ``Stim``,
   ``Annotations`` ..., and text streams without a type.
3. ``Notes``: notes typed by a person.

The cues are on the first kind of stream, in this order, that has a cue of the profile. If two
streams of that kind have one, ``<signal>-markers`` is used; without it one must be named. Other
streams never carry cues. These are the ones that this program publishes (decisions, predictions,
status, provenance, quality, impedance, feature, reward, spelling), and numeric streams of other
types (battery, contact ...).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bci.signals import Marker, MarkerStream, Recording

_GUIDED = {"cue", "cues"}
_GENERAL = {"marker", "markers"}
_MARKERS = _GENERAL | {
    "annotation", "annotations", "event", "events", "stim", "stimulation", "stimulations",
    "stimuli", "stimulus", "trigger", "triggers",
}  # fmt: skip
_NOTES = {"note", "notes"}
_MAX_LABEL = 200
_OWN = {
    "decisions",
    "predictions",
    "status",
    "provenance",
    "quality",
    "impedance",
    "feature",
    "reward",
    "spelling",
}

MARKER_TYPES = tuple(sorted(_GUIDED | _MARKERS | _NOTES))
"""Types of streams that may carry cues without being named, in lower case."""


class Rank(IntEnum):
    """Kinds of marker streams, the likeliest to carry the cues first."""

    GUIDED = 0
    MARKERS = 1
    NOTES = 2


@dataclass(frozen=True, slots=True)
class CueQuery:
    """Query for marker streams.

    ``named`` is a name or a type, from ``--markers``. The other fields are those of a profile; a
    stream must match every field that is given. ``predicate`` is an LSL (XPath) predicate, which
    cannot be applied to files.
    """

    named: str | None = None
    name: str | None = None
    type: str | None = None
    source_id: str | None = None
    predicate: str | None = None

    def __str__(self) -> str:
        if self.named is not None:
            return f"name or type {self.named!r}"
        if self.is_general:
            return "type 'Markers'"
        keys = ("name", "type", "source_id", "predicate")
        given = [f"{key} {value!r}" for key in keys if (value := getattr(self, key)) is not None]
        return " and ".join(given)

    @property
    def is_general(self) -> bool:
        """True if the query names at most type ``Markers``, so that types decide."""
        others = (self.named, self.name, self.source_id, self.predicate)
        return others == (None,) * len(others) and (
            self.type is None or self.type.casefold() in _GENERAL
        )

    def fits(self, name: str, stream_type: str, source_id: str, is_text: bool) -> bool:
        """Return True if a stream with these properties matches.

        ``predicate`` is not applied.

        ``is_text`` is True for a stream of strings.
        """
        if is_own(stream_type):
            return False
        if self.named is not None:
            return _same(self.named, name) or _same(self.named.casefold(), stream_type.casefold())
        if self.is_general:
            return rank_of(stream_type, is_text) is not None
        return (
            (self.name is None or _same(self.name, name))
            and (self.source_id is None or _same(self.source_id, source_id))
            and (self.type is None or _same(self.type.casefold(), stream_type.casefold()))
        )


def cue_query(selector: object | None, named: str | None = None) -> CueQuery:
    """Create a query from ``named`` or else ``selector``.

    ``named`` is from ``--markers``, ``selector`` from a profile's markers. Without both, the
    query matches any markers.
    """
    if named is not None:
        return CueQuery(named=named)
    if isinstance(selector, CueQuery):
        return selector
    keys = ("name", "type", "source_id", "predicate")
    return CueQuery(**{key: getattr(selector, key, None) for key in keys})


def _same(given: str, own: str) -> bool:
    """Compare two labels up to the 200 characters that discovery keeps."""
    return given[:_MAX_LABEL] == own[:_MAX_LABEL]


def is_own(stream_type: str) -> bool:
    """Return True for a stream type that this program publishes.

    Such streams never carry cues.
    """
    return stream_type.strip().casefold() in _OWN


def rank_of(stream_type: str, is_text: bool = True) -> Rank | None:
    """Rank a stream type as a source of cues; None if it carries cues only when named."""
    kind = stream_type.strip().casefold()
    if kind in _GUIDED:
        return Rank.GUIDED
    if kind in _MARKERS or (is_text and not kind):
        return Rank.MARKERS
    return Rank.NOTES if kind in _NOTES else None


def choose(
    streams: Sequence[MarkerStream], is_cue: Callable[[str], bool], signal: str
) -> tuple[MarkerStream, ...]:
    """Choose the streams of a recording whose cues count.

    They are those of the first kind that has cues. ``signal`` is the name of the signal's
    stream; its own marker stream is preferred.
    """
    holding = [each for each in streams if any(is_cue(marker.label) for marker in each.markers)]
    ranks = [rank_of(each.type) for each in holding]
    best = min((rank for rank in ranks if rank is not None), default=None)
    first = [each for each, rank in zip(holding, ranks, strict=True) if rank == best]
    return tuple([each for each in first if belongs(each.name, signal)] or first)


def belongs(name: str, signal: str) -> bool:
    """Return True if ``name`` is the marker stream of the device ``signal``."""
    return name == f"{signal}-markers"


def merged(streams: Sequence[MarkerStream]) -> tuple[Marker, ...]:
    """Return the markers of several streams, in order of time."""
    return tuple(sorted(marker for each in streams for marker in each.markers))


def without_notes(streams: Sequence[MarkerStream]) -> tuple[MarkerStream, ...]:
    """Return the streams without those of type ``Notes``."""
    return tuple(each for each in streams if rank_of(each.type) is not Rank.NOTES)


def to_replay(recording: Recording) -> tuple[MarkerStream, ...]:
    """Return the marker streams to replay with a recording.

    They are the signal's own, or else all but notes.
    """
    streams = without_notes(recording.marker_streams)
    own = tuple(each for each in streams if belongs(each.name, recording.info.name))
    return own or streams
