"""Writing XDF files that stay readable after a crash, a power cut or a full disk."""

import contextlib
import errno
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.recording.xdf import format as xdf

_XML = '<?xml version="1.0"?>'


@dataclass(slots=True)
class _Tally:
    first: float = float("nan")
    last: float = float("nan")
    n_samples: int = 0


class XdfWriter:
    """A new XDF file, to which whole chunks are appended.

    Each chunk is passed to the operating system at once, so that it survives a crash of this
    process. `sync` writes the chunks to the disk, so that they survive a power cut. If the disk is
    full, the incomplete chunk is removed.

    The constructor raises `RecordingError` if the file exists; every method, if writing fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb", buffering=0)
        except FileExistsError:
            raise RecordingError(f"{path} is there already; nothing is overwritten") from None
        except OSError as error:
            raise RecordingError(f"{path}: cannot be written ({error.strerror})") from error
        _sync_folder(path.parent)
        self._tallies: list[_Tally] = []
        self.n_bytes = 0
        began = datetime.now(UTC).isoformat(timespec="seconds")
        head = f"<info><version>1.0</version><datetime>{began}</datetime></info>"
        self._write(xdf.MAGIC + xdf.chunk(xdf.FILE_HEADER, (_XML + head).encode()))

    def add_stream(self, header: str) -> int:
        """Add a stream with LSL's XML description ``header``; return its number, from 1."""
        self._tallies.append(_Tally())
        stream_id = len(self._tallies)
        self._write(xdf.stream_chunk(xdf.STREAM_HEADER, stream_id, header.encode()))
        return stream_id

    def write_samples(
        self, stream_id: int, stamps: NDArray[np.float64], values: NDArray[np.generic]
    ) -> None:
        """Append samples of a stream.

        ``stamps`` (n_samples,) are in seconds on the sender's clock. ``values`` (n_samples,
        n_channels) are numbers or, for a stream of text, ``bytes``.
        """
        if not len(stamps):
            return
        if values.dtype == np.object_:
            content = xdf.encode_texts(stamps, values)
        else:
            content = xdf.encode_numbers(stamps, values)
        self._write(xdf.stream_chunk(xdf.SAMPLES, stream_id, content))
        tally = self._tallies[stream_id - 1]
        tally.first = tally.first if tally.n_samples else float(stamps[0])
        tally.last = float(stamps[-1])
        tally.n_samples += len(stamps)

    def write_offset(self, stream_id: int, measured: float, offset: float) -> None:
        """Append a clock offset in seconds: sender's clock + ``offset`` = this computer's clock.

        It was measured at the time ``measured`` on the sender's clock.
        """
        pair = np.array([measured, offset], "<f8").tobytes()
        self._write(xdf.stream_chunk(xdf.CLOCK_OFFSET, stream_id, pair))

    def write_boundary(self) -> None:
        """Append a boundary mark, from which readers can continue after damage."""
        self._write(xdf.chunk(xdf.BOUNDARY, xdf.BOUNDARY_MARK))

    def sync(self) -> None:
        """Make sure that all written chunks are on the disk (fsync)."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise RecordingError(f"{self.path}: the disk fails ({error.strerror})") from error

    def close(self) -> None:
        """Write the footers and close the file."""
        if self._file.closed:
            return
        try:
            for number, tally in enumerate(self._tallies, 1):
                footer = (
                    f"{_XML}<info>"
                    f"<first_timestamp>{escape(repr(tally.first))}</first_timestamp>"
                    f"<last_timestamp>{escape(repr(tally.last))}</last_timestamp>"
                    f"<sample_count>{tally.n_samples}</sample_count></info>"
                )
                self._write(xdf.stream_chunk(xdf.STREAM_FOOTER, number, footer.encode()))
            self.sync()
        finally:
            self._file.close()

    def _write(self, piece: bytes) -> None:
        try:
            written = 0
            while written < len(piece):
                written += self._file.write(memoryview(piece)[written:])
        except OSError as error:
            self._take_back()
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise RecordingError(
                f"{self.path}: {'the disk is full' if full else error.strerror}; the file is whole "
                f"up to here ({self.n_bytes / 1e6:.1f} MB)"
            ) from error
        self.n_bytes += len(piece)

    def _take_back(self) -> None:
        """Remove a chunk that did not fit; the next chunk is written in its place."""
        # If the disk itself is gone, the file cannot be truncated.
        with contextlib.suppress(OSError):
            self._file.truncate(self.n_bytes)
            self._file.seek(self.n_bytes)


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file's name is on the disk, if the operating system can (fsync)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
