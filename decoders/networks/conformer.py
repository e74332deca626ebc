"""EEG Conformer: ShallowConvNet's filters make tokens, a Transformer relates them in time.

Source: Song et al. 2023, "EEG Conformer: convolutional Transformer for EEG decoding and
visualization", IEEE TNSRE 31, 710-719, and its authors' repository for the head (256 and 32
units) and the division of the scores by sqrt(width). The paper's samples at 250 Hz are kept as
times. No position embedding, as published.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from decoders.networks.durations import require_window, samples
from decoders.networks.transformer import TransformerBlock


@dataclass(frozen=True, slots=True)
class ConformerSettings:
    """Hyper-parameters; times in seconds."""

    width: int = 40
    kernel_s: float = 0.1
    pool_s: float = 0.3
    stride_s: float = 0.06
    conv_dropout: float = 0.5
    depth: int = 6
    n_heads: int = 10
    expansion: int = 4
    dropout: float = 0.5
    head_widths: tuple[int, int] = (256, 32)
    head_dropouts: tuple[float, float] = (0.5, 0.3)


PUBLISHED = ConformerSettings()


class Conformer(nn.Module):
    """EEG Conformer.

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
        settings: ConformerSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        kernel, pool = samples(s.kernel_s, sfreq), samples(s.pool_s, sfreq)
        stride = samples(s.stride_s, sfreq)
        require_window("EEG Conformer", n_samples, kernel + pool - 1, sfreq)
        self.tokens = nn.Sequential(
            nn.Conv2d(1, s.width, (1, kernel)),  # (B, 40, C, T - kernel + 1)
            nn.Conv2d(s.width, s.width, (n_channels, 1)),  # (B, 40, 1, T - kernel + 1)
            nn.BatchNorm2d(s.width),
            nn.ELU(),
            nn.AvgPool2d((1, pool), (1, stride)),  # (B, 40, 1, tokens)
            nn.Dropout(s.conv_dropout),
            nn.Conv2d(s.width, s.width, 1),
        )
        self.encoder = nn.Sequential(
            *(TransformerBlock(s.width, s.n_heads, s.expansion, s.dropout) for _ in range(s.depth))
        )
        self.n_features = s.width * ((n_samples - kernel + 1 - pool) // stride + 1)
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
        """Concatenate all tokens of trials (n_trials, n_channels, n_samples).

        The result has the shape (n_trials, n_features).
        """
        x = self.tokens(x.unsqueeze(1))  # (B, 40, 1, tokens)
        x = x.squeeze(2).transpose(1, 2)  # (B, tokens, 40)
        x = self.encoder(x)  # (B, tokens, 40)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits
