"""Apply channel names, kinds and units of a profile to a stream.

They are for streams that do not state them.
"""

from dataclasses import replace

from bci.channels.description import DeclaredChannels, canonical_kind, describe
from bci.channels.units import POTENTIALS, UNKNOWN
from bci.errors import MismatchError
from bci.head.electrodes import electrode, standard_position
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, StreamInfo


def apply_stream_options(info: StreamInfo, wanted: PipelineSettings) -> StreamInfo:
    """Return a stream's description with names, kinds and units of the settings.

    ``wanted.names`` names all channels in order, or the EEG channels alone. ``wanted.unit`` is the
    unit of electrical channels that state none. A second call has no effect.

    Raises `MismatchError` if the number of names does not match, or if ``wanted.kind_of`` names a
    channel that the stream lacks.
    """
    if wanted.names is not None and not info.named:
        info = replace(info, channels=_named(info, wanted.names), named=True)
    channels = info.channels
    if wanted.kind_of:
        channels = _of_kinds(channels, info, wanted)
    if wanted.unit is not None:
        channels = tuple(_in_unit(channel, wanted.unit) for channel in channels)
    return info if channels == info.channels else replace(info, channels=channels)


def _named(info: StreamInfo, names: tuple[str, ...]) -> tuple[Channel, ...]:
    eeg = [i for i, channel in enumerate(info.channels) if channel.kind == "eeg"]
    named = eeg if len(names) == len(eeg) else range(info.n_channels)
    if len(names) != len(named):
        raise MismatchError(
            f"{info.name}: pipeline.names has {len(names)} names for {info.n_channels} channels "
            f"({len(eeg)} of them EEG); name all of them, or all that are EEG, in order"
        )
    stated = [DeclaredChannels(c.name, c.kind, c.unit, c.position) for c in info.channels]
    for i, name in zip(named, names, strict=True):
        channel = info.channels[i]
        position = _own_position(channel)
        stated[i] = DeclaredChannels(name, _kind(channel, name), channel.unit, position)
    return describe(stated, info.type)


def _kind(channel: Channel, name: str) -> str:
    return "eeg" if channel.kind == UNKNOWN and electrode(name) else channel.kind


def _own_position(channel: Channel) -> tuple[float, float, float] | None:
    """Return the position stated by the stream.

    The result is None if it came from the channel's old name.
    """
    known = channel.position == standard_position(channel.name)
    return None if known else channel.position


def _of_kinds(
    channels: tuple[Channel, ...], info: StreamInfo, wanted: PipelineSettings
) -> tuple[Channel, ...]:
    kinds = {name.lower(): canonical_kind(kind) for name, kind in wanted.kind_of.items()}
    there = {channel.name.lower() for channel in channels}
    missing = [name for name in wanted.kind_of if name.lower() not in there]
    # If channels are selected by name, a missing one is reported by that step.
    if missing and wanted.channels is None:
        raise MismatchError(f"{info.name}: pipeline.kind_of names {missing[0]!r}, which it lacks")
    return tuple(
        replace(channel, kind=kinds.get(channel.name.lower(), channel.kind)) for channel in channels
    )


def _in_unit(channel: Channel, unit: str) -> Channel:
    unstated = channel.unit == UNKNOWN and channel.kind in (*POTENTIALS, UNKNOWN)
    return replace(channel, unit=unit) if unstated else channel
