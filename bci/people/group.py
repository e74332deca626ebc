"""The people of a session: one profile each, with a name and a stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bci.errors import ProfileError
from bci.models.bundle import load_card
from bci.profiles.profile import Profile, check_task, load_profile

# The stream of the table, and the recorder's lines, are named so.
_TAKEN = ("people", "recorder")


@dataclass(frozen=True, slots=True)
class Member:
    """One person: the profile as it was given, and the name of the engine's streams."""

    name: str
    profile: str


def read_group(profiles: Sequence[str]) -> tuple[Member, ...]:
    """Read the profiles of several people.

    An engine is named by its profile's ``output.name``, or else by the profile's file.

    Raises
    ------
    ProfileError
        If a profile is invalid or has no model, two have one name or choose one stream,
        or a name is taken by the session.
    """
    members: list[Member] = []
    by_stream: dict[str, str] = {}
    for given in profiles:
        profile = load_profile(given)
        if profile.model is None:
            raise ProfileError(f"{given} names no model; add the line 'model: FOLDER' to it")
        check_task(profile, load_card(Path(profile.model)).task, Path(profile.model))
        member = Member(_name(given, profile), given)
        if member.name in _TAKEN:
            raise ProfileError(
                f"{given} names its engine {member.name!r}, as a part of the session is named; "
                "give it another output.name"
            )
        twin = next((each for each in members if each.name == member.name), None)
        if twin is not None:
            raise ProfileError(
                f"{twin.profile} and {given} both name their engine {member.name!r}; give each "
                "an output.name of its own"
            )
        stream = profile.stream.model_dump_json(exclude_none=True)
        if stream in by_stream:
            raise ProfileError(
                f"{by_stream[stream]} and {given} choose the same stream ({stream}); give each "
                "its stream.source_id (bci streams lists them)"
            )
        by_stream[stream] = given
        members.append(member)
    return tuple(members)


def _name(given: str, profile: Profile) -> str:
    if "name" in profile.output.model_fields_set:
        return profile.output.name
    return Path(given).stem[:100]
