"""Data classes of signals: channels, chunks, markers, predictions, recordings.

Arrays in streams and rings are ``(n_samples, n_channels)`` float32. A window for a decoder is
``(n_channels, n_samples)``. Times are seconds on the LSL clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Task = Literal[
    "motor-imagery", "emotion", "speech", "images", "p300", "ssvep", "cvep", "neurofeedback"
]
"""Tasks with their own decoders and profiles; a profile may have another task."""

FRAME_NOTES = "frames/"
"""Start of the labels of markers about the frames of the stimulus screen."""

FloatArray = NDArray[np.float32]
TimeArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a stream.

    Parameters
    ----------
    name : str
        Label; in 10-05 spelling for an electrode on the scalp (``C3``, ``FCz``).
    kind : str
        Measured quantity in lower case: ``eeg``, ``eog``, ``ecg``, ``emg``, ``mag``, ``grad``,
        ``seeg``, ``ecog``, ``stim``, ``misc``; ``unknown`` if the source does not state it.
    unit : str
        Unit: ``uV``, ``T``, ``T/m`` ...; ``unknown`` if the source does not state it.
    position : tuple of 3 float, optional
        Head coordinates (x right, y front, z up), in metres.
    """

    name: str
    kind: str = "unknown"
    unit: str = "unknown"
    position: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Description of a stream.

    ``sfreq`` is the nominal rate in hertz, 0 for irregular streams. ``simulated`` is True for a
    simulated signal and is passed on to every view, so that none shows it as a real one.
    ``interpolated`` names the channels that a montage map computed from others. ``named`` is True
    if settings gave the channels their names. ``replayed`` is True for a replayed recording, which
    does not react to cues. ``loop_gap`` is the number of samples left out at each restart of a
    replay, 0 without restarts.
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
        """Description such as ``64 channels, 1000 Hz, simulated``."""
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
class Signal:
    """Rate, in hertz, and channels of a pipeline's windows."""

    sfreq: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples of one stream, without a gap inside.

    Parameters
    ----------
    data : ndarray of float32, shape (n_samples, n_channels)
        Samples.
    timestamps : ndarray of float64, shape (n_samples,)
        Time of each sample, in seconds on the LSL clock (offline: of the recording).
    first : int
        Absolute index of ``data[0]`` since the start of the stream. If it exceeds the end of the
        chunk before, the samples between were lost.
    arrived : float
        LSL time at which the chunk reached this process; NaN offline.
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
    """An event in a recording or on a marker stream; ``time`` is in seconds."""

    time: float
    label: str


def is_frame_note(label: str) -> bool:
    """Return True for a marker about the frames of the stimulus screen.

    Such a marker is never a cue.
    """
    return label.startswith(FRAME_NOTES)


@dataclass(frozen=True, slots=True)
class MarkerStream:
    """The markers of one stream of a recording, in order of time."""

    name: str
    type: str
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Class probabilities of one window, and the times of its processing.

    ``probabilities`` (n_classes,) are in the order of ``classes``. ``start`` and ``end``
    (exclusive) are absolute sample indices at the pipeline's output rate. ``taken`` is the time
    stamp of the last sample. ``arrived``, ``filtered`` and ``decoded`` are the LSL times of these
    steps, NaN offline. ``similarities`` (n_classes,) are cosines with each class, None if the
    decoder compares no embeddings.
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
        Channels, sampling rate and name of the signal.
    data : ndarray of float32, shape (n_samples, n_channels)
        Samples, in the unit of each channel of ``info``.
    timestamps : ndarray of float64, shape (n_samples,)
        Seconds since the start of the recording.
    indices : ndarray of int64, shape (n_samples,)
        Absolute sample index of each row; it jumps where samples were lost.
    markers : tuple of Marker
        Markers in order of time, on the clock of ``timestamps``.
    source : str
        Name of the file, for messages.
    findings : tuple of str
        One sentence for each fault: channels left out, breaks of unknown length, clock and rate
        (see `bci.clock.timekeeping`).
    marker_streams : tuple of MarkerStream
        The streams of ``markers``, if there are several. Not all have cues (see
        `bci.training.epochs.cue_markers`). Empty if all markers may be cues.
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
        text = f"{self.info.summary}, {self.duration:.1f} s, {len(self.markers)} markers"
        return f"<Recording {self.source or self.info.name}: {text}>"

    @property
    def duration(self) -> float:
        return float(self.timestamps[-1] - self.timestamps[0]) if len(self.timestamps) else 0.0

    def chunks(self, n_samples: int = 4096) -> Iterator[Chunk]:
        """Yield chunks of at most ``n_samples`` samples, split wherever samples were lost."""
        seams = np.flatnonzero(np.diff(self.indices) != 1) + 1
        for start, stop in pairwise([0, *seams.tolist(), len(self.data)]):
            for row in range(start, stop, n_samples):
                rows = slice(row, min(row + n_samples, stop))
                yield Chunk(self.data[rows], self.timestamps[rows], int(self.indices[row]))


class Reading(NamedTuple):
    """Samples and markers from one call of `Device.read`.

    ``chunks`` are pairs of a stream's number, in the order of `Device.describe`, and a chunk.
    """

    chunks: list[tuple[int, Chunk]]
    markers: list[Marker]
