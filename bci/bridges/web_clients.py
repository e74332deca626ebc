"""Receivers of the web bridge, and recent decisions for receivers that reconnect.

All functions must be called in the thread of the server's event loop.
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

# Limit of unsent bytes per receiver; the stored decisions take half of it.
_MAX_BEHIND = 600_000
_MAX_BACKLOG = 1000
# Receivers need not send anything. A receiver that sends this many messages in this time, in
# seconds, is disconnected.
_MAX_MESSAGES, _PER_S = 20, 10.0

WebMessage = BridgedDecision | BridgedPrediction | BridgedStatus | BridgedSignal | BridgedQuality


class WebClients:
    """The connected receivers; each gets every message, and a slow one delays no other."""

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
        """True while the largest number of receivers is connected."""
        return self.n >= self._at_most

    def publish(self, messages: Sequence[WebMessage]) -> None:
        """Send messages to all receivers without waiting; disconnect those that are too slow."""
        for message in messages:
            if isinstance(message, BridgedSignal | BridgedQuality):
                # By now, all decisions before this message have been sent.
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
                # A regular close would wait for the receiver.
                connection.transport.abort()

    async def serve(self, connection: ServerConnection, run: str, since: int | None) -> None:
        """Serve a receiver until it disconnects.

        A receiver that reconnects states ``run`` and ``since``, the number of its newest decision.
        It first gets the later decisions that are still stored.
        """
        # In another run, the same numbers belong to other decisions.
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
        """Ignore a receiver's messages; disconnect it if there are too many."""
        loop = asyncio.get_running_loop()
        times: deque[float] = deque(maxlen=_MAX_MESSAGES)
        async for _ in connection:
            times.append(loop.time())
            if len(times) == _MAX_MESSAGES and times[-1] - times[0] < _PER_S:
                self.n_dropped += 1
                await connection.close(1008, "too many messages")
                return
