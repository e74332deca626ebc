"""Receivers of the web bridge, and the decisions for those who return.

All of it belongs to the thread of the server's event loop.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed

from bci.messages import (
    BridgedDecision,
    BridgedPrediction,
    BridgedQuality,
    BridgedSignal,
    BridgedStatus,
)

# Unsent bytes of a receiver that is too far behind; the backlog takes half of it.
_MAX_BEHIND = 600_000
_MAX_BACKLOG = 1000
# Nothing is expected of receivers. So many messages in so many seconds are a flood.
_MAX_MESSAGES, _PER_S = 20, 10.0

WebMessage = BridgedDecision | BridgedPrediction | BridgedStatus | BridgedSignal | BridgedQuality


class WebClients:
    """The receivers: each gets every message, and a slow one delays no other."""

    def __init__(self, run: str, at_most: int) -> None:
        self.n_dropped = 0
        self._run, self._at_most = run, at_most
        self._connections: set[ServerConnection] = set()
        self._seq = 0
        self._status = ""
        self._backlog: deque[BridgedDecision] = deque(maxlen=_MAX_BACKLOG)

    @property
    def n(self) -> int:
        """Number of receivers."""
        return len(self._connections)

    @property
    def is_full(self) -> bool:
        """True while no more receivers are taken."""
        return self.n >= self._at_most

    def publish(self, messages: Sequence[WebMessage]) -> None:
        """Send messages to all receivers, without waiting; drop those that are too far behind."""
        for message in messages:
            if isinstance(message, BridgedSignal | BridgedQuality):
                # The decisions before it have been sent by now.
                message = message.model_copy(update={"seq": self._seq})
            else:
                self._seq = message.seq
            text = message.line()
            if isinstance(message, BridgedStatus):
                self._status = text
            elif isinstance(message, BridgedDecision):
                self._backlog.append(message)
            broadcast(self._connections, text)
        for connection in list(self._connections):
            if connection.transport.get_write_buffer_size() > _MAX_BEHIND:
                self.n_dropped += 1
                self._connections.discard(connection)
                # A proper end would wait for it.
                connection.transport.abort()

    async def serve(self, connection: ServerConnection, run: str, since: int | None) -> None:
        """Send to a receiver until it is gone.

        One that returns gives the run and the number of the newest decision that it has; it gets
        the later ones first, as far as they are kept.
        """
        # Numbers of another run are other decisions.
        if since is not None and run == self._run:
            for decision in self._backlog:
                if decision.seq > since:
                    again = decision.model_copy(update={"again": True})
                    broadcast([connection], again.line())
        if self._status:
            broadcast([connection], self._status)
        self._connections.add(connection)
        try:
            await self._listen(connection)
        except ConnectionClosed:
            return
        finally:
            self._connections.discard(connection)

    async def _listen(self, connection: ServerConnection) -> None:
        """Ignore what a receiver sends, unless it is too much."""
        loop = asyncio.get_running_loop()
        times: deque[float] = deque(maxlen=_MAX_MESSAGES)
        async for _ in connection:
            times.append(loop.time())
            if len(times) == _MAX_MESSAGES and times[-1] - times[0] < _PER_S:
                self.n_dropped += 1
                await connection.close(1008, "too many messages")
                return
