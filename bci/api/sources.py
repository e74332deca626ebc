"""Read recordings and profiles in every form that the public functions accept."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from bci.errors import RecordingError
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import Profile, load_profile
from bci.profiles.stimulus import Triggers
from bci.recording.trigger_events import with_triggers
from bci.signals import Recording

if TYPE_CHECKING:
    import mne

Source: TypeAlias = Union[str, PathLike[str], Recording, "mne.io.BaseRaw"]
"""A recording: a file, a `Recording`, or an `mne.io.Raw` whose annotations are the cues."""

ProfileLike: TypeAlias = str | PathLike[str] | Profile
"""A profile, its file, or the name of a shipped one."""


def profile_of(given: ProfileLike) -> Profile:
    """Load the profile, or return ``given`` if it is a `Profile` already."""
    return given if isinstance(given, Profile) else load_profile(Path(given))


def settings_of(given: ProfileLike | PipelineSettings) -> PipelineSettings:
    """Return the pipeline settings of a profile, or ``given`` if it is settings."""
    return given if isinstance(given, PipelineSettings) else profile_of(given).pipeline


def recording_from(
    source: Source,
    profile: Profile | None = None,
    cue_channel: Triggers | None = None,  # Default: the profile's
) -> Recording:
    """Read or convert a recording.

    Raises `RecordingError` if ``source`` cannot be read, is no recording, or has markers on
    another clock than its samples.
    """
    from bci.clock.timekeeping import check_markers_fit

    if isinstance(source, str | PathLike):
        from bci.recording.read import read_recording

        recording = read_recording(Path(source), profile=profile)
    elif isinstance(source, Recording):
        recording = source
    else:
        from bci.api.mne_objects import from_mne

        if not hasattr(source, "ch_names"):
            raise RecordingError(
                f"a recording is a file, a Recording or an mne.io.Raw, not {type(source).__name__}"
            )
        converted = from_mne(source)
        if not isinstance(converted, Recording):
            raise RecordingError("epochs of MNE are cut already; give the mne.io.Raw")
        recording = converted
    if cue_channel is None and profile is not None:
        cue_channel = profile.triggers
    if cue_channel is not None:
        recording = with_triggers(recording, cue_channel)
    check_markers_fit(recording)
    return recording


def recordings_from(
    sources: Source | Iterable[Source], profile: Profile | None = None
) -> list[Recording]:
    """Read or convert one or several recordings."""
    single = isinstance(sources, str | PathLike) or hasattr(sources, "info")
    each_of = [sources] if single or not isinstance(sources, Iterable) else sources
    return [recording_from(each, profile) for each in each_of]
