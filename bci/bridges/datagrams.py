"""UDP datagrams to one receiver, which may be slow or missing; sending never blocks."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from pydantic import Field

from bci.bridges.engine_client import EngineClient, EngineName
from bci.bridges.translation import BridgedMessage, Translation
from bci.errors import BciError
from bci.profiles.pipeline_settings import Settings

_POLL_S = 0.1
MAX_DATAGRAM = 8192
"""Longest datagram, in bytes; a prediction of few classes has about 300."""


class DatagramError(BciError):
    """Error: the address of the receiver is invalid."""


class DatagramSettings(Settings):
    """Parameters of a bridge that sends datagrams."""

    engine: EngineName = Field(default="bci", description="Name of the engine.")
    host: str = Field(
        default="127.0.0.1", min_length=1, max_length=255, description="Computer of the receiver."
    )
    port: int = Field(ge=1, le=65535, description="UDP port of the receiver.")
    predictions: bool = Field(default=True, description="Send probabilities too.")


class Datagrams:
    """A sender of datagrams to one host and port.

    Parameters
    ----------
    host : str
        Name or address of the receiver's computer.
    port : int
    report : callable
        Called with a sentence when sending begins to fail, and when it works again.

    Raises
    ------
    DatagramError
        If the host has no address.
    """

    def __init__(self, host: str, port: int, report: Callable[[str], None]) -> None:
        self._to: Any
        try:
            family, _, _, _, self._to = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as error:
            raise DatagramError(
                f"host: {host!r} has no address; give a name or address like 127.0.0.1"
            ) from error
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._report, self._where = report, f"{host}:{port}"
        self._is_failing = False
        self.n_failed = 0

    def send(self, datagram: bytes) -> None:
        """Send a datagram; if it cannot be sent now, it is counted and dropped."""
        if len(datagram) > MAX_DATAGRAM:
            self._fail(f"a message of {len(datagram)} bytes is left out; labels are too long")
            return
        try:
            self._socket.sendto(datagram, self._to)
        except OSError as error:
            self._fail(f"cannot send to {self._where}: {error.strerror or error}")
            return
        if self._is_failing:
            self._report(f"sending to {self._where} works again")
        self._is_failing = False

    def _fail(self, why: str) -> None:
        self.n_failed += 1
        if not self._is_failing:
            self._report(why)
        self._is_failing = True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def send_datagrams(
    wanted: DatagramSettings,
    encode: Callable[[BridgedMessage], bytes],
    report: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Send each event of an engine as a datagram, until ``stop`` is set.

    ``encode`` converts a message to the bytes of the datagram.
    """
    receiver = Datagrams(wanted.host, wanted.port, report)
    translation = Translation(wanted.engine)
    try:
        with EngineClient(wanted.engine, report) as client:
            report(f"sending to {wanted.host}:{wanted.port}")
            while not stop.is_set():
                messages = [translation.take(event) for event in client.poll(_POLL_S)]
                for message in (*messages, translation.heartbeat()):
                    if message is None or (message.kind == "prediction" and not wanted.predictions):
                        continue
                    receiver.send(encode(message))
            if lost := receiver.n_failed + client.dropped:
                report(f"{lost} messages were not sent")
    finally:
        receiver.close()
