"""HiSTN as a decoder: one class per combination of valence and arousal levels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.signals import FloatArray, Signal
from bci.tasks.emotion_levels import LevelGrid, grid_for, grid_of
from decoders.classical.alignment import whitening
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.networks.histn import Histn, ordinal_loss, smoothed_loss
from decoders.networks.histn_published import (
    CHANNELS,
    PublishedHistn,
    gaussian_targets,
    one_second,
    order_of,
)
from decoders.neural.aligned_network import NetworkDecoder
from decoders.neural.one_thread import one_thread
from decoders.neural.training import Loss, TrainingSettings
from decoders.parameters import flag

VARIANTS = ("ours", "published")


class HistnDecoder(NetworkDecoder):
    """HiSTN; see `decoders.networks.histn` and `decoders.networks.histn_published`.

    Its classes are all combinations of levels, even those that were not in the training data. Their
    probabilities are the products of the axes' probabilities. The targets are smoothed: levels next
    to the true one have a share too.

    Parameters
    ----------
    variant : str
        ``ours``, for any montage, or ``published``, the authors' network for the 14 channels of
        an EPOC headset. The authors divide a channel by its largest value in each film; here it
        is divided by its standard deviation in the training data, which is causal.
    align : bool
        True to whiten windows by their group's covariance, as for other networks. False to scale
        all channels by the same factor to about unit variance. Not for ``published``.
    **settings
        See `decoders.neural.aligned_network.NetworkDecoder`.
    """

    summary = "HiSTN: levels of valence and arousal"
    task = "emotion"
    network = "histn"
    defaults = TrainingSettings(epochs=10, batch=32, lr=1e-2, weight_decay=1e-2)

    def __init__(self, variant: str = "ours", align: bool = True, **settings: Any) -> None:
        if variant not in VARIANTS:
            raise ValueError(f"variant = {variant!r} must be {' or '.join(VARIANTS)}")
        self.is_published = variant == "published"
        super().__init__(**settings)
        self.align = flag("align", align)

    def loss(self, signal: Signal) -> Loss:
        """Return the loss: cross-entropy with smoothed targets of both axes.

        For ``published`` it is computed on a random second of each window.
        """

        def ours(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            return ordinal_loss(model(x), y)

        def published(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            logits = model(one_second(x, signal.sfreq))
            return smoothed_loss(logits, gaussian_targets(y, logits.shape[-1]))

        return published if self.is_published else ours

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:  # noqa: ARG002
        """Return the regions' weights in the last window; see `bci.interfaces.Attending`."""
        network = self.served
        assert isinstance(network, Histn | PublishedHistn)
        with one_thread():
            weights = network.region_weights(torch.from_numpy(self._aligned))
        return dict(zip(network.regions, weights.tolist(), strict=True))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        own = {"order": self._order} if self.is_published else {"positions": self._positions}
        return super().arrays() | own

    def _targets(self, labels: NDArray[np.str_]) -> NDArray[np.int64]:
        self._grid: LevelGrid = grid_for(labels)
        self.classes = self._grid.classes
        return self._grid.numbers(labels)

    def _learn_signal(self, signal: Signal) -> None:
        super()._learn_signal(signal)
        if self.is_published:
            self._order = order_of([channel.name for channel in signal.channels])
            return
        missing = [channel.name for channel in signal.channels if channel.position is None]
        if missing:
            raise MismatchError(
                f"HiSTN needs to know where each channel is; of {', '.join(missing[:12])} it is "
                "not known: name them as in the 10-05 system, or leave them out by "
                "pipeline.channels"
            )
        self._positions = np.array([channel.position for channel in signal.channels], dtype=float)

    def _restore_signal(self, arrays: Mapping[str, NDArray[np.generic]], n_channels: int) -> None:
        super()._restore_signal(arrays, n_channels)
        if self.is_published:
            self._order = shaped(arrays, "order", (len(CHANNELS),)).astype(np.int64)
        else:
            self._positions = shaped(arrays, "positions", (n_channels, 3))
        grid = grid_of(self.classes)
        if grid is None:
            raise ValueError("its classes are not all levels of all axes")
        self._grid = grid

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        del n_channels
        shape = n_samples, self._sfreq, len(self._grid.axes), self._grid.n_levels
        if self.is_published:
            return PublishedHistn(self._order, *shape)
        return Histn(self._positions, *shape)

    def _whiten(self, spread: NDArray[np.float64]) -> FloatArray:
        if self.is_published:
            sd = np.sqrt(np.diag(spread))
            return np.diag(1 / np.maximum(sd, 1e-12)).astype(np.float32)
        if self.align:
            return whitening(spread)
        rms = np.sqrt(np.trace(spread) / len(spread))
        return np.eye(len(spread), dtype=np.float32) / np.float32(max(rms, 1e-12))

    def _probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._grid.joint(softmax(logits))  # of (n_axes, n_levels)
