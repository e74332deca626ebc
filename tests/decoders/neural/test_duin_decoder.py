"""Words from simulated depth electrodes: both decoders, from the profile to a held-out run."""

from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

import decoders
from bci.errors import BundleError, MismatchError, ProfileError
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import load_profile
from bci.signals import Signal
from bci.training.epochs import Epochs, cut_epochs
from decoders.classical.high_gamma import log_high_gamma
from decoders.neural import serving
from decoders.neural.duin_decoder import lively_channels, telling_channels
from decoders.neural.training import epochs_for
from devices.simulated.subject import SubjectSettings, simulate_run

CHANCE = 0.1


@cache
def simulated(n_runs: int = 1, per_word: int = 4) -> tuple[Epochs, Epochs, Signal]:
    """Return epochs to train on, epochs to score on, and the signal of their windows."""
    profile = load_profile("speech")
    settings = SubjectSettings(1, "speech", trials_per_class=per_word)
    *runs, last = [simulate_run(settings, run) for run in range(1, n_runs + 2)]
    chain = Pipeline(profile.pipeline, last.info).chain
    first, second = (cut_epochs(r, profile.pipeline, profile.paradigm) for r in (runs, [last]))
    return first, second, Signal(chain.sfreq, chain.channels)


def fitted(name: str, *amount: int, is_shuffled: bool = False, **params: object):
    training, _, signal = simulated(*amount)
    labels = training.labels
    if is_shuffled:
        labels = np.random.default_rng(0).permutation(labels)
    decoder = decoders.create(name, params)
    decoder.fit(training.windows, labels, groups=training.runs, signal=signal)
    return decoder


def accuracy(decoder, test: Epochs) -> float:
    said = [decoder.classes[decoder.predict_proba(window).argmax()] for window in test.windows]
    return float(np.mean(np.array(said) == test.labels))


@pytest.mark.slow
def test_high_gamma_decodes_the_words_of_a_held_out_run() -> None:
    assert accuracy(fitted("high-gamma-lda"), simulated()[1]) > 0.9 > CHANCE


@pytest.mark.long
def test_du_in_decodes_the_words_of_a_held_out_run() -> None:
    assert accuracy(fitted("duin", 2, 6), simulated(2, 6)[1]) > 0.4 > CHANCE


@pytest.mark.long
@pytest.mark.parametrize(("name", "amount"), [("high-gamma-lda", ()), ("duin", (2, 6))])
def test_shuffled_labels_teach_nothing_about_a_run_that_was_not_seen(
    name: str, amount: tuple[int, ...]
) -> None:
    test = simulated(*amount)[1]
    right = accuracy(fitted(name, *amount, is_shuffled=True), test)
    n_trials = len(test.labels)
    assert binomtest(round(right * n_trials), n_trials, CHANCE).pvalue > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", ["high-gamma-lda", "duin"])
def test_a_decoder_of_words_survives_the_bundle_bit_for_bit(name: str) -> None:
    params = {"epochs": 1} if name == "duin" else {}
    decoder = fitted(name, **params)
    again = decoders.load(name, params, decoder.classes, decoder.arrays())
    for window in simulated()[1].windows[:3]:
        expected = decoder.predict_proba(window)
        assert again.predict_proba(window).tobytes() == expected.tobytes()
        in_ring = np.ascontiguousarray(window.T).T
        assert again.predict_proba(in_ring).tobytes() == expected.tobytes()


def test_the_power_of_a_sine_in_the_band_is_half_its_amplitude_squared() -> None:
    t = np.arange(1000) / 1000.0
    sines = np.stack([3 * np.sin(2 * np.pi * hz * t) for hz in (100, 20)]).astype(np.float32)
    power = np.exp(log_high_gamma(sines[None], 1000.0, 4))[0]
    assert power[0] == pytest.approx(4.5, rel=0.02)
    assert (power[1] < 0.001).all()


def test_channels_are_chosen_by_word_dependent_or_variable_high_gamma() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(40, 6, 600)).astype(np.float32)
    labels = np.resize(["yes", "no"], 40)
    burst = 3 * rng.normal(size=(40, 300))
    windows[labels == "yes", 2, 300:] += burst[labels == "yes"]
    windows[:, 4, :300] += burst
    assert telling_channels(windows, labels, 1000.0, 1).tolist() == [2]
    assert 4 in lively_channels(windows, 1000.0, 2)


@pytest.mark.slow
def test_du_in_sees_its_channels_with_the_mean_and_spread_of_the_training_windows() -> None:
    decoder, (training, *_) = fitted("duin", epochs=1), simulated()
    kept = training.windows[:, decoder.chosen].astype(np.float64)
    for number, channel in enumerate(decoder.scaled(training.windows[:2])[1]):
        plain = (kept[1, number] - kept[:, number].mean()) / kept[:, number].std()
        np.testing.assert_allclose(channel, plain, atol=1e-3)


def test_what_du_in_cannot_take_is_reported_with_what_to_do() -> None:
    windows, labels = np.zeros((4, 3, 400), dtype=np.float32), np.array(["a", "b", "a", "b"])
    for sfreq, window, message in (
        (2000.0, windows, "factor: 2"),
        (500.0, windows, "high-gamma-lda"),
        (1000.0, windows[:, :, :50], "at least 0.1 s"),
    ):
        with pytest.raises(MismatchError, match=message):
            decoders.create("duin").fit(window, labels, signal=Signal(sfreq, ()))
    with pytest.raises(MismatchError, match="above 300 Hz"):
        decoders.create("high-gamma-lda").fit(windows, labels, signal=Signal(250.0, ()))
    for params, message in (
        ({"size": "huge"}, "small or full"),
        ({"shift": 10}, "shift = 10 must be a number from 0 to 0.5"),
        ({"sigmoid": "yes"}, "sigmoid = 'yes' must be true or false"),
    ):
        with pytest.raises(ProfileError, match=message):
            decoders.create("duin", params)


def test_a_bundle_that_was_tampered_with_is_refused() -> None:
    decoder = fitted("duin", epochs=1)
    for name, value in (("chosen", np.array([99])), ("scale", np.zeros(10))):
        with pytest.raises(BundleError, match=name):
            decoders.load("duin", {}, decoder.classes, decoder.arrays() | {name: value})


def test_a_du_in_of_an_earlier_version_is_refused_with_what_to_do() -> None:
    decoder = fitted("duin", epochs=1)
    earlier = decoder.arrays() | {"weights.encoder.transformer.positions": np.zeros((12, 80))}
    with pytest.raises(BundleError, match=r"earlier version, .* calibrate it again"):
        decoders.load("duin", {}, decoder.classes, earlier)


def test_training_windows_are_shifted_by_up_to_a_tenth_and_few_have_more_epochs() -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(8, 2, 400)).astype(np.float32)
    labels = np.array(["a", "b"] * 4)
    seen: list[torch.Tensor] = []
    decoder = decoders.create("duin", {"epochs": 1, "batch": 8})
    decoder.fit(windows, labels, signal=Signal(1000.0, ()))
    x = torch.ones(200, 2, 400)

    loss = decoder.loss(Signal(1000.0, ()))
    loss(lambda given: seen.append(given) or torch.zeros(200, 2), x, torch.zeros(200).long())

    lost = (seen[0][:, 0] == 0).sum(dim=1)
    assert int(lost.max()) == 40
    assert (lost == 0).any()
    few = decoders.create("duin", {"batch": 60})
    assert epochs_for(320, 60, few.settings).epochs == 320
    assert epochs_for(320, 6000, few.settings).epochs == 40


def test_a_scale_that_follows_the_signal_takes_another_gain_in() -> None:
    decoder, window = fitted("duin", epochs=1), simulated()[1].windows[0]
    for _ in range(300):
        decoder.follow(5 * window, 0.05)
    assert decoder.scaled(5 * window[None]).std(axis=2) == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_du_in_served_by_onnx_runtime_decides_as_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "timed", lambda *_: (np.array([2.0]), np.array([1.0])))
    windows = np.random.default_rng(0).normal(size=(8, 2, 400)).astype(np.float32)
    decoder = decoders.create("duin", {"epochs": 1, "batch": 8})
    decoder.fit(windows, np.array(["a", "b"] * 4), signal=Signal(1000.0, ()))
    before = decoder.predict_proba(windows[0])

    decoder.choose_runtime()

    arrays = decoder.arrays()
    assert "onnx" in arrays
    loaded = decoders.load("duin", {}, decoder.classes, arrays)
    np.testing.assert_allclose(loaded.predict_proba(windows[0]), before, atol=1e-5)
