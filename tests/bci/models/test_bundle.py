import contextlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import decoders
from bci.errors import BciError, BundleError
from bci.models.bundle import ARRAYS, CARD, list_bundles, load_bundle, save_bundle
from bci.models.load import load_model
from bci.plugins.decoder_offers import classical
from bci.profiles.profile import Profile, file_sha256
from bci.training.calibrate import Calibration, calibrate
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {
            "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
            "window_s": 1.0,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


@pytest.fixture(scope="module", params=classical())
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Calibration:
    folder = tmp_path_factory.mktemp("runs")
    runs = [stored(two_class_recording(seed=seed), folder / f"{seed}.bin") for seed in (1, 2)]
    profile = PROFILE.model_copy(
        update={"decoder": PROFILE.decoder.model_copy(update={"name": request.param})}
    )
    return calibrate(runs, profile, lambda: decoders.create(request.param), "me")


@pytest.fixture
def bundle(trained: Calibration, tmp_path: Path) -> Path:
    save_bundle(tmp_path / "me", trained.card, trained.decoder.arrays())
    return tmp_path / "me"


def test_a_model_that_another_program_writes_meanwhile_is_one_line(
    trained: Calibration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "me"

    def hashed(file: Path) -> str:
        other.mkdir()
        (other / CARD).touch()
        return file_sha256(file)

    monkeypatch.setattr("bci.models.bundle.file_sha256", hashed)
    with pytest.raises(BundleError, match="was written by another program meanwhile"):
        save_bundle(other, trained.card, trained.decoder.arrays())
    assert list(tmp_path.iterdir()) == [other]


def test_a_bundle_brings_back_the_same_decoder_bit_for_bit(
    trained: Calibration, bundle: Path
) -> None:
    card, again = load_model(bundle)
    window = np.random.default_rng(0).normal(size=(6, 128)).astype(np.float32)
    expected = trained.decoder.predict_proba(window)
    assert again.predict_proba(window).tobytes() == expected.tobytes()
    assert expected.sum() == pytest.approx(1)
    assert card.model_copy(update={"arrays_sha256": ""}) == trained.card


def test_the_card_describes_the_model_in_words(bundle: Path) -> None:
    card = yaml.safe_load((bundle / CARD).read_text())
    assert card["classes"] == ["left", "right"]
    assert card["stream"]["channels"][0] == {"name": "E1", "kind": "eeg", "unit": "uV"}
    assert card["pipeline"]["filters"][0]["kind"] == "bandpass"
    assert [source["trials"] for source in card["sources"]] == [24, 24]
    assert card["score"]["folds"] == "leave one run out, 2 runs"
    assert card["simulated"] is True


def test_a_bundle_holds_no_pickle(bundle: Path) -> None:
    assert sorted(file.name for file in bundle.iterdir()) == [ARRAYS, CARD]
    header_length = int.from_bytes((bundle / ARRAYS).read_bytes()[:8], "little")
    assert (bundle / ARRAYS).read_bytes()[8 : 9 + header_length].startswith(b"{")


def test_nothing_is_overwritten_unless_asked(trained: Calibration, bundle: Path) -> None:
    before = (bundle / CARD).read_bytes()
    with pytest.raises(BundleError, match="exists already"):
        save_bundle(bundle, trained.card, trained.decoder.arrays())
    assert (bundle / CARD).read_bytes() == before
    save_bundle(bundle, trained.card, trained.decoder.arrays(), overwrite=True)
    assert [entry.name for entry in bundle.parent.iterdir()] == ["me"]
    other = bundle.parent / "data"
    other.mkdir()
    with pytest.raises(BundleError, match="is not a model"):
        save_bundle(other, trained.card, trained.decoder.arrays(), overwrite=True)


def test_replacing_a_model_keeps_what_else_lies_in_its_folder(
    trained: Calibration, bundle: Path
) -> None:
    (bundle / "notes.txt").write_text("mine")
    (bundle / "figures").mkdir()
    save_bundle(bundle, trained.card, trained.decoder.arrays(), overwrite=True)
    assert (bundle / "notes.txt").read_text() == "mine"
    assert sorted(e.name for e in bundle.iterdir()) == [ARRAYS, CARD, "figures", "notes.txt"]
    assert [entry.name for entry in bundle.parent.iterdir()] == ["me"]


def reseal(bundle: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write other arrays with their right hash, as in a hand-made bundle."""
    from safetensors.numpy import save

    from bci.profiles.profile import file_sha256

    (bundle / ARRAYS).write_bytes(save(arrays))
    card = yaml.safe_load((bundle / CARD).read_text())
    card["arrays_sha256"] = file_sha256(bundle / ARRAYS)
    (bundle / CARD).write_text(yaml.safe_dump(card))


def load(bundle: Path) -> object:
    card, arrays = load_bundle(bundle)
    return decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)


def test_a_tampered_array_is_refused(bundle: Path) -> None:
    content = bytearray((bundle / ARRAYS).read_bytes())
    content[-1] ^= 1
    (bundle / ARRAYS).write_bytes(content)
    with pytest.raises(BundleError, match="was changed after training"):
        load(bundle)


def test_a_missing_array_is_named(bundle: Path) -> None:
    _, arrays = load_bundle(bundle)
    del arrays["coef"]
    reseal(bundle, arrays)
    with pytest.raises(BundleError, match="lacks the array 'coef'"):
        load(bundle)


def test_an_array_of_another_shape_is_named(bundle: Path) -> None:
    _, arrays = load_bundle(bundle)
    arrays["intercept"] = np.zeros(5)
    reseal(bundle, arrays)
    with pytest.raises(BundleError, match=r"'intercept' has shape \(5,\), not \(2,\)"):
        load(bundle)


def test_values_that_are_not_finite_are_refused(bundle: Path) -> None:
    _, arrays = load_bundle(bundle)
    arrays["coef"] = np.full_like(arrays["coef"], np.nan)
    reseal(bundle, arrays)
    with pytest.raises(BundleError, match="'coef' holds values that are not finite"):
        load(bundle)


def test_garbage_with_the_right_hash_is_refused(bundle: Path) -> None:
    from bci.profiles.profile import file_sha256

    (bundle / ARRAYS).write_bytes(b"\xff" * 100)
    card = yaml.safe_load((bundle / CARD).read_text())
    card["arrays_sha256"] = file_sha256(bundle / ARRAYS)
    (bundle / CARD).write_text(yaml.safe_dump(card))
    with pytest.raises(BundleError, match="not a safetensors file"):
        load(bundle)


def test_what_is_missing_from_a_bundle_is_reported(bundle: Path) -> None:
    (bundle / ARRAYS).unlink()
    with pytest.raises(BundleError, match=r"arrays\.safetensors is missing"):
        load(bundle)
    (bundle / CARD).unlink()
    with pytest.raises(BundleError, match="is not a model"):
        load(bundle)


def test_an_unknown_decoder_in_a_card_is_refused(bundle: Path) -> None:
    card = yaml.safe_load((bundle / CARD).read_text())
    card["decoder"]["name"] = "os.system"
    (bundle / CARD).write_text(yaml.safe_dump(card))
    with pytest.raises(BundleError, match=r"wants the decoder 'os.system'"):
        load(bundle)


def test_models_are_listed_with_those_that_are_broken(bundle: Path) -> None:
    broken = bundle.parent / "broken"
    broken.mkdir()
    (broken / CARD).write_text("task: x")
    (found_broken, problem), (found, card) = list_bundles(bundle.parent)
    assert (found_broken, found) == (broken, bundle)
    assert isinstance(problem, BundleError)
    assert not isinstance(card, BundleError)
    assert card.name == "me"


@given(data=st.data())
@hypothesis_settings(max_examples=60, deadline=None)
def test_damaged_bytes_anywhere_are_refused_or_do_no_harm(
    trained: Calibration, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("fuzz") / "me"
    save_bundle(folder, trained.card, trained.decoder.arrays())
    victim = folder / data.draw(st.sampled_from(sorted(file.name for file in folder.iterdir())))
    content = bytearray(victim.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    victim.write_bytes(content)
    with contextlib.suppress(BciError):
        card, arrays = load_bundle(folder)
        again = decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)
        window = np.ones((6, 128), dtype=np.float32) + np.eye(6, 128, dtype=np.float32)
        assert again.predict_proba(window).sum() == pytest.approx(1)
