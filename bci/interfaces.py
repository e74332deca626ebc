"""Protocols that devices, decoders and bridges implement, ours and those of other packages."""

import threading
from collections.abc import Callable, Sequence
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
    """A device that takes commands while it streams.

    ``command`` returns its answer and raises `DeviceError` where it cannot follow.
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
    `BciError` where it cannot go on.
    """

    def run(self, stop: threading.Event) -> None: ...


class TrainingStep(NamedTuple):
    """Progress of a training: ``loss`` on training data, ``score`` (accuracy) on held-out data.

    ``score`` is NaN where nothing is held out.
    """

    step: int
    of: int
    loss: float
    score: float


Watch = Callable[[TrainingStep], None]
"""Told after every step of a training; what it raises ends the training."""


class Decoder(Protocol):
    """A trained or trainable classifier of windows."""

    classes: tuple[str, ...]

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
        """Learn from windows.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, n_channels, n_samples)
        labels : ndarray of str, shape (n_windows,)
        groups : ndarray of int, shape (n_windows,), optional
            Run, or subject and run, that each window is from, in order of time.
        signal : Signal, optional
            For decoders whose design depends on rate or positions.
        watch : callable, optional
        checkpoint : Path, optional
            File in which a long training keeps how far it is, and from which it goes on; to be
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
class Adaptable(Decoder, Protocol):
    """A decoder that can be fitted to a person by windows whose labels are unknown."""

    def adapt(self, windows: FloatArray) -> None:
        """Take windows of float32, shape (n_windows, n_channels, n_samples)."""


@runtime_checkable
class Following(Decoder, Protocol):
    """A decoder whose alignment can follow a signal that changes while it is decoded.

    What ``follow`` learns replaces what was there and never changes it in place, so that a
    shallow copy of the decoder follows for itself.
    """

    def follow(self, window: FloatArray, weight: float) -> None:
        """Move the reference towards a window of float32, (n_channels, n_samples), by 0-1."""


@runtime_checkable
class Teachable(Decoder, Protocol):
    """A decoder that can learn from labelled windows while it decodes."""

    def features(self, window: FloatArray) -> NDArray[np.float64]:
        """Features of a window (n_channels, n_samples), shape (n_features,)."""

    def taught(self, features: NDArray[np.float64], numbers: NDArray[np.int64]) -> Decoder:
        """A copy that has learnt from features (n_windows, n_features) of numbered classes.

        It is held to what this one has learnt, and this one stays as it is.
        """


@runtime_checkable
class Servable(Decoder, Protocol):
    """A decoder that more than one runtime can serve."""

    def choose_runtime(self) -> None:
        """Measure the runtimes here and serve by the fastest; `arrays` tells which it was."""


@runtime_checkable
class Comparing(Protocol):
    """A decoder that compares a window with something of each class."""

    @property
    def similarities(self) -> NDArray[np.float64] | None:
        """Cosines of the last window that was decided, (n_classes,); None where there are none."""


@runtime_checkable
class Retrieval(Decoder, Protocol):
    """A decoder that finds an item among candidates, of which it need not have seen any trial.

    ``embedded_by`` tells what made the vectors that items are compared by.
    """

    embedded_by: str

    def choose_from(self, names: Sequence[str]) -> None:
        """Decide among these items from here on: they become its classes, in ascending order."""
