"""Record live streams to a file in a background thread."""

import threading
import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from bci.errors import BciError, RecordingError
from bci.recording.recorder import Recorder
from bci.recording.xdf.writer import XdfWriter

_POLL_S = 0.02
_JOIN_S = 10.0


class RecordingSession:
    """A recording under way; close it, or use it in a ``with`` block.

    Parameters
    ----------
    path : Path
    streams : tuple of str
        Names of the streams; empty for all.
    timeout_s : float
        Longest wait for the streams, in seconds.
    """

    def __init__(self, path: Path, streams: tuple[str, ...], timeout_s: float) -> None:
        self.path = path
        self._recorder = Recorder(XdfWriter(path), streams)
        self._stop = threading.Event()
        self._error: BciError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._await(streams, timeout_s)

    @property
    def n_samples(self) -> dict[str, int]:
        """Number of samples recorded so far, by the name of the stream."""
        return {each.found.info.name: each.n_samples for each in self._recorder.streams}

    def wait(self, duration_s: float) -> None:
        """Wait ``duration_s`` seconds while the recording continues.

        Raises
        ------
        RecordingError
            If the disk is full or fails; the samples written before are readable.
        """
        self._thread.join(duration_s)
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the recording and complete the file.

        Raises
        ------
        RecordingError
            If the disk was full or failed.
        """
        self._stop.set()
        self.wait(_JOIN_S)

    def __enter__(self) -> "RecordingSession":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._recorder.run(self._stop)
        except BciError as error:
            self._error = error

    def _await(self, streams: tuple[str, ...], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while missing := self._missing(streams):
            if self._error is not None or time.monotonic() > deadline:
                self._stop.set()
                self._thread.join(_JOIN_S)
                self.path.unlink(missing_ok=True)
                raise self._error or RecordingError(
                    f"{self.path}: nothing was recorded: {missing} is not on the network; see "
                    "bci.list_streams()"
                )
            time.sleep(_POLL_S)

    def _missing(self, streams: tuple[str, ...]) -> str:
        found = self.n_samples
        if not streams:
            return "" if found else "any stream"
        return ", ".join(repr(name) for name in streams if name not in found)


def record(
    path: str | PathLike[str], streams: str | Sequence[str] = (), *, timeout_s: float = 10.0
) -> RecordingSession:
    """Record streams to an XDF file until the ``with`` block ends.

    Returns once every named stream is being recorded. Nothing is ever overwritten.

    Parameters
    ----------
    path : path
        A new file that ends in ``.xdf``.
    streams : str or sequence of str
        Names of the streams. Default: all on the network, and those that appear later.
    timeout_s : float
        Longest wait for the streams, in seconds.

    Returns
    -------
    session : RecordingSession
        Ends the recording at the end of its ``with`` block.

    Raises
    ------
    RecordingError
        If the file exists or cannot be written, or a stream does not appear in time.

    Examples
    --------
    >>> import bci
    >>> with bci.record("live.xdf", "simulator") as session:
    ...     session.wait(1.0)
    >>> bci.read_recording("live.xdf", "simulator").info.n_channels
    16
    """
    path = Path(path)
    if path.suffix.lower() != ".xdf":
        raise RecordingError(f"{path}: recordings are XDF; give a name that ends in .xdf")
    names = (streams,) if isinstance(streams, str) else tuple(streams)
    return RecordingSession(path, names, timeout_s)
