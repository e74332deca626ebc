"""Du-IN: words from depth electrodes; encoder of all three stages, and word classifier.

Source: Zheng et al. 2024, "Du-IN: discrete units-guided mask modeling for decoding speech from
intracranial neural signals", NeurIPS, arXiv 2405.11459, and its authors' code
(liulab-repository/Du-IN, MIT). Layers, sizes and initial weights are the authors': no activation
in the tokeniser, layer norm on each head's queries and keys, ReLU, fixed sinusoids. Signals have
1000 Hz, and each channel is scaled to about unit variance.

The first layer, linear from a person's channels to 16, is personal: a new person needs a new one,
and the other layers can be reused. Changed here: no bias before a batch norm, which would remove
it. Codebook and pretraining: `codebook`, `duin_pretraining`.
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
    # True for the authors' tokeniser and initial weights. False for GELU after each convolution
    # and PyTorch's initial weights, which train faster with few trials.
    published: bool = True
    # True for a sigmoid at the end of the head, as in the authors' code, which treats its outputs
    # as logits.
    sigmoid: bool = False
    # The settings below are for pretraining only.
    n_codes: int = 2048
    code_width: int = 64
    code_decay: float = 0.99
    n_decoder_blocks: int = 4

    @property
    def width(self) -> int:
        """Width of a token, which is a flattened patch after the convolutions."""
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
    """Three convolutions of each patch by itself; the result is flattened to one token."""

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
        """Convert signals (B, n_spatial, T) to tokens (B, P, width), with P = T / patch."""
        n_trials, n_patches = len(x), x.shape[2] // self.patch
        x = x.reshape(n_trials, x.shape[1], -1, self.patch).transpose(1, 2)  # (B, P, 16, 100)
        x = self.convolutions(x.flatten(0, 1))  # (B P, 16, 10)
        return x.reshape(n_trials, n_patches, -1)  # (B, P, 160)


class Block(nn.Module):
    """Attention, then a feed-forward layer; each is added to its input, then normalised.

    All heads together are wider than a token (8 x 64 for 160), unlike in `transformer.Attention`.
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
    """Addition of positions, then blocks; deeper blocks have smaller initial weights."""

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
    """One linear layer per person; people may have different numbers of channels.

    Parameters
    ----------
    n_ins, n_outs : sequence of int
        Numbers of inputs and outputs for each person.
    """

    def __init__(self, n_ins: Sequence[int], n_outs: Sequence[int]) -> None:
        super().__init__()
        self.people = nn.ModuleList(map(nn.Linear, n_ins, n_outs))

    def forward(self, x: Tensor, person: int = 0) -> Tensor:
        """Convert signals (B, n_in, T) of person number ``person`` to (B, n_out, T)."""
        mixed: Tensor = self.people[person](x.transpose(1, 2)).transpose(1, 2)
        return mixed


class DuinEncoder(nn.Module):
    """Encoder that the three stages share: it converts signals to contextual tokens.

    Parameters
    ----------
    n_channels : int or sequence of int
        Number of channels; a sequence has the number of each of several people.
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
        """Convert trials (B, n_channels, T) to independent tokens (B, P, width)."""
        tokens: Tensor = self.tokeniser(self.spatial(x, person))  # (B, P, 160)
        return tokens

    def forward(self, x: Tensor, person: int = 0) -> Tensor:
        """Convert trials (B, n_channels, T) of one person to contextual tokens (B, P, width)."""
        tokens: Tensor = self.transformer(self.tokens(x, person))  # (B, P, 160)
        return tokens


class Duin(nn.Module):
    """Stage 3: classification of words.

    Copy the weights of stage 2 by ``words.encoder.load_state_dict(masked.encoder.state_dict())``.

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
        """Concatenate all tokens of trials (n_trials, n_channels, n_samples).

        The result has the shape (n_trials, n_features).
        """
        x = self.encoder(x)  # (B, P, 160)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def per_person(n_channels: int | Sequence[int]) -> Sequence[int]:
    """Return the number of channels per person; a single number means one person."""
    return [n_channels] if isinstance(n_channels, int) else n_channels


def sinusoids(n_positions: int, width: int) -> Tensor:
    """Make sines and cosines with periods of 2 pi to 2 pi 10^4 positions, (n_positions, width)."""
    rate = 1e-4 ** (torch.arange(0, width, 2) / width)
    angle = torch.arange(n_positions)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width]


def start_small(module: nn.Module, sd: float = 0.02) -> None:
    """Draw the weights of linear layers from a truncated normal distribution; biases are 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=sd)
            nn.init.zeros_(layer.bias)
