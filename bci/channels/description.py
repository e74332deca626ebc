"""Names, kinds, units and positions of channels, decided in one place.

Streams, files and devices state some facts about their channels: usually a label, and sometimes a
kind, a unit and a position. `describe` makes the same channels from the same facts, whatever their
source. So a model trained on a recording fits the stream that was recorded.
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
"""Kinds of channels in a common average reference: brain potentials against one reference."""

_KINDS = {
    "veog": "eog", "heog": "eog", "ekg": "ecg",
    "trig": "stim", "trigger": "stim", "status": "stim", "stimulus": "stim",
    "accel": "acc", "accelerometer": "acc", "gyr": "gyro", "gyroscope": "gyro",
    "respiration": "resp", "temp": "temperature", "gsr": "eda", "sao2": "spo2",
    "aux": "misc", "auxiliary": "misc", "n/a": UNKNOWN,
}  # fmt: skip
# Kind of all channels of a stream of this type, if the channels state none.
_OF_TYPE = {
    "eeg": "eeg", "ecg": "ecg", "ekg": "ecg", "emg": "emg", "eog": "eog", "acc": "acc",
    "accelerometer": "acc", "gyro": "gyro", "gyroscope": "gyro", "ppg": "ppg", "seeg": "seeg",
    "ecog": "ecog", "eda": "eda", "gsr": "eda",
}  # fmt: skip
# Words that may precede such a name: `EEG EOG`, `Right AUX` of a Muse, `L-EOG`.
_BEFORE = "(?:eeg|left|right|horizontal|vertical|chin|[lr])"
# Labels of signals other than EEG: the words of EDF+
# (https://www.edfplus.info/specs/edftexts.html), and those of amplifiers.
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
    """Facts that a source states about one channel; a text is empty if it is not stated.

    ``position`` is in metres, in head coordinates (x right, y front, z up).
    """

    label: str = ""
    kind: str = ""
    unit: str = ""
    position: Position | None = None


class _Beside(NamedTuple):
    """Facts that follow from all labels of a source together.

    ``names_eeg``: some label begins with EEG. ``has_acc_shaft``: some label is a contact in the
    anterior cingulate cortex.
    """

    names_eeg: bool
    has_acc_shaft: bool

    @classmethod
    def of(cls, labels: Sequence[str]) -> "_Beside":
        return cls(
            any(_EEG_PREFIX.match(label) for label in labels),
            any(_ACC_CONTACT.fullmatch(label) for label in labels),
        )


def describe(stated: Sequence[DeclaredChannels], stream_type: str = "") -> tuple[Channel, ...]:
    """Make channels from the facts that their source states.

    A channel without a label is called ``ch1``, ``ch2`` ... The number of the channel is appended
    to a label that occurs again, so that names are unique. Scalp electrodes get their 10-05 name,
    without a prefix ``EEG`` and without the reference (``EEG Fp1-Ref`` becomes ``Fp1``). They get
    the position on a template head if none is stated. The kind is the channel's stated kind, or
    else that of ``stream_type``. A label of another quantity (``EOG left``, ``ACC_X``) overrides
    the kind ``eeg``. Otherwise a kind or unit is ``unknown``.
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
    """Return the standard spelling of a kind: ``eog`` for ``VEOG``, ``stim`` for ``TRIG``."""
    kind = kind.strip().lower()[:_MAX_LABEL].strip()
    return _KINDS.get(kind, kind)


def stream_type(channels: Iterable[Channel]) -> str:
    """Return the type of a stream with such channels: ``EEG``, ``MEG``, ``iEEG`` or ``Signal``."""
    kinds = {channel.kind for channel in channels}
    if kinds & {"mag", "grad"}:
        return "MEG"
    if "eeg" in kinds:
        return "EEG"
    return "iEEG" if kinds & {"seeg", "ecog", "dbs"} else "Signal"


def kind_named_by(label: str) -> str | None:
    """Return the kind that a label states, such as ``EOG left`` or ``SaO2``; None for EEG."""
    if electrode(label):
        return None
    return next((kind for kind, words in _NAMED if words.match(label.strip())), None)


def listed(channels: Sequence[Channel]) -> str:
    """List channels in one line, with kind and unit of consecutive channels that share them.

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
    # If some labels begin with EEG, a label without it is no EEG channel.
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
    """Round a stated position to nanometres; None if it is not finite or all zero."""
    if position is None or not all(map(math.isfinite, position)):
        return None
    x, y, z = (round(axis, 9) for axis in position)
    return (x, y, z) if (x, y, z) != (0, 0, 0) else None
