"""EEGNet: a compact network of depthwise and separable convolutions.

Source: Lawhern et al. 2018, "EEGNet: a compact convolutional neural network for EEG-based
brain-computer interfaces", J. Neural Eng. 15 056013, table 2; EEGNet-8,2 with its dropout for
one person's data.

The paper uses 128 Hz. Here its durations are kept at any rate: a first kernel of 0.5 s, a pool to
about 32 Hz, a second kernel of 0.5 s, and a pool of eight samples (0.25 s). Batch norm's momentum
and epsilon and the initial weights are torch's defaults.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from decoders.networks.durations import require_window, samples
from decoders.networks.max_norm import MaxNormLinear, MaxNormSpatialConv


@dataclass(frozen=True, slots=True)
class EegnetSettings:
    """Hyper-parameters; times in seconds, rates in hertz.

    For training across people, the paper has ``dropout`` 0.25.
    """

    n_temporal: int = 8
    depth: int = 2
    n_pointwise: int = 16
    kernel_s: float = 0.5
    pooled_hz: float = 32.0
    separable_s: float = 0.5
    last_pool: int = 8
    dropout: float = 0.5
    spatial_max_norm: float = 1.0
    head_max_norm: float = 0.25


PUBLISHED = EegnetSettings()


def same_padding(kernel: int) -> nn.ZeroPad2d:
    """Make zero padding in time that keeps the number of samples, for odd and even kernels."""
    return nn.ZeroPad2d(((kernel - 1) // 2, kernel // 2, 0, 0))


class Eegnet(nn.Module):
    """EEGNet.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    sfreq : float
        Sampling rate in hertz.

    Raises
    ------
    ValueError
        If the window is too short to leave one sample after the pools.
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        settings: EegnetSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        pool = samples(1 / s.pooled_hz, sfreq)
        require_window("EEGNet", n_samples, pool * s.last_pool, sfreq)
        n_spatial = s.n_temporal * s.depth
        kernel = samples(s.kernel_s, sfreq)
        self.temporal = nn.Sequential(
            same_padding(kernel),
            nn.Conv2d(1, s.n_temporal, (1, kernel), bias=False),
            nn.BatchNorm2d(s.n_temporal),
        )
        self.spatial = nn.Sequential(
            MaxNormSpatialConv(s.n_temporal, s.depth, n_channels, s.spatial_max_norm),
            nn.BatchNorm2d(n_spatial),
            nn.ELU(),
            nn.AvgPool2d((1, pool)),
            nn.Dropout(s.dropout),
        )
        kernel = samples(s.separable_s, sfreq / pool)
        self.separable = nn.Sequential(
            same_padding(kernel),
            nn.Conv2d(n_spatial, n_spatial, (1, kernel), groups=n_spatial, bias=False),
            nn.Conv2d(n_spatial, s.n_pointwise, 1, bias=False),
            nn.BatchNorm2d(s.n_pointwise),
            nn.ELU(),
            nn.AvgPool2d((1, s.last_pool)),
            nn.Dropout(s.dropout),
        )
        self.n_features = s.n_pointwise * (n_samples // pool // s.last_pool)
        self.head = MaxNormLinear(self.n_features, n_classes, s.head_max_norm)

    def features(self, x: Tensor) -> Tensor:
        """Compute the input of the head, (n_trials, n_features), for trials.

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        x = x.unsqueeze(1)  # (B, 1, C, T)
        x = self.temporal(x)  # (B, 8, C, T)
        x = self.spatial(x)  # (B, 16, 1, T / pool), at about 32 Hz
        x = self.separable(x)  # (B, 16, 1, T / pool / 8)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits
