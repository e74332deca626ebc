"""FLEEG: personal layers of a site, and a trunk that sites with different headsets share.

Source: Liu et al. 2024, "Aggregating intrinsic information to enhance BCI performance through
federated learning", Neural Networks 172 (preprint arXiv 2308.11636): the division into personal
layers for a site's format and shared layers. The authors' code (RuiLiu-cc/FLEEG, a non-commercial
licence: read for facts only) uses a DeepConvNet. Its first three convolution blocks are personal,
with kernels and pools of each site; the fourth block and the classifier are shared.

The layers here are different. A personal 1x1 convolution maps a site's channels to virtual
channels. A fixed anti-aliased resampling converts its rate to the common rate. Zeros before the
first sample extend its window to the common length. So frequencies and times are the same for every
site. The trunk is any network of `decoders.networks`, and is shared completely. The classifier's
rows of common classes are shared too (`decoders.federation`). Statistics and gains of batch
normalisation are personal, as in the authors' code, FedBN (Li et al. 2021) and FedBS (arXiv
2412.01079).
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from scipy.signal import resample_poly
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.backbones import BACKBONES
from decoders.networks.durations import require_window, samples

# Largest denominator of the ratio of two sampling rates.
_FINEST_RATIO = 1000
# Shortest window, in seconds; a shorter one is mostly padding and less than a patch of the trunks.
_SHORTEST_S = 0.5
_TRUNK = "trunk."


@dataclass(frozen=True, slots=True)
class FleegSettings:
    """The feature space that sites share; ``sfreq`` in hertz, ``window_s`` in seconds."""

    trunk: str = "dbconformer"
    n_virtual: int = 16
    sfreq: float = 128.0
    window_s: float = 4.0


DEFAULT = FleegSettings()


class ToCommonFormat(nn.Module):
    """Conversion of a site's windows to the common channels, rate and length of the trunk.

    Parameters
    ----------
    n_channels, n_samples : int
    sfreq : float
        The site's rate in hertz.
    settings : FleegSettings

    Raises
    ------
    ValueError
        If the site's window is longer than the common one.
    """

    resampling: Tensor  # (n_samples, n_common), fixed; empty where the rates agree

    def __init__(
        self, n_channels: int, n_samples: int, sfreq: float, settings: FleegSettings
    ) -> None:
        super().__init__()
        s = settings
        ratio = Fraction(s.sfreq / sfreq).limit_denominator(_FINEST_RATIO)
        resampling = np.empty((0, 0))
        n_common = n_samples
        if ratio != 1:
            resampling = resample_poly(np.eye(n_samples), ratio.numerator, ratio.denominator).T
            n_common = resampling.shape[1]
        if n_samples > samples(s.window_s, sfreq):
            raise ValueError(
                f"windows of {n_samples / sfreq:.3g} s are longer than the common window of "
                f"{s.window_s:g} s; shorten them or agree on a longer one"
            )
        # Negative if rounding made the window longer than the common length; then its first sample
        # is cut off.
        self.padding = samples(s.window_s, s.sfreq) - n_common
        matrix = torch.from_numpy(np.ascontiguousarray(resampling, dtype=np.float32))
        self.register_buffer("resampling", matrix, persistent=False)
        self.spatial = nn.Conv1d(n_channels, s.n_virtual, 1, bias=False)
        self.norm = nn.BatchNorm1d(s.n_virtual)

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, n_samples) to the common (B, n_virtual, n_common)."""
        x = self.spatial(x)  # (B, V, T)
        if len(self.resampling):
            x = x @ self.resampling  # (B, V, T * common / sfreq)
        x = self.norm(x)
        return F.pad(x, (self.padding, 0))  # (B, V, common)


class Fleeg(nn.Module):
    """Personal input layers, a shared trunk, and a classifier.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
        Numbers of this site.
    sfreq : float
        The site's sampling rate in hertz.
    settings : FleegSettings
        Settings that all sites share.

    Raises
    ------
    ValueError
        If there is no such trunk, or the window is longer than the common one.
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        settings: FleegSettings = DEFAULT,
    ) -> None:
        super().__init__()
        s = settings
        if s.trunk not in BACKBONES:
            raise ValueError(f"there is no trunk {s.trunk!r}; choose one of {', '.join(BACKBONES)}")
        require_window("FLEEG", n_samples, samples(_SHORTEST_S, sfreq), sfreq)
        self.to_common = ToCommonFormat(n_channels, n_samples, sfreq, s)
        make: Callable[[int, int, float, int], nn.Module] = BACKBONES[s.trunk]
        self.trunk = make(s.n_virtual, samples(s.window_s, s.sfreq), s.sfreq, n_classes)
        self.n_features = int(self.trunk.n_features)  # type: ignore[arg-type]
        self.trunk.head = nn.Identity()
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(self.n_features, n_classes))

    @property
    def classifier(self) -> nn.Linear:
        """The last layer; its weight matrix has one row per class."""
        last = self.head[-1]
        assert isinstance(last, nn.Linear)
        return last

    def features(self, x: Tensor) -> Tensor:
        """Compute the trunk's features (n_trials, n_features) after the site's own layers.

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        found: Tensor = self.trunk.features(self.to_common(x))  # type: ignore[operator]
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def shared_names(model: Fleeg) -> tuple[str, ...]:
    """List the trunk's shared parameters: all except those of batch normalisation.

    Buffers, such as running statistics, are not shared.
    """
    personal = {
        f"{module_name}.{name}"
        for module_name, module in model.named_modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
        for name, _ in module.named_parameters(recurse=False)
    }
    return tuple(
        name
        for name, _ in model.named_parameters()
        if name.startswith(_TRUNK) and name not in personal
    )
