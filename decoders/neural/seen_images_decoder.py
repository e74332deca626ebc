"""Seen images by the MEG encoder: a window to its image's embedding, found among candidates."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.interfaces import Watch
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import window_shape
from decoders.classical.robust_scaling import RobustScaling
from decoders.images.embedding_search import Candidates, Galleries, Space, probabilities, required
from decoders.networks.meg_images import PUBLISHED, SMALL, MegImages, Retriever, images_loss
from decoders.neural.serving import Serving, choose, restore, serve
from decoders.neural.training import TrainingSettings, train
from decoders.neural.weights import load_weights, weight_arrays

_SIZES = {"published": PUBLISHED, "small": SMALL}


class SeenImages:
    """The network of `decoders.networks.meg_images`, trained by contrast and regression.

    Each channel is scaled by its median and interquartile range over the training windows, and
    clipped at five standard deviations. Nothing is held out of the training (no early stopping).

    Parameters
    ----------
    gallery, candidates : str
        As of `decoders.classical.image_ridge.ImageRidge`.
    size : str
        ``published`` or ``small``, a fiftieth of the weights.
    epochs, batch, lr, weight_decay, seed
        See `decoders.neural.training.TrainingSettings`.
    """

    summary = "seen images: MEG encoder to embeddings"
    task = "images"
    needs = ("torch",)
    needs_cues = True

    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=30, batch=64, lr=3e-3)

    def __init__(
        self,
        gallery: str = "",
        candidates: str = "",
        size: str = "published",
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        seed: int = 0,
    ) -> None:
        if size not in _SIZES:
            raise ValueError(f"size = {size!r} is none of {', '.join(_SIZES)}")
        self.size = _SIZES[size]
        self.settings = self.defaults.but(
            epochs=epochs, batch=batch, lr=lr, weight_decay=weight_decay, seed=seed
        )
        self._galleries = Galleries.load(gallery, candidates) if gallery else None
        self.classes: tuple[str, ...] = ()
        self.similarities: NDArray[np.float64] | None = None
        self.embedded_by = ""
        self._serving: Serving | None = None

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,
        signal: Signal | None = None,
        watch: Watch | None = None,
        checkpoint: Path | None = None,  # noqa: ARG002 - one person's, no base
    ) -> None:
        """Learn from windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        GalleryError
            If there is no gallery, or an image is not in it.
        MismatchError
            If the place of a sensor is not known.
        """
        galleries = required(self._galleries)
        shown, numbers = np.unique(labels, return_inverse=True)
        embeddings = galleries.learnt.of([str(name) for name in shown])
        space = Space.of(embeddings)
        targets = torch.from_numpy(space(embeddings))

        def loss(model: nn.Module, x: Tensor, images: Tensor) -> Tensor:
            return images_loss(model(x), targets[images])

        torch.manual_seed(self.settings.seed)
        shape = windows.shape[1], windows.shape[2]
        model = MegImages(_places(signal), shape[1], targets.shape[1], settings=self.size)
        self._scaling = RobustScaling.fit(windows)
        groups = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        self.history = train(
            model, self._scaling(windows), numbers.astype(np.int64), groups, self.settings, loss,
            watch,
        )  # fmt: skip
        self._build(shape, targets.shape[1])
        self.served.take(model)
        self.embedded_by = galleries.learnt.made_by
        self._known = Candidates.of(galleries.union(), space)
        self.choose_from(galleries.candidates.names)

    def choose_from(self, names: Sequence[str]) -> None:
        self._candidates = self._known.only(names)
        self.classes = self._candidates.names

    def choose_runtime(self) -> None:
        """Serve by ONNX Runtime from here on if that is faster and equal, as measured here."""
        self._serving = choose(self.served, self._shape)

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        self._scaled[0] = self._scaling(window)
        predicted = serve(self.served, self._serving, self._scaled)[0]
        self.similarities = self._candidates.cosines(predicted)
        return probabilities(self.similarities)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        serving = self._serving.arrays() if self._serving is not None else {}
        return {
            "shape": np.array(self._shape, dtype=np.int64),
            "candidates": self._candidates.vectors,
            **self._scaling.arrays(),
            **weight_arrays(self.served),
            **serving,
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "SeenImages":
        # A trained model needs no gallery.
        decoder = cls(**{**params, "gallery": "", "candidates": ""})
        shape = window_shape(arrays)
        n_dimensions = int(np.asarray(arrays["candidates"]).shape[-1])
        if not 1 <= n_dimensions <= 10_000:
            raise ValueError(f"array 'candidates' has {n_dimensions} dimensions")
        decoder._scaling = RobustScaling.from_arrays(arrays, shape[0])
        decoder._build(shape, n_dimensions)
        load_weights(decoder.served, arrays)
        decoder._serving = restore(arrays, decoder.served, shape)
        decoder._known = Candidates.from_arrays(classes, arrays, n_dimensions)
        decoder.choose_from(classes)
        return decoder

    def _build(self, shape: tuple[int, int], n_dimensions: int) -> None:
        self._shape = shape
        self.served = Retriever(*shape, n_dimensions, self.size)
        self.served.eval()
        self._serving = None
        self._scaled = np.empty((1, *shape), dtype=np.float32)


def _places(signal: Signal | None) -> NDArray[np.float64]:
    if signal is None:
        raise ValueError("the MEG encoder needs to know where the sensors are")
    missing = [channel.name for channel in signal.channels if channel.position is None]
    if missing:
        raise MismatchError(
            f"the MEG encoder attends to sensors by their places, and that of "
            f"{', '.join(missing[:5])} is not known: leave them out (pipeline.channels), or "
            "decode by image-ridge, which needs none"
        )
    return np.array([channel.position for channel in signal.channels], dtype=np.float64)
