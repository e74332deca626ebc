"""Input of a training: recordings, with the streams, channels and base model that are meant."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bci.cli.console import note, warn
from bci.errors import ProfileError
from bci.profiles.profile import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bci.models.card import Card
    from bci.signals import Recording


@dataclass
class TrainingSource:
    """Options by which a training reads recordings.

    ``base`` is the folder of the base model, ``stream`` and ``markers`` name streams of files that
    hold several. With ``map_montage`` recordings get the channels of the base model, or those that
    the profile names.
    """

    profile: Profile
    base: Path | None = None
    map_montage: bool = False
    stream: str | None = None
    markers: str | None = None
    base_card: "Card | None" = field(init=False, default=None)
    start: "dict[str, NDArray[np.generic]] | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.base is not None:
            from bci.models.bundle import load_bundle

            self.base_card, self.start = load_bundle(self.base)

    def read(self, file: Path) -> "Recording":
        """Read one recording."""
        from bci.clock.timekeeping import check_markers_fit, losses_of
        from bci.recording.read import read_recording

        recording = read_recording(file, self.stream, self.markers, self.profile)
        check_markers_fit(recording)
        if lost := losses_of(recording):
            warn(f"{file}: {lost}")
        if not self.map_montage:
            return recording
        if self.base_card is not None:
            return mapped_to_model(recording, self.base_card)
        return mapped_to_profile(recording, self.profile)


def mapped_to_model(recording: "Recording", card: "Card") -> "Recording":
    """The recording with the channels of a model; the interpolated ones are reported."""
    from bci.head.remap import describe_map, map_recording
    from bci.models.card import trained_channels
    from bci.models.fit import info_for

    recording = replace(recording, info=info_for(card, recording.info))
    mapped = map_recording(recording, trained_channels(card))
    note(describe_map(recording.source, mapped.info))
    return mapped


def mapped_to_profile(recording: "Recording", profile: Profile) -> "Recording":
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


def describe_copy(copy: str, of: str) -> str:
    """Say that a recording is not trained on, since another one holds its samples."""
    return f"{copy}: left out, since {of} holds the same signal"


def each_once(
    people: "dict[str, list[Recording]]",
) -> "tuple[dict[str, list[Recording]], list[tuple[str, str]]]":
    """Keep each recording once, also where two people's folders hold it.

    Returns
    -------
    people : dict of str to list of Recording
    copies : list of (str, str)
        Source of each that was left out, and of the one that holds its samples.
    """
    from bci.training.run_counts import without_copies

    kept, copies = without_copies([each for own in people.values() for each in own])
    known = {id(each) for each in kept}
    left = {person: [each for each in own if id(each) in known] for person, own in people.items()}
    return {person: own for person, own in left.items() if own}, copies
