"""HiSTN as in its authors' code, for the fourteen electrodes of an EPOC headset.

Source: the authors' code, dykuang/EEG-based-affective-computing (Apache-2.0), `HST_model` with the
settings of its DREAMER experiments; paper: `decoders.networks.histn`. It has 1,181 weights per
axis.

Through the whole network, a channel has one number per sample: a weighted sum of eight shared
temporal filters' outputs, without power or logarithm. Regions, and the edges within and between
them, were chosen by hand. A Chebyshev convolution has one weight per term. Attention, a softmax of
the nodes' means over time, merges channels into regions and regions into the head. Initial weights
are those of Keras. Keras limits the norm of three layers after each step of the optimiser; here
this is part of the forward pass. Keras was not available, so no output was compared with that of
the authors' network.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from bci.errors import MismatchError
from decoders.networks.durations import odd_samples, require_window, samples

REGIONS = {
    "left front": ("AF3", "F7", "F3", "FC5"),
    "left back": ("T7", "P7", "O1"),
    "right back": ("O2", "P8", "T8"),
    "right front": ("FC6", "F4", "F8", "AF4"),
}
CHANNELS = tuple(name for members in REGIONS.values() for name in members)
_EDGES = (
    ("AF3", "F3"), ("F7", "F3"), ("F7", "FC5"), ("F3", "FC5"), ("T7", "P7"), ("P7", "O1"),
    ("AF4", "F4"), ("F8", "F4"), ("F8", "FC6"), ("F4", "FC6"), ("T8", "P8"), ("P8", "O2"),
)  # fmt: skip
_RING = (
    ("left front", "left back"), ("left back", "right back"),
    ("right back", "right front"), ("right front", "left front"),
)  # fmt: skip
_SIZES = [len(members) for members in REGIONS.values()]
_N_CHANNELS = len(CHANNELS)
_N_FILTERS = 8
# 128, 64, 5 and 2 samples at DREAMER's 128 Hz.
_PART_S = 1.0
_KERNEL_S = 0.5
_SECOND_KERNEL_S = 5 / 128
_POOL_S = 2 / 128
_REGION_KERNEL = 5
_ORDER = 3
_DROPOUT = 0.5
_TARGET_SD = 0.5
_KERAS_EPSILON = 1e-3


def order_of(ch_names: Sequence[str]) -> NDArray[np.int64]:
    """Find the index of each of `CHANNELS` in ``ch_names``, shape (14,).

    Raises
    ------
    MismatchError
        If ``ch_names`` are not these fourteen channels, in any order.
    """
    if sorted(ch_names) != sorted(CHANNELS):
        raise MismatchError(
            f"HiSTN as published takes the 14 channels of an EPOC headset ({', '.join(CHANNELS)}) "
            "and no others: choose them by pipeline.channels, or decoder.params.variant: ours"
        )
    return np.array([list(ch_names).index(name) for name in CHANNELS], dtype=np.int64)


def chebyshev_terms(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], order: int = _ORDER
) -> NDArray[np.float64]:
    """Compute Chebyshev polynomials of a graph's Laplacian, shape (order, n_nodes, n_nodes).

    The Laplacian D - A is scaled by its largest eigenvalue to eigenvalues in [-1, 1]. Edges to
    nodes that are not in ``nodes`` are left out.
    """
    adjacency = np.zeros((len(nodes), len(nodes)))
    for one, other in edges:
        if one in nodes and other in nodes:
            i, j = nodes.index(one), nodes.index(other)
            adjacency[i, j] = adjacency[j, i] = 1
    laplacian = np.diag(adjacency.sum(axis=1)) - adjacency
    scaled = 2 * laplacian / np.linalg.eigvalsh(laplacian).max() - np.eye(len(nodes))
    terms = [np.eye(len(nodes)), scaled]
    while len(terms) < order:
        terms.append(2 * scaled @ terms[-1] - terms[-2])
    return np.stack(terms[:order])


class MessagePassing(nn.Module):
    """A polynomial of the graph's Laplacian, with one weight per term."""

    terms: Tensor

    def __init__(self, terms: NDArray[np.float64]) -> None:
        super().__init__()
        self.register_buffer("terms", torch.tensor(terms, dtype=torch.float32), persistent=False)
        self.weight = nn.Parameter(torch.empty(len(terms)).uniform_(-1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Pass time series (B, n_nodes, T) along the edges; the shape stays the same."""
        passed: Tensor = (self.weight[:, None, None] * self.terms).sum(dim=0) @ x
        return passed


def filtered(x: Tensor, kernels: Tensor, in_training: bool) -> Tensor:
    """Correlate each time series (B, n, T) with its own kernel (n, K), shape (B, n, T - K + 1).

    On a CPU, products of Fourier transforms train several times faster than torch's convolution,
    which differs by rounding only. ONNX supports torch's convolution.
    """
    n_samples, length = x.shape[2], kernels.shape[1]
    convolved: Tensor
    if not in_training:
        convolved = F.conv2d(x.unsqueeze(2), kernels[:, None, None], groups=len(kernels))
        return convolved.squeeze(2)
    whole = next_fast_len(n_samples, real=True)
    product = torch.fft.rfft(x, whole) * torch.fft.rfft(kernels.flip(-1), whole)
    # The wrap-around affects only samples that are left out.
    convolved = torch.fft.irfft(product, whole)
    return convolved[..., length - 1 : n_samples]


class WithinRegion(nn.Module):
    """Message passing among a region's channels, then a filter per channel and a channel mix."""

    def __init__(self, members: Sequence[str]) -> None:
        super().__init__()
        n = len(members)
        self.passing = MessagePassing(chebyshev_terms(members, _EDGES))
        self.temporal = nn.Parameter(torch.empty(n, _REGION_KERNEL))
        self.mix = nn.Parameter(torch.empty(n, n))

    def forward(self, x: Tensor) -> Tensor:
        """Filter and mix a region's time series (B, n_members, T); the shape stays the same."""
        x = F.pad(self.passing(x), (_REGION_KERNEL // 2, _REGION_KERNEL // 2))
        mixed: Tensor = self.mix.clamp(-1, 1) @ filtered(x, self.temporal, self.training)
        return mixed


class FusionAttention(nn.Module):
    """Weighted mean of several time series, by a softmax of their means over time."""

    def __init__(self, n_nodes: int) -> None:
        super().__init__()
        self.score = nn.Linear(n_nodes, n_nodes)

    def weights(self, x: Tensor) -> Tensor:
        """Compute weights (B, n_nodes) of time series (B, n_nodes, T); they sum to 1."""
        return torch.softmax(self.score(x.mean(dim=2)), dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the weighted mean (B, 1, T) of time series (B, n_nodes, T)."""
        return self.weights(x).unsqueeze(1) @ x


class MergeRegions(nn.Module):
    """One time series per region, from those of its channels."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.ModuleList(FusionAttention(n) for n in _SIZES)

    def forward(self, x: Tensor) -> Tensor:
        """Convert time series of channels (B, 14, T) to those of regions (B, 4, T)."""
        parts = zip(self.attention, torch.split(x, _SIZES, dim=1), strict=True)
        return torch.cat([attend(part) for attend, part in parts], dim=1)


class OneAxis(nn.Module):
    """The network of one axis: levels from windows of `CHANNELS`, in this order."""

    def __init__(self, n_samples: int, sfreq: float, n_levels: int) -> None:
        super().__init__()
        n, kernel = _N_CHANNELS, samples(_KERNEL_S, sfreq)
        second, pool = odd_samples(_SECOND_KERNEL_S, sfreq), samples(_POOL_S, sfreq)
        require_window("HiSTN", n_samples, kernel, sfreq)
        self.filters = nn.Parameter(torch.empty(_N_FILTERS, kernel))
        self.sums = nn.Parameter(torch.empty(n, _N_FILTERS))
        self.first_norm = nn.BatchNorm1d(n, eps=_KERAS_EPSILON)
        self.second = nn.Parameter(torch.empty(n, second))
        self.second_norm = nn.BatchNorm1d(n, eps=_KERAS_EPSILON)
        self.pool = nn.AvgPool1d(pool)
        self.dropout = nn.Dropout(_DROPOUT)
        self.within = nn.ModuleList(WithinRegion(members) for members in REGIONS.values())
        self.channel_norm = nn.BatchNorm1d(n, eps=_KERAS_EPSILON)
        self.to_regions = MergeRegions()
        self.to_regions_later = MergeRegions()
        self.across = MessagePassing(chebyshev_terms(tuple(REGIONS), _RING))
        self.to_head = FusionAttention(len(REGIONS))
        self.to_head_later = FusionAttention(len(REGIONS))
        self.classifier = nn.Linear(n + len(REGIONS) + 1, n_levels)
        self._start()

    def _start(self) -> None:
        # Uniform within sqrt(6 / (inputs + outputs)), with the numbers as Keras counts them.
        for weight, fans in (
            (self.filters, self.filters.shape[1] * (1 + _N_FILTERS)),
            (self.sums, _N_FILTERS * (_N_CHANNELS + 1)),
            (self.second, self.second.shape[1] * (_N_CHANNELS + 1)),
        ):
            bound = (6 / fans) ** 0.5
            nn.init.uniform_(weight, -bound, bound)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
            elif isinstance(layer, WithinRegion):
                bound = (6 / (_REGION_KERNEL * (len(layer.mix) + 1))) ** 0.5
                nn.init.uniform_(layer.temporal, -bound, bound)
                nn.init.xavier_uniform_(layer.mix)

    def series(self, x: Tensor) -> Tensor:
        """Convert (B, 14, T) to one pooled series per channel, (B, 14, (T - 4) // 2) at 128 Hz."""
        # Filters and weighted sums are linear, so together they are one kernel per channel.
        kernels = self.sums.clamp(-1, 1) @ self.filters  # (14, 64)
        length = kernels.shape[1]
        x = F.pad(x, ((length - 1) // 2, length // 2))
        x = filtered(x, kernels, self.training)  # (B, 14, T)
        x = F.elu(self.first_norm(x))
        kernels = torch.renorm(self.second, 2, 0, 1.0)
        x = filtered(x, kernels, self.training)  # (B, 14, T - 4)
        x = F.elu(self.second_norm(x))
        pooled: Tensor = self.dropout(self.pool(x))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, n_levels) of windows (B, 14, n_samples)."""
        x = self.series(x)  # (B, 14, T')
        parts = zip(self.within, torch.split(x, _SIZES, dim=1), strict=True)
        passed = torch.cat([region(part) for region, part in parts], dim=1)  # (B, 14, T')
        passed = F.elu(self.channel_norm(passed))
        regions, later = self.to_regions(x), self.to_regions_later(passed)  # (B, 4, T') each
        head = self.to_head(regions) + self.to_head_later(later)  # (B, 1, T')
        levels = torch.cat([x + passed, self.across(regions) + later, head], dim=1)
        logits: Tensor = self.classifier(self.dropout(levels.mean(dim=2)))  # (B, 19) -> levels
        return logits

    def region_weights(self, x: Tensor) -> Tensor:
        """Compute the weights (B, 4) that merge the regions of windows (B, 14, n_samples)."""
        return self.to_head.weights(self.to_regions(self.series(x)))


class PublishedHistn(nn.Module):
    """One network per axis; the logits are averaged over the seconds of a window.

    Parameters
    ----------
    order : ndarray of int, shape (14,)
        Index in a window of each of `CHANNELS`; see `order_of`.
    n_samples : int
    sfreq : float
        Sampling rate in hertz.
    n_axes, n_levels : int

    Raises
    ------
    ValueError
        If ``order`` is invalid, or the window is shorter than the filters.
    """

    regions = tuple(REGIONS)
    order: Tensor

    def __init__(
        self, order: NDArray[np.int64], n_samples: int, sfreq: float, n_axes: int, n_levels: int
    ) -> None:
        super().__init__()
        if sorted(order.tolist()) != list(range(_N_CHANNELS)):
            raise ValueError(f"{order.tolist()} is no order of {_N_CHANNELS} channels")
        self.register_buffer("order", torch.tensor(order), persistent=False)
        self.n_part = min(n_samples, samples(_PART_S, sfreq))
        self.axes = nn.ModuleList(OneAxis(self.n_part, sfreq, n_levels) for _ in range(n_axes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_axes, n_levels) of trials (n_trials, 14, n_samples)."""
        seconds = self._seconds(x)
        logits = torch.stack([axis(seconds) for axis in self.axes], dim=1)  # (B * S, axes, levels)
        return logits.view(len(x), -1, *logits.shape[1:]).mean(dim=1)

    def _seconds(self, x: Tensor) -> Tensor:
        """Cut whole seconds (n_trials * n_seconds, 14, n_part); the oldest rest is left out."""
        n_parts = x.shape[2] // self.n_part
        x = x[:, self.order, x.shape[2] - n_parts * self.n_part :]
        parts = x.view(len(x), _N_CHANNELS, n_parts, self.n_part).transpose(1, 2)
        return parts.reshape(-1, _N_CHANNELS, self.n_part)

    @torch.no_grad()
    def region_weights(self, x: Tensor) -> Tensor:
        """Compute the weight of each region in the head, shape (4,), averaged over all else."""
        x = self._seconds(x)
        weights = [axis.region_weights(x) for axis in self.axes]  # type: ignore[operator]
        return torch.stack(weights).mean(dim=(0, 1))


def one_second(x: Tensor, sfreq: float) -> Tensor:
    """Cut a random second from trials (n_trials, 14, n_samples), the same one from all trials."""
    n_part = min(x.shape[2], samples(_PART_S, sfreq))
    first = int(torch.randint(x.shape[2] - n_part + 1, ()))
    return x[..., first : first + n_part]


def gaussian_targets(levels: Tensor, n_levels: int) -> Tensor:
    """Make smoothed targets: a Gaussian around the true level, with a sd of half a level.

    ``levels`` (...) are numbers from 0; the result has the shape (..., n_levels).
    """
    distance = torch.arange(n_levels, device=levels.device) - levels.unsqueeze(-1)
    return torch.softmax(-0.5 * (distance / _TARGET_SD) ** 2, dim=-1)
