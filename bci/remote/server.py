"""TCP server of the remote control, with limits on clients, lines and answers."""

import asyncio
import contextlib
import hmac
import ipaddress
import re
import socket
import threading
from collections.abc import Awaitable, Callable

from pylsl import local_clock

from bci.errors import RemoteError

_MAX_CLIENTS = 16
_MAX_LINE = 4096
# Largest number of waiting lines per client; beyond it, reading from the client pauses.
_MAX_WAITING = 256
# A line without a line end counts as complete after this time, since scripts may omit it.
_QUIET_S = 0.2
_TOKEN_S = 5.0
_MAX_UNREAD = 64 << 10
_LOOK_S = 0.05
_LEAST_TOKEN = 8
# A web page can make a browser send HTTP requests to any port; these are refused.
_HTTP = re.compile(rb"[A-Za-z]+ \S* ?HTTP/\d")

Answer = Callable[[str, float], Awaitable[str]]


def check_access(host: str, token: str | None) -> None:
    """Check that a server that other computers can reach has a token.

    Raises `RemoteError` if it has none, the host is invalid, or the token is too short.
    """
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)  # noqa: S104
    except (OSError, UnicodeError) as error:
        raise RemoteError(f"--host {host!r:.100}: there is no such address") from error
    is_local = all(
        ipaddress.ip_address(str(each[4][0]).split("%")[0]).is_loopback for each in found
    )
    if token is None and not is_local:
        raise RemoteError(
            f"--host {host} can be reached from other computers; give --token too, and send it as "
            "the first line: token ..."
        )
    if token is not None and not re.fullmatch(f"[A-Za-z0-9]{{{_LEAST_TOKEN},}}", token):
        raise RemoteError(f"--token: give at least {_LEAST_TOKEN} letters and digits")


async def serve(
    host: str,
    port: int,
    token: str | None,
    answer: Answer,
    stop: threading.Event,
    report: Callable[[str], None],
) -> None:
    """Serve clients until ``stop`` is set.

    ``answer`` is called with each line and its time of arrival on the LSL clock.

    Raises `RemoteError` if the port is not free.
    """
    clients: set[asyncio.Task[None]] = set()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(clients) >= _MAX_CLIENTS:
            writer.write(f"ERROR {_MAX_CLIENTS} clients are the most\n".encode())
            writer.close()
            return
        clients.add(task)
        try:
            await _Client(reader, writer, token, answer, report).run()
        except asyncio.CancelledError:
            # The server ends; asyncio would log this as an error.
            return
        finally:
            clients.discard(task)
            writer.close()

    try:
        server = await asyncio.start_server(welcome, host, port, limit=_MAX_LINE)
    except OSError as error:
        raise RemoteError(
            f"port {port} on {host} is not free ({error.strerror}); is LabRecorder or another "
            "'bci remote' running? Give another --port"
        ) from error
    try:
        address = server.sockets[0].getsockname()
        report(f"remote control on {address[0]} port {address[1]}")
        while not stop.is_set():
            await asyncio.sleep(_LOOK_S)
    finally:
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


class _Client:
    """One connection; its lines are executed in order, even after the client has disconnected."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        token: str | None,
        answer: Answer,
        report: Callable[[str], None],
    ) -> None:
        self._reader, self._writer = reader, writer
        self._token = token
        self._answer = answer
        self._report = report
        self._waiting: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue(_MAX_WAITING)
        # A client's computer may disappear without closing the connection.
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow())
            await self._read()
            await self._waiting.put(None)

    async def _read(self) -> None:
        begun, arrived = b"", local_clock()
        deadline = arrived + _TOKEN_S
        while True:
            patience = _QUIET_S if begun else None
            if self._token is not None:
                patience = min(patience or _TOKEN_S, max(0.0, deadline - local_clock()))
            try:
                received = await asyncio.wait_for(self._reader.read(_MAX_LINE), patience)
                arrived = local_clock()
            except TimeoutError:
                if not begun and self._token is not None:
                    return
                # The line is complete; its time of arrival is that of its last character.
                received = b"\n"
            except OSError:
                received = b""
            ended = not received
            *lines, begun = (begun + received + b"\n" * ended).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                if line.strip() and not await self._take(line.strip(), arrived):
                    return
            if len(begun) > _MAX_LINE:
                self._refuse_length()
                return
            if ended:
                return

    async def _take(self, line: bytes, arrived: float) -> bool:
        """Process a line; return False to end the connection."""
        if len(line) > _MAX_LINE:
            self._refuse_length()
            return False
        if _HTTP.match(line):
            self._report("a web page tried to send commands; it was refused")
            return False
        text = line.decode(errors="replace")
        word, _, rest = text.partition(" ")
        if word.lower() == "token":
            if self._token is not None and not hmac.compare_digest(
                rest.strip().encode(), self._token.encode()
            ):
                self._report("a client gave a wrong token")
                self._reply("ERROR wrong token\n")
                return False
            self._token = None
            self._reply("OK")
            return True
        if self._token is not None:
            self._reply("ERROR send the token first, as: token ...\n")
            return False
        await self._waiting.put((text, arrived))
        return True

    def _refuse_length(self) -> None:
        self._reply(f"ERROR a line has at most {_MAX_LINE} letters\n")

    async def _follow(self) -> None:
        while (taken := await self._waiting.get()) is not None:
            self._reply(await self._answer(*taken))

    def _reply(self, text: str) -> None:
        # A script may never read the answers; beyond the limit, further ones are dropped.
        if self._writer.transport.get_write_buffer_size() < _MAX_UNREAD:
            with contextlib.suppress(OSError):
                self._writer.write(text.encode())
