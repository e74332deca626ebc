"""Protocols of devices, filters, decoders and bridges."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray, Marker, Reading, Signal, StreamInfo


class Device(Protocol):
    """A source of samples that ``bci`` publishes on the Lab Streaming Layer.

    ``open`` connects within seconds, and raises `DeviceError` if it fails. ``describe``, called
    after ``open``, returns the device's streams; the name of the first is that of the device. The
    first ``read`` starts the samples. Each ``read`` returns the samples since the last one, after
    at most ``timeout`` seconds, or None after the end of the source. It raises `DeviceError` if the
    connection is lost; the caller then reconnects by ``close`` and ``open``.
    """

    def open(self) -> None: ...
    def describe(self) -> tuple[StreamInfo, ...]: ...
    def read(self, timeout: float) -> Reading | None: ...
    def close(self) -> None: ...


@runtime_checkable
class Commanded(Protocol):
    """A device or bridge that accepts commands while it runs.

    ``command`` returns a reply, and raises `DeviceError` or another `BciError` if the command
    fails. For a bridge, it is called from another thread than ``run``.
    """

    def command(self, text: str) -> str: ...


@runtime_checkable
class Cued(Protocol):
    """A simulated person as a device, which reacts to the cues of another program.

    ``cues`` is the name of the cue stream; None uses the stream of any guided calibration.
    ``follow`` is called before each ``read``: ``present`` is True if the stream exists, and
    ``markers`` are its new markers, on the LSL clock.
    """

    cues: str | None

    def follow(self, present: bool, markers: Sequence[Marker]) -> None: ...


class Bridge(Protocol):
    """A client that passes an engine's streams on to a game or a robot.

    ``run`` works until ``stop`` is set, which it checks several times per second. It raises
    `BciError` if it cannot continue.
    """

    def run(self, stop: threading.Event) -> None: ...


@runtime_checkable
class TrainableFilter(Protocol):
    """Settings of a filter that is trained on the signal of the training runs.

    ``fit`` receives the filter's input signal: stretches without a gap, each (n_samples,
    n_channels) float32. It returns plain arrays for the model, which ``stage`` later finds in
    ``learnt``. It raises `ValueError` if there is too little signal. ``stage`` raises `ValueError`
    if the filter has to be trained first.
    """

    @property
    def learnt(self) -> Mapping[str, NDArray[np.generic]]: ...
    def fit(
        self, stretches: Sequence[FloatArray], signal: Signal
    ) -> dict[str, NDArray[np.generic]]: ...


@runtime_checkable
class Reporting(Protocol):
    """A bridge that reports events to the user, one sentence each.

    The caller sets ``report`` before ``run``. The bridge may call it from any thread.
    """

    report: Callable[[str], None]


class TrainingStep(NamedTuple):
    """Progress of a training after ``step`` of ``of`` steps.

    ``loss`` is on training data. ``score`` is the accuracy on held-out data, NaN without such data.
    """

    step: int
    of: int
    loss: float
    score: float


OnEpoch = Callable[[TrainingStep], None]
"""Function that is called after every step of a training; an exception ends the training."""


class Decoder(Protocol):
    """A trained or trainable classifier of windows.

    If an attribute ``balanced`` is True, the probabilities assume equally frequent classes, even if
    the training had unequal numbers of windows.
    """

    classes: tuple[str, ...]

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
        """Train the decoder on windows.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, n_channels, n_samples)
            Filtered windows.
        labels : ndarray of str, shape (n_windows,)
            Class of each window.
        groups : ndarray of int, shape (n_windows,), optional
            Number of the run, or of person and run, of each window, in order of time. In the
            training of one person's model, numbers from 1,000,000 on are runs of executed movement.
        signal : Signal, optional
            Rate and channels of the windows, for decoders that depend on them.
        on_epoch : callable, optional
            Called after every step of the training.
        checkpoint : Path, optional
            File in which a long training stores its state, and from which it resumes. The caller
            deletes it. Only networks that can be base models write it.
        """

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        """Predict the class probabilities of one window.

        Parameters
        ----------
        window : ndarray of float32, shape (n_channels, n_samples)
            Filtered window.

        Returns
        -------
        probabilities : ndarray, shape (n_classes,)
            Finite probabilities that sum to 1, in the order of ``classes``.

        Raises
        ------
        DecodingError
            If values in the window are not finite or too large.
        """

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all trained parameters as plain arrays, for the model folder."""


@runtime_checkable
class TrainingFree(Decoder, Protocol):
    """A decoder that needs no training."""

    def prepare(self, signal: Signal, n_samples: int) -> None:
        """Prepare for windows of ``n_samples`` samples of ``signal``."""


@runtime_checkable
class Adaptable(Decoder, Protocol):
    """A decoder that can be adapted to a person by windows without labels."""

    def adapt(self, windows: FloatArray) -> None:
        """Adapt to ``windows`` of float32, shape (n_windows, n_channels, n_samples)."""


@runtime_checkable
class Pooling(Decoder, Protocol):
    """A decoder for training on windows of a person and of other people.

    The windows of other people are arrays of a base model, the decoder's parameter ``start``.
    """

    def fit_people(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        groups: NDArray[np.int64],
        signal: Signal,
    ) -> int:
        """Train on windows of several people, and store some of these windows.

        Arguments as for `fit`.

        Returns
        -------
        kept : int
            Number of windows stored, among `arrays`; 0 if the decoder is set to store none.
        """


@runtime_checkable
class FineTunable(Decoder, Protocol):
    """A decoder whose base models store more arrays than decoding needs."""

    def training_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the further arrays of a base model, for trainings that start from it.

        If they have ``electrodes`` (n_channels, 3), such a training may have other electrodes.
        """


@runtime_checkable
class Following(Decoder, Protocol):
    """A decoder whose alignment can adapt to the signal while it decodes.

    ``follow`` must replace the alignment and never change it in place, so that a shallow copy of
    the decoder adapts independently. If an attribute ``follows`` is True, the decoder adapts by
    default, unless the profile sets ``output.adapt``.
    """

    def follow(self, window: FloatArray, weight: float) -> None:
        """Update the alignment's reference by a window, with ``weight`` from 0 to 1.

        ``window`` has shape (n_channels, n_samples), float32.
        """


@runtime_checkable
class Resumable(Following, Protocol):
    """A decoder that can continue from the adapted alignment of another copy of it.

    So `bci verify` can check a recording that began after the engine.
    """

    def alignment(self) -> NDArray[np.float64]:
        """Return the present alignment, which `follow` updates, as one matrix."""

    def resume(self, alignment: NDArray[np.float64]) -> None:
        """Continue from an ``alignment`` that `alignment` returned.

        The results are identical to those of the decoder that returned it. As `follow`, it
        replaces the present alignment and changes nothing in place. Raises `ValueError` if
        the array is no alignment of this decoder.
        """


@runtime_checkable
class Teachable(Decoder, Protocol):
    """A decoder that can be trained on labelled windows while it decodes."""

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Return the features of a window (n_channels, n_samples), shape (n_features,)."""

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> Decoder:
        """Return a copy trained on ``features`` (n_windows, n_features).

        This decoder stays.

        ``numbers`` (n_windows,) are the class numbers. The training is regularised towards this
        decoder's parameters.
        """


@runtime_checkable
class Servable(Decoder, Protocol):
    """A decoder that has several runtimes, such as PyTorch and ONNX Runtime."""

    def choose_runtime(self) -> None:
        """Choose the runtime: the fastest on this computer that gives equal results.

        `arrays` stores the choice, so that a loaded model uses the same runtime.
        """


@runtime_checkable
class Comparing(Protocol):
    """A decoder that compares the embedding of a window with one embedding per class."""

    @property
    def similarities(self) -> NDArray[np.float64] | None:
        """Cosines of the last predicted window with each class, (n_classes,).

        They are None before the first prediction.
        """


@runtime_checkable
class EarlyDeciding(Protocol):
    """A decoder that can decode a window of which only the beginning is known."""

    @property
    def baseline(self) -> FloatArray:
        """Value of each channel that fills the unknown part of a window.

        The shape is (n_channels,).
        """


@runtime_checkable
class Attending(Protocol):
    """A decoder with attention weights of channels or regions per window."""

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:
        """Return the weights in the last decoded window, by channel or region.

        They sum to 1. ``ch_names`` are the channels of a window. Empty if this decoder has
        no weights.
        """


@runtime_checkable
class Retrieval(Decoder, Protocol):
    """A decoder that retrieves an item among candidates.

    The candidates need not be in its training data. ``embedded_by`` is the name of the model
    that computed the embeddings of the items.
    """

    embedded_by: str

    def choose_from(self, names: Sequence[str]) -> None:
        """Set the candidates for later predictions: ``names``, sorted, become the classes."""
