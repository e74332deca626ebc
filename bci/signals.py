"""Data that flows between the parts: channels, chunks, markers, predictions, recordings.

Arrays on the wire and in rings are ``(n_samples, n_channels)`` float32. A window handed to a
decoder is ``(n_channels, n_samples)``. Times are seconds on the LSL clock.
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
"""Tasks with decoders and profiles of their own; a profile may name another."""

FRAME_NOTES = "frames/"
"""Beginning of the labels of markers about the frames of the stimulus screen."""

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
        ``seeg``, ``ecog``, ``stim``, ``misc``; ``unknown`` if the source does not state it.
    unit : str
        ``uV``, ``T``, ``T/m`` ...; ``unknown`` if the source does not state it.
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

    ``sfreq`` is the nominal rate in hertz, 0 for irregular streams. ``simulated`` is carried
    along the whole way, so that no view can show a simulated signal as a real one;
    ``interpolated`` names the channels that a montage map computed from others; ``named``:
    the channels have the names that settings gave them; ``replayed``: a recording is
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


def is_frame_note(label: str) -> bool:
    """Return whether a marker is about the frames of the stimulus screen: it is never a cue."""
    return label.startswith(FRAME_NOTES)


@dataclass(frozen=True, slots=True)
class MarkerStream:
    """The markers of one stream of a recording, ascending in time."""

    name: str
    type: str
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Probabilities of one window, and the time of each step.

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
        text = f"{self.info.summary}, {self.duration:.1f} s, {len(self.markers)} markers"
        return f"<Recording {self.source or self.info.name}: {text}>"

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
    """Samples and markers of one read of a device.

    ``chunks`` are pairs of a stream's number, in the order of `Device.describe`, and a chunk.
    """

    chunks: list[tuple[int, Chunk]]
    markers: list[Marker]
