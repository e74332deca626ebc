"""Bridge ``udp``: decisions and probabilities as JSON datagrams."""

import threading
from collections.abc import Callable

from pydantic import Field

from bci.bridges.datagrams import DatagramSettings, send_datagrams


class UdpSettings(DatagramSettings):
    """Parameters of the bridge ``udp``."""

    port: int = Field(default=5005, ge=1, le=65535, description="UDP port of the receiver.")


class UdpBridge:
    """Decisions and probabilities as JSON, a UDP datagram each."""

    settings = UdpSettings

    def __init__(self, settings: UdpSettings) -> None:
        self._settings = settings
        self.report: Callable[[str], None] = lambda _: None

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; see `bci.interfaces.Bridge`."""
        send_datagrams(self._settings, lambda message: message.line().encode(), self.report, stop)
