"""Maps of channels that a decoder uses: Haufe patterns and DBConformer's attention."""

from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.errors import BundleError
from bci.models.bundle import load_bundle, save_bundle
from bci.models.load import load_model
from bci.pipeline.pipeline import Pipeline
from bci.plugins.decoder_offers import classical
from bci.profiles.profile import DecoderChoice, load_profile
from bci.signals import Recording, Signal
from bci.training.calibrate import Calibration, calibrate
from bci.training.class_patterns import load_patterns
from bci.training.epochs import Epochs, cut_epochs
from decoders.classical.haufe import haufe_patterns
from decoders.patterns import class_patterns
from devices.simulated.subject import CH_NAMES, SubjectSettings, simulate_run
from tests.signals import stored

PROFILE = load_profile("motor-imagery")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    folder = tmp_path_factory.mktemp("runs")
    subject = SubjectSettings(trials_per_class=8)
    return [stored(simulate_run(subject, k), folder / f"{k}.bin") for k in (1, 2)]


@pytest.fixture(scope="module")
def epochs(runs: list[Recording]) -> Epochs:
    return cut_epochs(runs, PROFILE.pipeline, PROFILE.paradigm)


@pytest.fixture(scope="module")
def trained(runs: list[Recording]) -> Calibration:
    return calibrate(
        runs, PROFILE, lambda: decoders.create("tangent-space"), "me", look=class_patterns
    )


@pytest.fixture
def bundle(trained: Calibration, tmp_path: Path) -> Path:
    arrays = trained.decoder.arrays() | trained.patterns
    save_bundle(tmp_path / "me", trained.card, arrays)
    return tmp_path / "me"


def maps_of(name: str, epochs: Epochs, params: dict[str, object] | None = None):
    decoder = decoders.create(name, params)
    decoder.fit(epochs.windows, epochs.labels, groups=epochs.runs)
    return {p.label: p for p in class_patterns(decoder, epochs, CH_NAMES)}


def test_the_pattern_of_a_known_mixture_is_its_mixing_column() -> None:
    """The weights are unlike the mixing, since they cancel the noise common to channels."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2, 5))
    sources = rng.normal(size=(20_000, 2))
    signal = sources @ mixing + rng.normal(scale=0.1, size=(20_000, 5))
    signal += rng.normal(size=(20_000, 1)) * np.array([3.0, 3.0, -3.0, 3.0, 3.0])
    weights = np.linalg.lstsq(signal, sources, rcond=None)[0].T
    patterns = haufe_patterns(signal, weights)
    for pattern, column, weight in zip(patterns, mixing, weights, strict=True):
        # The effect of one standard deviation of the estimated source: nearly the column.
        np.testing.assert_allclose(pattern, column, atol=0.1)
        cosine = weight @ column / np.linalg.norm(weight) / np.linalg.norm(column)
        assert cosine < 0.9


def test_weights_that_are_nought_have_no_pattern() -> None:
    features = np.random.default_rng(0).normal(size=(30, 4))
    assert not haufe_patterns(features, np.zeros((2, 4))).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", classical())
def test_power_falls_most_over_the_hemisphere_opposite_to_the_hand(
    epochs: Epochs, name: str
) -> None:
    maps = maps_of(name, epochs)
    assert list(maps) == ["left", "right"]
    for hand, falls, rises in (("left", "C4", "C3"), ("right", "C3", "C4")):
        pattern = maps[hand]
        assert pattern.ch_names == CH_NAMES
        assert pattern.weights.dtype == np.float32
        assert CH_NAMES[pattern.weights.argmin()] == falls
        assert CH_NAMES[pattern.weights.argmax()] == rises
        assert CH_NAMES[np.abs(pattern.weights).argmax()] in ("C3", "C4")
    np.testing.assert_allclose(maps["left"].weights, -maps["right"].weights, atol=1e-6)


@pytest.mark.slow
def test_the_linear_decoders_agree_on_the_size_of_the_change(epochs: Epochs) -> None:
    at_c3 = {
        name: maps_of(name, epochs)["left"].weights[CH_NAMES.index("C3")] for name in classical()
    }
    assert max(at_c3.values()) < 3 * min(at_c3.values()), at_c3


def test_an_aligned_tangent_space_sees_the_same_hemispheres(epochs: Epochs) -> None:
    maps = maps_of("tangent-space", epochs, {"align": True})
    assert CH_NAMES[maps["left"].weights.argmin()] == "C4"
    assert CH_NAMES[maps["right"].weights.argmin()] == "C3"


def test_three_classes_have_three_maps_each_at_its_channel() -> None:
    rng = np.random.default_rng(0)
    labels = np.resize(["a", "b", "c"], 90)
    windows = rng.normal(size=(90, 5, 200)).astype(np.float32)
    for k, label in enumerate("abc"):
        windows[labels == label, k] *= 2
    whole = Epochs(windows, labels, np.arange(90), np.zeros(90, dtype=np.int64))
    for name in classical():
        decoder = decoders.create(name)
        decoder.fit(windows, labels)
        patterns = class_patterns(decoder, whole, ("1", "2", "3", "4", "5"))
        assert [p.label for p in patterns] == ["a", "b", "c"]
        assert [int(p.weights.argmax()) for p in patterns] == [0, 1, 2]


@pytest.mark.slow
def test_only_dbconformer_reports_attention(runs: list[Recording], epochs: Epochs) -> None:
    chain = Pipeline(PROFILE.pipeline, runs[0].info).chain
    signal = Signal(chain.sfreq, chain.channels)
    few = epochs.only(np.arange(len(epochs.trials)) % 8 == 0)
    found = {}
    for name in ("dbconformer", "mvcnet-dbconformer", "eegnet"):
        decoder = decoders.create(name, {"epochs": 1})
        decoder.fit(few.windows, few.labels, groups=few.runs, signal=signal)
        found[name] = class_patterns(decoder, few, CH_NAMES)
    assert found["eegnet"] == ()
    for name in ("dbconformer", "mvcnet-dbconformer"):
        assert [p.label for p in found[name]] == ["left", "right"]
        for pattern in found[name]:
            assert pattern.weights.shape == (len(CH_NAMES),)
            assert (pattern.weights > 0).all()
            assert pattern.weights.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_a_bundle_keeps_the_patterns_and_its_decoder_ignores_them(
    trained: Calibration, bundle: Path
) -> None:
    patterns = load_patterns(bundle)
    assert [pattern.label for pattern in patterns] == ["left", "right"]
    for pattern in patterns:
        assert pattern.ch_names == CH_NAMES
        assert pattern.weights.tobytes() == trained.patterns[f"pattern.{pattern.label}"].tobytes()
    window = np.random.default_rng(0).normal(size=(16, 625)).astype(np.float32)
    _, again = load_model(bundle)
    expected = trained.decoder.predict_proba(window)
    assert again.predict_proba(window).tobytes() == expected.tobytes()


@pytest.mark.slow
def test_a_bundle_without_patterns_has_none(trained: Calibration, tmp_path: Path) -> None:
    save_bundle(tmp_path / "old", trained.card, trained.decoder.arrays())
    assert load_patterns(tmp_path / "old") == ()


def test_a_pattern_of_the_wrong_shape_is_named(bundle: Path, tmp_path: Path) -> None:
    card, arrays = load_bundle(bundle)
    save_bundle(tmp_path / "bad", card, arrays | {"pattern.left": np.zeros(3, np.float32)})
    with pytest.raises(BundleError, match=r"pattern of left has shape \(3,\), not \(16,\)"):
        load_patterns(tmp_path / "bad")


def test_patterns_of_channel_pairs_are_named_after_the_pairs(
    runs: list[Recording], tmp_path: Path
) -> None:
    filters = ({"kind": "bipolar", "pairs": (("C3", "Cz"), ("C4", "Cz"))},)
    settings = {**PROFILE.pipeline.model_dump(), "filters": filters}
    profile = PROFILE.model_copy(
        update={
            "pipeline": type(PROFILE.pipeline).model_validate(settings),
            "decoder": DecoderChoice(name="log-power"),
        }
    )
    made = calibrate(
        runs, profile, lambda: decoders.create("log-power"), "pairs", look=class_patterns
    )
    save_bundle(tmp_path / "pairs", made.card, made.decoder.arrays() | made.patterns)
    assert [p.ch_names for p in load_patterns(tmp_path / "pairs")] == [("C3-Cz", "C4-Cz")] * 2
