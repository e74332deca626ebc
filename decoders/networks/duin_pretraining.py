"""Du-IN's stages without labels: a VQ-VAE that finds units, then modelling of masked tokens.

Source: as in `duin`. Stage 1 learns discrete units by reconstructing the signal from them; its
decoder has 4 blocks, as the repository sets it. Stage 2 trains an encoder, a new one or stage
1's, to name the unit of every token that it does not see. Left open by what we read, and the
simplest taken: linear projections to and from the codebook, batch norm and GELU between the
transposed convolutions, a mask of its own for each trial, a linear layer as stage 2's head.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.codebook import Codebook
from decoders.networks.duin import FULL, DuinEncoder, DuinSettings, Transformer

_COMMITMENT = 1.0


class Reconstruction(NamedTuple):
    """What stage 1 makes of trials.

    Attributes
    ----------
    signal : Tensor, shape (n_trials, n_channels, n_samples)
    indices : Tensor of int64, shape (n_trials, n_tokens)
    commitment : Tensor, scalar
    """

    signal: Tensor
    indices: Tensor
    commitment: Tensor


class Detokeniser(nn.Module):
    """Each token by itself through five transposed convolutions, back to a patch."""

    def __init__(self, settings: DuinSettings) -> None:
        super().__init__()
        s = settings
        steps = s.patch // s.stride  # 10
        wide, narrow = s.widths[0], s.n_spatial
        last = s.kernels[0]  # 19
        # Cut from the ends of the last layer's output, so that a patch is left.
        surplus = last - s.stride
        padding, one_more = -(-surplus // 2), surplus % 2
        self.convolutions = nn.Sequential(
            *_up(nn.ConvTranspose1d(s.width, wide, 3, padding=1, bias=False)),
            *_up(nn.ConvTranspose1d(wide, wide, 3, padding=1, bias=False)),
            *_up(nn.ConvTranspose1d(wide, wide, steps, steps, bias=False)),
            *_up(nn.ConvTranspose1d(wide, wide, 9, padding=4, bias=False)),
            nn.ConvTranspose1d(
                wide, narrow, last, s.stride, padding=padding, output_padding=one_more
            ),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, P, width) to signals (B, n_spatial, P * patch)."""
        n_trials, n_tokens, _ = x.shape
        x = x.flatten(0, 1).unsqueeze(2)  # (B P, 160, 1)
        x = self.convolutions(x)  # (B P, 128, 1), 1, 10, 10, then (B P, 16, 100)
        x = x.view(n_trials, n_tokens, *x.shape[1:])  # (B, P, 16, 100)
        return x.transpose(1, 2).flatten(2)  # (B, 16, T)


def _up(convolution: nn.ConvTranspose1d) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm1d(convolution.out_channels), nn.GELU()


class DuinVqVae(nn.Module):
    """Stage 1: signals to discrete units and back.

    Parameters
    ----------
    n_channels, n_samples : int
    """

    def __init__(self, n_channels: int, n_samples: int, settings: DuinSettings = FULL) -> None:
        super().__init__()
        s = settings
        self.encoder = DuinEncoder(n_channels, n_samples, s)
        self.to_codes = nn.Linear(s.width, s.code_width)
        self.codebook = Codebook(s.n_codes, s.code_width, s.code_decay)
        self.from_codes = nn.Linear(s.code_width, s.width)
        self.decoder = Transformer(self.encoder.n_tokens, s.n_decoder_blocks, s)
        self.detokeniser = Detokeniser(s)
        self.to_channels = nn.Linear(s.n_spatial, n_channels)

    def forward(self, x: Tensor) -> Reconstruction:
        """Reconstruct trials (n_trials, n_channels, n_samples)."""
        x = self.encoder(x)  # (B, P, 160)
        quantised = self.codebook(self.to_codes(x))  # codes (B, P, 64), indices (B, P)
        x = self.decoder(self.from_codes(quantised.codes))  # (B, P, 160)
        x = self.detokeniser(x)  # (B, 16, T)
        x = self.to_channels(x.transpose(1, 2)).transpose(1, 2)  # (B, C, T)
        return Reconstruction(x, quantised.indices, quantised.commitment)

    @torch.no_grad()
    def units(self, x: Tensor) -> Tensor:
        """Code numbers (n_trials, n_tokens) of trials: stage 2's targets. Call in eval mode."""
        indices: Tensor = self.codebook(self.to_codes(self.encoder(x))).indices
        return indices


class DuinMasked(nn.Module):
    """Stage 2: the unit of each token, some of them masked.

    Parameters
    ----------
    n_channels, n_samples : int
    """

    def __init__(self, n_channels: int, n_samples: int, settings: DuinSettings = FULL) -> None:
        super().__init__()
        self.encoder = DuinEncoder(n_channels, n_samples, settings)
        self.mask_token = nn.Parameter(0.02 * torch.randn(settings.width))
        self.head = nn.Linear(settings.width, settings.n_codes)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Logits (n_trials, n_tokens, n_codes).

        ``x`` (n_trials, n_channels, n_samples); ``mask`` (n_trials, n_tokens), True where a token
        is hidden.
        """
        x = self.encoder.tokens(x)  # (B, P, 160)
        x = torch.where(mask[:, :, None], self.mask_token, x)
        logits: Tensor = self.head(self.encoder.transformer(x))  # (B, P, 2048)
        return logits


def vqvae_loss(model: DuinVqVae, x: Tensor) -> Tensor:
    """Mean squared error with the signal, plus commitment to the codes."""
    made = model(x)
    loss: Tensor = F.mse_loss(made.signal, x) + _COMMITMENT * made.commitment
    return loss


def masked_loss(model: DuinMasked, x: Tensor, units: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy at masked places, the mean of ``mask`` and its complement.

    Parameters
    ----------
    x : Tensor, shape (n_trials, n_channels, n_samples)
    units : Tensor of int64, shape (n_trials, n_tokens)
        From `DuinVqVae.units`.
    mask : Tensor of bool, shape (n_trials, n_tokens)
        From `half_masks`.
    """
    first = F.cross_entropy(model(x, mask)[mask], units[mask])
    second = F.cross_entropy(model(x, ~mask)[~mask], units[~mask])
    return (first + second) / 2


def half_masks(n_trials: int, n_tokens: int) -> Tensor:
    """Random masks (n_trials, n_tokens), True at n_tokens // 2 places of each trial."""
    return torch.rand(n_trials, n_tokens).argsort(dim=1) < n_tokens // 2
