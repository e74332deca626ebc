"""The connection to a FieldTrip buffer, with limits of waiting time and received bytes."""

import socket
import time

_PIECE = 1 << 20


class Wire:
    """A socket for mne-realtime's client, with limits of waiting time and received bytes."""

    def __init__(self, connection: socket.socket, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def expect(self, most_bytes: int, wait_s: float) -> None:
        """Set the limits of the next answer.

        It may have ``most_bytes`` bytes, and may take ``wait_s`` seconds longer than the timeout.
        """
        self._most_bytes = most_bytes
        self._deadline = time.monotonic() + self._timeout_s + wait_s

    def send(self, request: bytes) -> int:
        self._connection.settimeout(self._left())
        self._connection.sendall(request)
        return len(request)

    def recv(self, n_bytes: int) -> bytes:
        """Receive exactly ``n_bytes`` bytes."""
        if n_bytes > self._most_bytes:
            raise ConnectionError(f"it claims to send {n_bytes:,} bytes")
        received = bytearray()
        while len(received) < n_bytes:
            self._connection.settimeout(self._left())
            piece = self._connection.recv(min(n_bytes - len(received), _PIECE))
            if not piece:
                raise ConnectionError("it hung up")
            received += piece
        return bytes(received)

    def close(self) -> None:
        self._connection.close()

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
