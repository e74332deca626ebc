"""Names, kinds, units and positions of channels, decided in one place.

Streams, files and devices each state something of their channels: a label, mostly, and perhaps a
kind, a unit and a position. `describe` makes channels of that, the same ones wherever it comes
from, so that a model trained on a recording fits the stream that was recorded.
"""

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bci.channels.units import POTENTIALS, UNKNOWN, canonical_unit, is_potential
from bci.head.electrodes import Position, electrode, standard_position
from bci.signals import Channel

_MAX_LABEL = 200
_MAX_LISTED = 24

AVERAGED = ("eeg", "seeg", "ecog", "dbs")
"""Kinds that a common average is taken of: potentials of the brain against one reference."""

_KINDS = {
    "veog": "eog", "heog": "eog", "ekg": "ecg",
    "trig": "stim", "trigger": "stim", "status": "stim", "stimulus": "stim",
    "accel": "acc", "accelerometer": "acc", "gyr": "gyro", "gyroscope": "gyro",
    "respiration": "resp", "temp": "temperature", "gsr": "eda", "sao2": "spo2",
    "aux": "misc", "auxiliary": "misc", "n/a": UNKNOWN,
}  # fmt: skip
# Stream types that state the kind of all channels of the stream, where these state none.
_OF_TYPE = {
    "eeg": "eeg", "ecg": "ecg", "ekg": "ecg", "emg": "emg", "eog": "eog", "acc": "acc",
    "accelerometer": "acc", "gyro": "gyro", "gyroscope": "gyro", "ppg": "ppg", "seeg": "seeg",
    "ecog": "ecog", "eda": "eda", "gsr": "eda",
}  # fmt: skip
# What may stand before such a word: `EEG EOG`, `Right AUX` of a Muse, `L-EOG`.
_BEFORE = "(?:eeg|left|right|horizontal|vertical|chin|[lr])"
# Labels that name another quantity than the potential of an electrode on the head: the words of
# EDF+ (https://www.edfplus.info/specs/edftexts.html), and those that amplifiers use.
_NAMED = tuple(
    (kind, re.compile(rf"(?:{_BEFORE}[ :_-]+)?(?:{words})(?![a-z])", re.IGNORECASE))
    for kind, words in (
        # HEO and VEO are Neuroscan's, LOC and ROC those of sleep laboratories.
        ("eog", r"[hv]?eog[lrudhv]?|[hv]eo[lrud]?|[lr]oc(?!\d)"),
        ("ecg", "e[ck]g[lr]?"),
        ("emg", "emg[lr]?"),
        ("erg", "erg"),
        ("acc", "acc(?:el(?:erometer)?)?[ _.-]?[xyz]?"),
        ("gyro", "gyro?(?:scope)?[ _.-]?[xyz]?"),
        ("stim", "trig(?:ger)?s?|status|stim(?:ulus)?|sti|event|marker"),
        ("resp", "resp(?:iration)?"),
        ("temperature", r"temp(?:erature)?(?!\s*\d)"),
        ("spo2", "s[ap]o2"),
        ("ppg", "ppg|pleth"),
        ("eda", "eda|gsr"),
        ("misc", r"aux[a-z]*|light|sound|battery|misc|dc0\d"),
    )
)
# An accelerometer has three axes: with more, they are contacts in the anterior cingulate cortex.
_ACC_CONTACT = re.compile(r"acc[ _.-]?0*(?:[4-9]|[1-9]\d+)", re.IGNORECASE)
_EEG_PREFIX = re.compile(r"eeg[ :_-]+(?=\S)", re.IGNORECASE)


class DeclaredChannels(NamedTuple):
    """Statements of a source about one channel; empty where there is none.

    ``position`` is in metres, in head coordinates (x right, y front, z up).
    """

    label: str = ""
    kind: str = ""
    unit: str = ""
    position: Position | None = None


class _Beside(NamedTuple):
    """Facts about each channel that only all labels together show."""

    names_eeg: bool
    has_acc_shaft: bool

    @classmethod
    def of(cls, labels: Sequence[str]) -> "_Beside":
        return cls(
            any(_EEG_PREFIX.match(label) for label in labels),
            any(_ACC_CONTACT.fullmatch(label) for label in labels),
        )


def describe(stated: Sequence[DeclaredChannels], stream_type: str = "") -> tuple[Channel, ...]:
    """Decide what channels are.

    A channel without a label is called ``ch1``, ``ch2`` ...; a label that occurs again gets its
    number appended, so that a name always means one channel. Scalp electrodes get their 10-05
    name, without ``EEG`` before and the reference behind (``EEG Fp1-Ref`` is ``Fp1``), and the
    position on a template head where none is stated. The kind is that stated of the channel,
    else of the whole stream; but a label that names another quantity (``EOG left``, ``ACC_X``)
    outweighs ``eeg``. What cannot be known is ``unknown``.
    """
    beside = _Beside.of([each.label.strip() for each in stated])
    channels: list[Channel] = []
    seen: set[str] = set()
    for number, each in enumerate(stated, start=1):
        label = each.label.strip()[:_MAX_LABEL].strip()
        kind = _kind(label, each, stream_type, beside)
        found = electrode(label) if kind == "eeg" else None
        name = _distinct(found or label or f"ch{number}", number, seen)
        position = _placed(each.position) or (standard_position(found) if found else None)
        channels.append(Channel(name, kind, canonical_unit(each.unit, kind), position))
    return tuple(channels)


def canonical_kind(kind: str) -> str:
    """One spelling of a kind, lower case: ``VEOG`` is ``eog``, ``TRIG`` is ``stim``."""
    kind = kind.strip().lower()[:_MAX_LABEL].strip()
    return _KINDS.get(kind, kind)


def stream_type(channels: Iterable[Channel]) -> str:
    """The type of a stream of such channels: ``EEG``, ``MEG``, ``iEEG`` or ``Signal``."""
    kinds = {channel.kind for channel in channels}
    if kinds & {"mag", "grad"}:
        return "MEG"
    if "eeg" in kinds:
        return "EEG"
    return "iEEG" if kinds & {"seeg", "ecog", "dbs"} else "Signal"


def kind_named_by(label: str) -> str | None:
    """The kind that a label names, where it is another than EEG (``EOG left``, ``SaO2``)."""
    if electrode(label):
        return None
    return next((kind for kind, words in _NAMED if words.match(label.strip())), None)


def listed(channels: Sequence[Channel]) -> str:
    """Names of channels, with kind and unit of each run of them that has the same.

    ``Fp1, Fp2, C3 (3 eeg in uV); EOG left (eog in mV)``.
    """
    runs = itertools.groupby(channels, key=lambda channel: (channel.kind, channel.unit))
    return "; ".join(_listed_run([c.name for c in run], *same) for same, run in runs)


def _listed_run(names: list[str], kind: str, unit: str) -> str:
    what = "kind unknown" if kind == UNKNOWN else kind
    measured = "unit unknown" if unit == UNKNOWN else f"in {unit}"
    count = f"{len(names)} " if len(names) > 1 else ""
    if len(names) > _MAX_LISTED:
        names = [*names[:_MAX_LISTED], f"and {len(names) - _MAX_LISTED} more"]
    joint = ", " if UNKNOWN in (kind, unit) else " "
    return f"{', '.join(names)} ({count}{what}{joint}{measured})"


def _kind(label: str, stated: DeclaredChannels, stream_type: str, beside: _Beside) -> str:
    kind = canonical_kind(stated.kind)
    if kind not in ("", "eeg"):
        return kind
    named = kind_named_by(label)
    if named is not None and not (named == "acc" and beside.has_acc_shaft):
        return named
    if kind or _EEG_PREFIX.match(label):
        return "eeg"
    by_type = _OF_TYPE.get(stream_type.strip().lower(), UNKNOWN)
    unit = canonical_unit(stated.unit, by_type)
    # Where labels begin with EEG one by one, one that does not is something else.
    other = by_type == "eeg" and beside.names_eeg and electrode(label) is None
    if by_type in POTENTIALS and (not is_potential(unit) or other):
        return UNKNOWN
    return by_type


def _distinct(name: str, number: int, seen: set[str]) -> str:
    suffix = f"-{number}"
    while name.lower() in seen:
        name = name[: _MAX_LABEL - len(suffix)] + suffix
        suffix += f"-{number}"
    seen.add(name.lower())
    return name


def _placed(position: Position | None) -> Position | None:
    """A stated position, to the nanometre; None where it is none."""
    if position is None or not all(map(math.isfinite, position)):
        return None
    x, y, z = (round(axis, 9) for axis in position)
    return (x, y, z) if (x, y, z) != (0, 0, 0) else None
