"""Networks as decoders: alignment, training from scratch or from a base model, serving."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.interfaces import Watch
from bci.signals import FloatArray, Signal
from bci.training.epochs import Epochs
from decoders.classical.alignment import align_groups, mean_spread, whitening
from decoders.classical.linear_head import shaped, window_shape
from decoders.classical.softmax import softmax
from decoders.networks.augmentations import three_views
from decoders.networks.conformer import Conformer as ConformerNetwork
from decoders.networks.dbconformer import Dbconformer
from decoders.networks.eegnet import Eegnet
from decoders.networks.ifnet import Ifnet
from decoders.networks.mvcnet import Mvcnet, MvcnetSettings
from decoders.networks.shallow import Shallow as ShallowNetwork
from decoders.neural.one_thread import one_thread
from decoders.neural.serving import Serving, choose, restore, serve
from decoders.neural.training import Loss, TrainingSettings, train
from decoders.neural.weights import load_weights, weight_arrays

# The profiles of motor imagery pass 8-30 Hz: at 80 Hz the Transformer of MVCNet, there for training
# only, is told as much, and a training step takes less than half the time.
_MVCNET = MvcnetSettings(encoder_hz=80.0)

# Windows whose attention is asked for at once.
_BATCH = 256


class NetworkDecoder:
    """A network behind Euclidean alignment.

    Each group of training windows (a run, or a person's run) is aligned by its own spread; served
    windows by that of all calibration windows. With arrays of a base model, training goes on from
    its weights. PyTorch serves, unless `choose_runtime` or the bundle found ONNX Runtime faster.

    Parameters
    ----------
    epochs, batch, lr, weight_decay, patience, seed
        See `decoders.neural.training.TrainingSettings`.
    start : mapping of str to ndarray, optional
        Arrays of a base model of the same network.
    """

    needs = ("torch",)
    carries_over = True
    adapts = ("alignment",)
    network: ClassVar[str]
    # Makes the network of (n_channels, n_samples, sfreq, n_classes).
    make: ClassVar[Any]
    # Chosen on eleven people's EEGMMIDB runs 04 and 08, trained on one, tested on the other:
    # DBConformer 0.579 with 20 epochs, 0.573 with 30, 0.570 with 60 (one seed); from a base, on
    # eight of them, 0.66 with 20 and 0.65 with 60.
    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=20)

    def __init__(
        self,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        seed: int = 0,
        start: Mapping[str, NDArray[np.generic]] | None = None,
    ) -> None:
        self.settings = self.defaults.but(
            epochs=epochs, batch=batch, lr=lr, weight_decay=weight_decay, patience=patience,
            seed=seed,
        )  # fmt: skip
        self.classes: tuple[str, ...] = ()
        self._serving: Serving | None = None
        self._start = start

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        watch: Watch | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Learn from windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        MismatchError
            If the window is too short for the network, or the base model has another shape.
        BundleError
            If the checkpoint is damaged, or of another network, other data or settings.
        """
        if signal is None:
            raise ValueError("a network needs to know the sampling rate")
        groups = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        numbers = self.begin(windows, labels, signal)
        aligned = align_groups(windows, groups, self._whiten)
        self.history = train(
            self.model, aligned, numbers, groups, self.settings, self.loss(signal), watch,
            checkpoint,
        )  # fmt: skip

    def begin(
        self, windows: FloatArray, labels: NDArray[np.str_], signal: Signal
    ) -> NDArray[np.int64]:
        """Make the network for these windows, untrained or with the base's weights; its targets.

        Raises
        ------
        MismatchError
            If the windows are too short for the network, or the base model has another shape.
        """
        targets = self._targets(labels)
        self._learn_signal(signal)
        self._spread = mean_spread(windows)
        try:
            self._build(windows.shape[1], windows.shape[2])
            if self._start is not None:
                self._load_weights(self._start)
        except ValueError as error:
            raise MismatchError(f"decoder {self.network}: {error}") from error
        return targets

    def loss(self, signal: Signal) -> Loss:  # noqa: ARG002 - some losses need it
        """What is minimised: cross-entropy."""
        return cross_entropy

    def choose_runtime(self) -> None:
        """Serve by ONNX Runtime from here on if that is faster and equal, as measured here."""
        self._serving = choose(self.served, self._shape)

    def adapt(self, windows: FloatArray) -> None:
        """Take a person's windows, labels unknown, for the alignment."""
        self._spread = mean_spread(windows)
        self._whitening = self._whiten(self._spread)

    def follow(self, window: FloatArray, weight: float) -> None:
        """Let the mean covariance that windows are whitened by forget a little for a new one."""
        self._spread = (1.0 - weight) * self._spread + weight * mean_spread(window[None])
        self._whitening = self._whiten(self._spread)

    @property
    def served(self) -> nn.Module:
        """The part that decides, without what is there for training only."""
        backbone = getattr(self.model, "backbone", self.model)
        assert isinstance(backbone, nn.Module)
        return backbone

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        np.matmul(self._whitening, window, out=self._aligned[0])
        logits = serve(self.served, self._serving, self._aligned)[0]
        return self._probabilities(logits.astype(np.float64))

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64] | None:
        """Mean attention to each channel over each class's windows; None for most networks."""
        attention = getattr(self.served, "channel_attention", None)
        if attention is None:
            return None
        aligned = align_groups(epochs.windows, epochs.runs)
        return np.stack(
            [_mean_attention(attention, aligned[epochs.labels == each]) for each in self.classes]
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        weights = weight_arrays(self.served)
        shape = np.array([self._shape[0], self._shape[1]], dtype=np.int64)
        serving = self._serving.arrays() if self._serving is not None else {}
        return {
            "shape": shape, "sfreq": np.array([self._sfreq]), "spread": self._spread, **weights,
            **serving,
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled, as for the processes of a cross-validation."""
        self.__dict__.update(state)
        if "_aligned" in state:  # joblib may map its memory read-only
            self._aligned = np.empty_like(state["_aligned"])

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "NetworkDecoder":
        decoder = cls(**params)
        decoder.classes = classes
        n_channels, n_samples = window_shape(arrays)
        decoder._restore_signal(arrays, n_channels)
        decoder._build(n_channels, n_samples)
        decoder._load_weights(arrays)
        decoder._serving = restore(arrays, decoder.served, decoder._shape)
        return decoder

    def _targets(self, labels: NDArray[np.str_]) -> NDArray[np.int64]:
        """Set the classes, and give the numbers that the loss takes."""
        self.classes = tuple(str(label) for label in np.unique(labels))
        return np.searchsorted(self.classes, labels).astype(np.int64)

    def _learn_signal(self, signal: Signal) -> None:
        self._sfreq = signal.sfreq

    def _restore_signal(self, arrays: Mapping[str, NDArray[np.generic]], n_channels: int) -> None:
        self._sfreq = float(shaped(arrays, "sfreq", (1,))[0])
        self._spread = shaped(arrays, "spread", (n_channels, n_channels))

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        made: nn.Module = type(self).make(n_channels, n_samples, self._sfreq, len(self.classes))
        return made

    def _whiten(self, spread: NDArray[np.float64]) -> FloatArray:
        return whitening(spread)

    def _probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        return softmax(logits)

    def _build(self, n_channels: int, n_samples: int) -> None:
        torch.manual_seed(self.settings.seed)
        self._shape = (n_channels, n_samples)
        self.model = self._make(n_channels, n_samples)
        self.model.eval()
        self._serving = None
        self._aligned = np.empty((1, n_channels, n_samples), dtype=np.float32)
        self._whitening = self._whiten(self._spread)

    def _load_weights(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        load_weights(self.served, arrays)


@one_thread()
def _mean_attention(
    attention: Callable[[Tensor], Tensor], windows: FloatArray
) -> NDArray[np.float64]:
    total = np.zeros(windows.shape[1])
    for row in range(0, len(windows), _BATCH):
        part = windows[row : row + _BATCH]
        total += len(part) * np.asarray(attention(torch.from_numpy(part)))
    return total / len(windows)


def cross_entropy(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of a batch."""
    return nn.functional.cross_entropy(model(x), y)


class EegNetDecoder(NetworkDecoder):
    """EEGNet; see `decoders.networks.eegnet`."""

    summary = "EEGNet"
    network = "eegnet"
    make = Eegnet


class ShallowDecoder(NetworkDecoder):
    """ShallowConvNet; see `decoders.networks.shallow`."""

    summary = "ShallowConvNet"
    network = "shallow"
    make = ShallowNetwork


class ConformerDecoder(NetworkDecoder):
    """EEG Conformer; see `decoders.networks.conformer`."""

    summary = "EEG Conformer"
    network = "conformer"
    make = ConformerNetwork


class IfNetDecoder(NetworkDecoder):
    """IFNet; see `decoders.networks.ifnet`."""

    summary = "IFNet"
    network = "ifnet"
    make = Ifnet


class DbConformerDecoder(NetworkDecoder):
    """DBConformer; see `decoders.networks.dbconformer`."""

    summary = "DBConformer"
    network = "dbconformer"
    make = Dbconformer


class MvcNetDecoder(NetworkDecoder):
    """MVCNet around IFNet; see `decoders.networks.mvcnet`.

    Its Transformer, there for training only, sees the trial at about 80 Hz, where the authors'
    sees every sample.
    """

    summary = "MVCNet around IFNet"
    network = "mvcnet"
    make = staticmethod(partial(Mvcnet, settings=_MVCNET))

    def loss(self, signal: Signal) -> Loss:
        """Cross-entropy and both contrasts, over three views of each trial."""
        ch_names = tuple(channel.name for channel in signal.channels)
        views = three_views(signal.sfreq, ch_names, self.classes)

        def total(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            assert isinstance(model, Mvcnet)
            return model.loss(x, y, views(x, y)).total

        return total


class MvcDbConformerDecoder(MvcNetDecoder):
    """MVCNet around DBConformer."""

    summary = "MVCNet around DBConformer"
    network = "mvcnet-dbconformer"
    make = staticmethod(partial(Mvcnet, backbone="dbconformer", settings=_MVCNET))
