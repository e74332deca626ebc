"""Depthwise filters: the same result in training and in serving."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from decoders.networks.depthwise import DepthwiseConv


@pytest.mark.parametrize("n_samples", [20, 41, 399, 400])
@pytest.mark.parametrize("kernel", [1, 3, 41])
def test_trained_by_fourier_transforms_it_is_torchs_convolution(
    kernel: int, n_samples: int
) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 5, n_samples, requires_grad=True)
    conv = DepthwiseConv(5, kernel).train()
    plain = F.conv1d(x, conv.weight, padding=kernel // 2, groups=5)
    slope = torch.randn_like(plain)
    wanted = torch.autograd.grad(plain, (x, conv.weight), slope)
    filtered = conv(x)
    got = torch.autograd.grad(filtered, (x, conv.weight), slope)
    torch.testing.assert_close(filtered, plain, rtol=1e-4, atol=1e-5)
    for mine, torchs in zip(got, wanted, strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-4, atol=1e-4)


def test_served_it_is_torchs_convolution_to_the_bit() -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 5, 400)
    conv = DepthwiseConv(5, 41).eval()
    assert torch.equal(conv(x), F.conv1d(x, conv.weight, padding=20, groups=5))
