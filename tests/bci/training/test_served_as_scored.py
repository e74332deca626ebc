"""A model decodes with the settings in its card, with which it was scored."""

from pathlib import Path

import pytest

import decoders
from bci.engine.provenance import card_hash
from bci.models.card import adaptation
from bci.profiles.profile import DecoderChoice, Output, Profile
from bci.training.calibrate import calibrate
from tests.models import two_class_profile, two_class_runs


def served(profile: Profile, folder: Path) -> str:
    choice = profile.decoder
    made = calibrate(
        two_class_runs(folder, n_trials=8), profile,
        lambda: decoders.create(choice.name, choice.params), "me",
    )  # fmt: skip
    return adaptation(Output(), made.card)


@pytest.mark.parametrize(
    ("decoder", "params", "adapt", "expected"),
    [
        ("tangent-space", {"align": True}, None, "alignment"),
        ("tangent-space", {"align": True}, "off", "off"),
        ("tangent-space", {}, None, "off"),
        ("log-power", {}, "alignment", "off"),
    ],
)
def test_a_model_is_served_as_it_was_scored(
    decoder: str, params: dict[str, bool], adapt: str | None, expected: str, tmp_path: Path
) -> None:
    profile = two_class_profile(decoder, common_average=False, output={"adapt": adapt})
    choice = DecoderChoice(name=decoder, params=params)
    assert served(profile.model_copy(update={"decoder": choice}), tmp_path) == expected


def test_model_that_adapts_otherwise_is_another_one(tmp_path: Path) -> None:
    runs = two_class_runs(tmp_path, n_trials=8)
    card = calibrate(runs, two_class_profile(), lambda: decoders.create("log-power"), "me").card
    assert card_hash(card.model_copy(update={"adapt": "alignment"})) != card_hash(card)
