"""HiSTN: levels of valence and arousal from graphs of channels, of regions, and of the head.

Source: Kuang, Song and Michoski 2024, "Emotion classification from multi-channel EEG signals
using HiSTN", arXiv 2408.15255, and its authors' code (dykuang/EEG-based-affective-computing,
Apache-2.0). It has temporal filters, three graph levels with Chebyshev convolutions and fusion from
each level to the next, one small classifier after all levels, ordinal label smoothing, Seq2HR, and
about 1,000 weights. `histn_published` is the authors' network, for their fourteen channels. The
network here keeps the idea and works with any montage. It has 1,050 weights for DREAMER's channels
at 128 Hz. The differences are:

- All channels share the filters, so that the number of weights hardly depends on the montage.
  There is no non-linearity between the two convolutions, which form one long filter of few weights.
- A channel's features are the log powers of its filtered window, not a time series.
- A channel's region is the nearest of twelve anchors. Weights of edges are a Gaussian of distance.
- Fusion has a weight per node and feature. Graph convolutions alone cannot distinguish left from
  right, on which frontal asymmetry depends. The weights do not depend on the window.
- A target decreases geometrically with the distance from the true level.
- One network has one head per axis; ``n_axes=1`` makes one network per axis.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from bci.tasks.emotion_levels import N_LEVELS
from decoders.networks.durations import odd_samples, require_window
from decoders.networks.montage_graph import Array, hierarchy

AXES = ("valence", "arousal")


@dataclass(frozen=True, slots=True)
class HistnSettings:
    """Hyper-parameters; times in seconds. ``order`` is the number of Chebyshev terms."""

    n_filters: int = 8
    kernel_s: float = 0.2
    second_kernel_s: float = 0.07
    order: int = 2
    dropout: float = 0.25
    least_power: float = 1e-6


OURS = HistnSettings()


class ChebyshevConvolution(nn.Module):
    """Message passing: a linear layer of x, Lx, (2 L^2 - 1) x ... (Defferrard et al. 2016)."""

    def __init__(self, laplacian: Array, width: int, order: int) -> None:
        super().__init__()
        self.order = order
        self.register_buffer("laplacian", torch.tensor(laplacian, dtype=torch.float32))
        self.mix = nn.Linear(order * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Convert nodes (B, n_nodes, width) to nodes of the same shape."""
        terms = [x]
        for k in range(1, self.order):
            step: Tensor = self.laplacian @ terms[-1]  # type: ignore[operator]
            terms.append(step if k == 1 else 2 * step - terms[-2])
        mixed: Tensor = self.mix(torch.cat(terms, dim=2))  # (B, n_nodes, order * width) -> width
        return mixed


class Fusion(nn.Module):
    """Fusion to the next level: each node is a weighted mean of its members.

    There is one weight per member and feature. Each row of ``members`` (n_next, n_nodes) has the
    shares of the nodes in a node of the next level.
    """

    def __init__(self, members: Array, width: int) -> None:
        super().__init__()
        self.register_buffer("members", torch.tensor(members, dtype=torch.float32))
        # Random initial weights, so that left and right differ from the start.
        self.weight = nn.Parameter(1.0 + torch.randn(members.shape[1], width))

    def forward(self, x: Tensor) -> Tensor:
        """Convert nodes (B, n_nodes, width) to nodes (B, n_next, width)."""
        fused: Tensor = self.members @ (x * self.weight)  # type: ignore[operator]
        return fused


class Histn(nn.Module):
    """HiSTN.

    Parameters
    ----------
    positions : ndarray, shape (n_channels, 3)
        Head coordinates in metres.
    n_samples : int
    sfreq : float
        Sampling rate in hertz.
    n_axes, n_levels : int
        Number of axes, each with its own head, and of levels per axis.

    Raises
    ------
    ValueError
        If a channel has no position or the window is shorter than the filters.
    """

    def __init__(
        self,
        positions: Array,
        n_samples: int,
        sfreq: float,
        n_axes: int = len(AXES),
        n_levels: int = N_LEVELS,
        settings: HistnSettings = OURS,
    ) -> None:
        super().__init__()
        s = settings
        first, second = odd_samples(s.kernel_s, sfreq), odd_samples(s.second_kernel_s, sfreq)
        require_window("HiSTN", n_samples, first + second - 1, sfreq)
        levels = hierarchy(positions)
        n_regions = len(levels.regions)
        self.regions = levels.regions
        self.n_axes, self.n_levels, self.least_power = n_axes, n_levels, s.least_power
        width = s.n_filters
        self.first = nn.Conv1d(1, width, first, bias=False)
        self.second = nn.Conv1d(width, width, second, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.channels = ChebyshevConvolution(levels.channel_graph, width, s.order)
        self.to_regions = Fusion(levels.members, width)
        self.across_regions = ChebyshevConvolution(levels.region_graph, width, s.order)
        self.to_head = Fusion(np.full((1, n_regions), 1.0 / n_regions), width)
        # The single node of the head has no neighbours, so its convolution is a linear layer.
        self.head = nn.Linear(width, width)
        self.dropout = nn.Dropout(s.dropout)
        self.classifier = nn.Linear(3 * width, n_axes * n_levels)

    def kernels(self) -> Tensor:
        """Join both convolutions to one, shape (n_filters, 1, kernel), in a quarter of the time."""
        first, second = self.first.weight, self.second.weight  # (8, 1, kernel) each
        both = F.conv_transpose1d(first.transpose(0, 1), second, groups=len(second))
        return both.transpose(0, 1)

    def features(self, x: Tensor) -> Tensor:
        """Compute the classifier's input, shape (n_trials, 3 * n_filters), a third per level.

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        channels, regions = self.nodes(x)
        x = self.to_head(regions)[:, 0]  # (B, 8)
        head = F.elu(x + self.head(x))  # (B, 8)
        return torch.cat([channels.mean(dim=1), regions.mean(dim=1), head], dim=1)  # (B, 24)

    def nodes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the nodes of channels and of regions.

        ``x`` has the shape (n_trials, n_channels, n_samples). The results have the shapes
        (n_trials, n_channels, n_filters) and (n_trials, n_regions, n_filters).
        """
        n_channels = x.shape[1]
        power = power_by_lags if self.training else filtered_power
        x = power(x.flatten(0, 1), self.kernels()[:, 0])  # (B * C, 8)
        x = torch.log(x + self.least_power)
        x = self.norm(x).view(-1, n_channels, x.shape[1])  # (B, C, 8)
        channels = F.elu(x + self.channels(x))  # (B, C, 8)
        x = self.to_regions(channels)  # (B, R, 8)
        return channels, F.elu(x + self.across_regions(x))  # (B, C, 8), (B, R, 8)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_axes, n_levels) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.classifier(self.dropout(self.features(x)))  # (B, 10)
        return logits.view(-1, self.n_axes, self.n_levels)

    @torch.no_grad()
    def region_weights(self, x: Tensor) -> Tensor:
        """Compute the share of each region in the head's node, shape (n_regions,).

        It is the sum of the magnitudes of the region's terms over features and trials. The shares
        sum to 1.
        """
        terms = (self.nodes(x)[1] * self.to_head.weight).abs().sum(dim=(0, 2))  # (R,)
        return terms / terms.sum()


def filtered_power(x: Tensor, kernels: Tensor) -> Tensor:
    """Compute the mean square of each filtered signal, shape (n, n_filters).

    Signals ``x`` have the shape (n, n_samples), ``kernels`` (n_filters, length). The filters'
    transients at the ends are left out.
    """
    return F.conv1d(x.unsqueeze(1), kernels.unsqueeze(1)).square().mean(dim=2)


def power_by_lags(x: Tensor, kernels: Tensor) -> Tensor:
    """Compute the result of `filtered_power` from lagged products of the signal with itself.

    The products do not depend on the filters, so that gradients need not pass through the samples.
    Training takes a fifth of the time. Double precision is needed, because large terms cancel for
    frequencies that a filter removes.
    """
    x, kernels = x.double(), kernels.double()
    length = kernels.shape[1]
    n_valid = x.shape[1] - length + 1
    products, weights = [], []
    for lag in range(length):
        product = x[:, : x.shape[1] - lag] * x[:, lag:]  # (n, n_samples - lag)
        first = product[:, :n_valid].sum(dim=1, keepdim=True)
        # For the next position in the filter, one product leaves the sum and another enters it.
        steps = product[:, n_valid:] - product[:, : length - 1 - lag]
        products.append(torch.cat([first, first + steps.cumsum(dim=1)], dim=1))
        pairs = kernels[:, : length - lag] * kernels[:, lag:]  # (n_filters, length - lag)
        weights.append(pairs if lag == 0 else 2 * pairs)
    power = torch.cat(products, dim=1) @ torch.cat(weights, dim=1).T / n_valid
    return power.clamp_min(0).float()


def ordinal_targets(levels: Tensor, n_levels: int = N_LEVELS, falloff: float = 0.2) -> Tensor:
    """Make smoothed targets: each step from the true level multiplies the share by ``falloff``.

    Parameters
    ----------
    levels : Tensor of int64, any shape
        True levels, from 0.
    falloff : float
        0 gives one-hot targets, 1 equal shares.

    Returns
    -------
    targets : Tensor, shape (..., n_levels)
        Sums to 1 over the last axis.
    """
    distance = (torch.arange(n_levels, device=levels.device) - levels.unsqueeze(-1)).abs()
    shares = torch.tensor(falloff, device=levels.device) ** distance
    return shares / shares.sum(dim=-1, keepdim=True)


def smoothed_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy with smoothed targets, averaged over trials and axes.

    ``logits`` and ``targets`` have the shape (..., n_levels).
    """
    return -(targets * F.log_softmax(logits, dim=-1)).sum(dim=-1).mean()


def ordinal_loss(logits: Tensor, levels: Tensor, falloff: float = 0.2) -> Tensor:
    """Cross-entropy with `ordinal_targets`; ``levels`` (...), from 0."""
    return smoothed_loss(logits, ordinal_targets(levels, logits.shape[-1], falloff))
