"""Layers with a limit of the weights' norm per output (EEGNet, IFNet).

The papers limit the weights after each step of the optimiser. Here the limit is part of the forward
pass, so that the training loop needs no special step. The trained network is the same.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class MaxNormLinear(nn.Linear):
    """Linear layer; the weights of each output have a norm of at most ``max_norm``."""

    def __init__(self, n_in: int, n_out: int, max_norm: float) -> None:
        super().__init__(n_in, n_out)
        self.max_norm = max_norm

    def forward(self, x: Tensor) -> Tensor:
        """Convert vectors (..., n_in) to (..., n_out)."""
        return F.linear(x, torch.renorm(self.weight, 2, 0, self.max_norm), self.bias)


class MaxNormSpatialConv(nn.Conv2d):
    """Depthwise convolution over all channels; each filter has a norm of at most ``max_norm``."""

    def __init__(self, n_in: int, depth: int, n_channels: int, max_norm: float) -> None:
        super().__init__(n_in, n_in * depth, (n_channels, 1), groups=n_in, bias=False)
        self.max_norm = max_norm

    def forward(self, x: Tensor) -> Tensor:
        """Convert maps (B, n_in, n_channels, T) to (B, n_in * depth, 1, T)."""
        weight = torch.renorm(self.weight, 2, 0, self.max_norm)
        return F.conv2d(x, weight, groups=self.groups)
