"""Decoders trained on a person's responses: TRCA, and reconvolution CCA of codes."""

import sys

import numpy as np
import pytest

import decoders
from bci.errors import ProfileError, RecordingError
from bci.interfaces import Decoder
from bci.profiles.flicker import Codes, Flicker, Stimuli, stimuli_of
from bci.signals import Channel, Signal
from bci.stimulus.flicker import joint_frequency_phase

SFREQ = 250.0
SIGNAL = Signal(SFREQ, tuple(Channel(f"E{k}") for k in range(6)))
NAMES = tuple("ABCDEF")
# The mixing of the noise, the same in every trial.
MIXING = np.random.default_rng(9).normal(size=(6, 2))


def frequencies() -> Stimuli:
    made = stimuli_of(Flicker(targets=joint_frequency_phase(NAMES)), None, 60.0)
    assert made is not None
    return made


def steady_state(n: int, seed: int, n_samples: int = 125) -> tuple[np.ndarray, np.ndarray]:
    """Return trials with one phase per target, in noise of rank 2 and white noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / SFREQ
    shown = frequencies()
    labels = np.resize(NAMES, n)
    pattern = np.array([1.0, 0.8, 0.3, 0.0, -0.2, 0.1])
    windows = []
    for label in labels:
        k = NAMES.index(label)
        wave = np.sin(2 * np.pi * shown.frequencies[k] * t + shown.phases[k] - 1.0)
        noise = 8 * MIXING @ rng.normal(size=(2, n_samples))
        windows.append(3 * pattern[:, None] * wave + noise + rng.normal(0, 2, (6, n_samples)))
    return np.array(windows, dtype=np.float32), labels


def accuracy(decoder: Decoder, windows: np.ndarray, labels: np.ndarray) -> float:
    decided = [decoder.classes[decoder.predict_proba(window).argmax()] for window in windows]
    return float(np.mean(np.array(decided) == labels))


def test_trca_learns_phases_in_half_a_second_of_each_target() -> None:
    decoder = decoders.create("trca", stimuli=frequencies())
    decoder.fit(*steady_state(36, 1), signal=SIGNAL)
    windows, labels = steady_state(60, 2)
    untrained = decoders.create("fbcca", stimuli=frequencies())
    untrained.prepare(SIGNAL, 125)  # type: ignore[attr-defined]
    assert accuracy(decoder, windows, labels) > 0.8
    assert accuracy(decoder, windows, labels) > accuracy(untrained, windows, labels) + 0.2
    again = decoders.load("trca", {}, decoder.classes, decoder.arrays())
    for window in windows[:3]:
        assert decoder.predict_proba(window).tobytes() == again.predict_proba(window).tobytes()


def test_trca_with_shuffled_labels_is_at_chance() -> None:
    windows, labels = steady_state(36, 1)
    decoder = decoders.create("trca", stimuli=frequencies())
    decoder.fit(windows, np.random.default_rng(0).permutation(labels), signal=SIGNAL)
    assert accuracy(decoder, *steady_state(60, 2)) < 0.4


def test_trca_refuses_a_target_with_one_trial() -> None:
    windows, labels = steady_state(7, 1)
    decoder = decoders.create("trca", stimuli=frequencies())
    with pytest.raises(RecordingError, match="target B has 1 trial to learn from, beside"):
        decoder.fit(windows, labels, signal=SIGNAL)


def test_a_decoder_of_flicker_needs_frequencies() -> None:
    windows, labels = steady_state(12, 1)
    for name in ("trca", "fbcca"):
        with pytest.raises(ProfileError, match=r"give paradigm\.flicker in the profile"):
            decoders.create(name).fit(windows, labels, signal=SIGNAL)
    with pytest.raises(ProfileError, match="event = 'edges' must be refe or duration"):
        decoders.create("reconvolution-cca", {"event": "edges"})
    with pytest.raises(ProfileError, match="there is no such parameter"):
        decoders.create("fbcca", {"stimuli": 3})


def coded(n: int, seed: int, targets: tuple[str, ...], size: float = 3.0) -> tuple[np.ndarray, ...]:
    """Return cycles of codes: a wave after each rising edge, at one place, in noise."""
    from bci.stimulus.flicker_codes import sampled_bits

    rng = np.random.default_rng(seed)
    codes = Codes(targets=NAMES)
    n_samples = round(codes.cycle_s * SFREQ)
    bits = sampled_bits(codes, SFREQ, 2 * n_samples)
    rises = np.maximum(np.diff(bits, axis=1, prepend=0), 0)
    t = np.arange(50) / SFREQ
    kernel = np.exp(-0.5 * ((t - 0.1) / 0.02) ** 2)
    pattern = np.array([1.0, 0.8, 0.3, 0.0, -0.2, 0.1])
    labels = np.resize(targets, n)
    windows = []
    for label in labels:
        course = np.convolve(rises[NAMES.index(label)], kernel)[n_samples : 2 * n_samples]
        noise = 4 * MIXING @ rng.normal(size=(2, n_samples))
        windows.append(size * pattern[:, None] * course + noise + rng.normal(0, 2, noise.shape))
    return np.array(windows, dtype=np.float32), labels


def test_reconvolution_decodes_targets_that_it_has_no_trials_of() -> None:
    stimuli = stimuli_of(None, Codes(targets=NAMES), 40.0)
    decoder = decoders.create("reconvolution-cca", stimuli=stimuli)
    decoder.fit(*coded(24, 1, ("A", "B", "C")), signal=SIGNAL)
    assert decoder.classes == NAMES
    windows, labels = coded(30, 2, NAMES)
    assert accuracy(decoder, windows, labels) > 0.9
    again = decoders.load("reconvolution-cca", {}, decoder.classes, decoder.arrays())
    assert again.predict_proba(windows[0]).tobytes() == decoder.predict_proba(windows[0]).tobytes()
    assert accuracy(decoder, *coded(60, 3, NAMES, size=0.0)) < 0.4
    with pytest.raises(RecordingError, match="4 cycles are too few"):
        decoder.fit(*coded(4, 1, NAMES), signal=SIGNAL)


def test_reconvolution_without_pyntbci_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("pyntbci", "pyntbci.stimulus", "pyntbci.transformers", "pyntbci.utilities"):
        monkeypatch.setitem(sys.modules, name, None)
    stimuli = stimuli_of(None, Codes(targets=NAMES), 40.0)
    decoder = decoders.create("reconvolution-cca", stimuli=stimuli)
    windows = np.zeros((8, 6, 262), dtype=np.float32)
    with pytest.raises(ProfileError, match=r"pip install 'bci\[cvep\]'"):
        decoder.fit(windows, np.resize(NAMES, 8), signal=SIGNAL)
