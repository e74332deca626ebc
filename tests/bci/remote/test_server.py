"""The TCP server of the remote control: lines, tokens and limits."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pylsl import local_clock

from bci.errors import RemoteError
from bci.remote.server import check_access, serve
from tests.streams import wait_until

TOKEN = "correcthorse"


class Serving:
    """A server on a free port, which answers each line by ``OK``."""

    def __init__(self, token: str | None = None) -> None:
        self.lines: list[str] = []
        self.waited: list[float] = []  # Time from a line's arrival to its processing, in s
        self.reported: list[str] = []
        self.stop = threading.Event()
        work = serve("127.0.0.1", 0, token, self.answer, self.stop, self.reported.append)
        self.thread = threading.Thread(target=asyncio.run, args=(work,))
        self.thread.start()
        self.port = int(wait_until(lambda: self.reported)[0].split()[-1])

    async def answer(self, line: str, arrived: float) -> str:
        self.waited.append(local_clock() - arrived)
        self.lines.append(line)
        return "OK"

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(30.0)
        return connection


@contextmanager
def serving(token: str | None = None) -> Iterator[Serving]:
    server = Serving(token)
    try:
        yield server
    finally:
        server.stop.set()
        server.thread.join(10.0)
        assert not server.thread.is_alive()


def received(connection: socket.socket) -> bytes:
    """Return all bytes until the connection is closed."""
    parts = []
    try:
        while part := connection.recv(4096):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def test_each_line_is_answered_by_ok_without_a_line_end() -> None:
    with serving() as server, server.connect() as client:
        for line, expected in (
            (b"select all\n", "select all"), (b"start\r\n", "start"), (b"  stop  \n", "stop"),
        ):  # fmt: skip
            client.sendall(line)
            assert client.recv(10) == b"OK"
            assert server.lines[-1] == expected


def test_line_without_its_end_is_followed_after_a_moment() -> None:
    with serving() as server, server.connect() as client:
        client.sendall(b"start")
        assert client.recv(10) == b"OK"
        client.sendall(b"\nstop\n")
        wait_until(lambda: server.lines == ["start", "stop"])


def test_line_without_its_end_arrived_with_its_last_letter() -> None:
    with serving() as server, server.connect() as client:
        client.sendall(b"cue left")
        wait_until(lambda: server.lines == ["cue left"])
        # The server waits 0.2 s for the end of a line.
        assert server.waited[0] > 0.15


def test_lines_in_one_piece_and_a_line_in_pieces_are_followed_in_order() -> None:
    with serving() as server, server.connect() as client:
        client.sendall(b"update\nselect all\nsta")
        client.sendall(b"rt\nst")
        client.sendall(b"op\n")
        wait_until(lambda: server.lines == ["update", "select all", "start", "stop"])


def test_lines_of_a_client_that_left_at_once_are_followed() -> None:
    with serving() as server:
        with server.connect() as client:
            client.sendall(b"select all\nstart\nstop")
        wait_until(lambda: server.lines == ["select all", "start", "stop"])


def test_web_page_that_posts_lines_is_refused() -> None:
    with serving() as server, server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nstart\nstop\n")
        assert received(client) == b""
        assert server.lines == []
        assert "web page" in server.reported[-1]


def test_commands_before_the_token_are_refused_and_not_followed() -> None:
    with serving(TOKEN) as server, server.connect() as client:
        client.sendall(b"start\nstop\n")
        assert received(client).startswith(b"ERROR send the token first")
        assert server.lines == []


def test_wrong_token_ends_the_connection() -> None:
    with serving(TOKEN) as server, server.connect() as client:
        client.sendall(f"token {TOKEN}x\nstart\n".encode())
        assert received(client) == b"ERROR wrong token\n"
        assert server.lines == []


def test_commands_after_the_token_are_followed() -> None:
    with serving(TOKEN) as server, server.connect() as client:
        client.sendall(f"token {TOKEN}\nstart\n".encode())
        wait_until(lambda: server.lines == ["start"])


@pytest.mark.parametrize("line", [b"x" * 20_000, b"x" * 5000 + b"\n"], ids=["open", "whole"])
def test_line_that_is_too_long_ends_the_connection(line: bytes) -> None:
    with serving() as server, server.connect() as client:
        client.sendall(line)
        assert received(client).startswith(b"ERROR a line has at most")
        assert server.lines == []


def test_seventeenth_client_is_refused_and_a_place_becomes_free_again() -> None:
    with serving() as server:
        clients = [server.connect() for _ in range(16)]
        for client in clients:
            client.sendall(b"update\n")
            assert client.recv(10) == b"OK"
        with server.connect() as one_more:
            assert received(one_more).startswith(b"ERROR 16 clients")
        for client in clients:
            client.close()

        def is_served() -> bool:
            with server.connect() as client:
                client.sendall(b"update\n")
                return client.recv(10) == b"OK"

        wait_until(is_served)


def test_client_that_never_reads_is_followed_and_holds_up_nobody() -> None:
    with serving() as server, server.connect() as deaf, server.connect() as client:
        deaf.sendall(b"cue a\n" * 5_000)
        client.sendall(b"start\n")
        assert client.recv(10) == b"OK"
        wait_until(lambda: len(server.lines) == 5_001)


def test_end_with_a_client_connected_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as server, server.connect() as client:
        client.sendall(b"start\n")
        assert client.recv(10) == b"OK"
        server.stop.set()
        assert received(client) == b""
    assert [each.getMessage() for each in caplog.records] == []


def test_port_that_is_taken_is_named() -> None:
    with serving() as server:
        work = serve("127.0.0.1", server.port, None, server.answer, threading.Event(), print)
        with pytest.raises(RemoteError, match=f"port {server.port} on 127.0.0.1 is not free"):
            asyncio.run(work)


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::"])
def test_address_beyond_this_computer_needs_a_token(host: str) -> None:
    with pytest.raises(RemoteError, match="give --token"):
        check_access(host, None)
    check_access(host, TOKEN)


@pytest.mark.parametrize("token", ["", "short", "with space in it", "zeichenäöü"])
def test_token_that_is_short_or_no_plain_text_is_refused(token: str) -> None:
    with pytest.raises(RemoteError, match="at least 8"):
        check_access("127.0.0.1", token)
