"""Base models on headsets with other electrodes."""

import numpy as np
import pytest

import decoders
from bci.errors import MismatchError
from bci.head.electrodes import standard_directions
from bci.signals import Channel, Signal

CAP = ("FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CPz", "CP4")
FEW = ("C4", "FCz", "C3", "CPz")


def signal_of(names: tuple[str, ...]) -> Signal:
    return Signal(128.0, tuple(Channel(name, "eeg", "uV") for name in names))


def trials(n: int, seed: int, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return windows of 1.5 s with a 12 Hz rhythm under C3 or C4, weaker further away."""
    rng = np.random.default_rng(seed)
    labels = np.resize(["left", "right"], n)
    places = standard_directions(names)
    sources = dict(zip(("left", "right"), standard_directions(("C3", "C4")), strict=True))
    t = np.arange(192) / 128
    windows = rng.normal(0, 3, (n, len(names), 192))
    for window, label in zip(windows, labels, strict=True):
        reach = np.exp(8 * (places @ sources[label] - 1))
        window += 10 * reach[:, None] * np.sin(2 * np.pi * 12 * t + rng.uniform(0, 6))
    return windows.astype(np.float32), labels


def base_of(names: tuple[str, ...], **params: object) -> dict[str, np.ndarray]:
    base = decoders.create("shallow", {"epochs": 12, **params})
    base.fit(*trials(120, 1, names), signal=signal_of(names))
    return base.arrays() | base.training_arrays()


def accuracy(decoder, windows: np.ndarray, labels: np.ndarray) -> float:
    decided = [decoder.classes[decoder.predict_proba(window).argmax()] for window in windows]
    return float(np.mean(np.array(decided) == labels))


def test_person_with_other_electrodes_starts_from_a_base() -> None:
    base = base_of(CAP)
    few = trials(8, 5, FEW)
    tuned = decoders.create("shallow", {"epochs": 1, "lr": 1e-5}, base)
    tuned.fit(*few, signal=signal_of(FEW))

    test = trials(60, 8, FEW)
    assert accuracy(tuned, *test) > 0.85
    again = decoders.load("shallow", {}, tuned.classes, tuned.arrays())
    for each in test[0][:4]:
        assert again.predict_proba(each).tobytes() == tuned.predict_proba(each).tobytes()
    tuned.adapt(test[0])
    tuned.follow(test[0][0], 0.1)
    assert accuracy(tuned, *test) > 0.85


def test_same_electrodes_need_no_map() -> None:
    base = base_of(FEW, epochs=1)
    tuned = decoders.create("shallow", {"epochs": 1}, base)
    tuned.fit(*trials(8, 5, FEW), signal=signal_of(FEW))
    assert "onto" not in tuned.arrays()


def test_electrodes_without_a_known_place_are_named() -> None:
    base = base_of(FEW, epochs=1)
    tuned = decoders.create("shallow", {"epochs": 1}, base)
    unnamed = Signal(128.0, tuple(Channel(f"ch{k}", "eeg", "uV") for k in range(1, 6)))
    windows, labels = trials(8, 5, CAP[:5])
    with pytest.raises(MismatchError, match=r"the place of ch1, ch2, .* is unknown: name channels"):
        tuned.fit(windows, labels, signal=unnamed)
    with pytest.raises(MismatchError, match="2 channels are too few"):
        tuned.fit(windows[:, :2], labels, signal=signal_of(("C3", "C4")))
