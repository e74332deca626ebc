"""Admission to the SuperLink, before anything of a call is read.

Flower checks a signature after the whole body has come, and takes a signed header for five
minutes, for any call. Here a call has to be signed, by a key of the agreement, for the first time,
and its body has to come soon and fit beside the others. A connection that asks for nothing is
closed.
"""

import asyncio
import binascii
import datetime
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, ClassVar

from flwr.common.constant import SYSTEM_TIME_TOLERANCE, TIMESTAMP_HEADER, TIMESTAMP_TOLERANCE
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER
from flwr.supercore.primitives.asymmetric import bytes_to_public_key, verify_signature
from uvicorn.protocols.http.h11_impl import H11Protocol

# Flower sends arrays in pieces of at most a few megabytes.
_MOST_BODY = 32 << 20
_MOST_HELD = 256 << 20
_BODY_S = 60.0
_FIRST_CALL_S = 20.0
_MOST_FROM_ONE_ADDRESS = 64
_FLEET = "/v1/fleet/"
# As long as Flower itself would take a header for valid.
_REMEMBERED_S = TIMESTAMP_TOLERANCE + 2 * SYSTEM_TIME_TOLERANCE

Receive = Callable[[], Awaitable[Any]]


class Door:
    """An ASGI application in front of Flower's.

    Parameters
    ----------
    app : callable
        Flower's application.
    keys : collection of bytes
        Public keys of the sites, as `read_public_key` gives them.
    """

    def __init__(self, app: Any, keys: Collection[bytes]) -> None:
        self._app, self._keys = app, frozenset(keys)
        self._used: dict[tuple[bytes, str], float] = {}
        self._held = 0

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        """Pass a call on, or answer with the status that refuses it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = _malformed(scope) or self._unknown(scope)
        length = 0 if refusal else _length(scope)
        if refusal is None and self._held + length > _MOST_HELD:
            refusal = 503
        if refusal is not None:
            if scope["type"] == "http":
                headers = [(b"connection", b"close")]
                await send({"type": "http.response.start", "status": refusal, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
            return
        self._held += length
        try:
            await self._app(scope, _soon(receive), send)
        finally:
            self._held -= length

    def _unknown(self, scope: Mapping[str, Any]) -> int | None:
        """401 where no site of the agreement signed this call, or had signed another with it."""
        headers = {key.decode("latin-1").lower(): value for key, value in scope["headers"]}
        try:
            key = b64decode(headers[FLEET_HTTP_PUBLIC_KEY_HEADER.lower()], validate=True)
            signature = b64decode(headers[FLEET_HTTP_SIGNATURE_HEADER.lower()], validate=True)
            signed = headers[TIMESTAMP_HEADER.lower()].decode("ascii")
            age = (
                datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(signed)
            ).total_seconds()
        except (KeyError, ValueError, TypeError, binascii.Error):
            return 401
        now = time.monotonic()
        self._used = {call: at for call, at in self._used.items() if now - at < _REMEMBERED_S}
        if (
            key not in self._keys
            or (key, signed) in self._used
            or not -SYSTEM_TIME_TOLERANCE < age < TIMESTAMP_TOLERANCE + SYSTEM_TIME_TOLERANCE
            or not verify_signature(bytes_to_public_key(key), signed.encode("ascii"), signature)
        ):
            return 401
        self._used[key, signed] = now
        return None


class PatientProtocol(H11Protocol):  # type: ignore[misc, unused-ignore]
    """Connections of which each asks for something soon, and not too many from one address."""

    _from: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override, unused-ignore]
        """Count the connection, and wait for its first call."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._from[self._address] += 1
        self._idle = self.loop.call_later(_FIRST_CALL_S, self._give_up)
        if self._from[self._address] > _MOST_FROM_ONE_ADDRESS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._idle.cancel()
        self._from[self._address] -= 1
        if not self._from[self._address]:
            del self._from[self._address]
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.abort()


def _malformed(scope: Mapping[str, Any]) -> int | None:
    if scope["type"] != "http" or not scope["path"].startswith(_FLEET):
        return 404
    lengths = [value for key, value in scope["headers"] if key.lower() == b"content-length"]
    if len(lengths) != 1 or not lengths[0].isdigit():
        return 411
    return 413 if _length(scope) > _MOST_BODY else None


def _length(scope: Mapping[str, Any]) -> int:
    return int(next(v for key, v in scope["headers"] if key.lower() == b"content-length")[:12])


def _soon(receive: Receive) -> Receive:
    """Take a body for as long as a site may need to send it; then the sender counts as gone."""
    due = time.monotonic() + _BODY_S
    whole = False

    async def bounded() -> Any:
        nonlocal whole
        if whole:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, due - time.monotonic()))
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return bounded
