"""Du-IN's stages without labels: a VQ-VAE that finds units, and a model of masked tokens.

Source: as in `duin`. Stage 1 finds discrete units by reconstructing the signal from them; its
decoder has 4 blocks, as in the repository. Stage 2 trains an encoder, a new one or that of stage 1,
to predict the unit of every masked token; then the mask is inverted.

Added here: the target may be the logarithm of band power instead of the signal. Units of a few bits
per 100 ms can describe a broadband signal, since most of its variance is slow. They cannot describe
a signal of 70-150 Hz, which has about 16 independent numbers per channel in 100 ms; see
`rate_bound`. The logarithm of power has one number per band, similar to the spectra that LaBraM
reconstructs. Several people share all layers except their own first and last layer.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.codebook import Codebook
from decoders.networks.duin import (
    FULL,
    DuinEncoder,
    DuinSettings,
    PersonalLinear,
    Transformer,
    per_person,
    start_small,
)

Target = Literal["power", "signal"]
_COMMITMENT = 1.0
BANDS_HZ = (4.0, 8.0, 13.0, 30.0, 50.0, 70.0, 100.0, 130.0, 160.0)
"""Edges of the eight bands, from theta to high gamma."""


class Reconstruction(NamedTuple):
    """Output of stage 1 for trials.

    Attributes
    ----------
    target : Tensor, shape (n_trials, n_series, n_times)
        The signal (n_channels, n_samples) or the power (n_channels * n_bands, n_tokens).
    indices : Tensor of int64, shape (n_trials, n_tokens)
    commitment : Tensor, scalar
    """

    target: Tensor
    indices: Tensor
    commitment: Tensor


class Detokeniser(nn.Module):
    """Five transposed convolutions from tokens to signals; they mix neighbouring tokens."""

    def __init__(self, settings: DuinSettings) -> None:
        super().__init__()
        s = settings
        steps = s.patch // s.stride  # 10
        wide, narrow = s.widths[0], s.n_spatial
        last = s.kernels[0]  # 19
        # Samples cut from the ends of the last layer's output, so that whole patches remain.
        surplus = last - s.stride
        padding, one_more = -(-surplus // 2), surplus % 2
        self.convolutions = nn.Sequential(
            nn.ConvTranspose1d(s.width, wide, 3, padding=1),
            nn.ConvTranspose1d(wide, wide, 3, padding=1),
            nn.ConvTranspose1d(wide, wide, steps, steps),
            nn.ConvTranspose1d(wide, wide, 9, padding=4),
            nn.ConvTranspose1d(
                wide, narrow, last, s.stride, padding=padding, output_padding=one_more
            ),
        )
        self.mix = nn.Conv1d(narrow, narrow, 1)
        nn.init.trunc_normal_(self.mix.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Convert tokens (B, P, width) to signals (B, n_spatial, P * patch)."""
        x = self.convolutions(x.transpose(1, 2))  # (B, 128, P), P, 10 P, 10 P, (B, 16, 100 P)
        signals: Tensor = self.mix(x)
        return signals


class DuinVqVae(nn.Module):
    """Stage 1: conversion of signals to discrete units, and reconstruction from them.

    Parameters
    ----------
    n_channels : int or sequence of int
        Number of channels; a sequence has the number of each of several people.
    n_samples : int
    settings : DuinSettings
    target : {"signal", "power"}
        Reconstructed quantity: the signal, as in the paper, or its `log_band_power`.
    """

    def __init__(
        self,
        n_channels: int | Sequence[int],
        n_samples: int,
        settings: DuinSettings = FULL,
        target: Target = "signal",
    ) -> None:
        super().__init__()
        s = settings
        self.encoder = DuinEncoder(n_channels, n_samples, s)
        self.to_codes = nn.Sequential(
            nn.Linear(s.width, s.width), nn.Tanh(), nn.Linear(s.width, s.code_width)
        )
        self.codebook = Codebook(s.n_codes, s.code_width, s.code_decay)
        self.from_codes = nn.Sequential(
            nn.LayerNorm(s.code_width), nn.Linear(s.code_width, s.width)
        )
        if s.published:
            start_small(self.to_codes)
            start_small(self.from_codes)
        self.decoder = Transformer(self.encoder.n_tokens, s.n_decoder_blocks, s)
        own = per_person(n_channels)
        if target == "signal":
            self.detokeniser: nn.Module = Detokeniser(s)
            self.to_target = PersonalLinear([s.n_spatial] * len(own), own)
        else:
            self.detokeniser = _Transposed()
            n_bands = len(BANDS_HZ) - 1
            self.to_target = PersonalLinear([s.width] * len(own), [n * n_bands for n in own])

    def forward(self, x: Tensor, person: int = 0) -> Reconstruction:
        """Reconstruct the target from one person's trials (n_trials, n_channels, n_samples)."""
        x = self.encoder(x, person)  # (B, P, 160)
        quantised = self.codebook(self.to_codes(x))  # codes (B, P, 64), indices (B, P)
        x = self.decoder(self.from_codes(quantised.codes))  # (B, P, 160)
        x = self.detokeniser(x)  # (B, 16, T), or (B, 160, P)
        x = self.to_target(x, person)  # (B, C, T), or (B, 8 C, P)
        return Reconstruction(x, quantised.indices, quantised.commitment)

    @torch.no_grad()
    def units(self, x: Tensor, person: int = 0) -> Tensor:
        """Compute code numbers (n_trials, n_tokens), stage 2's targets; call in evaluation mode.

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        indices: Tensor = self.codebook(self.to_codes(self.encoder(x, person))).indices
        return indices


class _Transposed(nn.Module):
    """Transposition of tokens (B, P, width) to (B, width, P)."""

    def forward(self, x: Tensor) -> Tensor:
        """Convert tokens (B, P, width) to (B, width, P)."""
        return x.transpose(1, 2)


class DuinMasked(nn.Module):
    """Stage 2: prediction of the unit of each token, while some tokens are masked.

    Parameters
    ----------
    n_channels : int or sequence of int
        Number of channels; a sequence has the number of each of several people.
    n_samples : int
    """

    def __init__(
        self, n_channels: int | Sequence[int], n_samples: int, settings: DuinSettings = FULL
    ) -> None:
        super().__init__()
        self.encoder = DuinEncoder(n_channels, n_samples, settings)
        self.mask_token = nn.Parameter(0.02 * torch.randn(settings.width))
        self.head = nn.Linear(settings.width, settings.n_codes)
        if settings.published:
            start_small(self.head)

    def forward(self, x: Tensor, mask: Tensor, person: int = 0) -> Tensor:
        """Compute logits (n_trials, n_tokens, n_codes).

        ``x`` has the shape (n_trials, n_channels, n_samples). ``mask`` (n_trials, n_tokens) is True
        for a hidden token.
        """
        x = self.encoder.tokens(x, person)  # (B, P, 160)
        x = torch.where(mask[:, :, None], self.mask_token, x)
        logits: Tensor = self.head(self.encoder.transformer(x))  # (B, P, 2048)
        return logits


def vqvae_loss(model: DuinVqVae, x: Tensor, target: Tensor, person: int = 0) -> Tensor:
    """Loss of stage 1: mean squared error with the target, plus commitment to the codes.

    ``x`` has the shape (n_trials, n_channels, n_samples), ``target`` that of
    `Reconstruction.target`.
    """
    made = model(x, person)
    loss: Tensor = F.mse_loss(made.target, target) + _COMMITMENT * made.commitment
    return loss


def masked_loss(
    model: DuinMasked, x: Tensor, units: Tensor, mask: Tensor, person: int = 0
) -> Tensor:
    """Loss of stage 2: cross-entropy of masked tokens, averaged over ``mask`` and its complement.

    Parameters
    ----------
    x : Tensor, shape (n_trials, n_channels, n_samples)
    units : Tensor of int64, shape (n_trials, n_tokens)
        From `DuinVqVae.units`.
    mask : Tensor of bool, shape (n_trials, n_tokens)
        From `half_masks`.
    """
    first = F.cross_entropy(model(x, mask, person)[mask], units[mask])
    second = F.cross_entropy(model(x, ~mask, person)[~mask], units[~mask])
    return (first + second) / 2


def half_masks(n_trials: int, n_tokens: int) -> Tensor:
    """Draw random masks (n_trials, n_tokens), True for n_tokens // 2 tokens of each trial."""
    return torch.rand(n_trials, n_tokens).argsort(dim=1) < n_tokens // 2


def log_band_power(
    windows: NDArray[np.float32], sfreq: float, patch: int, bands_hz: Sequence[float] = BANDS_HZ
) -> NDArray[np.float32]:
    """Compute the logarithm of each channel's power in each band and patch.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    sfreq : float
    patch : int
        Length of a patch in samples.
    bands_hz : sequence of float
        Edges of adjacent bands.

    Returns
    -------
    power : ndarray, shape (n_windows, n_channels * n_bands, n_patches)
        The bands of a channel follow each other. Bands are selected in the spectrum of the whole
        window, so that the period of a band may be longer than a patch.
    """
    n_windows, n_channels, n_samples = windows.shape
    spectrum = np.fft.rfft(windows, axis=2)
    hz = np.fft.rfftfreq(n_samples, 1 / sfreq)
    bands = []
    for low, high in pairwise(bands_hz):
        kept = np.where((hz >= low) & (hz < high), spectrum, 0)
        course = np.fft.irfft(kept, n_samples, axis=2)
        power = (course**2).reshape(n_windows, n_channels, -1, patch).mean(axis=3)
        bands.append(np.log(power + np.finfo(np.float32).tiny))
    return np.stack(bands, axis=2).reshape(n_windows, -1, n_samples // patch).astype(np.float32)


def rate_bound(targets: NDArray[np.float32], n_codes: int, n_tokens: int) -> float:
    """Compute the largest share of a Gaussian signal's variance that units can explain.

    Parameters
    ----------
    targets : ndarray, shape (n_windows, n_series, n_times)
        With mean 0; ``n_times`` is a multiple of ``n_tokens``.
    n_codes, n_tokens : int
        Number of different units, and number of tokens per window.

    Returns
    -------
    share : float
        1 minus the distortion of a token's signal that is described by log2(n_codes) bits, by
        reverse water-filling (Cover and Thomas, Elements of Information Theory, 10.3). The signal
        is assumed Gaussian, with the covariance of the targets. Other signals, or dependent
        tokens, may be described better.
    """
    n_windows, n_series, _ = targets.shape
    tokens = targets.reshape(n_windows, n_series, n_tokens, -1).transpose(0, 2, 1, 3)
    flat = tokens.reshape(n_windows * n_tokens, -1).astype(np.float64)
    variances = np.clip(np.linalg.eigvalsh(flat.T @ flat / len(flat)), 0, None)
    bits = np.log2(n_codes)

    def rate(level: float) -> float:
        return float(0.5 * np.log2(variances[variances > level] / level).sum())

    low, high = 1e-9 * float(variances.max()), float(variances.max())
    for _ in range(60):
        level = (low * high) ** 0.5
        low, high = (level, high) if rate(level) > bits else (low, level)
    return float(1 - np.minimum(variances, high).sum() / variances.sum())
