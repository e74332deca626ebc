"""The server of the web bridge: a static page, and a WebSocket that only sends."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from bci.bridges.web_access import Access
from bci.bridges.web_clients import WebClients, WebMessage
from bci.errors import BciError

EVENTS = "/events"
_PAGE = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Limit of the data that a connection may send per second, in bytes; a handshake is smaller.
_MAX_BYTES_A_S = 16_384
_MAX_MESSAGE = 1024
_MAX_CONNECTIONS = 64
_OPEN_S = _PING_S = _PONG_S = 5.0
_CLOSE_S = 0.3
_SEND_BUFFER = 65_536
_START_S = 5.0


_log = logging.getLogger("bci.bridges.web")
# A failed handshake is the client's error and must not fill the log.
_log.addFilter(lambda record: "handler failed" in record.getMessage())


class ServeError(BciError):
    """Error: the web page cannot be served."""


class WebServer:
    """Server of the page and the messages, in a thread of its own.

    Raises `ServeError` if the port is in use or not permitted.
    """

    def __init__(self, host: str, access: Access, run: str, at_most: int) -> None:
        self._host, self._access = host, access
        self.clients = WebClients(run, at_most)
        self.n_flooded = 0
        self._n_connections = 0
        self._page = {
            path: (kind, files("bci.bridges").joinpath("page", name).read_bytes())
            for path, (name, kind) in _PAGE.items()
        }
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._started = threading.Event()
        self._problems: list[OSError] = []
        self._thread = threading.Thread(target=self._work, daemon=True, name="web")
        self._thread.start()
        self._started.wait(_START_S)
        for problem in self._problems:
            reason = problem.strerror or str(problem)
            raise ServeError(f"cannot listen on {host}, port {access.port}: {reason}")

    @property
    def is_alive(self) -> bool:
        """False after the server has ended, by an internal error or by `close`."""
        return self._thread.is_alive()

    def publish(self, messages: Sequence[WebMessage]) -> None:
        """Send messages to all receivers; returns at once. May be called from any thread."""
        if messages:
            self._call(self.clients.publish, messages)

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._call(self._ended.set)
        self._thread.join(_CLOSE_S + 0.5)

    def _call(self, act: Callable[..., object], *arguments: object) -> None:
        # The loop is closed if the start failed.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, *arguments)

    def _work(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._problems.append(error)
        finally:
            self._loop.close()
            self._started.set()

    async def _serve(self) -> None:
        async with serve(
            self._handle, self._host, self._access.port, process_request=self._respond,
            create_connection=cast(Any, self._connection), compression=None, server_header=None,
            open_timeout=_OPEN_S, ping_interval=_PING_S, ping_timeout=_PONG_S,
            close_timeout=_CLOSE_S, max_size=_MAX_MESSAGE, max_queue=4, logger=_log,
        ):  # fmt: skip
            self._started.set()
            await self._ended.wait()

    def _connection(self, *arguments: Any, **options: Any) -> "_Guarded":
        return _Guarded(self, *arguments, **options)

    def _respond(self, _: ServerConnection, request: Request) -> Response | None:
        """Return the response to a request; None accepts a WebSocket connection."""
        host = request.headers.get("Host")
        try:
            path = urlsplit(request.path).path
        except ValueError:
            return _answer(400, "this is no address of a page")
        if problem := self._access.host_problem(host):
            return _answer(403, problem)
        # Earlier versions of websockets refuse other methods themselves and have no such attribute.
        if getattr(request, "method", "GET") != "GET":
            return _answer(405, "this page can only be read")
        if path in self._page:
            kind, body = self._page[path]
            return _response(200, "OK", kind, body)
        if path != EVENTS:
            return _answer(404, "there is nothing here")
        if problem := self._access.origin_problem(request.headers.get("Origin"), host):
            return _answer(403, problem)
        if problem := self._access.token_problem(_token(request)):
            return _answer(401, problem)
        if self.clients.is_full:
            return _answer(503, "too many receivers; close one of them")
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        since = query.get("since", [""])[0]
        is_number = since.isascii() and since.isdigit() and len(since) < 16
        run = query.get("run", [""])[0]
        await self.clients.serve(connection, run, int(since) if is_number else None)

    def opened(self) -> bool:
        """Count a new connection; return False if there are too many."""
        self._n_connections += 1
        return self._n_connections <= _MAX_CONNECTIONS

    def lost(self) -> None:
        """Count the end of a connection."""
        self._n_connections -= 1

    def flooded(self) -> None:
        """Count a connection that was closed because it sent too much."""
        self.n_flooded += 1


class _Guarded(ServerConnection):
    """A connection that is closed when it sends too much data of any kind."""

    def __init__(self, server: WebServer, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._web, self._n_bytes, self._second = server, 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        raw = transport.get_extra_info("socket")
        # A small send buffer, so that a slow receiver is detected soon.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if not self._web.opened():
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        second = int(self.loop.time())
        self._n_bytes = len(data) + (self._n_bytes if second == self._second else 0)
        self._second = second
        if self._n_bytes > _MAX_BYTES_A_S:
            self._web.flooded()
            self.transport.abort()
            return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._web.lost()
        super().connection_lost(error)


def _token(request: Request) -> str | None:
    """Return a request's token; a program sends it in a header, a page in the address."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    return parse_qs(urlsplit(request.path).query).get("token", [None])[0]


def _answer(status: int, sentence: str) -> Response:
    return _response(status, "", "text/plain", f"{sentence}\n".encode())


def _response(status: int, reason: str, kind: str, body: bytes) -> Response:
    headers = Headers(
        {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)),
         "Connection": "close", **_SECURITY}
    )  # fmt: skip
    return Response(status, reason, headers, body)
