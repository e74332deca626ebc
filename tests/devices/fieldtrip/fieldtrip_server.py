"""A FieldTrip buffer: version 1 of the protocol over TCP, for clients of either byte order.

Written from the protocol's description at fieldtriptoolbox.org (development/realtime/
buffer_protocol); what it leaves open (which requests are errors) follows the reference server.
"""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from types import TracebackType
from typing import NamedTuple

import numpy as np

PUT_HDR, PUT_DAT, PUT_EVT, PUT_OK, PUT_ERR = range(0x101, 0x106)
GET_HDR, GET_DAT, GET_EVT, GET_OK, GET_ERR = range(0x201, 0x206)
FLUSH_HDR, FLUSH_DAT, FLUSH_EVT, FLUSH_OK, FLUSH_ERR = range(0x301, 0x306)
WAIT_DAT, WAIT_OK, WAIT_ERR = 0x402, 0x404, 0x405
# By the protocol's number: char, uint8 ... uint64, int8 ... int64, float32, float64.
DTYPES = [np.dtype(code) for code in ("S1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8")]
DTYPES += [np.dtype(code) for code in ("f4", "f8")]
NAMES, FLAGS, RESOLUTIONS = 1, 2, 3
_LARGEST_REQUEST = 256 << 20


class _Header(NamedTuple):
    n_channels: int
    sfreq: float
    data_type: int
    chunks: list[tuple[int, bytes]]


class _Event(NamedTuple):
    types: tuple[int, int]  # of the event's type and of its value
    type: np.ndarray
    value: np.ndarray
    times: tuple[int, int, int]  # sample, offset, duration


class FieldTripServer:
    """Serves until it is stopped, or left as a context.

    Parameters
    ----------
    ring_samples, ring_events : int
        So many are kept.
    host : str
    port : int
        0 for any free one.
    """

    def __init__(
        self,
        ring_samples: int = 10_000,
        ring_events: int = 100,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._ring_samples, self._ring_events = ring_samples, ring_events
        self._header: _Header | None = None
        self._clear()
        self._changed = threading.Condition()
        self._running = True
        self._listener = socket.create_server((host, port))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self._connections: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> "FieldTripServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Hang up on everybody, and wait until all threads have ended."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        self._threads[0].join()
        self._listener.close()
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _clear(self) -> None:
        self._n_samples = self._n_events = 0
        self._events: deque[_Event] = deque(maxlen=self._ring_events)

    def _accept(self) -> None:
        while self._running:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self._changed:
                self._connections.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(None)
        with contextlib.suppress(OSError), connection:
            while self._running:
                prefix = _receive(connection, 8)
                order = "<" if prefix[:2] == b"\1\0" else ">"
                version, command, size = struct.unpack(order + "HHI", prefix)
                if version != 1 or size > _LARGEST_REQUEST:
                    break
                request = _receive(connection, size)
                with self._changed:
                    status, answer = self._answer(order, command, request)
                prefix = struct.pack(order + "HHI", 1, status, len(answer))
                connection.sendall(prefix + answer)
        with self._changed:
            self._connections.discard(connection)

    def _answer(self, order: str, command: int, request: bytes) -> tuple[int, bytes]:
        handlers = {
            PUT_HDR: (self._put_header, PUT_OK, PUT_ERR),
            PUT_DAT: (self._put_data, PUT_OK, PUT_ERR),
            PUT_EVT: (self._put_events, PUT_OK, PUT_ERR),
            GET_HDR: (self._get_header, GET_OK, GET_ERR),
            GET_DAT: (self._get_data, GET_OK, GET_ERR),
            GET_EVT: (self._get_events, GET_OK, GET_ERR),
            FLUSH_HDR: (self._flush_header, FLUSH_OK, FLUSH_ERR),
            FLUSH_DAT: (self._flush_data, FLUSH_OK, FLUSH_ERR),
            FLUSH_EVT: (self._flush_events, FLUSH_OK, FLUSH_ERR),
            WAIT_DAT: (self._wait, WAIT_OK, WAIT_ERR),
        }
        if command not in handlers:
            raise ConnectionError(f"unknown request {command:#x}")
        handle, fine, failed = handlers[command]
        try:
            answer = handle(order, request)
        except (ValueError, IndexError, struct.error):
            return failed, b""
        self._changed.notify_all()
        return fine, answer

    def _known_header(self) -> _Header:
        if self._header is None:
            raise ValueError("there is no header")
        return self._header

    def _put_header(self, order: str, request: bytes) -> bytes:
        n_channels, _, _, sfreq, data_type, size = struct.unpack_from(order + "IIIfII", request)
        if size != len(request) - 24 or n_channels == 0:
            raise ValueError("a header that does not fit")
        chunks, at = [], 24
        while at < len(request):
            kind, size = struct.unpack_from(order + "II", request, at)
            content = request[at + 8 : at + 8 + size]
            if len(content) != size:
                raise ValueError("a chunk that does not fit")
            chunks.append((kind, _reorder(kind, content, order)))
            at += 8 + size
        self._ring = np.zeros((self._ring_samples, n_channels), DTYPES[data_type])
        self._header = _Header(n_channels, sfreq, data_type, chunks)
        self._clear()
        return b""

    def _get_header(self, order: str, _request: bytes) -> bytes:
        header = self._known_header()
        chunks = b""
        for kind, content in header.chunks:
            chunks += struct.pack(order + "II", kind, len(content))
            chunks += _reorder(kind, content, order)
        fixed = (header.n_channels, self._n_samples, self._n_events, header.sfreq)
        return struct.pack(order + "IIIfII", *fixed, header.data_type, len(chunks)) + chunks

    def _put_data(self, order: str, request: bytes) -> bytes:
        header = self._known_header()
        n_channels, n, data_type, size = struct.unpack_from(order + "IIII", request)
        fits = (n_channels, data_type) == (header.n_channels, header.data_type)
        if not fits or size != len(request) - 16 or n > self._ring_samples:
            raise ValueError("samples that do not fit the header")
        raw = np.frombuffer(request[16:], self._ring.dtype.newbyteorder(order))
        rows = np.arange(self._n_samples, self._n_samples + n) % self._ring_samples
        self._ring[rows] = raw.reshape(n, n_channels)
        self._n_samples += n
        return b""

    def _get_data(self, order: str, request: bytes) -> bytes:
        header = self._known_header()
        begin, end = _selection(order, request, self._n_samples, self._ring_samples)
        rows = np.arange(begin, end + 1) % self._ring_samples
        raw = self._ring[rows].astype(self._ring.dtype.newbyteorder(order)).tobytes()
        fixed = (header.n_channels, len(rows), header.data_type, len(raw))
        return struct.pack(order + "IIII", *fixed) + raw

    def _put_events(self, order: str, request: bytes) -> bytes:
        self._known_header()
        events, at = [], 0
        while at < len(request):
            fields = struct.unpack_from(order + "IIIIiiiI", request, at)
            of_type, n_type, of_value, n_value, *times, size = fields
            dtypes = [DTYPES[kind].newbyteorder(order) for kind in (of_type, of_value)]
            middle = at + 32 + n_type * dtypes[0].itemsize
            if middle + n_value * dtypes[1].itemsize != at + 32 + size:
                raise ValueError("an event that does not fit")
            parts = (
                np.frombuffer(request[at + 32 : middle], dtypes[0]),
                np.frombuffer(request[middle : at + 32 + size], dtypes[1]),
            )
            events.append(_Event((of_type, of_value), *parts, (times[0], times[1], times[2])))
            at += 32 + size
        self._events.extend(events)
        self._n_events += len(events)
        return b""

    def _get_events(self, order: str, request: bytes) -> bytes:
        self._known_header()
        begin, end = _selection(order, request, self._n_events, self._ring_events)
        oldest = self._n_events - len(self._events)
        answer = b""
        for number in range(begin, end + 1):
            event = self._events[number - oldest]
            raw = [
                part.astype(DTYPES[kind].newbyteorder(order)).tobytes()
                for kind, part in zip(event.types, (event.type, event.value), strict=True)
            ]
            sizes = (event.types[0], len(event.type), event.types[1], len(event.value))
            size = len(raw[0]) + len(raw[1])
            answer += struct.pack(order + "IIIIiiiI", *sizes, *event.times, size)
            answer += raw[0] + raw[1]
        return answer

    def _flush_header(self, _order: str, _request: bytes) -> bytes:
        self._known_header()
        self._header = None
        self._clear()
        return b""

    def _flush_data(self, _order: str, _request: bytes) -> bytes:
        self._known_header()
        self._n_samples = 0
        return b""

    def _flush_events(self, _order: str, _request: bytes) -> bytes:
        self._known_header()
        self._n_events = 0
        self._events.clear()
        return b""

    def _wait(self, order: str, request: bytes) -> bytes:
        """Until there are more samples, or more events, than the client names."""
        n_samples, n_events, timeout_ms = struct.unpack(order + "III", request)
        self._known_header()
        deadline = time.monotonic() + timeout_ms / 1000
        while (
            self._running
            and self._header is not None
            and self._n_samples <= n_samples
            and self._n_events <= n_events
            and (left := deadline - time.monotonic()) > 0
        ):
            self._changed.wait(left)
        self._known_header()
        return struct.pack(order + "II", self._n_samples, self._n_events)


def _receive(connection: socket.socket, n_bytes: int) -> bytes:
    received = b""
    while len(received) < n_bytes:
        if not (piece := connection.recv(n_bytes - len(received))):
            raise ConnectionError("the client hung up")
        received += piece
    return received


def _reorder(kind: int, content: bytes, order: str) -> bytes:
    """A chunk between the server's byte order and the client's; only resolutions have one."""
    if kind != RESOLUTIONS:
        return content
    return np.frombuffer(content, np.dtype("f8").newbyteorder(order)).astype("=f8").tobytes()


def _selection(order: str, request: bytes, written: int, kept: int) -> tuple[int, int]:
    """First and last of what a client asks for: all that is kept if it names nothing."""
    begin, end = max(0, written - kept), written - 1
    if request:
        begin, end = struct.unpack(order + "II", request)
    if not written - kept <= begin <= end < written:
        raise ValueError("not in the ring")
    return begin, end
