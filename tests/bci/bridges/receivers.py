"""Receivers of bridges, and bridges that run in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bci.interfaces import Bridge, Reporting
from bci.messages import AnyBridged, read_bridged


class UdpReceiver:
    """A UDP socket that stores the received datagrams."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self.datagrams: list[bytes] = []

    def pull(self) -> list[bytes]:
        while self._socket.fileno() >= 0:
            try:
                self.datagrams.append(self._socket.recv(65536))
            except BlockingIOError:
                break
        return self.datagrams

    def messages(self) -> list[AnyBridged]:
        return [read_bridged(each) for each in self.pull()]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def running(bridge: Bridge) -> Iterator[list[str]]:
    """Run a bridge in a thread; yield the sentences that it reports."""
    said: list[str] = []
    if isinstance(bridge, Reporting):
        bridge.report = said.append
    stop, errors = threading.Event(), []

    def work() -> None:
        try:
            bridge.run(stop)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive(), "the bridge did not stop"
        assert errors == []


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])
