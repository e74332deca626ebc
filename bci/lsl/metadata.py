"""Stream descriptions to and from LSL's XML meta-data.

The layout is the one that the XDF project documents for EEG (``desc/channels/channel`` with
``label``, ``type``, ``unit`` and ``location`` in millimetres). What comes from the network is
bounded and never trusted: what is missing or malformed becomes ``unknown``.
"""

import math

import pylsl
from pylsl.info import XMLElement

from bci.errors import StreamError
from bci.types import Channel, StreamInfo

# More than any montage; a stream that claims more is broken or hostile.
MOST_CHANNELS = 10_000
_MOST_LABEL = 200

# Spellings of units met in the wild, lower case.
_UNITS = {
    "microvolts": "uV", "microvolt": "uV", "uv": "uV", "µv": "uV", "μv": "uV",
    "millivolts": "mV", "mv": "mV", "volts": "V", "volt": "V", "v": "V",
    "tesla": "T", "t": "T", "t/m": "T/m", "ft": "fT", "seconds": "s", "s": "s",
}  # fmt: skip
_SPELT_OUT = {"uV": "microvolts", "mV": "millivolts", "V": "volts", "T": "tesla"}


def to_lsl(info: StreamInfo, channel_format: str = "float32") -> pylsl.StreamInfo:
    """An LSL description with full channel meta-data.

    Parameters
    ----------
    info : StreamInfo
    channel_format : str
        ``float32``, ``double64``, ``int8`` ... ``int64`` or ``string``.
    """
    described = pylsl.StreamInfo(
        info.name, info.type, info.n_channels, info.sfreq, channel_format, info.source_id
    )
    desc = described.desc()
    if info.simulated:
        desc.append_child_value("simulated", "true")
    if info.loop_gap:
        desc.append_child_value("loop_gap", str(info.loop_gap))
    channels = desc.append_child("channels")
    for channel in info.channels:
        node = channels.append_child("channel")
        node.append_child_value("label", channel.name)
        node.append_child_value("type", _kind_to_lsl(channel.kind))
        node.append_child_value("unit", _SPELT_OUT.get(channel.unit, channel.unit))
        if channel.position is not None:
            location = node.append_child("location")
            for axis, metres in zip("XYZ", channel.position, strict=True):
                location.append_child_value(axis, repr(1000.0 * metres))
    return described


def from_lsl(described: pylsl.StreamInfo) -> StreamInfo:
    """Read an LSL description; absent or malformed parts become ``unknown``.

    A channel without a label is called ``ch1``, ``ch2`` ...; a label that occurs again gets its
    number appended, so that a name always means one channel.

    Raises
    ------
    StreamError
        If the description is beyond any sensible size or has no channel.
    """
    n_channels = described.channel_count()
    name = described.name()[:_MOST_LABEL]
    if not 1 <= n_channels <= MOST_CHANNELS:
        raise StreamError(
            f"stream {name!r} claims {n_channels} channels; at most {MOST_CHANNELS} are accepted"
        )
    sfreq = described.nominal_srate()
    if not (math.isfinite(sfreq) and 0 <= sfreq <= 1e6):
        raise StreamError(f"stream {name!r} claims a rate of {sfreq} Hz; it cannot be used")
    desc = described.desc()
    return StreamInfo(
        name=name,
        type=described.type()[:_MOST_LABEL],
        sfreq=sfreq,
        channels=_read_channels(desc, n_channels, described.type()),
        source_id=described.source_id()[:_MOST_LABEL],
        simulated=desc.child_value("simulated").strip().lower() == "true",
        loop_gap=read_loop_gap(desc.child_value("loop_gap")),
    )


def read_loop_gap(text: str) -> int:
    """Samples left out where a replay begins again; 0 for what is no such number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _read_channels(desc: XMLElement, n_channels: int, stream_type: str) -> tuple[Channel, ...]:
    nodes: list[XMLElement] = []
    node = desc.child("channels").child("channel")
    while not node.empty() and len(nodes) < n_channels:
        nodes.append(node)
        node = node.next_sibling("channel")
    found: list[Channel] = []
    seen: set[str] = set()
    for i in range(n_channels):
        node = nodes[i] if i < len(nodes) else desc.child("absent")
        label = node.child_value("label").strip()[:_MOST_LABEL] or f"ch{i + 1}"
        if label.lower() in seen:
            label = f"{label}-{i + 1}"
        seen.add(label.lower())
        kind = node.child_value("type").strip().lower()[:_MOST_LABEL]
        found.append(
            Channel(
                label,
                kind or _kind_of_type(stream_type),
                canonical_unit(node.child_value("unit")),
                _read_position(node.child("location")),
            )
        )
    return tuple(found)


def canonical_unit(unit: str) -> str:
    """One spelling of a unit: ``microvolts`` and ``µV`` are ``uV``; empty is ``unknown``."""
    unit = unit.strip()[:_MOST_LABEL]
    return _UNITS.get(unit.lower(), unit) or "unknown"


def _read_position(location: XMLElement) -> tuple[float, float, float] | None:
    try:
        x, y, z = (float(location.child_value(axis)) / 1000.0 for axis in "XYZ")
    except ValueError:
        return None
    return (x, y, z) if all(map(math.isfinite, (x, y, z))) else None


def _kind_to_lsl(kind: str) -> str:
    return kind.upper() if kind in ("eeg", "eog", "ecg", "emg", "mag", "grad", "seeg") else kind


def _kind_of_type(stream_type: str) -> str:
    """A stream that says EEG as a whole says it of its channels."""
    return "eeg" if stream_type.strip().lower() == "eeg" else "unknown"
