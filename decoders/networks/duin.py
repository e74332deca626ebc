"""Du-IN: words from depth electrodes. The encoder of all three stages, and the word classifier.

Source: Zheng et al. 2024, "Du-IN: discrete units-guided mask modeling for decoding speech from
intracranial neural signals", NeurIPS, arXiv 2405.11459, and the sizes in its authors' repository
(liulab-repository/Du-IN, MIT). Signals at 1000 Hz, scaled a channel to about unit variance.

The first layer, linear from a person's channels to 16, is that person's: a new person needs a
new one, the rest can be carried over. Left open by what we read, and the simplest taken: GELU
after each batch norm and in the feed-forward layers, dropout in attention and behind the first
feed-forward layer only, positions learnt from a start at sinusoids (the repository asks for
sinusoids), ReLU and no dropout in the classifier. Codebook and pretraining: `codebook`,
`duin_pretraining`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


@dataclass(frozen=True, slots=True)
class DuinSettings:
    """Hyper-parameters; ``patch``, ``stride`` and ``kernels`` in samples of 1 ms."""

    n_spatial: int = 16
    patch: int = 100
    stride: int = 10
    kernels: tuple[int, int, int] = (19, 3, 3)
    widths: tuple[int, int, int] = (128, 128, 16)
    n_blocks: int = 8
    n_heads: int = 8
    head_width: int = 64
    expansion: int = 2
    dropout: float = 0.2
    head_hidden: int = 128
    # Pretraining only.
    n_codes: int = 2048
    code_width: int = 64
    code_decay: float = 0.99
    n_decoder_blocks: int = 4

    @property
    def width(self) -> int:
        """Of a token: a patch after the convolutions, laid out flat."""
        return self.widths[-1] * (self.patch // self.stride)


FULL = DuinSettings()
SMALL = DuinSettings(
    n_spatial=8,
    widths=(32, 32, 8),
    n_blocks=2,
    n_heads=4,
    head_width=16,
    head_hidden=64,
    n_codes=128,
    code_decay=0.95,
    code_width=32,
    n_decoder_blocks=1,
)


class Tokeniser(nn.Module):
    """Each patch by itself through three convolutions, laid out flat as one token."""

    def __init__(self, settings: DuinSettings) -> None:
        super().__init__()
        s = settings
        self.patch = s.patch
        layers: list[nn.Module] = []
        n_in = s.n_spatial
        for width, kernel, stride in zip(s.widths, s.kernels, (s.stride, 1, 1), strict=True):
            layers += [
                nn.Conv1d(n_in, width, kernel, stride, padding=kernel // 2, bias=False),
                nn.BatchNorm1d(width),
                nn.GELU(),
            ]
            n_in = width
        self.convolutions = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Signals (B, n_spatial, T) to tokens (B, P, width), P = T / patch."""
        n_trials, n_patches = len(x), x.shape[2] // self.patch
        x = x.reshape(n_trials, x.shape[1], -1, self.patch).transpose(1, 2)  # (B, P, 16, 100)
        x = self.convolutions(x.flatten(0, 1))  # (B P, 16, 10)
        return x.reshape(n_trials, n_patches, -1)  # (B, P, 160)


class Block(nn.Module):
    """Attention, then a feed-forward layer, each added to its input and normalised after.

    The heads together are wider than a token (8 x 64 for 160), unlike `transformer.Attention`.
    """

    def __init__(self, settings: DuinSettings) -> None:
        super().__init__()
        s = settings
        self.n_heads, self.dropout = s.n_heads, s.dropout
        inner = s.n_heads * s.head_width
        self.queries_keys_values = nn.Linear(s.width, 3 * inner)
        self.projection = nn.Linear(inner, s.width)
        self.norm = nn.LayerNorm(s.width)
        self.feed_forward = nn.Sequential(
            nn.Linear(s.width, s.expansion * s.width),
            nn.GELU(),
            nn.Dropout(s.dropout),
            nn.Linear(s.expansion * s.width, s.width),
        )
        self.last_norm = nn.LayerNorm(s.width)

    def attend(self, x: Tensor) -> Tensor:
        heads = self.queries_keys_values(x).view(*x.shape[:2], 3, self.n_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, heads, P, 64)
        dropout = self.dropout if self.training else 0.0
        x = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)
        mixed: Tensor = self.projection(x.transpose(1, 2).flatten(2))  # (B, P, 512) -> 160
        return mixed

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, P, width) to tokens of the same shape."""
        x = self.norm(x + self.attend(x))
        out: Tensor = self.last_norm(x + self.feed_forward(x))
        return out


class Transformer(nn.Module):
    """Positions added, then blocks."""

    def __init__(self, n_tokens: int, n_blocks: int, settings: DuinSettings) -> None:
        super().__init__()
        self.positions = nn.Parameter(sinusoids(n_tokens, settings.width))
        self.blocks = nn.Sequential(*(Block(settings) for _ in range(n_blocks)))

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, P, width) to tokens of the same shape."""
        out: Tensor = self.blocks(x + self.positions)
        return out


class DuinEncoder(nn.Module):
    """What the three stages share: signals in, contextual tokens out.

    Parameters
    ----------
    n_channels, n_samples : int

    Raises
    ------
    ValueError
        If the window is not a whole number of patches.
    """

    def __init__(self, n_channels: int, n_samples: int, settings: DuinSettings = FULL) -> None:
        super().__init__()
        s = settings
        self.n_tokens, rest = divmod(n_samples, s.patch)
        if rest or not self.n_tokens:
            raise ValueError(
                f"Du-IN cuts windows into patches of {s.patch} samples; {n_samples} samples "
                "are not a multiple of that"
            )
        self.spatial = nn.Linear(n_channels, s.n_spatial)
        self.tokeniser = Tokeniser(s)
        self.transformer = Transformer(self.n_tokens, s.n_blocks, s)

    def tokens(self, x: Tensor) -> Tensor:
        """Trials (B, n_channels, T) to tokens (B, P, width) that do not know of each other."""
        x = self.spatial(x.transpose(1, 2)).transpose(1, 2)  # (B, 16, T)
        tokens: Tensor = self.tokeniser(x)  # (B, P, 160)
        return tokens

    def forward(self, x: Tensor) -> Tensor:
        """Trials (B, n_channels, T) to tokens (B, P, width)."""
        tokens: Tensor = self.transformer(self.tokens(x))  # (B, P, 160)
        return tokens


class Duin(nn.Module):
    """Stage 3: words.

    Weights of stage 2 are taken over by
    ``words.encoder.load_state_dict(masked.encoder.state_dict())``.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    """

    def __init__(
        self, n_channels: int, n_samples: int, n_classes: int, settings: DuinSettings = FULL
    ) -> None:
        super().__init__()
        self.encoder = DuinEncoder(n_channels, n_samples, settings)
        self.n_features = self.encoder.n_tokens * settings.width
        self.head = nn.Sequential(
            nn.Linear(self.n_features, settings.head_hidden),
            nn.ReLU(),
            nn.Linear(settings.head_hidden, n_classes),
        )

    def features(self, x: Tensor) -> Tensor:
        """All tokens in a row, shape (n_trials, n_features)."""
        x = self.encoder(x)  # (B, P, 160)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def sinusoids(n_positions: int, width: int) -> Tensor:
    """Sines and cosines of periods from 2 pi to 2 pi 10^4 positions, (n_positions, width)."""
    rate = 1e-4 ** (torch.arange(0, width, 2) / width)
    angle = torch.arange(n_positions)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width]
