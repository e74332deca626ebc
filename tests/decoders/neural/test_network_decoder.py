"""Networks behind the decoder protocol: training, alignment, base models, round trips."""

import threading

import numpy as np
import pytest
import torch
from scipy import linalg

import decoders
from bci.errors import BundleError, MismatchError, ProfileError
from bci.interfaces import TrainingStep
from bci.plugins.decoder_offers import networks
from bci.signals import Channel, Signal
from decoders.classical.alignment import align_groups, mean_covariance, whitening

SIGNAL = Signal(128.0, tuple(Channel(name, "eeg", "uV") for name in ("C3", "Cz", "C4", "Pz")))
NETWORKS = networks()


def trials(n: int, seed: int, mixing: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return windows of 1.5 s in which a 12 Hz rhythm is stronger at C3 or C4."""
    rng = np.random.default_rng(seed)
    windows = rng.normal(0, 5, (n, 4, 192))
    labels = np.resize(["left", "right"], n)
    t = np.arange(192) / 128
    for window, label in zip(windows, labels, strict=True):
        window[2 if label == "right" else 0] += 8 * np.sin(2 * np.pi * 12 * t + rng.uniform(0, 6))
    if mixing is not None:
        windows = mixing @ windows
    return windows.astype(np.float32), labels


def fitted(name: str, **params: object):
    windows, labels = trials(48, 1)
    decoder = decoders.create(name, {"epochs": 3, **params})
    decoder.fit(windows, labels, groups=np.repeat([0, 1], 24), signal=SIGNAL)
    return decoder


def score(decoder, windows: np.ndarray, labels: np.ndarray) -> float:
    said = [decoder.classes[decoder.predict_proba(window).argmax()] for window in windows]
    return float(np.mean(np.array(said) == labels))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_survives_the_bundle_bit_for_bit(name: str) -> None:
    decoder = fitted(name)
    again = decoders.load(name, {"epochs": 3}, decoder.classes, decoder.arrays())
    for window in trials(4, 9)[0]:
        expected = decoder.predict_proba(window)
        assert again.predict_proba(window).tobytes() == expected.tobytes()
        assert expected.sum() == pytest.approx(1)
        in_ring = np.ascontiguousarray(window.T).T
        assert again.predict_proba(in_ring).tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_too_short_window_is_an_error_with_a_remedy(name: str) -> None:
    windows, labels = trials(8, 1)
    with pytest.raises(MismatchError, match=rf"decoder {name}: .* needs windows of at least"):
        decoders.create(name).fit(windows[:, :, :10], labels, signal=SIGNAL)


@pytest.mark.parametrize("name", ["shallow", pytest.param("mvcnet", marks=pytest.mark.slow)])
def test_a_network_learns_and_generalises(name: str) -> None:
    decoder = fitted(name, epochs=25)
    assert score(decoder, *trials(40, 7)) > 0.85


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    one, same, other = (fitted("eegnet", seed=seed).arrays() for seed in (3, 3, 4))
    assert all(one[name].tobytes() == same[name].tobytes() for name in one)
    assert any(one[name].tobytes() != other[name].tobytes() for name in one)


def test_what_a_bundle_lacks_or_holds_wrongly_is_named() -> None:
    arrays = fitted("eegnet").arrays()
    key = next(name for name in arrays if name.startswith("weights."))
    for broken, message in (
        ({k: v for k, v in arrays.items() if k != key}, "lacks the array"),
        (arrays | {key: np.zeros(3)}, "has shape"),
        (arrays | {key: np.full_like(arrays[key], np.nan)}, "not finite"),
        (arrays | {"shape": np.array([4, 10**9])}, "'shape'"),
    ):
        with pytest.raises(BundleError, match=message):
            decoders.load("eegnet", {}, ("left", "right"), broken)


def test_training_can_be_watched_and_cancelled_at_once() -> None:
    class CancelledError(Exception):
        pass

    steps: list[TrainingStep] = []
    asked = threading.Event()

    def on_epoch(step: TrainingStep) -> None:
        steps.append(step)
        if asked.is_set():
            raise CancelledError
        asked.set()

    windows, labels = trials(48, 1)
    with pytest.raises(CancelledError):
        decoders.create("eegnet", {"epochs": 500}).fit(
            windows, labels, signal=SIGNAL, on_epoch=on_epoch
        )
    assert [step.step for step in steps] == [1, 2]
    assert steps[0].of == 500
    assert np.isnan(steps[0].score)


def test_early_stopping_holds_out_the_last_run_and_keeps_the_best_weights() -> None:
    windows, labels = trials(60, 1)
    # The held-out run's labels are swapped, so training only increases its loss.
    labels[40:] = np.where(labels[40:] == "left", "right", "left")
    decoder = decoders.create("shallow", {"epochs": 60, "patience": 5})
    decoder.fit(windows, labels, groups=np.repeat([0, 1, 2], 20), signal=SIGNAL)
    best = max(step.score for step in decoder.history)
    assert len(decoder.history) < 60
    assert best == next(s.score for s in decoder.history[len(decoder.history) - 6 :])


def test_fine_tuning_a_base_beats_a_few_own_trials() -> None:
    windows, labels = trials(200, 1)
    base = decoders.create("shallow", {"epochs": 15})
    base.fit(windows, labels, signal=SIGNAL)
    few, few_labels = trials(6, 5)
    tuned = decoders.create("shallow", {"epochs": 2, "lr": 1e-5}, base.arrays())
    alone = decoders.create("shallow", {"epochs": 2, "lr": 1e-5})
    for decoder in (tuned, alone):
        decoder.fit(few, few_labels, signal=SIGNAL)
    test = trials(60, 8)
    assert score(tuned, *test) > 0.85
    assert score(tuned, *test) > score(alone, *test) + 0.1


def test_mvcnet_base_keeps_the_part_that_only_training_needs() -> None:
    base = fitted("mvcnet", epochs=1)
    kept = base.training_arrays()
    tuned = decoders.create("mvcnet", {"epochs": 1}, base.arrays() | kept)
    windows, labels = trials(6, 5)
    tuned.begin(windows, labels, SIGNAL)
    for key, weights in base.model.transformer.state_dict().items():
        assert torch.equal(tuned.model.transformer.state_dict()[key], weights)
    assert not set(kept) & set(base.arrays())

    early = decoders.create("mvcnet", {"epochs": 1}, base.arrays())  # an older base, without it
    early.fit(windows, labels, signal=SIGNAL)


def test_windows_that_overlap_are_of_one_trial_for_mvcnet() -> None:
    signal = np.random.default_rng(0).normal(size=(4, 1000)).astype(np.float32)
    starts = [0, 40, 80, 400, 440, 700]
    windows = np.stack([signal[:, start : start + 192] for start in starts])
    numbers = decoders.create("mvcnet").sources(windows)
    assert numbers.tolist() == [1, 1, 1, 2, 2, 3]


def test_dbconformer_is_as_deep_as_asked_and_as_its_base() -> None:
    windows, labels = trials(8, 1)
    base = decoders.create("dbconformer", {"depth": 3, "epochs": 1})
    base.fit(windows, labels, signal=SIGNAL)
    assert len(base.model.temporal_encoder) == len(base.model.spatial_encoder) == 3

    tuned = decoders.create("dbconformer", {"epochs": 1}, base.arrays())
    tuned.fit(windows, labels, signal=SIGNAL)
    again = decoders.load("dbconformer", {}, tuned.classes, tuned.arrays())
    expected = tuned.predict_proba(windows[0])
    assert again.predict_proba(windows[0]).tobytes() == expected.tobytes()
    with pytest.raises(ProfileError, match="depth = 2, but the base model is 3 blocks deep"):
        decoders.create("dbconformer", {"depth": 2}, base.arrays())
    with pytest.raises(ProfileError, match="whole number from 1 to 12"):
        decoders.create("dbconformer", {"depth": 0})


def test_tangent_space_is_held_to_its_base() -> None:
    windows, labels = trials(120, 1)
    base = decoders.create("tangent-space", {"align": True})
    base.fit(windows, labels, groups=np.repeat([0, 1], 60), signal=SIGNAL)
    few = trials(6, 5)
    near = decoders.create("tangent-space", {"c": 1e-9, "align": True}, base.arrays())
    near.fit(*few, groups=np.zeros(6, dtype=np.int64))
    np.testing.assert_allclose(near.arrays()["coef"], base.arrays()["coef"], atol=1e-6)
    free = decoders.create("tangent-space", {"c": 1.0}, base.arrays())
    free.fit(windows, labels)
    assert score(free, *trials(60, 8)) > 0.9


def test_alignment_makes_people_of_different_heads_alike() -> None:
    rng = np.random.default_rng(0)
    heads = [rng.normal(size=(4, 4)) for _ in range(2)]
    parts = [trials(40, seed, head)[0] for seed, head in zip((1, 2), heads, strict=True)]
    aligned = align_groups(np.concatenate(parts), np.repeat([0, 1], 40))
    for half in (aligned[:40], aligned[40:]):
        np.testing.assert_allclose(mean_covariance(half), np.eye(4), atol=1e-4)


def test_alignment_is_by_the_inverse_square_root_of_the_mean_covariance() -> None:
    windows = trials(30, 4, np.random.default_rng(3).normal(size=(4, 4)))[0]
    mean = sum(np.cov(window, bias=True) for window in windows.astype(float)) / len(windows)
    expected = np.linalg.inv(linalg.sqrtm(mean)) @ windows
    aligned = align_groups(windows, np.zeros(30, dtype=np.int64))
    np.testing.assert_allclose(aligned, expected, rtol=1e-3, atol=1e-3)


def test_a_direction_without_signal_is_not_blown_up() -> None:
    windows, _ = trials(20, 1)
    windows -= windows.mean(axis=1, keepdims=True)
    gains = whitening(mean_covariance(windows))
    assert np.abs(gains @ np.ones(4, np.float32)).max() < 1e-3
    assert np.isfinite(gains).all()
