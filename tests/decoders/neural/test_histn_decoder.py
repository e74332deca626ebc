from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.errors import BundleError, MismatchError, ProfileError, RecordingError
from bci.evaluation.compare_films import run_protocol, shuffled_films
from bci.evaluation.pseudo_online import evaluate
from bci.head.electrodes import standard_position
from bci.models.bundle import save_bundle
from bci.models.load import load_model
from bci.plugins.decoder_offers import of_task
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Channel, Recording, Signal
from bci.tasks.emotion_levels import LevelGrid, expected_levels
from bci.training.calibrate import calibrate
from bci.training.epochs import Epochs, cut_epochs
from bci.training.others.pretrain import pretrain
from devices.simulated.montages import epoc
from devices.simulated.subject import SubjectSettings, simulate_run, write_subject

GRID = LevelGrid(("valence", "arousal"))
SIGNAL = Signal(128.0, epoc())
PUBLISHED = {"variant": "published", "epochs": 1}
SMALL = {"histn": {"epochs": 2}, "differential-entropy": {}}
NAMES = pytest.mark.parametrize("name", of_task("emotion"))


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 8, (n, 14, 256)).astype(np.float32)


def fitted(name: str, labels: np.ndarray | None = None):
    decoder = decoders.create(name, SMALL[name])
    labels = np.resize(GRID.classes, 50) if labels is None else labels
    decoder.fit(noise(len(labels)), labels, signal=SIGNAL)
    return decoder


@cache
def quick_profile() -> Profile:
    """Return the shipped profile with a quarter of its windows."""
    shipped = load_profile("emotion")
    return shipped.model_copy(
        update={"pipeline": shipped.pipeline.model_copy(update={"hop_s": 2.0})}
    )


@cache
def run(seed: int, number: int) -> Recording:
    return simulate_run(SubjectSettings(seed, "emotion"), number)


@cache
def epochs(seed: int, n_runs: int) -> Epochs:
    profile = quick_profile()
    runs = [run(seed, number + 1) for number in range(n_runs)]
    cut = cut_epochs(runs, profile.pipeline, profile.paradigm)
    return replace(cut, runs=cut.runs + 1000 * seed)


@NAMES
def test_classes_are_all_25_even_where_few_films_were_shown(name: str) -> None:
    decoder = fitted(name, np.resize(["valence-2/arousal-4", "valence-5/arousal-4"], 20))
    assert decoder.classes == GRID.classes
    probabilities = decoder.predict_proba(noise(1)[0])
    assert probabilities.shape == (25,)
    assert probabilities.sum() == pytest.approx(1.0)
    if name == "differential-entropy":
        # No other arousal is in the training data.
        assert GRID.by_axis(probabilities)[1, 3] > 0.99


@NAMES
def test_a_bundle_brings_back_the_very_predictions(name: str) -> None:
    decoder = fitted(name)
    arrays = decoder.arrays()
    again = decoders.load(name, SMALL[name], decoder.classes, arrays)
    for window in noise(5, seed=1):
        assert again.predict_proba(window).tobytes() == decoder.predict_proba(window).tobytes()
    in_ring = np.ascontiguousarray(window.T).T
    np.testing.assert_allclose(
        again.predict_proba(in_ring), decoder.predict_proba(window), rtol=1e-5
    )
    for key in arrays:
        with pytest.raises(BundleError, match=key.split(".")[0]):
            decoders.load(name, {}, decoder.classes, {k: v for k, v in arrays.items() if k != key})
    with pytest.raises(BundleError, match="not all levels"):
        decoders.load(name, {}, ("left", "right"), arrays)


@pytest.mark.parametrize("params", [SMALL["histn"], PUBLISHED])
def test_weights_are_those_of_the_regions_of_the_window_that_was_decoded(params: dict) -> None:
    decoder = decoders.create("histn", params)
    decoder.fit(noise(50), np.resize(GRID.classes, 50), signal=SIGNAL)
    names = [channel.name for channel in SIGNAL.channels]
    told = []
    for window in noise(2, seed=1):
        decoder.predict_proba(window)
        told.append(decoder.attention(names))
        assert sum(told[-1].values()) == pytest.approx(1)
    assert told[0].keys() == told[1].keys()
    assert told[0] != told[1]
    assert next(iter(told[0])).endswith("left" if params is not PUBLISHED else "front")


def test_the_published_variant_scales_each_channel_and_comes_back_from_its_bundle() -> None:
    decoder = decoders.create("histn", PUBLISHED)
    gains = np.linspace(1, 3, 14)[:, None]
    decoder.fit((noise(50) * gains).astype(np.float32), np.resize(GRID.classes, 50), signal=SIGNAL)
    np.testing.assert_allclose(np.diag(decoder._whitening) * gains[:, 0], 1 / 8, rtol=0.05)
    again = decoders.load("histn", PUBLISHED, decoder.classes, decoder.arrays())
    window = noise(1, seed=1)[0]
    assert again.predict_proba(window).tobytes() == decoder.predict_proba(window).tobytes()
    with pytest.raises(BundleError, match="lacks the array 'positions'"):
        decoders.load("histn", {}, decoder.classes, decoder.arrays())


def test_the_published_variant_refuses_other_electrodes_and_an_unknown_variant_is_named() -> None:
    other = (*epoc()[:-1], Channel("Cz", "eeg", "uV", standard_position("Cz")))
    decoder = decoders.create("histn", PUBLISHED)
    with pytest.raises(MismatchError, match="14 channels of an EPOC headset"):
        decoder.fit(noise(25), np.array(GRID.classes), signal=Signal(128.0, other))
    with pytest.raises(ProfileError, match="variant = 'mine' must be ours or published"):
        decoders.create("histn", {"variant": "mine"})


@pytest.mark.slow
def test_histn_served_by_onnx_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from decoders.neural import serving

    decoder = fitted("histn")
    eager = [decoder.predict_proba(window) for window in noise(5, seed=1)]
    monkeypatch.setattr(serving, "timed", lambda *_: (np.array([2.0]), np.array([1.0])))
    decoder.choose_runtime()
    arrays = decoder.arrays()
    assert "onnx" in arrays
    loaded = decoders.load("histn", {}, decoder.classes, arrays)
    for served in (decoder, loaded):
        said = [served.predict_proba(window) for window in noise(5, seed=1)]
        np.testing.assert_allclose(said, eager, atol=1e-4)


def test_electrodes_without_a_place_are_named() -> None:
    channels = (*epoc()[:-1], Channel("X1", "eeg", "uV"))
    decoder = decoders.create("histn")
    with pytest.raises(MismatchError, match="of X1 it is not known"):
        decoder.fit(noise(25), np.array(GRID.classes), signal=Signal(128.0, channels))


@NAMES
def test_classes_that_are_no_levels_are_refused(name: str) -> None:
    decoder = decoders.create(name)
    with pytest.raises(RecordingError, match="'left' is no level on two axes"):
        decoder.fit(noise(4), np.array(["left", "right"] * 2), signal=SIGNAL)


def test_differential_entropy_is_that_of_the_band() -> None:
    # White noise of variance 64 has the power 64 * width / 64 Hz in a band; n is large.
    from decoders.classical.differential_entropy import BANDS_HZ

    decoder = fitted("differential-entropy")
    found = decoder._features(noise(200)).reshape(200, 14, -1).mean(axis=(0, 1))
    variance = np.array([64.0 * (high - low) / 64 for low, high in BANDS_HZ])
    np.testing.assert_allclose(found, 0.5 * np.log(2 * np.pi * np.e * variance), atol=0.1)


def test_without_alignment_windows_are_only_scaled() -> None:
    decoder = decoders.create("histn", {"align": False, "epochs": 1})
    decoder.fit(noise(25), np.array(GRID.classes), signal=SIGNAL)
    gains = decoder._whitening
    np.testing.assert_allclose(gains, np.eye(14) * gains[0, 0])
    assert gains[0, 0] == pytest.approx(1 / 8, rel=0.02)


@pytest.mark.slow
def test_shuffling_moves_whole_films() -> None:
    whole = epochs(1, 1)
    mixed = shuffled_films(whole, 0)
    assert sorted(set(mixed.labels)) == sorted(set(whole.labels))
    for film in np.unique(whole.items):
        assert len(set(mixed.labels[whole.items == film])) == 1
    assert (mixed.labels != whole.labels).mean() > 0.5


@pytest.mark.long
def test_the_whole_path_finds_levels_of_films_that_it_has_not_seen(tmp_path: Path) -> None:
    """Simulate, calibrate by folds of films, save, load, evaluate films of a later run."""
    first, last = write_subject(tmp_path, seed=1, n_runs=2, task="emotion")
    profile = quick_profile()
    params = {"epochs": 40, "batch": 16}
    made = calibrate(
        [read_recording(first)], profile, partial(decoders.create, "histn", params), "me"
    )
    assert made.card.simulated
    assert made.card.score.folds == "5 folds of whole items, 25 items"
    save_bundle(tmp_path / "me", made.card, made.decoder.arrays())
    card, decoder = load_model(tmp_path / "me")

    later = evaluate(card, decoder, read_recording(last), 0.12)

    assert later.trial_accuracy.n == 25
    found = {m.name: m for m in later.measures}
    for axis in GRID.axes:
        error = found[f"{axis}, mean absolute error"]
        assert error.p_value < 0.01
        assert error.value < error.chance - 0.3


@pytest.mark.long
@pytest.mark.parametrize("name", ["histn", "differential-entropy"])
def test_people_held_out_are_decoded_and_shuffled_labels_are_not(name: str) -> None:
    people = [epochs(seed, 1) for seed in (1, 2, 3)]
    params = {"epochs": 15, "batch": 16} if name == "histn" else {}
    make = partial(decoders.create, name, params)

    def correlation(given: list[Epochs]) -> float:
        """Return the correlation of expected and true levels over people, films and axes."""
        said = run_protocol("by subject", given, make, SIGNAL)
        expected = np.concatenate([expected_levels(GRID.by_axis(s.probabilities)) for s in said])
        true = np.concatenate([GRID.numbers(s.truth) for s in said])
        return float(np.mean([np.corrcoef(expected[:, k], true[:, k])[0, 1] for k in range(2)]))

    assert correlation(people) > 0.4
    # 75 films: three standard errors of a correlation that is the mean of two axes.
    mixed = [shuffled_films(each, seed) for seed, each in enumerate(people)]
    assert abs(correlation(mixed)) < 3 / np.sqrt(2 * 75)


@pytest.mark.long
def test_a_base_of_several_people_has_the_figures_of_levels(tmp_path: Path) -> None:
    people = {
        f"sub-{seed}": [read_recording(write_subject(tmp_path, seed, 1, "emotion")[0])]
        for seed in (1, 2)
    }
    choice = quick_profile().decoder.model_copy(update={"name": "differential-entropy"})
    profile = quick_profile().model_copy(update={"decoder": choice})
    make = partial(decoders.create, "differential-entropy")

    made = pretrain(people, profile, make, "base", lambda *_: None)

    assert made.card.score.folds.startswith("2 folds of whole people")
    assert made.card.score.trials == 50
    assert {m.name for m in made.card.score.measures} >= {"valence, Seq2HR", "arousal, macro F1"}
