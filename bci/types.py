"""The plain data that flows between the parts, and the protocols the parts meet.

Arrays on the wire and in rings are ``(n_samples, n_channels)`` float32. A window handed to a
decoder is ``(n_channels, n_samples)``. Times are seconds on the LSL clock.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Task = Literal["motor-imagery", "emotion", "speech", "images"]
"""What is decoded: the name of its profile too."""

FloatArray = NDArray[np.float32]
TimeArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a stream.

    Parameters
    ----------
    name : str
        Label, in 10-05 spelling where the electrode is a scalp position (``C3``, ``FCz``).
    kind : str
        What it measures, lower case: ``eeg``, ``eog``, ``ecg``, ``emg``, ``mag``, ``grad``,
        ``seeg``, ``ecog``, ``stim``, ``misc``; ``unknown`` if the source does not say.
    unit : str
        ``uV``, ``T``, ``T/m`` ...; ``unknown`` if the source does not say.
    position : tuple of 3 float, optional
        Head coordinates (x right, y front, z up), in metres.
    """

    name: str
    kind: str = "unknown"
    unit: str = "unknown"
    position: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a stream says of itself.

    ``sfreq`` is the nominal rate in hertz, 0 for irregular streams. ``simulated`` is carried
    along the whole way, so that no view can show a simulated signal as a real one;
    ``interpolated`` names the channels that a montage map computed from others; ``named`` tells
    that the channels have the names that settings gave them; ``replayed`` says that a recording is
    streamed, which follows nobody's cues. ``loop_gap`` is the number of samples that are left out
    where a replay begins again; 0 where it does not.
    """

    name: str
    type: str
    sfreq: float
    channels: tuple[Channel, ...]
    source_id: str = ""
    simulated: bool = False
    interpolated: tuple[str, ...] = ()
    loop_gap: int = 0
    named: bool = False
    replayed: bool = False

    @property
    def summary(self) -> str:
        """As ``64 channels, 1000 Hz, simulated``."""
        channels = "1 channel" if self.n_channels == 1 else f"{self.n_channels} channels"
        rate = f"{self.sfreq:g} Hz" if self.sfreq else "irregular"
        return ", ".join([channels, rate, *(["simulated"] if self.simulated else [])])

    @property
    def n_channels(self) -> int:
        return len(self.channels)

    @property
    def ch_names(self) -> tuple[str, ...]:
        return tuple(channel.name for channel in self.channels)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples of one stream, without a gap inside.

    Parameters
    ----------
    data : ndarray of float32, shape (n_samples, n_channels)
    timestamps : ndarray of float64, shape (n_samples,)
        When each sample was taken, in seconds on the LSL clock (offline: of the recording).
    first : int
        Absolute index of ``data[0]`` since the stream began. Where it is larger than the end
        of the chunk before, the samples between were lost.
    arrived : float
        When the chunk reached this process, LSL clock; NaN offline.
    """

    data: FloatArray
    timestamps: TimeArray
    first: int
    arrived: float = float("nan")

    @property
    def end(self) -> int:
        """Absolute index one past the last sample."""
        return self.first + len(self.data)


class Marker(NamedTuple):
    """An event in a recording or on a marker stream."""

    time: float
    label: str


@dataclass(frozen=True, slots=True)
class MarkerStream:
    """The markers of one stream of a recording, ascending in time."""

    name: str
    type: str
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the decoder said of one window, and when each step was done.

    ``start`` and ``end`` are absolute sample indices at the pipeline's output rate; ``end``
    is one past the last sample. ``taken`` is the time stamp of that last sample; the other
    times are NaN where no clock was given (offline). ``similarities`` are what the probabilities
    were made from where the decoder compares: the cosine with each class.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    start: int
    end: int
    taken: float
    arrived: float = float("nan")
    filtered: float = float("nan")
    decoded: float = float("nan")
    similarities: NDArray[np.float64] | None = None

    @property
    def label(self) -> str:
        return self.classes[int(np.argmax(self.probabilities))]

    @property
    def confidence(self) -> float:
        return float(np.max(self.probabilities))


@dataclass(frozen=True)
class Recording:
    """A recorded signal in memory, with its markers.

    Parameters
    ----------
    info : StreamInfo
    data : ndarray of float32, shape (n_samples, n_channels)
        In the unit that each channel of ``info`` names.
    timestamps : ndarray of float64, shape (n_samples,)
        Seconds since the recording's start.
    indices : ndarray of int64, shape (n_samples,)
        Absolute sample index of each row; it jumps where samples were lost.
    markers : tuple of Marker
        Times on the same clock as ``timestamps``, ascending.
    source : str
        The file it came from, for messages.
    findings : tuple of str
        What is wrong with it, a sentence each: channels left out, breaks of unknown length, clock
        and rate (see `bci.clock.timekeeping`).
    marker_streams : tuple of MarkerStream
        Where ``markers`` are of several streams, each of them: not all hold cues (see
        `bci.training.epochs.cue_markers`). Empty where all of them may be cues.
    """

    info: StreamInfo
    data: FloatArray
    timestamps: TimeArray
    indices: NDArray[np.int64]
    markers: tuple[Marker, ...] = field(default=())
    source: str = ""
    findings: tuple[str, ...] = ()
    marker_streams: tuple[MarkerStream, ...] = field(default=())

    def __repr__(self) -> str:
        told = f"{self.info.summary}, {self.duration:.1f} s, {len(self.markers)} markers"
        return f"<Recording {self.source or self.info.name}: {told}>"

    @property
    def duration(self) -> float:
        return float(self.timestamps[-1] - self.timestamps[0]) if len(self.timestamps) else 0.0

    def chunks(self, n_samples: int = 4096) -> Iterator[Chunk]:
        """The signal in chunks of at most ``n_samples``, split wherever samples were lost."""
        seams = np.flatnonzero(np.diff(self.indices) != 1) + 1
        for start, stop in pairwise([0, *seams.tolist(), len(self.data)]):
            for row in range(start, stop, n_samples):
                rows = slice(row, min(row + n_samples, stop))
                yield Chunk(self.data[rows], self.timestamps[rows], int(self.indices[row]))


class Reading(NamedTuple):
    """What a device gave in one read.

    ``chunks`` are pairs of a stream's number, in the order of `Device.describe`, and a chunk.
    """

    chunks: list[tuple[int, Chunk]]
    markers: list[Marker]


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
    """A device that can be spoken to while it streams.

    ``command`` returns its answer and raises `DeviceError` where it cannot follow.
    """

    def command(self, text: str) -> str: ...


@runtime_checkable
class Cued(Protocol):
    """A device that follows the cues of another program: a simulated person.

    ``cues`` names their stream; None means that of any guided calibration. ``follow`` is told
    before each read whether the stream is there and which markers came, on the LSL clock.
    """

    cues: str | None

    def follow(self, present: bool, markers: Sequence[Marker]) -> None: ...


class Bridge(Protocol):
    """A client of an engine's streams that passes them on: to a game, a robot, another program.

    ``run`` works until ``stop`` is set, which it looks at several times a second. It raises
    `BciError` where it cannot go on.
    """

    def run(self, stop: threading.Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Signal:
    """What a pipeline's windows are made of: their rate in hertz and their channels."""

    sfreq: float
    channels: tuple[Channel, ...]


class TrainingStep(NamedTuple):
    """How far a training is: ``loss`` on training data, ``score`` (accuracy) on held-out data.

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
        """What it learns from of a window (n_channels, n_samples), shape (n_features,)."""

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
