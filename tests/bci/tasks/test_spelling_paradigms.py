"""Kinds of spellers, with their profiles and texts."""

import pytest

from bci.profiles.profile import load_profile
from bci.tasks.paradigms import MOTOR_IMAGERY, WORDS
from bci.tasks.spelling_paradigms import (
    CVEP,
    P300,
    RSVP,
    SSVEP,
    calibration_text,
    fitting_kind,
    fitting_profile,
    spelling_kind,
)

KINDS = {"p300": P300, "rsvp": RSVP, "ssvep": SSVEP, "ssvep-trca": SSVEP, "cvep": CVEP}


@pytest.mark.parametrize("name", KINDS)
def test_a_shipped_profile_is_for_its_kind_of_speller(name: str) -> None:
    profile = load_profile(name)
    assert spelling_kind(profile) is KINDS[name]
    assert fitting_kind(profile, WORDS) is KINDS[name]
    assert fitting_profile(KINDS[name], profile, (), "") == ""


def test_another_kind_brings_its_own_profile_and_back() -> None:
    hands, letters = load_profile("motor-imagery"), load_profile("p300")
    assert fitting_kind(hands, P300) is MOTOR_IMAGERY
    assert fitting_profile(SSVEP, hands, (), "") == "ssvep"
    assert fitting_profile(RSVP, letters, (), "") == "rsvp"
    assert fitting_profile(MOTOR_IMAGERY, letters, (), "") == "motor-imagery"
    assert fitting_profile(MOTOR_IMAGERY, letters, (), "mine.yaml") == "mine.yaml"


@pytest.mark.parametrize("name", KINDS)
def test_the_usual_text_of_a_calibration_can_be_copied(name: str) -> None:
    profile = load_profile(name)
    text = calibration_text(profile)
    shown = profile.paradigm.flicker or profile.paradigm.codes
    if shown is None:
        assert text == "BRAIN"
    else:
        # Each target occurs equally often.
        assert {text.count(target) for target in shown.targets} == {3}
