"""Seen images from MEG: prediction of the image's embedding from a window.

The embedding is that of a vision model.

Sources: Benchetrit, Banville and King 2024, "Brain decoding: toward real-time reconstruction of
visual perception", ICLR, arXiv 2310.19812, for the two heads and the aggregation over time; its
encoder is that of Defossez et al. 2023, "Decoding speech perception from non-invasive brain
recordings", Nat. Mach. Intell. 5, 1097-1107 (sizes: facebookresearch/brainmagick).

Windows have 120 Hz, and each channel is scaled to about unit variance. Two blocks of convolutions
(the speech decoder has five) and one weight per sample over time are the same lab's settings for
THINGS-MEG (facebookresearch/neuroai, MIT). The loss weights 0.75 and 0.25 are not verified.

Changed here:

- Heads have one hidden layer.
- The contrastive loss is symmetric and uses the cosine; trials of the same image are positives of
  each other. In the paper it has one direction and no temperature.
- A person's layer starts at the identity.
- There is no bias before a batch norm.
- Positions are projected from the helmet by the angle to its top.
- Channels at the same position (a magnetometer and two gradiometers of a 306-channel system) each
  have a trained vector. Otherwise attention by position would give them the same weight.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

Array = NDArray[np.float64]

TEMPERATURE = 0.1
"""Temperature of the contrastive loss at the start of a training."""


@dataclass(frozen=True, slots=True)
class MegImagesSettings:
    """Hyper-parameters; ``drop_radius`` and ``margin`` are in widths of the square of positions."""

    n_frequencies: int = 32
    n_virtual: int = 270
    drop_radius: float = 0.2
    margin: float = 0.2
    width: int = 320
    n_blocks: int = 2
    kernel: int = 3
    dilation_period: int = 5


PUBLISHED = MegImagesSettings()
SMALL = MegImagesSettings(n_frequencies=8, n_virtual=32, width=48, n_blocks=1)


class Embeddings(NamedTuple):
    """Predicted image embeddings.

    Attributes
    ----------
    contrast, regression : Tensor, shape (n_trials, n_dimensions)
        Outputs of the head for the contrastive loss and search, and of the head for regression.
    temperature : Tensor, scalar
        Temperature of the contrastive loss.
    """

    contrast: Tensor
    regression: Tensor
    temperature: Tensor


class SpatialAttention(nn.Module):
    """Attention from sensors at any positions to virtual channels, by a softmax over the sensors.

    Scores are inner products of one vector per virtual channel with the sensors' Fourier features.
    In training mode, sensors around a random position are left out.
    """

    features: Tensor
    places: Tensor
    rank: Tensor

    def __init__(self, positions: Array, settings: MegImagesSettings) -> None:
        super().__init__()
        s = settings
        self.drop_radius = s.drop_radius
        places = flat_places(positions)
        features = fourier_features(places, s.n_frequencies, s.margin)
        rank = rank_at_place(positions)
        self.register_buffer("features", torch.tensor(features, dtype=torch.float32))
        self.register_buffer("places", torch.tensor(places, dtype=torch.float32))
        self.register_buffer("rank", torch.tensor(rank))
        n_features = features.shape[1]
        self.heads = nn.Parameter(torch.randn(s.n_virtual, n_features) / n_features**0.5)
        self.rank_features = (
            nn.Parameter(torch.randn(int(rank.max()) + 1, n_features)) if rank.any() else None
        )

    def weights(self) -> Tensor:
        """Compute the weight of each sensor in each virtual channel, (n_virtual, n_channels)."""
        features = self.features  # (C, 2048)
        if self.rank_features is not None:
            features = features + self.rank_features[self.rank]
        scores = self.heads @ features.T  # (270, C)
        if self.training:
            distance = (self.places - torch.rand(2, device=scores.device)).norm(dim=1)  # (C,)
            left_out = distance <= self.drop_radius
            if not left_out.all():
                scores = scores.masked_fill(left_out, -torch.inf)
        return scores.softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, T) to virtual channels (B, n_virtual, T)."""
        return self.weights() @ x


class SubjectLayer(nn.Module):
    """One linear map per subject, initially the identity."""

    def __init__(self, n_subjects: int, width: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.eye(width).repeat(n_subjects, 1, 1))

    def forward(self, x: Tensor, subjects: Tensor) -> Tensor:
        """Map channels (B, width, T) by the subjects' numbers (B,), from 0; the shape stays."""
        return self.maps[subjects] @ x


class ConvolutionBlock(nn.Module):
    """Two residual dilated convolutions, then a convolution with a gated linear unit (GLU)."""

    def __init__(self, n_in: int, width: int, kernel: int, dilations: tuple[int, int]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(n, width, kernel, dilation=dilation, padding="same", bias=False),
                nn.BatchNorm1d(width),
                nn.GELU(),
            )
            for n, dilation in zip((n_in, width), dilations, strict=True)
        )
        self.gate = nn.Sequential(nn.Conv1d(width, 2 * width, 3, padding=1), nn.GLU(dim=1))

    def forward(self, x: Tensor) -> Tensor:
        """Convert (B, n_in, T) to (B, width, T)."""
        for convolution in self.convolutions:
            y = convolution(x)  # (B, width, T)
            x = x + y if x.shape == y.shape else y
        gated: Tensor = self.gate(x)
        return gated


class MegImages(nn.Module):
    """The MEG encoder and its two heads.

    Parameters
    ----------
    positions : ndarray, shape (n_channels, 3)
        Head or helmet coordinates (z up) in metres.
    n_samples : int
    n_dimensions : int
        Number of dimensions of the image embeddings.
    n_subjects : int
        Number of subjects with a layer of their own; 0 for no subject layer.
    """

    def __init__(
        self,
        positions: Array,
        n_samples: int,
        n_dimensions: int,
        n_subjects: int = 0,
        settings: MegImagesSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        self.attention = SpatialAttention(positions, s)
        self.mix = nn.Conv1d(s.n_virtual, s.n_virtual, 1)
        self.subject = SubjectLayer(n_subjects, s.n_virtual) if n_subjects else None
        self.blocks = residual_blocks(s)
        self.widen = widening(s)
        self.over_time = nn.Linear(n_samples, 1)
        self.contrast = head(2 * s.width, n_dimensions)
        self.regression = head(2 * s.width, n_dimensions)
        self.log_temperature = nn.Parameter(torch.tensor(TEMPERATURE).log())

    def features(self, x: Tensor, subjects: Tensor | None = None) -> Tensor:
        """Compute the input of the heads, shape (n_trials, 2 * width).

        ``x`` has the shape (n_trials, n_channels, n_samples). ``subjects`` (n_trials,) are the
        subjects' numbers, from 0; the network needs them if it has a layer per subject.
        """
        x = self.mix(self.attention(x))  # (B, 270, T)
        if self.subject is not None:
            if subjects is None:
                raise ValueError("this network has a layer for each subject: give their numbers")
            x = self.subject(x, subjects)  # (B, 270, T)
        x = self.widen(self.blocks(x))  # (B, 320, T), (B, 640, T)
        summed: Tensor = self.over_time(x).squeeze(2)  # (B, 640)
        return summed

    def forward(self, x: Tensor, subjects: Tensor | None = None) -> Embeddings:
        """Predict image embeddings from trials; arguments as for `features`."""
        x = self.features(x, subjects)
        return Embeddings(self.contrast(x), self.regression(x), self.log_temperature.exp())


class Retriever(nn.Module):
    """Part of `MegImages` for live decoding: the contrastive head, with fixed attention.

    Attention depends on positions only and the 1x1 convolution after it is linear, so together they
    are one matrix. The embeddings are the same, and the sensors' positions are not needed.

    Parameters
    ----------
    n_channels, n_samples : int
        Shape of the windows.
    n_dimensions : int
    settings : MegImagesSettings
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        n_dimensions: int,
        settings: MegImagesSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        self.sensors = nn.Conv1d(n_channels, settings.n_virtual, 1)
        self.blocks = residual_blocks(settings)
        self.widen = widening(settings)
        self.over_time = nn.Linear(n_samples, 1)
        self.contrast = head(2 * settings.width, n_dimensions)

    @torch.no_grad()
    def take(self, trained: MegImages) -> None:
        """Copy the weights of a trained network, with the mean of its subjects' layers."""
        trained.eval()
        assert trained.mix.bias is not None
        assert self.sensors.bias is not None
        weight = trained.mix.weight[:, :, 0] @ trained.attention.weights()  # (270, C)
        bias = trained.mix.bias
        if trained.subject is not None:
            own = trained.subject.maps.mean(dim=0)
            weight, bias = own @ weight, own @ bias
        self.sensors.weight.copy_(weight[..., None])
        self.sensors.bias.copy_(bias)
        for name in ("blocks", "widen", "over_time", "contrast"):
            getattr(self, name).load_state_dict(getattr(trained, name).state_dict())

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, T) to embeddings (B, n_dimensions)."""
        x = self.widen(self.blocks(self.sensors(x)))  # (B, 640, T)
        found: Tensor = self.contrast(self.over_time(x).squeeze(2))
        return found


def residual_blocks(settings: MegImagesSettings) -> nn.Sequential:
    """Make blocks that convert virtual channels (B, n_virtual, T) to (B, width, T)."""
    s = settings
    blocks = nn.Sequential()
    for i in range(s.n_blocks):
        first, second = (2 ** (k % s.dilation_period) for k in (2 * i, 2 * i + 1))
        n_in = s.width if i else s.n_virtual
        blocks.append(ConvolutionBlock(n_in, s.width, s.kernel, (first, second)))
    return blocks


def widening(settings: MegImagesSettings) -> nn.Sequential:
    """Make a layer that converts (B, width, T) to (B, 2 * width, T)."""
    return nn.Sequential(nn.Conv1d(settings.width, 2 * settings.width, 1), nn.GELU())


def head(n_in: int, n_out: int) -> nn.Sequential:
    """Make a head with one hidden layer of the width of the input."""
    return nn.Sequential(
        nn.LayerNorm(n_in), nn.Linear(n_in, n_in), nn.GELU(), nn.Linear(n_in, n_out)
    )


def contrastive_loss(
    predicted: Tensor, images: Tensor, temperature: float | Tensor = TEMPERATURE
) -> Tensor:
    """Contrastive loss: cross-entropy of the image of each trial, and of the trial of each image.

    Parameters
    ----------
    predicted, images : Tensor, shape (n_trials, n_dimensions)
        Embeddings, compared by cosine. Equal rows of ``images`` are the same image; its trials
        share the target.
    """
    scores = F.normalize(predicted, dim=1) @ F.normalize(images, dim=1).T / temperature
    same = (torch.cdist(images, images, compute_mode="donot_use_mm_for_euclid_dist") == 0).float()
    targets = same / same.sum(dim=1, keepdim=True)  # (B, B), symmetric
    return (F.cross_entropy(scores, targets) + F.cross_entropy(scores.T, targets)) / 2


def images_loss(embeddings: Embeddings, images: Tensor, share: float = 0.75) -> Tensor:
    """Total loss: contrastive loss and squared error, weighted by ``share`` and 1 - ``share``.

    ``images`` (n_trials, n_dimensions) are the embeddings of the true images.
    """
    contrast = contrastive_loss(embeddings.contrast, images, embeddings.temperature)
    return share * contrast + (1 - share) * F.mse_loss(embeddings.regression, images)


def flat_places(positions: Array) -> Array:
    """Project positions onto the unit square, (n_channels, 2).

    The projection is azimuthal equidistant: the angle from the z axis becomes the distance from the
    centre.
    """
    positions = np.asarray(positions, dtype=float)
    if not np.isfinite(positions).all():
        raise ValueError("attention over sensors needs the position of every channel")
    across = np.linalg.norm(positions[:, :2], axis=1, keepdims=True)
    angle = np.arctan2(across, positions[:, 2:])
    flat = angle * positions[:, :2] / np.maximum(across, 1e-9)
    flat -= flat.min(axis=0)
    return np.asarray(flat / max(flat.max(), 1e-9))


def rank_at_place(positions: Array) -> NDArray[np.int64]:
    """Count the earlier channels at the same position, within 1 mm, for each channel.

    ``positions`` (n_channels, 3) are in metres; the result is (n_channels,).
    """
    seen: dict[tuple[float, ...], int] = {}
    ranks = []
    for place in np.round(positions, 3).tolist():
        ranks.append(seen.get(tuple(place), 0))
        seen[tuple(place)] = ranks[-1] + 1
    return np.array(ranks, dtype=np.int64)


def fourier_features(places: Array, n_frequencies: int, margin: float) -> Array:
    """Compute cosines and sines of all pairs of frequencies.

    The shape is (n_channels, 2 * n_frequencies ** 2). The period of frequency 1 is the unit square
    plus ``margin`` on each side.
    """
    turns = 2 * np.pi * np.arange(n_frequencies) / (1 + 2 * margin)
    x, y = (places + margin).T
    angle = (x[:, None, None] * turns[:, None] + y[:, None, None] * turns).reshape(len(places), -1)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
