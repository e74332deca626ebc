"""Recordings of other montages mapped to the one wanted."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bci.cli.console import note
from bci.errors import ProfileError

if TYPE_CHECKING:
    from bci.models.card import Card
    from bci.profiles.profile import Profile
    from bci.signals import Recording


def mapped_to_model(recording: "Recording", card: "Card") -> "Recording":
    """The recording with the channels of a model; the interpolated ones are reported."""
    from bci.head.remap import describe_map, map_recording
    from bci.models.card import trained_channels
    from bci.models.fit import info_for

    recording = replace(recording, info=info_for(card, recording.info))
    mapped = map_recording(recording, trained_channels(card))
    note(describe_map(recording.source, mapped.info))
    return mapped


def mapped_to_profile(recording: "Recording", profile: "Profile") -> "Recording":
    """The recording with the channels that a profile names; the interpolated ones are reported."""
    from bci.head.remap import describe_map, map_recording, named_channels
    from bci.profiles.stream_options import apply_stream_options

    if profile.pipeline.channels is None:
        raise ProfileError(
            "--map-montage needs to know to which channels: name them in pipeline.channels of the "
            "profile"
        )
    recording = replace(recording, info=apply_stream_options(recording.info, profile.pipeline))
    targets = named_channels(profile.pipeline.channels, recording.info)
    mapped = map_recording(recording, targets)
    note(describe_map(recording.source, mapped.info))
    return mapped
