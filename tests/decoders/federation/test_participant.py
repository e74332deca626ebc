"""A site's answers: the requests that it refuses, and its state of an earlier federation."""

from pathlib import Path

import pytest

from bci.errors import BundleError, ProfileError
from bci.models.bundle import load_bundle, save_bundle
from bci.profiles.profile import load_profile
from decoders.federation.agreement import Federation, Privacy, Rounds
from decoders.federation.messages import FINISH, REFUSALS, TRAIN, pack, unpack_answer
from decoders.federation.participant import Material, Participant, cut_material
from decoders.federation.site import epsilon, initial_weights
from devices.simulated.subject import SubjectSettings, simulate_run
from tests.decoders.federation.labs import SPACE, agreement

SHARED = initial_weights(SPACE, 0)
PRIVACY = Privacy(clip_norm=1.0, noise_multiplier=5.0)


@pytest.fixture(scope="module")
def material() -> Material:
    profile = load_profile("motor-imagery")
    short = profile.pipeline.model_copy(update={"window_s": 2.0})
    settings = SubjectSettings(trials_per_class=3)
    return cut_material(
        profile.model_copy(update={"pipeline": short}),
        [simulate_run(settings, run) for run in (1, 2)],
    )


def ask(site: Participant, agreed: Federation, kind: str, **numbers: float) -> dict[str, float]:
    request = pack({"agreement": agreed.digest(), **numbers}, SHARED)
    return unpack_answer(site.answer(kind, request), kind, SHARED if kind == TRAIN else {})[0]


@pytest.mark.parametrize("number", [0, -1, 3, 1e300])
def test_a_round_that_was_not_agreed_is_refused(
    material: Material, tmp_path: Path, number: float
) -> None:
    agreed = agreement(n_rounds=2, epochs=1)
    site = Participant("a", material, agreed, tmp_path / "state", None)
    with pytest.raises(ValueError, match=REFUSALS[3]):
        ask(site, agreed, TRAIN, round=number)
    assert site.site.state.sent == 0
    assert set((tmp_path / "state").iterdir()) == {tmp_path / "state" / "site.json"}


def test_repeated_rounds_cannot_exhaust_the_privacy_budget(
    material: Material, tmp_path: Path
) -> None:
    agreed = agreement(n_rounds=2, epochs=1, privacy=PRIVACY)
    site = Participant("a", material, agreed, tmp_path / "state", None)
    for _ in range(4):
        ask(site, agreed, TRAIN, round=1)
    with pytest.raises(ValueError, match=REFUSALS[3]):
        ask(site, agreed, TRAIN, round=1)
    # Also after a restart of the site.
    again = Participant("a", material, agreed, tmp_path / "state", None)
    with pytest.raises(ValueError, match=REFUSALS[3]):
        ask(again, agreed, TRAIN, round=2)
    assert epsilon(again.site.state.sent, PRIVACY) == epsilon(4, PRIVACY)


def test_a_state_of_another_federation_is_refused(material: Material, tmp_path: Path) -> None:
    agreed = agreement(n_rounds=2, epochs=1)
    site = Participant("a", material, agreed, tmp_path / "state", tmp_path / "model")
    ask(site, agreed, FINISH, partners=2)
    other = agreed.model_copy(update={"training": Rounds(rounds=5)})
    with pytest.raises(ProfileError, match="another model, training or privacy"):
        Participant("a", material, other, tmp_path / "state", tmp_path / "new")


def test_a_restarted_site_is_finished_only_if_it_has_its_model(
    material: Material, tmp_path: Path
) -> None:
    agreed = agreement(n_rounds=1, epochs=1)

    def start(model: str) -> Participant:
        return Participant("a", material, agreed, tmp_path / "state", tmp_path / model)

    site = start("model")
    ask(site, agreed, TRAIN, round=1)
    ask(site, agreed, FINISH, partners=2)
    assert start("model").site.state.accuracy is not None
    assert start("elsewhere").site.state.accuracy is None
    (tmp_path / "notes").mkdir()
    with pytest.raises(BundleError, match="is not a model, and is not replaced"):
        start("notes")
    card, arrays = load_bundle(tmp_path / "model")
    save_bundle(tmp_path / "own", card.model_copy(update={"federation": None}), arrays)
    with pytest.raises(BundleError, match="is another model, and is not replaced"):
        start("own")


def test_a_restarted_site_forgets_its_refusal(material: Material, tmp_path: Path) -> None:
    agreed = agreement(n_rounds=1, epochs=1)
    site = Participant("a", material, agreed, tmp_path / "state", tmp_path / "model")
    with pytest.raises(ValueError, match=REFUSALS[3]):
        ask(site, agreed, TRAIN, round=2)
    assert site.site.state.refused == REFUSALS[3]
    again = Participant("a", material, agreed, tmp_path / "state", tmp_path / "model")
    assert again.site.state.refused is None
