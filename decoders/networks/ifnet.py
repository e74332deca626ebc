"""IFNet: separate filters for slow and fast rhythms, whose outputs are added.

Source: Wang et al. 2023, "IFNet: an interactive frequency convolutional neural network for
enhancing motor imagery decoding from EEG", IEEE TNSRE 31, 1900-1911, and its authors' repository
for the max-norm of the head and the initial weights. The average pool is the paper's; the
repository's second version uses log power instead.

The paper filters each trial to 4-16 Hz and 16-40 Hz beforehand. Here two fixed zero-phase filters
(1 s long, Hamming-windowed) are part of the network, so that it accepts the same trials as every
other network. The paper's samples at 250 Hz are kept as times.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.depthwise import DepthwiseConv
from decoders.networks.durations import odd_samples, require_window, samples
from decoders.networks.max_norm import MaxNormLinear

Band = tuple[float, float]


@dataclass(frozen=True, slots=True)
class IfnetSettings:
    """Hyper-parameters; times in seconds, bands in hertz.

    Each band has one kernel; they have 63 and 31 samples at 250 Hz. Without bands, the trials are
    not filtered and there is one kernel.
    """

    bands: tuple[Band, ...] = ((4.0, 16.0), (16.0, 40.0))
    kernels_s: tuple[float, ...] = (0.252, 0.124)
    filter_s: float = 1.0
    n_filters: int = 64
    patch_s: float = 0.5
    dropout: float = 0.5
    head_max_norm: float = 0.5
    initial_std: float = 0.01


_LONGEST_MATRIX = 4096

PUBLISHED = IfnetSettings()
UNFILTERED = IfnetSettings(bands=(), kernels_s=(0.252,))


def band_gains(band: Band, n_taps: int, n_bins: int, sfreq: float) -> Tensor:
    """Compute the gains of a Hamming-windowed ideal band-pass, shape (n_bins,).

    They are at frequencies from 0 to sfreq / 2. ``n_taps`` is odd; the filter is centred, so that
    it has zero phase and real gains.
    """
    half = n_taps // 2
    time = torch.arange(-half, half + 1, dtype=torch.float64) / sfreq
    low, high = band
    ideal = 2 * high * torch.sinc(2 * high * time) - 2 * low * torch.sinc(2 * low * time)
    taps = ideal / sfreq * torch.hamming_window(n_taps, periodic=False, dtype=torch.float64)
    padded = torch.zeros(2 * (n_bins - 1), dtype=torch.float64)
    padded[:n_taps] = taps
    gains: Tensor = torch.fft.rfft(padded.roll(-half)).real.float()
    return gains


class Ifnet(nn.Module):
    """IFNet.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    sfreq : float
        Sampling rate in hertz.

    Raises
    ------
    ValueError
        If the window is shorter than one patch, a band does not fit the sampling rate, or bands
        and kernels do not pair.
    """

    gains: Tensor  # (n_bands, n_bins), fixed
    matrices: Tensor | None  # (n_bands, T, T), the same filters

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        settings: IfnetSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        s = settings
        patch = samples(s.patch_s, sfreq)
        require_window("IFNet", n_samples, patch, sfreq)
        n_bands = max(1, len(s.bands))
        if len(s.kernels_s) != n_bands:
            raise ValueError(f"IFNet has {n_bands} bands but {len(s.kernels_s)} kernels")
        for low, high in s.bands:
            if not 0 < low < high < sfreq / 2:
                raise ValueError(
                    f"IFNet's band {low:g}-{high:g} Hz does not fit {sfreq:g} Hz; "
                    f"it needs more than {2 * high:g} Hz"
                )
        n_taps = odd_samples(s.filter_s, sfreq)
        n_bins = (n_samples + n_taps) // 2 + 1  # padded by a filter's length against wrap-around
        gains = [band_gains(band, n_taps, n_bins, sfreq) for band in s.bands]
        self.register_buffer(
            "gains", torch.stack(gains) if gains else torch.empty(0), persistent=False
        )
        self.register_buffer("matrices", None, persistent=False)

        self.spatial = nn.Sequential(
            nn.Conv1d(n_bands * n_channels, n_bands * s.n_filters, 1, groups=n_bands, bias=False),
            nn.BatchNorm1d(n_bands * s.n_filters),
        )
        kernels = [odd_samples(seconds, sfreq) for seconds in s.kernels_s]
        self.temporal = nn.ModuleList(
            nn.Sequential(DepthwiseConv(s.n_filters, kernel), nn.BatchNorm1d(s.n_filters))
            for kernel in kernels
        )
        self.pool = nn.AvgPool1d(patch)
        self.dropout = nn.Dropout(s.dropout)
        self.n_features = s.n_filters * (n_samples // patch)
        self.head = MaxNormLinear(self.n_features, n_classes, s.head_max_norm)
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=s.initial_std)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def split_bands(self, x: Tensor) -> Tensor:
        """Filter to bands: all channels of the first, then of the next, (B, n_bands * C, T)."""
        if not len(self.gains):
            return x
        if self.matrices is not None:
            return (x.unsqueeze(1) @ self.matrices).flatten(1, 2)
        n_samples = x.shape[-1]
        spectrum = torch.fft.rfft(x, n=2 * (self.gains.shape[1] - 1))  # (B, C, n_bins)
        spectrum = spectrum.unsqueeze(1) * self.gains.unsqueeze(1)  # (B, n_bands, C, n_bins)
        bands: Tensor = torch.fft.irfft(spectrum)[..., :n_samples]  # (B, n_bands, C, T)
        return bands.flatten(1, 2)

    def exportable(self, n_samples: int) -> "Ifnet":
        """Copy the network with band filters as matrices, since ONNX lacks complex numbers.

        Raises
        ------
        ValueError
            If the window is too long: the matrices would be larger than 128 MiB.
        """
        if n_samples > _LONGEST_MATRIX:
            raise ValueError(f"{n_samples} samples are too many for a filter as a matrix")
        written = copy.deepcopy(self)
        if len(self.gains):
            bands = self.split_bands(torch.eye(n_samples)[None])  # (1, n_bands * T, T)
            written.matrices = bands.reshape(-1, n_samples, n_samples)
        return written

    def features(self, x: Tensor) -> Tensor:
        """Compute the input of the head, (n_trials, n_features), for trials.

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        x = self.split_bands(x)  # (B, n_bands * C, T)
        x = self.spatial(x)  # (B, n_bands * 64, T)
        bands = x.chunk(len(self.temporal), dim=1)  # each (B, 64, T)
        filtered = [conv(band) for conv, band in zip(self.temporal, bands, strict=True)]
        x = F.gelu(torch.stack(filtered).sum(0))  # (B, 64, T)
        x = self.dropout(self.pool(x))  # (B, 64, T / patch)
        return x.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits
