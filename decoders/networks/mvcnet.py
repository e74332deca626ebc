"""MVCNet: a backbone network, trained together with a Transformer on several views of trials.

Source: Wang et al. 2025, "MVCNet: multi-view contrastive network for motor imagery
classification", arXiv 2502.17482, with values as in its authors' repository (wzwvv/MVCNet).

Only the backbone classifies. The Transformer and its projector are used in `Mvcnet.loss` only, and
are not needed after training. The Transformer's tokens are the channels; their width is the number
of samples.

Changed here: in the paper a sample is a trial. Here it is one of several overlapping windows of a
trial, and windows of the same trial are never negatives of each other. The supervised-contrastive
variant is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from decoders.networks.augmentations import View
from decoders.networks.backbones import BACKBONES, Backbone
from decoders.networks.durations import samples
from decoders.networks.ifnet import UNFILTERED, Ifnet

# IFNet with one band, as in MVCNet's repository.
_BACKBONES: dict[str, Callable[[int, int, float, int], Backbone]] = {
    **BACKBONES,
    "ifnet": partial(Ifnet, settings=UNFILTERED),
}


@dataclass(frozen=True, slots=True)
class MvcnetSettings:
    """Hyper-parameters.

    ``encoder_hz`` is the rate, in hertz, to which the Transformer's input is averaged; None keeps
    the rate, as published. As tokens have the width of the number of samples, the cost decreases
    with the square of the rate.
    """

    encoder_hz: float | None = None
    n_heads: int = 2
    depth: int = 1
    least_expanded: int = 128
    dropout: float = 0.1
    projector_expansion: int = 4
    temperature: float = 0.2
    cross_view_weight: float = 0.1
    cross_model_weight: float = 0.1


PUBLISHED = MvcnetSettings()


class Loss(NamedTuple):
    """Loss of a training step (``total``), and its unweighted parts."""

    total: Tensor
    classification: Tensor
    cross_view: Tensor
    cross_model: Tensor


def nt_xent(a: Tensor, b: Tensor, temperature: float, alike: Tensor | None = None) -> Tensor:
    """Compute the normalised temperature-scaled cross-entropy of two sets of features.

    Row k of ``a`` and row k of ``b`` are a positive pair. All other rows of both are negatives,
    except for the pairs in ``alike``. Similarity is the cosine.

    Parameters
    ----------
    a, b : Tensor, shape (n, width)
    temperature : float
    alike : Tensor of bool, shape (n, n), optional
        True for pairs of rows that are no negatives of each other.
    """
    n = len(a)
    rows = F.normalize(torch.cat([a, b]), dim=1)  # (2 n, width)
    similarity = rows @ rows.T / temperature  # (2 n, 2 n)
    left_out = torch.eye(2 * n, dtype=torch.bool, device=a.device)
    if alike is not None:
        left_out |= alike.repeat(2, 2)
    partner = torch.arange(2 * n, device=a.device).roll(n)
    return F.cross_entropy(similarity.masked_fill(left_out, -torch.inf), partner)


def cross_view_loss(
    raw: Tensor, views: Sequence[Tensor], temperature: float, alike: Tensor | None = None
) -> Tensor:
    """Contrast the features of raw trials with those of each view, averaged over the views.

    ``raw`` and each of ``views`` have the shape (n_trials, n_features). ``alike`` is as for
    `nt_xent`.
    """
    return torch.stack([nt_xent(raw, view, temperature, alike) for view in views]).mean()


def cross_model_loss(
    backbone: Tensor, transformer: Tensor, temperature: float, alike: Tensor | None = None
) -> Tensor:
    """Contrast the backbone's features with the Transformer's, over the trials of all views.

    Both have the shape (n, n_features). ``alike`` is as for `nt_xent`.
    """
    return nt_xent(backbone, transformer, temperature, alike)


def _tiled(alike: Tensor | None, times: int) -> Tensor | None:
    return None if alike is None else alike.repeat(times, times)


class TrialEncoder(nn.Module):
    """The Transformer on the raw trial, and its projection to the width of backbone features."""

    def __init__(
        self, n_channels: int, n_samples: int, sfreq: float, n_features: int, s: MvcnetSettings
    ) -> None:
        super().__init__()
        step = samples(1 / s.encoder_hz, sfreq) if s.encoder_hz else 1
        self.pool = nn.AvgPool1d(step)
        self.width = n_samples // step // s.n_heads * s.n_heads
        layer = nn.TransformerEncoderLayer(
            self.width,
            s.n_heads,
            dim_feedforward=max(2 * self.width, s.least_expanded),
            dropout=s.dropout,
            batch_first=True,
        )
        self.encoder = nn.TransformerEncoder(layer, s.depth, enable_nested_tensor=False)
        hidden = s.projector_expansion * n_features
        self.projector = nn.Sequential(
            nn.Linear(n_channels * self.width, hidden),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            nn.Linear(hidden, n_features),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convert trials (B, n_channels, n_samples) to features (B, n_features)."""
        x = self.pool(x)[..., : self.width]  # (B, C, width), a multiple of the heads
        x = self.encoder(x)  # (B, C, width)
        projected: Tensor = self.projector(x.flatten(1))  # (B, n_features)
        return projected


class Mvcnet(nn.Module):
    """A backbone, with the Transformer that is needed to train it on several views.

    Parameters
    ----------
    n_channels, n_samples, n_classes : int
    sfreq : float
        Sampling rate in hertz.
    backbone : str
        A name in `decoders.networks.backbones.BACKBONES`.

    Raises
    ------
    ValueError
        If there is no such backbone, or the window is too short for it.
    """

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        sfreq: float,
        n_classes: int,
        backbone: str = "ifnet",
        settings: MvcnetSettings = PUBLISHED,
    ) -> None:
        super().__init__()
        if backbone not in _BACKBONES:
            raise ValueError(f"no backbone {backbone!r}; choose one of {', '.join(_BACKBONES)}")
        self.settings = settings
        self.backbone = _BACKBONES[backbone](n_channels, n_samples, sfreq, n_classes)
        self.n_features = self.backbone.n_features
        self.transformer = TrialEncoder(n_channels, n_samples, sfreq, self.n_features, settings)

    def features(self, x: Tensor) -> Tensor:
        """Compute the backbone's features, shape (n_trials, n_features).

        ``x`` has the shape (n_trials, n_channels, n_samples).
        """
        return self.backbone.features(x)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n_trials, n_classes) of trials (n_trials, n_channels, n_samples)."""
        logits: Tensor = self.backbone(x)
        return logits

    def loss(
        self,
        trials: Tensor,
        labels: Tensor,
        views: Sequence[View],
        sources: Tensor | None = None,
    ) -> Loss:
        """Compute the loss of a batch and its views (`augmentations.three_views`), at least one.

        In the cross-view term, the features of both models are in one set, as in the authors'
        repository. If ``trials`` are windows, ``sources`` (n_trials,) has the numbers of their
        trials; windows of the same trial are no negatives of each other.
        """
        s = self.settings
        classification = trials.new_zeros(())
        backbone, transformer = [], []
        for x, y in [(trials, labels), *views]:
            features = self.backbone.features(x)  # (B, n_features)
            classification = classification + F.cross_entropy(self.backbone.head(features), y)
            backbone.append(features)
            transformer.append(self.transformer(x))  # (B, n_features)
        raw, *others = (torch.cat(both) for both in zip(backbone, transformer, strict=True))
        alike = None
        if sources is not None:
            same = torch.eye(len(sources), dtype=torch.bool, device=sources.device)
            alike = (sources[:, None] == sources) & ~same
        cross_view = cross_view_loss(raw, others, s.temperature, _tiled(alike, 2))
        cross_model = cross_model_loss(
            torch.cat(backbone),
            torch.cat(transformer),
            s.temperature,
            _tiled(alike, len(backbone)),
        )
        total = (
            classification + s.cross_view_weight * cross_view + s.cross_model_weight * cross_model
        )
        return Loss(total, classification, cross_view, cross_model)
