"""Convert stream descriptions to and from LSL's XML meta-data.

The layout is the one that the XDF project documents for EEG (``desc/channels/channel`` with
``label``, ``type``, ``unit`` and ``location`` in millimetres). Values from the network are limited
in size and never trusted: missing or malformed ones become ``unknown``.
"""

import math

import pylsl
from pylsl.info import XMLElement

from bci.channels.description import DeclaredChannels, describe
from bci.channels.units import spelt_out
from bci.errors import StreamError
from bci.signals import Channel, StreamInfo

# More channels than any montage has; a stream that claims more is broken or hostile.
MAX_CHANNELS = 10_000
_MAX_LABEL = 200

UNPUBLISHED = "unpublished_adaptation"
"""Key in a provenance stream's description: kind of adaptation whose state is not published."""


def to_lsl(info: StreamInfo, channel_format: str = "float32") -> pylsl.StreamInfo:
    """Create an LSL description with full channel meta-data.

    Parameters
    ----------
    info : StreamInfo
        Stream to describe.
    channel_format : str
        ``float32``, ``double64``, ``int8`` ... ``int64`` or ``string``.
    """
    described = pylsl.StreamInfo(
        info.name, info.type, info.n_channels, info.sfreq, channel_format, info.source_id
    )
    desc = described.desc()
    if info.simulated:
        desc.append_child_value("simulated", "true")
    if info.replayed:
        desc.append_child_value("replayed", "true")
    if info.loop_gap:
        desc.append_child_value("loop_gap", str(info.loop_gap))
    channels = desc.append_child("channels")
    for channel in info.channels:
        node = channels.append_child("channel")
        node.append_child_value("label", channel.name)
        node.append_child_value("type", _kind_to_lsl(channel.kind))
        node.append_child_value("unit", spelt_out(channel.unit))
        if channel.position is not None:
            location = node.append_child("location")
            for axis, metres in zip("XYZ", channel.position, strict=True):
                location.append_child_value(axis, repr(1000.0 * metres))
    return described


def from_lsl(described: pylsl.StreamInfo) -> StreamInfo:
    """Read an LSL description; absent or malformed parts become ``unknown``.

    The channels are made by `bci.channels.description.describe`.

    Raises `StreamError` if the number of channels or the rate is out of range.
    """
    n_channels = described.channel_count()
    name = described.name()[:_MAX_LABEL]
    if not 1 <= n_channels <= MAX_CHANNELS:
        raise StreamError(
            f"stream {name!r} claims {n_channels} channels; at most {MAX_CHANNELS} are accepted"
        )
    sfreq = described.nominal_srate()
    if not (math.isfinite(sfreq) and 0 <= sfreq <= 1e6):
        raise StreamError(f"stream {name!r} claims a rate of {sfreq} Hz; it cannot be used")
    desc = described.desc()
    return StreamInfo(
        name=name,
        type=described.type()[:_MAX_LABEL],
        sfreq=sfreq,
        channels=_read_channels(desc, n_channels, described.type()),
        source_id=described.source_id()[:_MAX_LABEL],
        simulated=desc.child_value("simulated").strip().lower() == "true",
        replayed=desc.child_value("replayed").strip().lower() == "true",
        loop_gap=read_loop_gap(desc.child_value("loop_gap")),
    )


def read_loop_gap(text: str) -> int:
    """Read the number of samples left out at each restart of a replay.

    The result is 0 if ``text`` is invalid.
    """
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _read_channels(desc: XMLElement, n_channels: int, stream_type: str) -> tuple[Channel, ...]:
    nodes: list[XMLElement] = []
    node = desc.child("channels").child("channel")
    while not node.empty() and len(nodes) < n_channels:
        nodes.append(node)
        node = node.next_sibling("channel")
    nodes += [desc.child("absent")] * (n_channels - len(nodes))
    stated = [
        DeclaredChannels(
            node.child_value("label"),
            node.child_value("type"),
            node.child_value("unit"),
            _read_position(node.child("location")),
        )
        for node in nodes
    ]
    return describe(stated, stream_type)


def _read_position(location: XMLElement) -> tuple[float, float, float] | None:
    try:
        x, y, z = (float(location.child_value(axis)) / 1000.0 for axis in "XYZ")
    except ValueError:
        return None
    return x, y, z


def _kind_to_lsl(kind: str) -> str:
    return kind.upper() if kind in ("eeg", "eog", "ecg", "emg", "mag", "grad", "seeg") else kind
