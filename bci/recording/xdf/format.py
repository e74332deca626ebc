"""The XDF 1.0 format: writing and checking its chunks.

Layout after the specification (https://github.com/sccn/xdf/wiki/Specifications): the file is
``XDF:`` and then chunks of ``[1, 4 or 8][length][tag u16][content]``, little-endian.
"""

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError

MAGIC = b"XDF:"
FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET, BOUNDARY, STREAM_FOOTER = range(1, 7)
BOUNDARY_MARK = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
NUMBER_TYPES = {
    "float32": "<f4", "double64": "<f8", "int8": "i1", "int16": "<i2", "int32": "<i4",
    "int64": "<i8",
}  # fmt: skip
FORMATS = (*NUMBER_TYPES, "string")
NO_HEADER = "has no header"
"""Last words of the message about a chunk whose stream's header is missing or damaged."""

_WIDTHS = {1: "<B", 4: "<I", 8: "<Q"}
_PROVEN = (FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET, BOUNDARY)
_SEARCHED = 1 << 20
_OVERLAP = 64
# The size of a chunk bounds its number of samples. This bounds what is allocated per channel.
_MAX_CHANNELS = 1_000_000
# Headers are small; a larger one is damaged.
LONGEST_XML = 16 << 20
# Limits of an unpacked file: compression usually shrinks recordings to a half or a tenth.
_MAX_PACKING = 100
_LEAST_UNPACKED = 100 << 20


def chunk(tag: int, content: bytes) -> bytes:
    """Encode one chunk of the file."""
    length = len(content) + 2
    if length < 1 << 8:
        head = struct.pack("<BB", 1, length)
    elif length < 1 << 32:
        head = struct.pack("<BI", 4, length)
    else:
        head = struct.pack("<BQ", 8, length)
    return head + struct.pack("<H", tag) + content


def stream_chunk(tag: int, stream_id: int, content: bytes) -> bytes:
    """Encode one chunk that belongs to the stream ``stream_id``."""
    return chunk(tag, struct.pack("<I", stream_id) + content)


def encode_numbers(stamps: NDArray[np.float64], values: NDArray[np.generic]) -> bytes:
    """Encode the content of a Samples chunk, after the stream id.

    ``stamps`` (n_samples,) are in seconds on the sender's clock. ``values`` (n_samples, n_channels)
    are of one of `NUMBER_TYPES`.
    """
    row = np.dtype([("width", "u1"), ("stamp", "<f8"), ("values", values.dtype, values.shape[1:])])
    rows = np.empty(len(stamps), row)
    rows["width"], rows["stamp"], rows["values"] = 8, stamps, values
    return struct.pack("<BI", 4, len(rows)) + rows.tobytes()


def encode_texts(stamps: NDArray[np.float64], values: NDArray[np.generic]) -> bytes:
    """Encode the content of a string stream's Samples chunk, after the stream id.

    ``stamps`` (n_samples,) are in seconds on the sender's clock. ``values`` (n_samples, n_channels)
    are ``bytes``.
    """
    parts = [struct.pack("<BI", 4, len(stamps))]
    for stamp, sample in zip(stamps, values, strict=True):
        parts.append(struct.pack("<Bd", 8, stamp))
        for text in sample:
            parts += [struct.pack("<BI", 4, len(text)), text]
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class XdfPart:
    """One chunk of a file: its first byte, the byte after its end, its tag and its content.

    ``content`` is the first byte after the tag. ``stream_id`` is None if the chunk belongs to no
    stream. ``n_samples`` is 0 unless the chunk has samples.
    """

    start: int
    end: int
    tag: int
    content: int
    stream_id: int | None
    n_samples: int = 0


@dataclass(frozen=True, slots=True)
class _Shape:
    """Name and sample layout of a stream; ``value_bytes`` is 0 for strings."""

    name: str
    n_channels: int
    value_bytes: int


class Walk:
    """Iterate over the chunks of a file; each is checked before it is yielded.

    Iteration ends at a damaged chunk. ``damage`` is then its first byte and a description; None
    if the file is undamaged so far. `skip_damage` continues behind it. All chunks of a stream with
    a damaged header count as damaged.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._at = len(MAGIC)
        self._behind: int | None = None
        self._shapes: dict[int, _Shape] = {}
        self.damage: tuple[int, str] | None = None
        if file.read(len(MAGIC)) != MAGIC:
            raise RecordingError("not an XDF file (its first bytes are not 'XDF:')")

    def __iter__(self) -> Iterator[XdfPart]:
        while self.damage is None and self._at < self._size:
            try:
                part = self._framed(self._at)
                self._behind = part.end
                part, shape = self._proven(part)
            except _DamageError as damage:
                self.damage = (self._at, str(damage))
                return
            if shape is not None and part.stream_id is not None:
                self._shapes[part.stream_id] = shape
            self._at, self._behind = part.end, None
            yield part

    def skip_damage(self) -> bool:
        """Move to the next undamaged chunk; return False if there is none.

        If the damaged chunk's length leads to a chunk, that is the next one. Otherwise the bytes
        behind the damage are searched for one.
        """
        assert self.damage is not None
        self.damage = None
        behind, self._behind = self._behind, None
        if behind is None or not (behind == self._size or self._is_whole(behind)):
            behind = self._search(self._at + 1)
        if behind is not None:
            self._at = behind
        return behind is not None

    def _search(self, start: int) -> int | None:
        """Find the first byte from ``start`` on where an undamaged chunk begins; None if none."""
        streams = b"|".join(re.escape(struct.pack("<I", each)) for each in self._shapes)
        of_stream = rb"[\x03\x04\x06]\x00(?:" + streams + rb")|" if streams else b""
        tags = re.compile(
            of_stream + rb"\x02\x00.{4}(?=<)|\x05\x00" + re.escape(BOUNDARY_MARK), re.DOTALL
        )
        at = start
        while True:
            self._file.seek(at)
            block = self._file.read(_SEARCHED)
            for match in tags.finditer(block):
                for width in _WIDTHS:
                    begin = match.start() - width - 1
                    if begin >= 0 and block[begin] == width and self._is_whole(at + begin):
                        return at + begin
            if len(block) < _SEARCHED:
                return None
            # Blocks overlap: a chunk that begins in a block's last bytes is found in the next.
            at += len(block) - _OVERLAP

    def _is_whole(self, at: int) -> bool:
        try:
            self._proven(self._framed(at))
        except _DamageError:
            return False
        return True

    def _framed(self, start: int) -> XdfPart:
        """Read length, tag and stream of the chunk that begins at byte ``start``, unchecked."""
        file = self._file
        file.seek(start)
        length = self._read_length()
        content = file.tell() + 2
        end = content - 2 + length
        if length < 2 or end > self._size:
            raise _DamageError("the chunk is cut off")
        (tag,) = struct.unpack("<H", file.read(2))
        stream_id = None
        if tag in (STREAM_HEADER, SAMPLES, CLOCK_OFFSET, STREAM_FOOTER):
            if length < 6:
                raise _DamageError("the chunk names no stream")
            (stream_id,) = struct.unpack("<I", file.read(4))
            content += 4
        return XdfPart(start, end, tag, content, stream_id)

    def name_of(self, stream_id: int) -> str:
        """Name of a stream whose header was read already."""
        return self._shapes[stream_id].name

    def _read_length(self) -> int:
        width = self._file.read(1)
        if not width or width[0] not in _WIDTHS:
            raise _DamageError("no chunk begins here")
        raw = self._file.read(width[0])
        if len(raw) < width[0]:
            raise _DamageError("the chunk is cut off")
        return int(struct.unpack(_WIDTHS[width[0]], raw)[0])

    def _proven(self, part: XdfPart) -> tuple[XdfPart, _Shape | None]:
        """Check that a chunk's content fits its tag, so that readers do not fail on it.

        Returns the chunk with its number of samples, and for a stream's header the layout of the
        stream's samples, otherwise None.
        """
        size = part.end - part.content
        self._file.seek(part.content)
        if part.tag == FILE_HEADER:
            self._xml(size)
        elif part.tag == BOUNDARY:
            if self._file.read(size) != BOUNDARY_MARK:
                raise _DamageError("a boundary without its mark")
        elif part.tag == STREAM_HEADER:
            if part.stream_id in self._shapes:
                raise _DamageError(f"a second header of stream {part.stream_id}")
            return part, _shape(self._xml(size))
        elif part.tag in (SAMPLES, CLOCK_OFFSET, STREAM_FOOTER):
            assert part.stream_id is not None
            if part.stream_id not in self._shapes:
                raise _DamageError(f"stream {part.stream_id} {NO_HEADER}")
            if part.tag == CLOCK_OFFSET and size != 16:
                raise _DamageError("a clock offset of the wrong length")
            if part.tag == SAMPLES:
                n_samples = self._prove_samples(self._shapes[part.stream_id], part.end)
                return replace(part, n_samples=n_samples), None
        # The length of a footer, or of a chunk with an unknown tag, is checked only by the start of
        # the next chunk.
        if part.tag not in _PROVEN and not self._may_begin(part.end):
            raise _DamageError("no chunk begins at its end")
        return part, None

    def _may_begin(self, at: int) -> bool:
        """Return whether a chunk may begin at byte ``at``; the file may end inside it."""
        self._file.seek(at)
        head = self._file.read(11)
        if not head or head[0] not in _WIDTHS:
            return not head
        tag = head[1 + head[0] : 3 + head[0]]
        return len(tag) < 2 or struct.unpack("<H", tag)[0] in (*_PROVEN, STREAM_FOOTER)

    def _prove_samples(self, shape: _Shape, end: int) -> int:
        n_samples, file = self._read_length(), self._file
        at = file.tell()
        # The shortest sample has no time stamp and, in a string stream, only empty strings.
        shortest = 1 + shape.n_channels * (shape.value_bytes or 2)
        if n_samples * shortest > end - at:
            raise _DamageError(f"the chunk claims {n_samples} samples, which it cannot hold")
        if shape.value_bytes:
            raw = file.read(end - at)
            if not _numbers_fit(raw, n_samples, shape.n_channels * shape.value_bytes):
                raise _DamageError("its samples do not add up to its length")
            return n_samples
        for _ in range(n_samples):
            self._skip_string_sample(shape.n_channels, end)
        if file.tell() != end:
            raise _DamageError("its samples do not add up to its length")
        return n_samples

    def _skip_string_sample(self, n_channels: int, end: int) -> None:
        stamp = self._file.read(1)
        if stamp not in (b"\x00", b"\x08"):
            raise _DamageError("a time stamp of the wrong length")
        self._file.seek(stamp[0], 1)
        for _ in range(n_channels):
            length = self._read_length()
            if length > end - self._file.tell():
                raise _DamageError("a text runs past the end of its chunk")
            self._file.seek(length, 1)

    def _xml(self, size: int) -> ElementTree.Element:
        if size > LONGEST_XML:
            raise _DamageError(f"a header of {size} bytes")
        text = self._file.read(size).decode("utf-8", "replace")
        try:
            # Without a document type there are no entities to expand.
            if "<!DOCTYPE" in text:
                raise _DamageError("a header with a document type")
            return ElementTree.fromstring(text)  # noqa: S314
        except ElementTree.ParseError as error:
            raise _DamageError(f"a header that is not XML ({error})") from error


class _DamageError(Exception):
    """A chunk does not fit its tag."""


def _shape(header: ElementTree.Element) -> _Shape:
    try:
        n_channels = int(header.findtext("channel_count") or "")
        rate = float(header.findtext("nominal_srate") or "")
    except ValueError as error:
        raise _DamageError("a stream header without channel count or rate") from error
    kind = header.findtext("channel_format") or ""
    if not 1 <= n_channels <= _MAX_CHANNELS or not 0 <= rate <= 1e6 or kind not in FORMATS:
        raise _DamageError(
            f"a stream of {n_channels} channels of {kind[:20]!r} at {rate:g} Hz cannot be read"
        )
    name = (header.findtext("name") or "")[:200]
    return _Shape(
        name, n_channels, np.dtype(NUMBER_TYPES[kind]).itemsize if kind != "string" else 0
    )


def _numbers_fit(raw: bytes, n_samples: int, values_bytes: int) -> bool:
    widths = np.frombuffer(raw, np.uint8)
    # In nearly all files, either every sample of a chunk has a time stamp or none has.
    for stamp in (8, 0):
        step = 1 + stamp + values_bytes
        if len(raw) == n_samples * step and (widths[::step] == stamp).all():
            return True
    at = 0
    for _ in range(n_samples):
        if at >= len(raw) or raw[at] not in (0, 8):
            return False
        at += 1 + raw[at] + values_bytes
    return at == len(raw)


@contextmanager
def open_xdf(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file and yield it with its length in bytes; ``.xdfz`` is unpacked.

    Raises `RecordingError` if the file is missing, or if an ``.xdfz`` file cannot be unpacked.
    """
    try:
        if path.suffix.lower() != ".xdfz":
            with path.open("rb") as file:
                yield file, path.stat().st_size
            return
        with gzip.open(path) as packed:
            most = max(_LEAST_UNPACKED, _MAX_PACKING * path.stat().st_size)
            size = 0
            while piece := len(packed.read(1 << 20)):
                size += piece
                if size > most:
                    raise RecordingError(
                        f"{path}: unpacks to more than {_MAX_PACKING} times its size; no "
                        "recording does"
                    )
            packed.seek(0)
            yield cast(BinaryIO, packed), size
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path}: cannot be read ({error})") from error


def check_whole(path: Path) -> None:
    """Check that a file is undamaged, chunk by chunk.

    Raises `RecordingError` if it is damaged; the message names the byte and ``bci repair``.
    """
    with open_xdf(path) as (file, size):
        try:
            walk = Walk(file, size)
        except RecordingError as error:
            raise RecordingError(f"{path}: {error}") from None
        for _ in walk:
            continue
    if walk.damage:
        at, what = walk.damage
        raise RecordingError(
            f"{path}: truncated or damaged at byte {at} of {size}: {what}; "
            f"'bci repair {path}' saves what is whole"
        )
