"""Decoder of seen images: the MEG encoder predicts an embedding, which selects a candidate."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bci.errors import MismatchError
from bci.interfaces import OnEpoch
from bci.signals import FloatArray, Signal
from bci.training.others.people import people_of
from decoders.classical.linear_head import shaped, window_shape
from decoders.classical.robust_scaling import RobustScaling
from decoders.images.embedding_search import Candidates, Galleries, Space, probabilities, required
from decoders.networks.meg_images import PUBLISHED, SMALL, MegImages, Retriever, images_loss
from decoders.networks.time_shift import randomly_shifted
from decoders.neural.device import check_device, find_device
from decoders.neural.serving import Serving, choose, restore, serve
from decoders.neural.training import Loss, TrainingSettings, epochs_for, train
from decoders.neural.weights import load_weights, weight_arrays

_SIZES = {"published": PUBLISHED, "small": SMALL}
# Least number of training steps: 150 epochs of 234 trials, or 38 epochs of 975 trials; see
# docs/tasks/seen-images.md.
_STEPS = 600
_BASE, _MAPS = "base.", "subject.maps"
_CENTRE, _SCALE = "base_space.centre", "base_space.scale"


class SeenImages:
    """The network of `decoders.networks.meg_images`, with contrastive loss and regression.

    Each channel is scaled by its median and interquartile range over the training windows, and
    clipped at five standard deviations. No windows are held out for early stopping.

    Parameters
    ----------
    gallery, candidates : str
        As in `decoders.classical.image_ridge.ImageRidge`.
    size : str
        ``published``, or ``small`` with a fiftieth of the weights.
    shift_s : float
        Largest random shift of a window in training, in seconds, 0 to 0.2; see
        `decoders.networks.time_shift`.
    epochs : int, optional
        Default: 30, or more for few trials, so that there are at least 600 steps.
    batch, lr, weight_decay, seed
        See `decoders.neural.training.TrainingSettings`.
    start : mapping of str to ndarray, optional
        Arrays of a base model of several people, made by `bci pretrain`.
    device : str
        Device for training; see `decoders.neural.device.find_device`.
    """

    summary = "seen images: MEG encoder to embeddings"
    task = "images"
    needs = ("torch",)
    carries_over = True
    needs_cues = True

    defaults: ClassVar[TrainingSettings] = TrainingSettings(epochs=30, batch=64, lr=3e-3)
    # As in `decoders.neural.aligned_network.NetworkDecoder`.
    mixed: ClassVar[bool] = False

    def __init__(
        self,
        gallery: str = "",
        candidates: str = "",
        size: str = "published",
        shift_s: float = 0.032,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        seed: int = 0,
        start: Mapping[str, NDArray[np.generic]] | None = None,
        device: str = "auto",
    ) -> None:
        self.device = check_device(device)
        if size not in _SIZES:
            raise ValueError(f"size = {size!r} is none of {', '.join(_SIZES)}")
        if isinstance(shift_s, bool) or not (
            isinstance(shift_s, int | float) and 0 <= shift_s <= 0.2
        ):
            raise ValueError(f"shift_s = {shift_s!r} must be a number of seconds from 0 to 0.2")
        self.size, self.shift_s = _SIZES[size], float(shift_s)
        self.settings = self.defaults.but(
            epochs=epochs, batch=batch, lr=lr, weight_decay=weight_decay, seed=seed
        )
        self._has_epochs = epochs is not None
        self._start = start
        self._base: dict[str, NDArray[np.generic]] = {}
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
        on_epoch: OnEpoch | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

        If ``groups`` has several people, numbered as in `bci.training.others.people.people_of`, the
        result is a base model with one linear layer per person. A new person's layer starts from
        the mean of these layers.

        Raises
        ------
        GalleryError
            If there is no gallery, or an image is not in it.
        MismatchError
            If a sensor's position is unknown, or the base model has another shape.
        BundleError
            If the checkpoint is damaged, or of another network, other data or settings.
        """
        galleries = required(self._galleries)
        shown, numbers = np.unique(labels, return_inverse=True)
        embeddings = galleries.learnt.of([str(name) for name in shown])
        groups = np.zeros(len(windows), dtype=np.int64) if groups is None else groups
        people, person = np.unique(people_of(groups), return_inverse=True)
        space = Space.of(embeddings) if self._start is None else _space_of(self._start)
        n_samples, n_dimensions = windows.shape[2], embeddings.shape[1]
        torch.manual_seed(self.settings.seed)
        has_layers = len(people) > 1 or self._start is not None
        model = MegImages(
            _places(signal), n_samples, n_dimensions, len(people) * has_layers, self.size
        )
        if self._start is not None:
            _load_base(model, self._start)
        assert signal is not None
        self._scaling = RobustScaling.fit(windows)
        if not self._has_epochs:
            self.settings = epochs_for(_STEPS, len(windows), self.settings)
        targets = np.column_stack([numbers, person]).astype(np.int64)
        wanted = space(embeddings)
        loss = self._loss(wanted, signal.sfreq, has_layers)
        digest = hashlib.sha256(np.ascontiguousarray(wanted).data).hexdigest()
        self.history = train(
            model, _scaled_by_person(windows, person), targets, groups, self.settings, loss,
            on_epoch, checkpoint, also=json.dumps([digest, self.shift_s]), device=self.device,
            mixed=self.mixed,
        )  # fmt: skip
        self._build(windows.shape[1:], n_dimensions)
        self.served.take(model)
        self._base = _base_arrays(model, space) if len(people) > 1 else {}
        self.embedded_by = galleries.learnt.made_by
        self._known = Candidates.of(galleries.union(), space)
        self.choose_from(galleries.candidates.names)

    def _loss(self, embeddings: FloatArray, sfreq: float, has_layers: bool) -> Loss:
        targets = torch.from_numpy(embeddings).to(find_device(self.device))
        most = round(self.shift_s * sfreq)

        def shifted(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            images, person = y.T
            found = model(randomly_shifted(x, most), person if has_layers else None)
            return images_loss(found, targets[images])

        return shifted

    def adapt(self, windows: FloatArray) -> None:
        """Scale channels by a person's unlabelled windows from now on.

        ``windows`` have the shape (n_windows, n_channels, n_samples).
        """
        self._scaling = RobustScaling.fit(windows)

    def choose_from(self, names: Sequence[str]) -> None:
        self._candidates = self._known.only(names)
        self.classes = self._candidates.names

    def choose_runtime(self) -> None:
        """Use ONNX Runtime for predictions from now on if it is measured to be faster and equal."""
        self._serving = choose(self.served, self._shape)

    @property
    def baseline(self) -> FloatArray:
        return self._scaling.centre[:, 0]

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

    def training_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return a base model's weights and its transformation of embeddings."""
        return self._base

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

    def _build(self, shape: tuple[int, ...], n_dimensions: int) -> None:
        self._shape = shape[0], shape[1]
        self.served = Retriever(*self._shape, n_dimensions, self.size)
        self.served.eval()
        self._serving = None
        self._scaled = np.empty((1, *self._shape), dtype=np.float32)


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


def _scaled_by_person(windows: FloatArray, person: NDArray[np.int64]) -> FloatArray:
    scaled = np.empty_like(windows)
    for number in np.unique(person):
        own = person == number
        scaled[own] = RobustScaling.fit(windows[own])(windows[own])
    return scaled


def _base_arrays(model: MegImages, space: Space) -> dict[str, NDArray[np.generic]]:
    """Make the arrays from which training on another person starts."""
    weights = {_BASE + key: value.detach().numpy() for key, value in model.named_parameters()}
    maps = weights[_BASE + _MAPS].mean(axis=0, keepdims=True)
    own = {_CENTRE: space.centre, _SCALE: np.array([space.scale])}
    return weights | own | {_BASE + _MAPS: maps}


def _space_of(base: Mapping[str, NDArray[np.generic]]) -> Space:
    if _SCALE not in base:
        raise MismatchError(
            "this model is no base of several people: make one by bci pretrain, or calibrate "
            "without a base"
        )
    return Space(np.asarray(base[_CENTRE], dtype=np.float32), float(shaped(base, _SCALE, (1,))[0]))


@torch.no_grad()
def _load_base(model: MegImages, base: Mapping[str, NDArray[np.generic]]) -> None:
    for key, parameter in model.named_parameters():
        array = np.asarray(base.get(_BASE + key, np.nan))
        if array.shape != tuple(parameter.shape) or not np.isfinite(array).all():
            raise MismatchError(
                f"the base model's {key} has shape {array.shape}, not {tuple(parameter.shape)}, or "
                "is not finite: give size, window and gallery as it was pretrained"
            )
        parameter.copy_(torch.from_numpy(np.array(array)))
