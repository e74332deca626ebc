"""Profiles of several people, checked against each other."""

from pathlib import Path

import pytest
import yaml

from bci.errors import BciError, ProfileError
from bci.people.group import Member, read_group
from tests.commands import refused
from tests.people import write_profiles


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_profiles(tmp_path_factory.mktemp("people"), 3)


def changed(profile: Path, folder: Path, name: str, **keys: object) -> str:
    """Write a copy of a profile with other keys; a value of None removes the key."""
    content = yaml.safe_load(profile.read_text()) | keys
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({key: v for key, v in content.items() if v is not None}))
    return str(file)


def test_engines_are_named_by_profile_or_file(profiles: list[Path], tmp_path: Path) -> None:
    unnamed = changed(profiles[1], tmp_path, "ben", output=None)
    assert read_group([str(profiles[0]), unnamed]) == (
        Member("person-00", str(profiles[0])), Member("ben", unnamed),
    )  # fmt: skip


def test_two_engines_of_one_name_are_refused(profiles: list[Path], tmp_path: Path) -> None:
    twin = changed(profiles[1], tmp_path, "ben", output={"name": "person-00"})
    with pytest.raises(ProfileError, match=r"both name their engine 'person-00'.*output\.name"):
        read_group([str(profiles[0]), twin])


@pytest.mark.parametrize("name", ["people", "recorder"])
def test_a_name_of_the_session_is_refused_for_an_engine(
    profiles: list[Path], tmp_path: Path, name: str
) -> None:
    taken = changed(profiles[1], tmp_path, "ben", output={"name": name})
    with pytest.raises(ProfileError, match=rf"'{name}', as a part of the session is named"):
        read_group([str(profiles[0]), taken])


def test_two_profiles_of_one_stream_are_refused(profiles: list[Path], tmp_path: Path) -> None:
    twin = changed(profiles[0], tmp_path, "ben", output={"name": "ben"})
    with pytest.raises(ProfileError, match=r"choose the same stream .*stream\.source_id"):
        read_group([str(profiles[0]), twin])


def test_a_profile_without_a_model_is_refused(profiles: list[Path], tmp_path: Path) -> None:
    lacking = changed(profiles[1], tmp_path, "ben", model=None)
    with pytest.raises(ProfileError, match=r"ben\.yaml names no model"):
        read_group([str(profiles[0]), lacking])


def test_a_model_that_is_missing_is_refused(profiles: list[Path], tmp_path: Path) -> None:
    lacking = changed(profiles[1], tmp_path, "ben", model=str(tmp_path / "nothing"))
    with pytest.raises(BciError, match="nothing"):
        read_group([str(profiles[0]), lacking])


def test_an_option_of_one_profile_is_refused_with_several(profiles: list[Path]) -> None:
    line = refused("run", profiles[0], profiles[1], "--stream", "headset")
    assert "--stream is for one profile; with several, write stream into each" in line


def test_a_joint_recording_needs_several_profiles(profiles: list[Path]) -> None:
    assert "--record is for several profiles" in refused("run", profiles[0], "--record", "x.xdf")


def test_a_picture_that_cannot_be_saved_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused("people", "anna", "--screenshot", tmp_path / "file" / "x.png")
    assert "give another --screenshot" in line
