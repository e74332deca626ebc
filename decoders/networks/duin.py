"""Du-IN: words from depth electrodes. The encoder of all three stages, and the word classifier.

Source: Zheng et al. 2024, "Du-IN: discrete units-guided mask modeling for decoding speech from
intracranial neural signals", NeurIPS, arXiv 2405.11459, and its authors' code
(liulab-repository/Du-IN, MIT), whose layers, sizes and initial weights these are: no activation in
the tokeniser, layer norm on each head's queries and keys, ReLU, fixed sinusoids. Signals at
1000 Hz, scaled a channel to about unit variance.

The first layer, linear from a person's channels to 16, is that person's: a new person needs a
new one, the rest can be carried over. Ours: no bias before a batch norm, which would take it out.
Codebook and pretraining: `codebook`, `duin_pretraining`.
"""

from collections.abc import Sequence
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
    # The authors' tokeniser and initial weights. Without: GELU after each convolution, and
    # PyTorch's initial weights, which learn faster from few trials.
    published: bool = True
    # The authors' head ends in a sigmoid, whose outputs they take for logits.
    sigmoid: bool = False
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
    published=False,
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
                *([] if s.published else [nn.GELU()]),
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
        self.query_norm, self.key_norm = nn.LayerNorm(s.head_width), nn.LayerNorm(s.head_width)
        self.projection = nn.Linear(inner, s.width)
        self.norm = nn.LayerNorm(s.width)
        self.feed_forward = nn.Sequential(
            nn.Linear(s.width, s.expansion * s.width),
            nn.ReLU(),
            nn.Dropout(s.dropout),
            nn.Linear(s.expansion * s.width, s.width),
        )
        self.last_norm = nn.LayerNorm(s.width)

    def attend(self, x: Tensor) -> Tensor:
        heads = self.queries_keys_values(x).view(*x.shape[:2], 3, self.n_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, heads, P, 64)
        q, k = self.query_norm(q), self.key_norm(k)
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
    """Positions added, then blocks; the deeper a block, the smaller its weights at the start."""

    positions: Tensor

    def __init__(self, n_tokens: int, n_blocks: int, settings: DuinSettings) -> None:
        super().__init__()
        positions = sinusoids(n_tokens, settings.width)
        self.register_buffer("positions", positions, persistent=False)
        self.blocks = nn.Sequential(*(Block(settings) for _ in range(n_blocks)))
        for number, block in enumerate(self.blocks if settings.published else [], 1):
            start_small(block, 0.02 / (2 * number) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, P, width) to tokens of the same shape."""
        out: Tensor = self.blocks(x + self.positions)
        return out


class PersonalLinear(nn.Module):
    """A linear layer for each person, whose numbers of channels may differ.

    Parameters
    ----------
    n_ins, n_outs : sequence of int
        Of each person.
    """

    def __init__(self, n_ins: Sequence[int], n_outs: Sequence[int]) -> None:
        super().__init__()
        self.people = nn.ModuleList(map(nn.Linear, n_ins, n_outs))

    def forward(self, x: Tensor, person: int = 0) -> Tensor:
        """Signals (B, n_in, T) of one person to (B, n_out, T)."""
        mixed: Tensor = self.people[person](x.transpose(1, 2)).transpose(1, 2)
        return mixed


class DuinEncoder(nn.Module):
    """Part that the three stages share: signals in, contextual tokens out.

    Parameters
    ----------
    n_channels : int or sequence of int
        Of each person, where they are several.
    n_samples : int

    Raises
    ------
    ValueError
        If the window is not a whole number of patches.
    """

    def __init__(
        self, n_channels: int | Sequence[int], n_samples: int, settings: DuinSettings = FULL
    ) -> None:
        super().__init__()
        s = settings
        self.n_tokens, rest = divmod(n_samples, s.patch)
        if rest or not self.n_tokens:
            raise ValueError(
                f"Du-IN cuts windows into patches of {s.patch} samples; {n_samples} samples "
                "are not a multiple of that"
            )
        of_each = per_person(n_channels)
        self.spatial = PersonalLinear(of_each, [s.n_spatial] * len(of_each))
        self.tokeniser = Tokeniser(s)
        self.transformer = Transformer(self.n_tokens, s.n_blocks, s)

    def tokens(self, x: Tensor, person: int = 0) -> Tensor:
        """Trials (B, n_channels, T) to tokens (B, P, width) that do not know of each other."""
        tokens: Tensor = self.tokeniser(self.spatial(x, person))  # (B, P, 160)
        return tokens

    def forward(self, x: Tensor, person: int = 0) -> Tensor:
        """Trials (B, n_channels, T) of one person to tokens (B, P, width)."""
        tokens: Tensor = self.transformer(self.tokens(x, person))  # (B, P, 160)
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
            *([nn.Sigmoid()] if settings.sigmoid else []),
        )
        if settings.published:
            start_small(self.head)

    def features(self, x: Tensor) -> Tensor:
        """All tokens in a row, shape (n_trials, n_features)."""
        x = self.encoder(x)  # (B, P, 160)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def per_person(n_channels: int | Sequence[int]) -> Sequence[int]:
    """Numbers of channels of each person, of whom a single number is one."""
    return [n_channels] if isinstance(n_channels, int) else n_channels


def sinusoids(n_positions: int, width: int) -> Tensor:
    """Sines and cosines of periods from 2 pi to 2 pi 10^4 positions, (n_positions, width)."""
    rate = 1e-4 ** (torch.arange(0, width, 2) / width)
    angle = torch.arange(n_positions)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width]


def start_small(module: nn.Module, sd: float = 0.02) -> None:
    """Draw the weights of linear layers from a truncated normal distribution; biases are 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=sd)
            nn.init.zeros_(layer.bias)
