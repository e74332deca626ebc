import numpy as np
import pytest
import torch
from scipy.signal import hilbert

from decoders.networks.augmentations import (
    analytic,
    mirror,
    mirror_channels,
    mirror_classes,
    shift_frequencies,
    three_views,
)


@pytest.mark.parametrize("n_samples", [100, 101])
def test_analytic_signal_is_scipys(n_samples: int) -> None:
    trials = torch.randn(2, 3, n_samples)
    np.testing.assert_allclose(analytic(trials), hilbert(trials.numpy()), atol=1e-5)


def test_shifted_frequencies_are_higher_by_the_shift() -> None:
    time = torch.arange(256) / 128
    tone = torch.cos(2 * torch.pi * 10 * time).view(1, 1, -1)

    shifted = shift_frequencies(tone, 1.5, sfreq=128.0)[0, 0]
    torch.testing.assert_close(shifted, torch.cos(2 * torch.pi * 11.5 * time), atol=1e-4, rtol=0)


def test_hemispheres_are_exchanged_with_their_labels() -> None:
    channels = mirror_channels(["C3", "Cz", "C4", "FCC1h", "FCC2h"])
    classes = mirror_classes(["feet", "left_hand", "right_hand"])
    assert channels == [2, 1, 0, 4, 3]
    assert classes == [0, 2, 1]

    trials, labels = torch.randn(3, 5, 8), torch.tensor([0, 1, 2])
    there, labels_there = mirror(trials, labels, channels, classes)
    assert labels_there.tolist() == [0, 2, 1]
    torch.testing.assert_close(there[:, 0], trials[:, 2])
    back, labels_back = mirror(there, labels_there, channels, classes)
    torch.testing.assert_close(back, trials)
    torch.testing.assert_close(labels_back, labels)


@pytest.mark.parametrize("ch_names", [["C3", "Cz"], ["Fz", "Cz"], ["C3", "C4", "P8"]])
def test_a_montage_without_a_mirror_image_gives_two_views(ch_names: list[str]) -> None:
    assert mirror_channels(ch_names) is None
    views = three_views(128.0, ch_names, ["left_hand", "right_hand"])
    assert len(views(torch.randn(2, len(ch_names), 64), torch.tensor([0, 1]))) == 2


def test_a_hand_against_feet_has_no_mirror_image() -> None:
    assert mirror_classes(["feet", "left_hand"]) is None


def test_three_views_are_of_the_same_shape_and_touch_nothing() -> None:
    trials, labels = torch.randn(4, 3, 64), torch.tensor([0, 1, 1, 0])
    before = trials.clone()

    views = three_views(128.0, ["C3", "Cz", "C4"], ["left", "right"])(trials, labels)
    assert [x.shape for x, _ in views] == [trials.shape] * 3
    assert [y.tolist() for _, y in views] == [[0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
    torch.testing.assert_close(trials, before)
