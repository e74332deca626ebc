"""A network with Euclidean alignment, trained from scratch or from a base model."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.interfaces import OnEpoch
from bci.signals import FloatArray, Signal
from bci.training.epochs import Epochs
from decoders.classical.alignment import align_groups, mean_covariance, whitening
from decoders.classical.linear_head import shaped, window_shape
from decoders.classical.softmax import softmax
from decoders.neural.base_montage import electrode_arrays, map_onto_base
from decoders.neural.device import check_device
from decoders.neural.one_thread import one_thread
from decoders.neural.serving import Serving, choose, restore, serve
from decoders.neural.training import Loss, TrainingSettings, train
from decoders.neural.weights import load_weights, weight_arrays

_TRAINING = "training."

# Number of windows per batch when attention is computed.
_BATCH = 256


class NetworkDecoder:
    """A network with Euclidean alignment.

    Each group of training windows (a run, or a person's run) is aligned by its own covariance.
    Live windows are aligned by the covariance of all calibration windows. With arrays of a base
    model, training starts from its weights. PyTorch computes predictions, unless `choose_runtime`
    or the bundle's measurement found ONNX Runtime faster.

    Parameters
    ----------
    epochs, batch, lr, weight_decay, patience, seed
        See `decoders.neural.training.TrainingSettings`.
    start : mapping of str to ndarray, optional
        Arrays of a base model of the same network.
    device : str
        Device for training: ``auto``, ``cpu``, ``cuda`` or ``mps``; live decoding uses the CPU. See
        `decoders.neural.device.find_device`.
    """

    needs = ("torch",)
    carries_over = True
    adapts = ("alignment",)
    # Batches have the same number of windows of each class.
    balanced = True
    network: ClassVar[str]
    # Makes the network of (n_channels, n_samples, sfreq, n_classes).
    make: ClassVar[Any]
    # True if its base models can be used with headsets that have other electrodes.
    across_montages: ClassVar[bool] = False
    # Chosen on EEGMMIDB runs 04 and 08 of eleven people, trained on one run and tested on the
    # other. Accuracy of DBConformer: 0.579 with 20 epochs, 0.573 with 30, 0.570 with 60 (one seed);
    # from a base model, for eight of the people: 0.66 with 20, 0.65 with 60.
    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=20)
    # True if tests/benchmarks/gpu_training.py has shown the same accuracy with bfloat16 on a GPU.
    mixed: ClassVar[bool] = False

    def __init__(
        self,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        seed: int = 0,
        start: Mapping[str, NDArray[np.generic]] | None = None,
        device: str = "auto",
    ) -> None:
        self.device = check_device(device)
        self.settings = self.defaults.but(
            epochs=epochs, batch=batch, lr=lr, weight_decay=weight_decay, patience=patience,
            seed=seed,
        )  # fmt: skip
        self.classes: tuple[str, ...] = ()
        self._serving: Serving | None = None
        self._start = start
        # Map from the person's channels to those of a base with other electrodes.
        self._onto: FloatArray | None = None
        self._electrodes: dict[str, NDArray[np.generic]] = {}

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        on_epoch: OnEpoch | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

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
        aligned = align_groups(windows, groups, self._alignment)
        self.history = train(
            self.model, aligned, numbers, groups, self.settings, self.loss(signal), on_epoch,
            checkpoint, self.sources(windows), device=self.device, mixed=self.mixed,
        )  # fmt: skip

    def begin(
        self, windows: FloatArray, labels: NDArray[np.str_], signal: Signal
    ) -> NDArray[np.int64]:
        """Make the network, untrained or with the base model's weights; return the targets.

        Raises
        ------
        MismatchError
            If the windows are too short for the network, or the base model has another shape.
        """
        targets = self._targets(labels)
        self._learn_signal(signal)
        self._electrodes = electrode_arrays(signal) if self.across_montages else {}
        self._cov = mean_covariance(windows)
        try:
            if self._start is not None and self.across_montages:
                self._onto = map_onto_base(self._start, signal)
            self._build(windows.shape[1], windows.shape[2])
            if self._start is not None:
                self._load_weights(self._start)
                # Base models of earlier versions lack this part, which then starts untrained.
                if any(key.startswith(_TRAINING) for key in self._start):
                    load_weights(self._only_trained, self._start, _TRAINING)
        except ValueError as error:
            raise MismatchError(f"decoder {self.network}: {error}") from error
        return targets

    def loss(self, signal: Signal) -> Loss:  # noqa: ARG002 - some losses need it
        """Return the loss: cross-entropy."""
        return cross_entropy

    def sources(self, windows: FloatArray) -> NDArray[np.int64] | None:  # noqa: ARG002
        """Return the windows' trial numbers, (n_windows,), if the loss needs them, else None."""
        return None

    def choose_runtime(self) -> None:
        """Use ONNX Runtime for predictions from now on if it is measured to be faster and equal."""
        self._serving = choose(self.served, self._seen)

    def adapt(self, windows: FloatArray) -> None:
        """Whiten by the mean covariance of a person's unlabelled windows from now on.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        self._cov = mean_covariance(windows)
        self._whitening = self._alignment(self._cov)

    def follow(self, window: FloatArray, weight: float) -> None:
        """Update the mean covariance, used for whitening, by a window (n_channels, n_samples).

        The window has the share ``weight``, 0 to 1, in the new mean.
        """
        self._cov = (1.0 - weight) * self._cov + weight * mean_covariance(window[None])
        self._whitening = self._alignment(self._cov)

    def alignment(self) -> NDArray[np.float64]:
        """Return the mean covariance; see `bci.interfaces.Resumable`."""
        return self._cov

    def resume(self, alignment: NDArray[np.float64]) -> None:
        """Continue from the mean covariance ``alignment``; see `bci.interfaces.Resumable`."""
        self._cov = shaped({"alignment": alignment}, "alignment", self._cov.shape)
        self._whitening = self._alignment(self._cov)

    @property
    def served(self) -> nn.Module:
        """The part of the network that is used for predictions."""
        backbone = getattr(self.model, "backbone", self.model)
        assert isinstance(backbone, nn.Module)
        return backbone

    @property
    def _only_trained(self) -> nn.Module:
        """The part of the network that is used in training only; empty for most networks."""
        part = getattr(self.model, "transformer", None) if self.served is not self.model else None
        return part if isinstance(part, nn.Module) else nn.Identity()

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        np.matmul(self._whitening, window, out=self._aligned[0])
        logits = serve(self.served, self._serving, self._aligned)[0]
        return self._probabilities(logits.astype(np.float64))

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:
        """Return the channels' weights in the last window; see `bci.interfaces.Attending`."""
        weigh = getattr(self.served, "channel_attention", None)
        if weigh is None or self._onto is not None:
            return {}
        with one_thread():
            weights = weigh(torch.from_numpy(self._aligned)).numpy()
        return {name: float(w) for name, w in zip(ch_names, weights, strict=True)}

    def class_maps(self, epochs: Epochs) -> NDArray[np.float64] | None:
        """Compute the mean attention, (n_classes, n_channels); None for most networks."""
        attention = getattr(self.served, "channel_attention", None)
        if attention is None or self._onto is not None:
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
            "shape": shape, "sfreq": np.array([self._sfreq]), "spread": self._cov, **weights,
            **serving, **({} if self._onto is None else {"onto": self._onto}),
        }  # fmt: skip

    def training_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of a base model for further training; see `FineTunable`."""
        return self._electrodes | weight_arrays(self._only_trained, _TRAINING)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore from a pickle, as in the processes of a cross-validation."""
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
        if "onto" in arrays:
            decoder._onto = shaped(arrays, "onto", (-1, n_channels)).astype(np.float32)
        decoder._build(n_channels, n_samples)
        decoder._load_weights(arrays)
        decoder._serving = restore(arrays, decoder.served, decoder._seen)
        return decoder

    def _targets(self, labels: NDArray[np.str_]) -> NDArray[np.int64]:
        """Set the classes; return the class numbers for the loss."""
        self.classes = tuple(str(label) for label in np.unique(labels))
        return np.searchsorted(self.classes, labels).astype(np.int64)

    def _learn_signal(self, signal: Signal) -> None:
        self._sfreq = signal.sfreq

    def _restore_signal(self, arrays: Mapping[str, NDArray[np.generic]], n_channels: int) -> None:
        self._sfreq = float(shaped(arrays, "sfreq", (1,))[0])
        self._cov = shaped(arrays, "spread", (n_channels, n_channels))

    def _make(self, n_channels: int, n_samples: int) -> nn.Module:
        made: nn.Module = type(self).make(n_channels, n_samples, self._sfreq, len(self.classes))
        return made

    def _whiten(self, spread: NDArray[np.float64]) -> FloatArray:
        return whitening(spread)

    def _alignment(self, cov: NDArray[np.float64]) -> FloatArray:
        """Compute the matrix from a window to the network's input, (n_inputs, n_channels)."""
        if self._onto is None:
            return self._whiten(cov)
        onto = self._onto.astype(np.float64)
        return (self._whiten(onto @ cov @ onto.T) @ self._onto).astype(np.float32)

    def _probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        return softmax(logits)

    def _build(self, n_channels: int, n_samples: int) -> None:
        torch.manual_seed(self.settings.seed)
        self._shape = (n_channels, n_samples)
        inside = n_channels if self._onto is None else len(self._onto)
        self._seen = (inside, n_samples)
        self.model = self._make(inside, n_samples)
        self.model.eval()
        self._serving = None
        self._aligned = np.empty((1, inside, n_samples), dtype=np.float32)
        self._whitening = self._alignment(self._cov)

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
    """Compute the mean cross-entropy of trials (n_trials, n_channels, n_samples).

    ``y`` (n_trials,) has the numbers of their classes.
    """
    return nn.functional.cross_entropy(model(x), y)
