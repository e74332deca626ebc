"""Open a live stream and read its samples in chunks."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bci.errors import RecordingError, StreamError
from bci.lsl.discovery import FoundStream, StreamQuery, resolve
from bci.lsl.inlet import SignalInlet
from bci.signals import Chunk, Recording, StreamInfo

_PULL_S = 0.1
_CHUNK_S = 0.05
_MAX_READ_S = 3600.0


class Stream:
    """An open live stream; close it, or use it in a ``with`` block.

    Parameters
    ----------
    found : FoundStream
        Stream to open, as `list_streams` returns it.
    timeout_s : float
        Longest wait for samples, in seconds.

    Attributes
    ----------
    info : StreamInfo
        Name, sampling rate in hertz, and channels with their units.
    """

    def __init__(self, found: FoundStream, timeout_s: float) -> None:
        self._inlet = SignalInlet(found)
        self._timeout_s = timeout_s
        self._closed = False
        self.info: StreamInfo = self._inlet.info

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Chunk]:
        return self.chunks()

    def chunks(self, duration_s: float | None = None) -> Iterator[Chunk]:
        """Yield chunks as they arrive.

        Parameters
        ----------
        duration_s : float, optional
            Stop after this many seconds. Default: never.

        Yields
        ------
        chunk : Chunk
            ``data`` (n_samples, n_channels) float32, ``timestamps`` (n_samples,) in seconds on
            the LSL clock. Samples were lost if ``first`` exceeds ``end`` of the chunk before.

        Raises
        ------
        StreamError
            If no sample comes for ``timeout_s``.
        """
        n_samples = max(1, round(_CHUNK_S * self.info.sfreq))
        end = time.monotonic() + (float("inf") if duration_s is None else duration_s)
        while time.monotonic() < end:
            yield from self.pull(n_samples)

    def pull(self, n_samples: int) -> list[Chunk]:
        """Wait until ``n_samples`` have arrived, or fewer after 0.1 s, and return them.

        Raises
        ------
        StreamError
            If no sample comes for ``timeout_s``, or the stream is closed.
        """
        if self._closed:
            raise StreamError(f"stream {self.info.name!r} is closed; open it again")
        deadline = time.monotonic() + self._timeout_s
        while True:
            chunks = self._inlet.pull(n_samples, _PULL_S)
            if chunks:
                return [
                    replace(each, data=each.data.copy(), timestamps=each.timestamps.copy())
                    for each in chunks
                ]
            if time.monotonic() > deadline:
                raise StreamError(
                    f"stream {self.info.name!r}: no sample for {self._timeout_s:g} s; is its "
                    "program still running?"
                )

    def read(self, duration_s: float) -> Recording:
        """Read the next ``duration_s`` seconds, continuing after the last read.

        Parameters
        ----------
        duration_s : float
            Length in seconds, at most one hour.

        Returns
        -------
        recording : Recording
            Recording without markers; its time stamps are seconds from its first sample.

        Raises
        ------
        RecordingError
            If the stream is irregular or the duration is out of range.
        StreamError
            If no sample comes for ``timeout_s``.
        """
        if not 0 < duration_s <= _MAX_READ_S:
            raise RecordingError(f"duration_s is {duration_s:g}; give 0 to {_MAX_READ_S:g} s")
        if not self.info.sfreq > 0:
            raise RecordingError(f"stream {self.info.name!r} is irregular; record it instead")
        wanted = max(1, round(duration_s * self.info.sfreq))
        chunks: list[Chunk] = []
        while sum(len(each.data) for each in chunks) < wanted:
            chunks += self.pull(wanted)
        indices = np.concatenate([np.arange(each.first, each.end) for each in chunks])[:wanted]
        timestamps = np.concatenate([each.timestamps for each in chunks])[:wanted]
        return Recording(
            self.info,
            np.concatenate([each.data for each in chunks])[:wanted],
            timestamps - timestamps[0],
            indices - indices[0],
            source=self.info.name,
        )

    def close(self) -> None:
        """Disconnect from the stream."""
        self._closed = True
        self._inlet.close()


def open_stream(
    name: str | FoundStream | None = None,
    *,
    type: str | None = None,
    source_id: str | None = None,
    timeout_s: float = 5.0,
) -> Stream:
    """Open a live stream.

    Parameters
    ----------
    name : str or FoundStream, optional
        Name of the stream, or an item of `list_streams`.
    type : str, optional
        Type of the stream. Default: ``EEG`` if neither name nor source id is given, else any.
    source_id : str, optional
        Identifier that the sender gave the stream.
    timeout_s : float
        Longest wait for the stream, and later for its samples, in seconds.

    Returns
    -------
    stream : Stream
        Iterate over it for chunks, or call its ``read``.

    Raises
    ------
    StreamError
        If no stream matches, several match, or it does not answer. The message lists the streams
        on the network.

    Examples
    --------
    >>> import bci
    >>> with bci.open_stream("simulator") as stream:
    ...     second = stream.read(1.0)
    >>> stream.info.summary, second.data.shape
    ('16 channels, 250 Hz, simulated', (250, 16))
    """
    if isinstance(name, FoundStream):
        return Stream(name, timeout_s)
    if name is None and type is None and source_id is None:
        type = "EEG"
    return Stream(resolve(StreamQuery(name, type, source_id), timeout_s), timeout_s)
