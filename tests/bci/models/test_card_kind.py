"""The kind, the number of people and the task in a model's card."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bci.errors import BundleError
from bci.models.bundle import CARD, load_card
from bci.models.card import Card, NeedsCard
from bci.profiles.profile import Profile, load_profile
from tests.commands import bci

_PROFILE = load_profile("motor-imagery")


def written(folder: Path, **changes: Any) -> Path:
    """Return a card without a kind, a number of people and needs."""
    score = {
        "accuracy": 0.7, "low": 0.6, "high": 0.8, "trials": 90, "chance": 0.5, "p_value": 0.001,
        "kappa": 0.4, "confusion": [], "folds": changes.pop("folds", "2 folds of whole runs"),
    }  # fmt: skip
    card = {
        "name": "me", "task": "motor imagery", "created": "2026-03-01T00:00:00Z",
        "simulated": True, "decoder": {"name": "tangent-space"}, "classes": ["left", "right"],
        "stream": {"sfreq": 250.0, "channels": [{"name": "C3", "kind": "eeg", "unit": "uV"}]},
        "pipeline": _PROFILE.pipeline.model_dump(mode="json"), "group_delay_s": 0.1,
        "paradigm": _PROFILE.paradigm.model_dump(mode="json"), "sources": [], "score": score,
        "versions": {},
    } | changes  # fmt: skip
    (folder / CARD).write_text(yaml.safe_dump(card))
    return folder


def test_a_card_of_a_person_is_an_own_model(tmp_path: Path) -> None:
    card = load_card(written(tmp_path))
    assert (card.kind, card.people, card.needs) == ("own", None, NeedsCard())
    assert card.task == "motor-imagery"


@pytest.mark.parametrize(
    "changes",
    [
        {"people": {"n": 12, "whole_folds": True}},
        {"without_labels": True, "classes": []},
        {"folds": "5 folds of whole people, 12 people"},
    ],
)
def test_a_card_of_several_people_without_a_kind_is_a_base(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert load_card(written(tmp_path, **changes)).kind == "base"


def test_a_card_keeps_its_content(tmp_path: Path) -> None:
    card = load_card(written(tmp_path, folds="5 folds of whole people, 12 people", kind="own"))
    assert (card.kind, card.people) == ("own", None)
    assert Card.model_validate(card.model_dump(mode="json")) == card


def test_models_are_listed_with_their_kind_and_their_needs(tmp_path: Path) -> None:
    for name in ("own", "base", "words"):
        (tmp_path / name).mkdir()
    written(tmp_path / "own")
    people, needs = {"n": 12, "whole_folds": True}, {"packages": ["torch"]}
    written(tmp_path / "base", kind="base", people=people, needs=needs)
    pipeline = load_profile("speech").pipeline.model_dump(mode="json")
    written(tmp_path / "words", task="speech", pipeline=pipeline, needs={"cues": True})
    listed = bci("models", tmp_path).stdout
    assert "tangent-space (base, 12 people)" in listed
    assert "1 ch, 250 Hz, torch" in listed
    assert "1 ch, 250 Hz, cues" in listed


@pytest.mark.parametrize(
    "changes",
    [{"kind": "borrowed"}, {"kind": "base", "people": {"n": 0, "whole_folds": True}}, {"score": 3}],
)
def test_a_card_of_no_known_kind_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        load_card(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ("motor imagery", "motor-imagery"), ("Motor_Imagery", "motor-imagery"),
        ("motor-imagery", "motor-imagery"), ("Emotion", "emotion"),
        ("P300 speller", "P300 speller"),
    ],
)  # fmt: skip
def test_a_known_task_has_one_spelling_and_another_stays(given: str, task: str) -> None:
    content = _PROFILE.model_dump(mode="json") | {"task": given}
    assert Profile.model_validate(content).task == task
