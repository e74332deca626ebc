"""HiSTN as a decoder: levels of valence and arousal as one class each combination."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.signals import FloatArray, Signal
from bci.tasks.emotion_levels import LevelGrid, grid_for, grid_of
from decoders.classical.alignment import whitening
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax
from decoders.networks.histn import Histn, ordinal_loss
from decoders.neural.network_decoder import NetworkDecoder
from decoders.neural.training import Loss, TrainingSettings


class HistnDecoder(NetworkDecoder):
    """HiSTN; see `decoders.networks.histn`.

    Its classes are all combinations of levels, whichever were in training, and their
    probabilities the products of the axes'. The true level's neighbours have their share of the
    target (ordinal loss) on both axes.

    Parameters
    ----------
    align : bool
        Whether windows are whitened by their group's spread, as for other networks; else they
        are only scaled to about unit variance, all channels alike.
    **settings
        See `decoders.neural.network_decoder.NetworkDecoder`.
    """

    summary = "HiSTN: levels of valence and arousal"
    task = "emotion"
    network = "histn"
    defaults = TrainingSettings(epochs=10, batch=32, lr=1e-2, weight_decay=1e-2)

    def __init__(self, align: bool = True, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self.align = bool(align)

    def loss(self, signal: Signal) -> Loss:  # noqa: ARG002 - others need it
        """Ordinal cross-entropy of both axes."""

        def ordinal(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            return ordinal_loss(model(x), y)

        return ordinal

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return super().arrays() | {"positions": self._positions}

    def _targets(self, labels: NDArray[np.str_]) -> NDArray[np.int64]:
        self._grid: LevelGrid = grid_for(labels)
        self.classes = self._grid.classes
        return self._grid.numbers(labels)

    def _learn_signal(self, signal: Signal) -> None:
        super()._learn_signal(signal)
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
        self._positions = shaped(arrays, "positions", (n_channels, 3))
        grid = grid_of(self.classes)
        if grid is None:
            raise ValueError("its classes are not all levels of all axes")
        self._grid = grid

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        del n_channels
        return Histn(
            self._positions, n_samples, self._sfreq, len(self._grid.axes), self._grid.n_levels
        )

    def _whiten(self, spread: NDArray[np.float64]) -> FloatArray:
        if self.align:
            return whitening(spread)
        rms = np.sqrt(np.trace(spread) / len(spread))
        return np.eye(len(spread), dtype=np.float32) / np.float32(max(rms, 1e-12))

    def _probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._grid.joint(softmax(logits))  # of (n_axes, n_levels)
