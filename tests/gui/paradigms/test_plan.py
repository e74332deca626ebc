"""The plan of a calibration by flashes."""

import pytest

from bci.profiles.profile import load_profile
from bci.tasks.spelling_paradigms import calibration_text
from gui.paradigms.plan import SpellingPlan, calibration_repetitions


@pytest.mark.parametrize(("name", "repetitions"), [("p300", 10), ("rsvp", 6)])
def test_a_calibration_by_flashes_takes_less_than_three_minutes(
    name: str, repetitions: int
) -> None:
    profile = load_profile(name)
    assert profile.speller is not None
    assert calibration_repetitions(profile) == repetitions
    speller = profile.speller.model_copy(update={"max_repetitions": repetitions})
    shown = profile.model_copy(update={"speller": speller})
    plan = SpellingPlan(shown, calibration_text(profile), decides=False)
    assert plan.duration_s < 180
