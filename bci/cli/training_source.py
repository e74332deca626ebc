"""Input of a training: recordings with selected streams and channels, and the base model."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bci.cli.console import note, warn
from bci.errors import MismatchError, ProfileError
from bci.interfaces import Adaptable, Decoder
from bci.profiles.profile import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bci.models.card import Card
    from bci.signals import Recording
    from bci.training.learning_curve import Base


@dataclass
class TrainingSource:
    """Options by which a training reads recordings.

    ``base`` is the folder of the base model. ``stream`` and ``markers`` choose among several
    streams of a file. With ``map_montage``, recordings get the channels of the base model, or those
    that the profile names.
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
            from bci.models.bundle import base_folder, load_bundle

            self.base_card, self.start = load_bundle(base_folder(self.base))
            wanted, own = self.base_card.decoder.name, self.profile.decoder.name
            if wanted != own:
                raise MismatchError(
                    f"the base model {self.base_card.name} is of the decoder {wanted}, and the "
                    f"profile names {own}; give --decoder {wanted}, or a base of {own}"
                )

    def make_decoder(self, with_base: bool = True) -> Decoder:
        """Make the profile's untrained decoder; with ``with_base``, it starts from the base model.

        Raises `ProfileError` if it cannot be made, or if it is for flicker and needs windows at
        cues that the profile does not have.
        """
        import decoders

        choice, start = self.profile.decoder, self.start if with_base else None
        stimuli = self.profile.stimuli
        made = decoders.create(choice.name, choice.params, start, choice.trusted, stimuli)
        # Other decoders at cues can be trained on sliding windows, as in the profile
        # speech-sliding.
        is_cued = stimuli is None or self.profile.pipeline.at_cues
        if getattr(type(made), "needs_cues", False) and not is_cued:
            raise ProfileError(
                f"the decoder {choice.name} needs a window at each cue, and the profile slides its "
                "windows; set pipeline.at_cues: true and leave hop_s out"
            )
        return made

    def pooled_base(self) -> "Base | None":
        """Return the base model for a learning curve; None if it stores no windows of people."""
        from bci.models.load import decoder_of
        from bci.training.learning_curve import Base

        card, start = self.base_card, self.start
        if card is None or start is None or card.people is None or not card.people.windows:
            return None

        def alone() -> Adaptable:
            decoder = decoder_of(card, start)
            assert isinstance(decoder, Adaptable)
            return decoder

        return Base(self.make_decoder, alone, tuple(c.name for c in card.stream.channels))

    def read(self, file: Path) -> "Recording":
        """Read one recording by these options."""
        from bci.clock.timekeeping import check_markers_fit, losses_of
        from bci.recording.read import read_recording
        from bci.stimulus.offset_label import offset_warning

        recording = read_recording(file, self.stream, self.markers, self.profile)
        check_markers_fit(recording)
        if lost := losses_of(recording):
            warn(f"{file}: {lost}")
        if warning := offset_warning(recording, self.profile.stimulus):
            warn(f"{file}: {warning}")
        if not self.map_montage:
            return recording
        if self.base_card is not None:
            return mapped_to_model(recording, self.base_card)
        return mapped_to_profile(recording, self.profile)


def mapped_to_model(recording: "Recording", card: "Card") -> "Recording":
    """Convert a recording to the channels of a model; print which ones were interpolated.

    Raises `MismatchError` if the channels cannot be mapped.
    """
    from bci.head.remap import describe_map, map_recording
    from bci.models.card import trained_channels
    from bci.models.fit import info_for

    recording = replace(recording, info=info_for(card, recording.info))
    mapped = map_recording(recording, trained_channels(card))
    note(describe_map(recording.source, mapped.info))
    return mapped


def mapped_to_profile(recording: "Recording", profile: Profile) -> "Recording":
    """Convert a recording to the channels of a profile; print which ones were interpolated.

    Raises `ProfileError` if the profile names no channels, and `MismatchError` if the recording's
    channels cannot be mapped.
    """
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
    """Make the sentence that recording ``copy`` is left out, as ``of`` has the same samples."""
    return f"{copy}: left out, since {of} holds the same signal"


def each_once(
    people: "dict[str, list[Recording]]",
) -> "tuple[dict[str, list[Recording]], list[tuple[str, str]]]":
    """Keep each recording once, even if two people's folders contain it.

    Returns
    -------
    people : dict of str to list of Recording
    copies : list of (str, str)
        Source of each recording that was left out, and source of the one with the same samples.
    """
    from bci.training.run_counts import without_copies

    kept, copies = without_copies([each for own in people.values() for each in own])
    known = {id(each) for each in kept}
    left = {person: [each for each in own if id(each) in known] for person, own in people.items()}
    return {person: own for person, own in left.items() if own}, copies
