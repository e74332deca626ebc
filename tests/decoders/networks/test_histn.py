from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bci.head.electrodes import standard_position
from bci.signals import Channel
from bci.tasks.emotion_levels import expected_levels
from decoders.networks.histn import (
    ChebyshevConvolution,
    Fusion,
    Histn,
    filtered_power,
    ordinal_loss,
    ordinal_targets,
    power_by_lags,
)
from decoders.networks.montage_graph import hierarchy, scaled_laplacian
from devices.simulated.montages import eeg, meg, positions, seeg
from devices.simulated.scenarios import emotion
from devices.simulated.signal import Amplitudes, SimulatedSignal
from tests.decoders.own_networks import n_parameters

DREAMER = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"]
SFREQ = 128.0


def dreamer() -> np.ndarray:
    return np.array([standard_position(name) for name in DREAMER])


def test_dreamer_has_the_regions_of_a_person_looking_at_the_electrodes() -> None:
    found = hierarchy(dreamer())

    members = {
        region: [name for name, share in zip(DREAMER, row, strict=True) if share]
        for region, row in zip(found.regions, found.members, strict=True)
    }

    assert members == {
        "frontal left": ["AF3", "F7", "F3", "FC5"],
        "frontal right": ["FC6", "F4", "F8", "AF4"],
        "temporal left": ["T7"],
        "temporal right": ["T8"],
        "parietal left": ["P7"],
        "parietal right": ["P8"],
        "occipital": ["O1", "O2"],
    }


@pytest.mark.parametrize("channels", [eeg(1), eeg(2), eeg(16), eeg(64), meg(), seeg(98)])
def test_any_montage_makes_a_hierarchy_and_logits(channels: tuple[Channel, ...]) -> None:
    places = positions(channels)

    found = hierarchy(places)
    logits = Histn(places, 256, SFREQ)(torch.randn(2, len(channels), 256))

    assert (np.count_nonzero(found.members, axis=0) == 1).all()  # one region per channel
    np.testing.assert_allclose(found.members.sum(axis=1), 1)
    for graph in (found.channel_graph, found.region_graph):
        eigenvalues = np.linalg.eigvalsh(graph)
        assert eigenvalues.min() >= -1 - 1e-9
        assert eigenvalues.max() <= 1 + 1e-9
    assert logits.shape == (2, 2, 5)
    assert logits.isfinite().all()


def test_channels_without_a_position_are_named() -> None:
    places = dreamer()
    places[3] = np.nan

    with pytest.raises(ValueError, match=r"\[3\]"):
        hierarchy(places)


def test_a_window_shorter_than_the_filters_is_refused() -> None:
    with pytest.raises(ValueError, match="HiSTN needs windows of at least 33 samples"):
        Histn(dreamer(), 32, SFREQ)


def test_laplacian_of_three_places_in_a_row() -> None:
    near, far = np.exp(-0.5), np.exp(-2.0)  # neighbours are one scale apart, the ends two
    places = np.array([[0.0, 0, 0], [0.02, 0, 0], [0.04, 0, 0]])
    weights = np.array([[0, near, far], [near, 0, near], [far, near, 0]])
    degree = np.diag(weights.sum(axis=1) ** -0.5)

    np.testing.assert_allclose(scaled_laplacian(places), -degree @ weights @ degree)


def test_chebyshev_convolution_is_the_polynomial_of_the_laplacian() -> None:
    laplacian = scaled_laplacian(dreamer())
    layer = ChebyshevConvolution(laplacian, 4, order=3)
    x = torch.randn(2, 14, 4)

    weights = layer.mix.weight.detach().double().numpy().reshape(4, 3, 4)
    terms = [np.eye(14), laplacian, 2 * laplacian @ laplacian - np.eye(14)]
    expected = sum(
        np.einsum("mn,bni,oi->bmo", term, x.double().numpy(), weights[:, k])
        for k, term in enumerate(terms)
    )
    expected = expected + layer.mix.bias.detach().double().numpy()

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-5)


def test_fusion_is_a_weighted_mean_of_each_regions_channels() -> None:
    layer = Fusion(np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]), 1)
    layer.weight.data = torch.tensor([[1.0], [-1.0], [3.0]])

    fused = layer(torch.tensor([[[2.0], [6.0], [5.0]]]))

    torch.testing.assert_close(fused, torch.tensor([[[-2.0], [15.0]]]))


def test_fourteen_channels_make_about_a_thousand_parameters() -> None:
    channels, regions, width, levels, axes = 14, 7, 8, 5, 2
    expected = (
        width * 25  # filters of 0.2 s, shared by the channels
        + width * 9  # of 0.07 s, one per filter
        + 2 * width  # batch norm
        + 2 * width * width + width  # graph convolution of two terms over channels
        + channels * width  # fusion into regions
        + 2 * width * width + width  # graph convolution over regions
        + regions * width  # fusion into the head
        + width * width + width  # the head's layer
        + 3 * width * axes * levels + axes * levels  # classifier of all three levels
    )  # fmt: skip

    assert n_parameters(Histn(dreamer(), 256, SFREQ)) == expected == 1050


def test_targets_fall_off_with_the_distance_from_the_true_level() -> None:
    targets = ordinal_targets(torch.tensor([0, 2]), falloff=0.5)

    ends = torch.tensor([16.0, 8, 4, 2, 1]) / 31
    middle = torch.tensor([1.0, 2, 4, 2, 1]) / 10
    torch.testing.assert_close(targets, torch.stack([ends, middle]))


def test_no_falloff_is_one_hot_and_cross_entropy() -> None:
    levels = torch.tensor([[0, 4], [3, 1]])
    logits = torch.randn(2, 2, 5)

    assert torch.equal(ordinal_targets(levels, falloff=0.0).argmax(-1), levels)
    torch.testing.assert_close(
        ordinal_loss(logits, levels, falloff=0.0),
        nn.functional.cross_entropy(logits.flatten(0, 1), levels.flatten()),
    )


def test_ordinal_loss_of_equal_scores_and_of_a_far_miss() -> None:
    level = torch.tensor([0])
    near, far = torch.tensor([[0.0, 5, 0, 0, 0]]), torch.tensor([[0.0, 0, 0, 0, 5]])

    assert float(ordinal_loss(torch.zeros(1, 5), level)) == pytest.approx(np.log(5))
    assert ordinal_loss(near, level) < ordinal_loss(far, level)


def test_ordinal_loss_equals_a_plain_loop_over_trials_and_axes() -> None:
    logits, levels = torch.randn(3, 2, 5), torch.tensor([[0, 4], [3, 1], [2, 2]])
    total = 0.0
    for scores, level in zip(logits.flatten(0, 1).numpy(), levels.flatten().tolist(), strict=True):
        shares = [0.2 ** abs(k - level) for k in range(5)]
        log_odds = scores - np.log(np.exp(scores).sum())
        total -= sum(w / sum(shares) * o for w, o in zip(shares, log_odds, strict=True))

    assert float(ordinal_loss(logits, levels)) == pytest.approx(total / 6, rel=1e-5)


def test_both_filters_as_one_kernel_are_the_two_one_after_the_other() -> None:
    model = Histn(dreamer(), 256, SFREQ)
    x = torch.randn(1, 1, 256)

    together = nn.functional.conv1d(x, model.kernels())

    torch.testing.assert_close(together, model.second(model.first(x)))


def test_power_by_lags_is_the_power_behind_the_filters_and_so_are_its_gradients() -> None:
    x = torch.cumsum(torch.randn(6, 200), dim=1)
    kernels = torch.randn(3, 9)
    # The second difference applied twice leaves a ten-thousandth of a random walk.
    kernels[0] = torch.tensor([0.0, 0, 1, -4, 6, -4, 1, 0, 0])
    kernels.requires_grad_()

    found = power_by_lags(x, kernels)

    plain = np.empty((6, 3))
    for i, signal in enumerate(x.double().numpy()):
        for j, kernel in enumerate(kernels.detach().double().numpy()):
            # Correlation, as in networks, is convolution with the reversed kernel.
            plain[i, j] = (np.convolve(signal, kernel[::-1], "valid") ** 2).mean()
    assert np.allclose(found.detach(), plain, rtol=1e-5)
    (gradient,) = torch.autograd.grad(found.log().sum(), kernels)
    (expected,) = torch.autograd.grad(filtered_power(x, kernels).log().sum(), kernels)
    assert torch.allclose(gradient, expected, rtol=1e-3, atol=1e-3)


def test_the_network_in_training_is_the_network_that_serves() -> None:
    torch.manual_seed(1)
    model = Histn(dreamer(), 256, SFREQ)
    model.dropout.p = 0.0
    x = torch.randn(4, 14, 256)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.momentum = 1.0
    model(x)  # now the running statistics are those of this batch

    trained = model.train()(x)
    served = model.eval()(x)

    assert torch.allclose(trained, served, atol=0.02)


def test_a_trials_logits_do_not_depend_on_its_batch() -> None:
    model = Histn(dreamer(), 256, SFREQ).eval()
    x = torch.randn(5, 14, 256)

    together = model(x)

    torch.testing.assert_close(torch.cat([model(trial[None]) for trial in x]), together)


def test_gradients_reach_every_parameter() -> None:
    model = Histn(dreamer(), 256, SFREQ)

    ordinal_loss(model(torch.randn(6, 14, 256)), torch.randint(5, (6, 2))).backward()

    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.long
def test_simulated_emotion_levels_can_be_learned_and_hold_for_later_trials() -> None:
    x, levels = emotion_windows(n_trials=60)
    model = Histn(dreamer(), x.shape[2], SFREQ)
    later = slice(len(x) * 2 // 3, None)

    train(model, x[: later.start], levels[: later.start])
    with torch.inference_mode():
        expected = expected_levels(model.eval()(x[later]).softmax(dim=2).double().numpy())

    for axis in range(2):
        r = np.corrcoef(expected[:, axis], levels[later, axis])[0, 1]
        assert r > 0.4


def emotion_windows(n_trials: int) -> tuple[Tensor, Tensor]:
    """Return windows of 2 s, (n, 14, 256), and levels from 0, (n, 2), in order of time."""
    channels = tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in DREAMER)
    levels = Amplitudes(background_uv=3, blink_uv=0, line_uv=0, offset_uv=0, walk_uv=0)
    signal = SimulatedSignal(channels, SFREQ, emotion(), seed=0, levels=levels)
    blocks = list(islice(signal.blocks(), n_trials * 126))
    data = np.concatenate([block for block, _ in blocks])
    windows, targets = [], []
    for marker in [m for _, markers in blocks for m in markers if m.label != "rest"]:
        _, valence, arousal = (int(part.split("-")[1]) for part in marker.label.split("/"))
        for start_s in (1.0, 3.0, 5.0, 7.0):
            start = round((marker.time + start_s) * SFREQ)
            if start + 256 <= len(data):
                windows.append(data[start : start + 256].T)
                targets.append((valence - 1, arousal - 1))
    x = torch.tensor(np.array(windows))
    return x / x.std(), torch.tensor(targets)


def train(model: nn.Module, x: Tensor, levels: Tensor) -> None:
    epochs, batch = 30, 32
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    n_steps = epochs * -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, n_steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            ordinal_loss(model(x[rows]), levels[rows]).backward()
            optimizer.step()
            schedule.step()
