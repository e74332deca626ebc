"""Choice of the streams that carry the cues: one rule for files and for live streams.

The cues are on the streams that ``--markers`` or the profile's ``markers:`` names. Where neither
does, or a profile says no more than ``type: Markers``, a stream's type decides:

1. ``Cues``: the stream of a guided calibration.
2. ``Markers``, and what other programs call it: ``Events``, ``Trigger``, ``Stim``,
   ``Annotations`` ..., and texts without a type.
3. ``Notes``: what a person wrote down.

Of several such streams the cues are those of the first kind that holds a cue of the profile. Of
two streams of that kind that hold one, ``<signal>-markers`` is the signal's own; otherwise one of
them has to be named. Everything else
is no cue: what this program publishes itself (decisions, predictions, status, provenance,
quality, impedance, feature, reward, spelling), and numbers of any other type (battery, contact
...).
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
"""Types of streams that carry cues without being named, lower case."""


class Rank(IntEnum):
    """Kinds of marker streams, the likeliest to carry the cues first."""

    GUIDED = 0
    MARKERS = 1
    NOTES = 2


@dataclass(frozen=True, slots=True)
class CueQuery:
    """Query for marker streams.

    ``named`` is a name or a type, as ``--markers`` gives it. The others are as in a profile: every
    one that is given has to fit. ``predicate`` is an LSL condition, which files cannot answer.
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
        """True where it asks for markers and nothing else, so that types decide."""
        others = (self.named, self.name, self.source_id, self.predicate)
        return others == (None,) * len(others) and (
            self.type is None or self.type.casefold() in _GENERAL
        )

    def fits(self, name: str, stream_type: str, source_id: str, is_text: bool) -> bool:
        """Return whether a stream of markers is meant; the predicate is not looked at."""
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
    """Make the query of ``--markers``, else of a profile's ``markers:``, else of any markers."""
    if named is not None:
        return CueQuery(named=named)
    if isinstance(selector, CueQuery):
        return selector
    keys = ("name", "type", "source_id", "predicate")
    return CueQuery(**{key: getattr(selector, key, None) for key in keys})


def _same(given: str, own: str) -> bool:
    """Compare two labels as far as discovery gives them."""
    return given[:_MAX_LABEL] == own[:_MAX_LABEL]


def is_own(stream_type: str) -> bool:
    """Return whether this program itself publishes a type of stream, which never carries cues."""
    return stream_type.strip().casefold() in _OWN


def rank_of(stream_type: str, is_text: bool = True) -> Rank | None:
    """Rank a type of stream as a carrier of cues; None where it is one only if it is named."""
    kind = stream_type.strip().casefold()
    if kind in _GUIDED:
        return Rank.GUIDED
    if kind in _MARKERS or (is_text and not kind):
        return Rank.MARKERS
    return Rank.NOTES if kind in _NOTES else None


def choose(
    streams: Sequence[MarkerStream], is_cue: Callable[[str], bool], signal: str
) -> tuple[MarkerStream, ...]:
    """Choose the streams of a recording that hold cues: of the first kind in which any does."""
    holding = [each for each in streams if any(is_cue(marker.label) for marker in each.markers)]
    ranks = [rank_of(each.type) for each in holding]
    best = min((rank for rank in ranks if rank is not None), default=None)
    first = [each for each, rank in zip(holding, ranks, strict=True) if rank == best]
    return tuple([each for each in first if belongs(each.name, signal)] or first)


def belongs(name: str, signal: str) -> bool:
    """Return whether `bci.lsl.device_stream` sends a marker stream beside a signal."""
    return name == f"{signal}-markers"


def merged(streams: Sequence[MarkerStream]) -> tuple[Marker, ...]:
    """Markers of several streams, in order of time."""
    return tuple(sorted(marker for each in streams for marker in each.markers))


def without_notes(streams: Sequence[MarkerStream]) -> tuple[MarkerStream, ...]:
    """The streams that are not of what a person wrote down."""
    return tuple(each for each in streams if rank_of(each.type) is not Rank.NOTES)


def to_replay(recording: Recording) -> tuple[MarkerStream, ...]:
    """The marker streams to send beside a recording's signal: its own, else all but notes."""
    streams = without_notes(recording.marker_streams)
    own = tuple(each for each in streams if belongs(each.name, recording.info.name))
    return own or streams
