"""Decoders of flashes: general rules of decoders, and log odds as likelihood ratios."""

import numpy as np
import pytest

from bci.evaluation.metrics import area_under_curve
from bci.signals import FloatArray, Signal
from bci.testing import EEG, check_decoder
from decoders.erp.erp_lda import ErpLda
from decoders.erp.xdawn_tangent import XdawnTangent

N_SAMPLES = 200


def flashes(
    n_targets: int, n_nontargets: int, seed: int, effect: float = 0.15
) -> tuple[FloatArray, np.ndarray]:
    """Return white noise; a target adds a bump at half the channels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(["target"] * n_targets + ["nontarget"] * n_nontargets)
    windows = rng.normal(size=(len(labels), len(EEG.channels), N_SAMPLES))
    bump = np.exp(-0.5 * ((np.arange(N_SAMPLES) - 90) / 15) ** 2)
    windows[labels == "target", :4] += effect * bump
    return (10 * windows).astype(np.float32), labels


def log_odds(decoder: ErpLda | XdawnTangent, windows: FloatArray) -> np.ndarray:
    shares = np.array([decoder.predict_proba(window) for window in windows])
    at = decoder.classes.index("target")
    return np.log(shares[:, at]) - np.log(shares[:, 1 - at])


@pytest.mark.parametrize("make", [ErpLda, pytest.param(XdawnTangent, marks=pytest.mark.slow)])
def test_an_erp_decoder_keeps_the_promises_of_every_decoder(make) -> None:
    check_decoder(make, labels=("nontarget", "target"))


@pytest.mark.parametrize("make", [ErpLda, pytest.param(XdawnTangent, marks=pytest.mark.slow)])
def test_the_share_of_targets_in_the_training_is_no_prior(make) -> None:
    """Training with each nontarget five times changes the log odds by far less than log 5."""
    windows, labels = flashes(150, 150, 0, effect=0.4)
    others = labels == "nontarget"
    more = np.concatenate([windows, *[windows[others]] * 4])
    even, uneven = make(), make()
    even.fit(windows, labels, signal=EEG)
    uneven.fit(more, np.concatenate([labels, *[labels[others]] * 4]), signal=EEG)
    test, truth = flashes(100, 100, 1, effect=0.4)
    odds = log_odds(uneven, test)

    is_target = (truth == "target").astype(int)
    assert area_under_curve(is_target, odds.argsort().argsort() + 1.0) > 0.85
    assert abs(np.mean(odds - log_odds(even, test))) < np.log(5) / 4


def test_tesla_are_as_good_as_microvolts() -> None:
    windows, labels = flashes(100, 500, 0)
    test, _ = flashes(5, 5, 1)
    own, other = ErpLda(), ErpLda()
    own.fit(windows, labels, signal=EEG)
    other.fit(windows * np.float32(1e-14), labels, signal=EEG)
    np.testing.assert_allclose(
        log_odds(other, test * np.float32(1e-14)), log_odds(own, test), rtol=1e-3, atol=1e-3
    )


def test_pieces_are_as_long_as_asked_for_at_any_rate() -> None:
    for sfreq, n_samples in ((250.0, 200), (128.0, 102), (1000.0, 800)):
        decoder = ErpLda(bin_s=0.05)
        rng = np.random.default_rng(0)
        windows = rng.normal(size=(40, 3, n_samples)).astype(np.float32)
        labels = np.resize(["target", "nontarget"], 40)
        decoder.fit(windows, labels, signal=Signal(sfreq, EEG.channels[:3]))
        assert decoder.features(windows[0]).shape == (3 * 16 if sfreq != 128.0 else 3 * 17,)
