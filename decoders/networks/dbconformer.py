"""DBConformer: one Transformer over time and one over channels, side by side.

Source: Wang et al., "DBConformer: dual-branch convolutional Transformer for EEG decoding", IEEE
JBHI 2026, with shapes and values as in its authors' repository (wzwvv/DBConformer). Its samples at
250 Hz are kept as times: kernel 63, patch 125; kernel 25 and stride 5 in the spatial branch.

Both branches are 2 blocks deep, as in the authors' runs within a person (4 on BNCI2014002). Their
runs across people are 6 deep, but 2 on BNCI2014001 and BNCI2014004.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from decoders.networks.depthwise import DepthwiseConv
from decoders.networks.durations import odd_samples, require_window, samples
from decoders.networks.transformer import TransformerBlock


@dataclass(frozen=True, slots=True)
class DbconformerSettings:
    """Hyper-parameters; times in seconds."""

    width: int = 40
    patch_s: float = 0.5
    kernel_s: float = 0.252
    patch_dropout: float = 0.5
    n_spatial: int = 16
    spatial_kernel_s: float = 0.1
    spatial_stride_s: float = 0.02
    temporal_depth: int = 2
    spatial_depth: int = 2
    n_heads: int = 10
    expansion: int = 4
    dropout: float = 0.5
    head_widths: tuple[int, int] = (64, 32)
    head_dropouts: tuple[float, float] = (0.5, 0.3)
    initial_std: float = 0.01


PUBLISHED = DbconformerSettings()


class TemporalTokens(nn.Module):
    """One token per patch of half a second."""

    def __init__(self, n_channels: int, sfreq: float, s: DbconformerSettings) -> None:
        super().__init__()
        kernel = odd_samples(s.kernel_s, sfreq)
        self.layers = nn.Sequential(
            nn.Conv1d(n_channels, s.width, 1, bias=False),  # (B, 40, T)
            nn.BatchNorm1d(s.width),
            DepthwiseConv(s.width, kernel),  # (B, 40, T)
            nn.BatchNorm1d(s.width),
            nn.GELU(),
            nn.AvgPool1d(samples(s.patch_s, sfreq)),  # (B, 40, P); the remainder is dropped
            nn.Dropout(s.patch_dropout),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv1d):
                nn.init.trunc_normal_(layer.weight, std=s.initial_std)

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, T) to tokens (B, P, width), one per patch."""
        tokens: Tensor = self.layers(x)
        return tokens.transpose(1, 2)  # (B, P, 40)


class SpatialTokens(nn.Module):
    """One token per channel, made from this channel alone."""

    def __init__(self, sfreq: float, s: DbconformerSettings) -> None:
        super().__init__()
        kernel = odd_samples(s.spatial_kernel_s, sfreq)
        stride = samples(s.spatial_stride_s, sfreq)
        self.layers = nn.Sequential(
            nn.Conv1d(1, s.n_spatial, kernel, stride, padding=kernel // 2),  # (B C, 16, T / 5)
            nn.ELU(),
            nn.AdaptiveAvgPool1d(1),  # (B C, 16, 1)
            nn.Flatten(),
            nn.Linear(s.n_spatial, s.width),  # (B C, 40)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, T) to tokens (B, n_channels, width)."""
        n_trials, n_channels, n_samples = x.shape
        tokens: Tensor = self.layers(x.reshape(n_trials * n_channels, 1, n_samples))
        return tokens.view(n_trials, n_channels, -1)  # (B, C, 40)


class Dbconformer(nn.Module):
    """DBConformer.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    sfreq : float
        Sampling rate in hertz.

    Raises
    ------
    ValueError
        If the window is shorter than one patch.
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        settings: DbconformerSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        patch = samples(s.patch_s, sfreq)
        require_window("DBConformer", n_samples, patch, sfreq)
        self.temporal_tokens = TemporalTokens(n_channels, sfreq, s)
        self.spatial_tokens = SpatialTokens(sfreq, s)
        self.temporal_positions = nn.Parameter(torch.randn(1, n_samples // patch, s.width))
        self.spatial_positions = nn.Parameter(torch.randn(1, n_channels, s.width))
        self.temporal_encoder = nn.Sequential(
            *(
                TransformerBlock(s.width, s.n_heads, s.expansion, s.dropout)
                for _ in range(s.temporal_depth)
            )
        )
        self.spatial_encoder = nn.Sequential(
            *(
                TransformerBlock(s.width, s.n_heads, s.expansion, s.dropout)
                for _ in range(s.spatial_depth)
            )
        )
        # The last layer needs no bias, because it is the same for all channels and cancels in the
        # softmax.
        self.channel_score = nn.Sequential(
            nn.Linear(s.width, s.width), nn.Tanh(), nn.Linear(s.width, 1, bias=False)
        )
        self.n_features = 2 * s.width
        first, second = s.head_widths
        self.head = nn.Sequential(
            nn.Linear(self.n_features, first),
            nn.ELU(),
            nn.Dropout(s.head_dropouts[0]),
            nn.Linear(first, second),
            nn.ELU(),
            nn.Dropout(s.head_dropouts[1]),
            nn.Linear(second, n_classes),
        )

    def features(self, x: Tensor) -> Tensor:
        """Concatenate temporal and spatial features of trials (n_trials, n_channels, n_samples).

        The result has the shape (n_trials, n_features).
        """
        temporal = self.temporal_tokens(x) + self.temporal_positions  # (B, P, 40)
        temporal = self.temporal_encoder(temporal).mean(1)  # (B, 40)
        spatial, weights = self._attended_channels(x)  # (B, C, 40), (B, C)
        spatial = (weights.unsqueeze(2) * spatial).sum(1)  # (B, 40)
        return torch.cat([temporal, spatial], dim=1)  # (B, 80)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits

    @torch.no_grad()
    def channel_attention(self, x: Tensor) -> Tensor:
        """Compute the weight of each channel in the spatial features, shape (n_channels,).

        It is the mean over the trials ``x``. The weights are positive and sum to 1. Call it in
        evaluation mode, because dropout adds noise in training mode.
        """
        _, weights = self._attended_channels(x)
        return weights.mean(0)

    def _attended_channels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        spatial = self.spatial_tokens(x) + self.spatial_positions  # (B, C, 40)
        spatial = self.spatial_encoder(spatial)  # (B, C, 40)
        weights = self.channel_score(spatial).squeeze(2).softmax(1)  # (B, C)
        return spatial, weights
