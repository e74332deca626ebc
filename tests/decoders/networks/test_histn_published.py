"""HiSTN as published, compared with a plain array computation of its description."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from bci.errors import MismatchError
from decoders.networks.histn_published import (
    CHANNELS,
    REGIONS,
    FusionAttention,
    OneAxis,
    PublishedHistn,
    chebyshev_terms,
    filtered,
    gaussian_targets,
    one_second,
    order_of,
)
from tests.decoders.own_networks import n_parameters

SFREQ = 128.0
Array = NDArray[np.float64]


def one_axis(n_samples: int = 128) -> OneAxis:
    """Return a network with nontrivial batch norms, in evaluation mode."""
    torch.manual_seed(0)
    model = OneAxis(n_samples, SFREQ, 5)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            nn.init.uniform_(layer.running_mean, -0.1, 0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.1, 0.1)
    return model.eval()


def test_an_axis_has_the_authors_number_of_weights() -> None:
    expected = (
        64 * 8  # filters
        + 8 * 14  # one weighted sum of them per channel
        + 3 * 2 * 14  # batch norms
        + 5 * 14  # the second filter
        + 4 * 3 + 3  # one weight per Chebyshev term, four regions and their graph
        + 2 * (5 * 4 + 16) + 2 * (5 * 3 + 9)  # separable convolutions
        + 2 * (2 * 20 + 2 * 12) + 2 * 20  # attention: two into the regions, two into the head
        + 19 * 5 + 5  # classifier
    )  # fmt: skip
    assert n_parameters(OneAxis(128, SFREQ, 5)) == expected == 1181


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)


def softmax(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum()


def weights_of(layer: nn.Module) -> dict[str, Array]:
    return {name: value.double().numpy() for name, value in layer.state_dict().items()}


def normed(x: Array, layer: nn.BatchNorm1d) -> Array:
    w = weights_of(layer)
    scale = w["weight"] / np.sqrt(w["running_var"] + 1e-3)
    return (x - w["running_mean"][:, None]) * scale[:, None] + w["bias"][:, None]


def correlated(x: Array, kernel: Array) -> Array:
    """Correlate with equal length; an even kernel has one more zero after than before."""
    before, n = (len(kernel) - 1) // 2, len(x)
    padded = np.concatenate([np.zeros(before), x, np.zeros(len(kernel) // 2)])
    return np.array([padded[t : t + len(kernel)] @ kernel for t in range(n)])


def merged(x: Array, layer: FusionAttention) -> Array:
    w = weights_of(layer.score)
    return softmax(w["weight"] @ x.mean(axis=1) + w["bias"]) @ x


def plainly(model: OneAxis, x: Array) -> Array:
    """Return the forward pass of one window, (14, n_samples), computed step by step."""
    w = weights_of(model)
    filtered = [[correlated(channel, kernel) for kernel in w["filters"]] for channel in x]
    x = np.einsum("cft,cf->ct", np.array(filtered), w["sums"].clip(-1, 1))
    x = elu(normed(x, model.first_norm))
    limited = w["second"] / np.maximum(1, np.linalg.norm(w["second"], axis=1, keepdims=True))
    x = np.array([np.convolve(c, k[::-1], "valid") for c, k in zip(x, limited, strict=True)])
    x = elu(normed(x, model.second_norm))
    x = x[:, : x.shape[1] // 2 * 2].reshape(14, -1, 2).mean(axis=2)
    slices = [slice(0, 4), slice(4, 7), slice(7, 10), slice(10, 14)]
    passed = []
    for region, part in zip(model.within, slices, strict=True):
        own = weights_of(region)
        terms = region.passing.terms.double().numpy()
        mixed = np.tensordot(own["passing.weight"], terms, 1) @ x[part]
        mixed = np.array([correlated(c, k) for c, k in zip(mixed, own["temporal"], strict=True)])
        passed.append(own["mix"].clip(-1, 1) @ mixed)
    later = elu(normed(np.concatenate(passed), model.channel_norm))
    regions, regions_later = (
        np.array([merged(y[part], a) for part, a in zip(slices, merge.attention, strict=True)])
        for y, merge in ((x, model.to_regions), (later, model.to_regions_later))
    )
    across = np.tensordot(w["across.weight"], model.across.terms.double().numpy(), 1) @ regions
    head = merged(regions, model.to_head) + merged(regions_later, model.to_head_later)
    series = np.concatenate([x + later, across + regions_later, head[None]])
    return w["classifier.weight"] @ series.mean(axis=1) + w["classifier.bias"]


def test_the_network_is_its_description_written_out() -> None:
    model = one_axis()
    with torch.no_grad():
        model.sums *= 4  # beyond the limits of the constraints
        model.second *= 4
        for region in model.within:
            region.mix *= 4
        x = torch.randn(3, 14, 128)
        logits = model(x).double().numpy()
    expected = [plainly(model, window) for window in x.double().numpy()]
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def test_filters_in_training_are_those_that_serve() -> None:
    x, kernels = torch.randn(2, 3, 50), torch.randn(3, 9)
    torch.testing.assert_close(
        filtered(x, kernels, True), filtered(x, kernels, False), rtol=1e-4, atol=1e-4
    )


def test_terms_are_the_polynomials_of_the_scaled_laplacian() -> None:
    terms = chebyshev_terms(("T7", "P7", "O1"), (("T7", "P7"), ("P7", "O1")))
    laplacian = np.array([[1.0, -1, 0], [-1, 2, -1], [0, -1, 1]])  # its eigenvalues: 0, 1, 3
    scaled = 2 / 3 * laplacian - np.eye(3)
    np.testing.assert_allclose(terms, [np.eye(3), scaled, 2 * scaled @ scaled - np.eye(3)])


def test_channels_may_come_in_any_order_and_no_others() -> None:
    names = list(CHANNELS)
    shuffled = [names[i] for i in np.random.default_rng(0).permutation(14)]
    torch.manual_seed(0)
    one = PublishedHistn(order_of(names), 128, SFREQ, 2, 5).eval()
    other = PublishedHistn(order_of(shuffled), 128, SFREQ, 2, 5).eval()
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 14, 128)
    rows = [names.index(name) for name in shuffled]
    torch.testing.assert_close(other(x[:, rows]), one(x))
    with pytest.raises(MismatchError, match=r"14 channels of an EPOC headset \(AF3.*variant: ours"):
        order_of([*names[:-1], "Cz"])


def test_a_window_of_several_seconds_has_the_mean_of_their_logits() -> None:
    torch.manual_seed(0)
    model = PublishedHistn(order_of(CHANNELS), 300, SFREQ, 2, 5).eval()
    x = torch.randn(2, 14, 300)
    expected = (model(x[..., 44:172]) + model(x[..., 172:])) / 2
    torch.testing.assert_close(model(x), expected)
    assert one_second(x, SFREQ).shape == (2, 14, 128)


def test_a_window_shorter_than_the_filters_is_refused() -> None:
    with pytest.raises(ValueError, match="HiSTN needs windows of at least 64 samples"):
        PublishedHistn(order_of(CHANNELS), 60, SFREQ, 2, 5)


def test_weights_are_of_the_regions_and_depend_on_the_window() -> None:
    torch.manual_seed(0)
    model = PublishedHistn(order_of(CHANNELS), 128, SFREQ, 2, 5).eval()
    one, other = (model.region_weights(20 * torch.randn(1, 14, 128)) for _ in range(2))
    assert one.shape == (len(REGIONS),)
    assert float(one.sum()) == pytest.approx(1)
    assert not torch.allclose(one, other)


def test_gradients_reach_every_weight() -> None:
    torch.manual_seed(0)
    model = PublishedHistn(order_of(CHANNELS), 128, SFREQ, 2, 5)
    targets = gaussian_targets(torch.randint(5, (6, 2)), 5)
    (targets * model(torch.randn(6, 14, 128)).log_softmax(-1)).sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_targets_fall_off_as_the_authors_do() -> None:
    found = gaussian_targets(torch.tensor([2]), 5)[0].numpy()
    expected = np.exp([-8, -2, 0, -2, -8])
    np.testing.assert_allclose(found / found[2], expected, rtol=1e-5)
