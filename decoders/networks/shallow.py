"""ShallowConvNet: filters, band power and a linear layer, trained as one network.

Source: Schirrmeister et al. 2017, "Deep learning with convolutional neural networks for EEG
decoding and visualization", Hum. Brain Mapp. 38, 5391-5420, figure 2. The paper's samples at
250 Hz are kept as times. Left out: its cropped training (a window here is one trial) and its
max-norm on the weights, which the figure does not name.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from decoders.networks.durations import require_window, samples


@dataclass(frozen=True, slots=True)
class ShallowSettings:
    """Hyper-parameters; times in seconds."""

    n_filters: int = 40
    kernel_s: float = 0.1
    pool_s: float = 0.3
    stride_s: float = 0.06
    dropout: float = 0.5
    least_power: float = 1e-6


PUBLISHED = ShallowSettings()


class Shallow(nn.Module):
    """ShallowConvNet.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    sfreq : float
        Sampling rate in hertz.

    Raises
    ------
    ValueError
        If the window is shorter than the kernel and one pool.
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        settings: ShallowSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        self.least_power = s.least_power
        kernel, pool = samples(s.kernel_s, sfreq), samples(s.pool_s, sfreq)
        stride = samples(s.stride_s, sfreq)
        require_window("ShallowConvNet", n_samples, kernel + pool - 1, sfreq)
        self.temporal = nn.Conv2d(1, s.n_filters, (1, kernel))
        self.spatial = nn.Conv2d(s.n_filters, s.n_filters, (n_channels, 1), bias=False)
        self.norm = nn.BatchNorm2d(s.n_filters)
        self.pool = nn.AvgPool2d((1, pool), (1, stride))
        self.dropout = nn.Dropout(s.dropout)
        n_steps = (n_samples - kernel + 1 - pool) // stride + 1
        self.n_features = s.n_filters * n_steps
        self.head = nn.Linear(self.n_features, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Compute the log power per filter and time step, shape (n_trials, n_features).

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        x = x.unsqueeze(1)  # (B, 1, C, T)
        x = self.temporal(x)  # (B, 40, C, T - kernel + 1)
        x = self.norm(self.spatial(x))  # (B, 40, 1, T - kernel + 1)
        x = self.pool(x.square())  # (B, 40, 1, steps), power
        x = self.dropout(torch.log(x.clamp(min=self.least_power)))
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits
