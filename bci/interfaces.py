"""Protocols that devices, decoders and bridges implement, ours and those of other packages."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray, Marker, Reading, Signal, StreamInfo


class Device(Protocol):
    """A source of samples that ``bci`` puts onto the Lab Streaming Layer.

    ``open`` connects, waiting seconds at most, and raises `DeviceError` where it cannot.
    ``describe``, once open, names the device's streams; the first one names the device. The
    first ``read`` starts the samples: each gives what came since the last one, after
    ``timeout`` seconds at the latest, and None when the source has ended; it raises
    `DeviceError` when the connection is lost, after which ``close`` and ``open`` try again.
    """

    def open(self) -> None: ...
    def describe(self) -> tuple[StreamInfo, ...]: ...
    def read(self, timeout: float) -> Reading | None: ...
    def close(self) -> None: ...


@runtime_checkable
class Commanded(Protocol):
    """A device or bridge that takes commands while it works.

    ``command`` returns its answer and raises `DeviceError` or another `BciError` where it cannot
    follow. Of a bridge it is called from another thread than ``run``.
    """

    def command(self, text: str) -> str: ...


@runtime_checkable
class Cued(Protocol):
    """A device that follows the cues of another program: a simulated person.

    ``cues`` names their stream; None means that of any guided calibration. ``follow``
    receives before each read the presence of the stream and its new markers, on the LSL clock.
    """

    cues: str | None

    def follow(self, present: bool, markers: Sequence[Marker]) -> None: ...


class Bridge(Protocol):
    """A client of an engine's streams that passes them on: to a game, a robot, another program.

    ``run`` works until ``stop`` is set, which it looks at several times a second. It raises
    `BciError` where it cannot continue.
    """

    def run(self, stop: threading.Event) -> None: ...


@runtime_checkable
class TrainableFilter(Protocol):
    """Settings of a filter that learns from the signal of the training runs.

    ``fit`` receives the signal as it arrives at the filter: stretches without a gap, each
    (n_samples, n_channels) float32. It returns plain arrays for the model, which a later ``stage``
    finds in ``learnt``. It raises `ValueError` where there is too little signal. ``stage`` raises
    it where the filter cannot work untrained.
    """

    @property
    def learnt(self) -> Mapping[str, NDArray[np.generic]]: ...
    def fit(
        self, stretches: Sequence[FloatArray], signal: Signal
    ) -> dict[str, NDArray[np.generic]]: ...


@runtime_checkable
class Reporting(Protocol):
    """A bridge that reports what happens, a sentence each, for a person.

    ``report`` is set before ``run``; it may be called from any thread.
    """

    report: Callable[[str], None]


class TrainingStep(NamedTuple):
    """Progress of a training: ``loss`` on training data, ``score`` (accuracy) on held-out data.

    ``score`` is NaN where nothing is held out.
    """

    step: int
    of: int
    loss: float
    score: float


OnEpoch = Callable[[TrainingStep], None]
"""Called after every step of a training; an exception ends the training."""


class Decoder(Protocol):
    """A trained or trainable classifier of windows.

    An attribute ``balanced`` that is true states that probabilities are for classes that are
    equally frequent, however many windows each had in the training.
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
        """Learn from windows.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, n_channels, n_samples)
        labels : ndarray of str, shape (n_windows,)
        groups : ndarray of int, shape (n_windows,), optional
            Run, or subject and run, that each window is from, in order of time. In the training
            of a person's own model those from a million on are runs of executed movement.
        signal : Signal, optional
            For decoders whose design depends on rate or positions.
        on_epoch : callable, optional
        checkpoint : Path, optional
            File in which a long training keeps how far it is, and from which it continues; to be
            deleted by whoever gave it. Only networks that can be bases make one.
        """

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        """Class probabilities of one window.

        Parameters
        ----------
        window : ndarray of float32, shape (n_channels, n_samples)

        Returns
        -------
        probabilities : ndarray, shape (n_classes,)
            Finite; they sum to 1.

        Raises
        ------
        DecodingError
            If there are none, since values are not finite or too large.
        """

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything learnt, as plain arrays for the model bundle."""


@runtime_checkable
class TrainingFree(Decoder, Protocol):
    """A decoder that can decode without having learnt from any recording."""

    def prepare(self, signal: Signal, n_samples: int) -> None:
        """Make ready for windows of so many samples of a signal."""


@runtime_checkable
class Adaptable(Decoder, Protocol):
    """A decoder that can be fitted to a person by windows whose labels are unknown."""

    def adapt(self, windows: FloatArray) -> None:
        """Take windows of float32, shape (n_windows, n_channels, n_samples)."""


@runtime_checkable
class Pooling(Decoder, Protocol):
    """A decoder that can learn from a person's windows and those of other people together.

    It is given the latter as arrays of a base model, its parameter ``start``.
    """

    def fit_people(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        groups: NDArray[np.int64],
        signal: Signal,
    ) -> int:
        """Learn from windows of several people, and keep some of them, as for `fit`.

        Returns
        -------
        kept : int
            Number of windows that are kept in `arrays`; 0 where it was set to keep none.
        """


@runtime_checkable
class FineTunable(Decoder, Protocol):
    """A decoder whose base models keep more than it takes to decode."""

    def training_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays of a base model beside `arrays`, for the training that starts from it.

        With ``electrodes`` (n_channels, 3) among them, that training may have other electrodes.
        """


@runtime_checkable
class Following(Decoder, Protocol):
    """A decoder whose alignment can follow a signal that changes while it is decoded.

    What ``follow`` learns replaces what was there and never changes it in place, so that a
    shallow copy of the decoder follows for itself. An attribute ``follows`` that is true makes it
    follow where the profile leaves that open.
    """

    def follow(self, window: FloatArray, weight: float) -> None:
        """Move the reference towards a window of float32, (n_channels, n_samples), by 0-1."""


@runtime_checkable
class Resumable(Following, Protocol):
    """A decoder that can continue from an alignment that another copy of it has followed to.

    So a recording that began after the engine can be verified.
    """

    def alignment(self) -> NDArray[np.float64]:
        """All that `follow` has changed, as one matrix."""

    def resume(self, alignment: NDArray[np.float64]) -> None:
        """Go on from what `alignment` gave: the same from here on, to the bit.

        As `follow` it replaces what was there. Raises `ValueError` if it is none of this decoder.
        """


@runtime_checkable
class Teachable(Decoder, Protocol):
    """A decoder that can learn from labelled windows while it decodes."""

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Features of a window (n_channels, n_samples), shape (n_features,)."""

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> Decoder:
        """A copy that was trained on features (n_windows, n_features) of numbered classes.

        It is held to what this one has learnt, and this one stays as it is.
        """


@runtime_checkable
class Servable(Decoder, Protocol):
    """A decoder that more than one runtime can serve."""

    def choose_runtime(self) -> None:
        """Measure the runtimes here and serve by the fastest; `arrays` contains the choice."""


@runtime_checkable
class Comparing(Protocol):
    """A decoder that compares a window with something of each class."""

    @property
    def similarities(self) -> NDArray[np.float64] | None:
        """Cosines of the last window that was decided, (n_classes,); None where there are none."""


@runtime_checkable
class EarlyDeciding(Protocol):
    """A decoder that can decide a window of which only the beginning is known."""

    @property
    def baseline(self) -> FloatArray:
        """The value of each channel that stands for no signal, (n_channels,)."""


@runtime_checkable
class Attending(Protocol):
    """A decoder that weighs the channels, or regions, of each window."""

    def attention(self, ch_names: Sequence[str]) -> dict[str, float]:
        """Weights in the last window that was decoded, by name; they sum to 1.

        ``ch_names`` are the channels of a window. Empty where this decoder has no weights.
        """


@runtime_checkable
class Retrieval(Decoder, Protocol):
    """A decoder that finds an item among candidates, of which it need not have seen any trial.

    ``embedded_by`` names the model that made the vectors of the items.
    """

    embedded_by: str

    def choose_from(self, names: Sequence[str]) -> None:
        """Decide among these items from here on: they become its classes, in ascending order."""
