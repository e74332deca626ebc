"""The bridge websocket: its messages over real sockets, and its refusals."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bci.bridges.web_access import make_access
from bci.bridges.web_server import WebServer
from bci.bridges.websocket import WebSocketBridge, WebSocketSettings
from bci.messages import AnyBridged, BridgedDecision, BridgedStatus, read_bridged
from tests.bci.bridges.published import Published
from tests.bci.bridges.receivers import free_port, running
from tests.commands import refused
from tests.streams import wait_until

TOKEN = "a-token-of-some-length"


def decision(seq: int, run: str = "this") -> BridgedDecision:
    return BridgedDecision(
        run=run, seq=seq, sent=1.0, change="onset", label=f"d{seq}", confidence=0.9, time=1.0
    )


def status(seq: int, run: str = "this") -> BridgedStatus:
    return BridgedStatus(run=run, seq=seq, sent=1.0, engine="bci", state="running")


@contextmanager
def serving(
    clients: int = 8, token: str | None = None, origins: tuple[str, ...] = ()
) -> Iterator[tuple[WebServer, int]]:
    port = free_port()
    server = WebServer("127.0.0.1", make_access("127.0.0.1", port, token, origins), "this", clients)
    try:
        yield server, port
    finally:
        server.close()


def connected(port: int, query: str = "", **options: object) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}/events{query}", compression=None, **options)


def take(connection: ClientConnection, n: int) -> list[AnyBridged]:
    return [read_bridged(connection.recv(timeout=30)) for _ in range(n)]


def wait_for_clients(server: WebServer, n: int) -> None:
    wait_until(lambda: server.clients.n == n)


def test_receiver_that_returns_gets_each_decision_once_and_in_order() -> None:
    with serving() as (server, port):
        server.publish([status(0)])
        with connected(port) as first:
            assert take(first, 1) == [status(0)]
            server.publish([decision(1), decision(2)])
            assert take(first, 2) == [decision(1), decision(2)]
        server.publish([decision(3), decision(4), status(4)])
        wait_for_clients(server, 0)
        with connected(port, "?run=this&since=2") as second:
            got = take(second, 3)
            assert [(each.kind, each.seq) for each in got] == [
                ("decision", 3), ("decision", 4), ("status", 4),
            ]  # fmt: skip
            assert all(each.again for each in got if isinstance(each, BridgedDecision))
            server.publish([decision(5)])
            assert take(second, 1) == [decision(5)]


def test_decisions_of_another_run_are_not_sent_again() -> None:
    with serving() as (server, port):
        server.publish([decision(1), decision(2), status(2)])
        for query in (
            "?run=other&since=0",
            "?since=0",
            "?run=this",
            "?run=this&since=-1",
            "?since=x",
        ):
            with connected(port, query) as connection:
                assert take(connection, 1) == [status(2)], query


def test_backlog_is_bounded_and_its_gap_can_be_seen() -> None:
    with serving() as (server, port):
        server.publish([decision(seq) for seq in range(1, 1502)])
        with connected(port, "?run=this&since=3") as connection:
            got = take(connection, 1000)
            assert [each.seq for each in got] == list(range(502, 1502))


def test_receiver_that_does_not_read_is_dropped_and_delays_no_other() -> None:
    with serving() as (server, port):
        server.publish([status(0)])
        deaf = socket.create_connection(("127.0.0.1", port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(handshake(port))
        with connected(port) as well:
            wait_for_clients(server, 2)
            take(well, 1)
            seq = 0
            while server.clients.n_dropped == 0:
                several = [decision(seq + k) for k in range(1, 101)]
                seq += len(several)
                server.publish(several)
                assert take(well, len(several)) == several
                assert seq < 50_000
            wait_for_clients(server, 1)
        deaf.close()


def handshake(port: int) -> bytes:
    return (
        f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def is_cut(flood: socket.socket, frames: bytes) -> bool:
    """Send more frames; return whether that shows a closed connection."""
    try:
        flood.sendall(frames)
    except OSError:
        return True
    return False


PING = b"\x89\x84\0\0\0\0ping"


@pytest.mark.parametrize("frame", [b"\x81\x84\0\0\0\0text", PING, b"\x01\x84\0\0\0\0text"])
def test_receiver_that_floods_is_cut_and_others_continue(frame: bytes) -> None:
    with serving() as (server, port), connected(port) as well:
        wait_for_clients(server, 1)
        with socket.create_connection(("127.0.0.1", port), 30) as flood:
            flood.sendall(handshake(port))
            wait_until(lambda: is_cut(flood, frame * 100))
        server.publish([decision(1)])
        assert take(well, 1) == [decision(1)]
        wait_for_clients(server, 1)


def test_message_too_long_or_too_many_of_them_end_the_connection() -> None:
    with serving() as (server, port):
        with connected(port) as long:
            long.send("x" * 2000)
            with pytest.raises(ConnectionClosed) as ended:
                long.recv(timeout=30)
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 1009
        with connected(port) as busy:
            for _ in range(20):
                busy.send("x")
            with pytest.raises(ConnectionClosed) as ended:
                busy.recv(timeout=30)
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 1008
        wait_for_clients(server, 0)


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            method, path, headers={key.replace("_", "-"): v for key, v in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def test_page_is_served_with_headers_that_allow_nothing_from_elsewhere() -> None:
    with serving() as (_, port):
        for path, kind, part in (
            ("/", "text/html", "<title>bci</title>"), ("/page.js", "text/javascript", "WebSocket"),
            ("/page.css", "text/css", "prefers-color-scheme"),
        ):  # fmt: skip
            code, body, headers = get(port, path)
            assert (code, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
            assert part in body
            # No external address: the page loads only its own two files.
            assert "://" not in body.replace("${scheme}://", "")
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; ")
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
        for path in ("/../pyproject.toml", "/page/index.html", "/%2e%2e/websocket.py", "//x"):
            assert get(port, path)[0] == 404, path
        assert get(port, "//[")[0] == 400
        assert get(port, "/events")[0] == 426
        assert get(port, "/", "POST")[0] in (400, 405)


def test_other_sites_and_renamed_hosts_are_refused() -> None:
    with serving(origins=("http://localhost:8000",)) as (_, port):
        for host in (
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1:1",
            f"127.0.0.1.evil:{port}",
            "[",
            "",
        ):
            assert get(port, "/", Host=host)[0] in (400, 403), host
        for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
            assert get(port, "/", Host=host)[0] == 200, host
        for origin in (
            "http://evil.example",
            "null",
            f"http://127.0.0.1:{port + 1}",
            "http://localhost:8000.evil",
        ):
            with pytest.raises(InvalidStatus) as refusal, connected(port, origin=origin):
                pass
            assert refusal.value.response.status_code == 403, origin
        for origin in (f"http://127.0.0.1:{port}", "http://localhost:8000", None):
            with connected(port, origin=origin):
                pass


def test_token_opens_and_anything_else_does_not() -> None:
    with serving(token=TOKEN) as (_, port):
        for query in ("", "?token=", f"?token={TOKEN}x", f"?token={TOKEN[:-1]}", "?token=%ff%00"):
            with pytest.raises(InvalidStatus) as refusal, connected(port, query):
                pass
            assert refusal.value.response.status_code == 401, query
        with connected(port, f"?token={TOKEN}"):
            pass
        with connected(port, additional_headers={"Authorization": f"Bearer {TOKEN}"}):
            pass


def test_receivers_beyond_the_limit_are_refused_until_one_leaves() -> None:
    with serving(clients=1) as (server, port):
        with connected(port):
            wait_for_clients(server, 1)
            with pytest.raises(InvalidStatus) as refusal, connected(port):
                pass
            assert refusal.value.response.status_code == 503
        wait_for_clients(server, 0)
        with connected(port):
            wait_for_clients(server, 1)


def test_taken_port_is_one_line() -> None:
    with serving() as (_, port):
        told = refused("bridge", "websocket", f"port={port}")
        assert f"cannot listen on 127.0.0.1, port {port}" in told


def test_engine_s_decisions_and_signal_come_as_messages() -> None:
    port = free_port()
    settings = WebSocketSettings(engine="web-engine", port=port, signal=False)
    with Published("web-engine") as engine, running(WebSocketBridge(settings)) as said:
        engine.wait_for_bridge()
        wait_until(lambda: "connected to engine 'web-engine'" in said)
        with connected(port) as connection:
            got: list[AnyBridged] = []
            sent = [engine.decide("left", 0.75), engine.decide(None, 0.4)]
            engine.report(latency_p50_ms=4.5)
            # Decisions and statuses come in separate streams, so in any order.
            while not (
                any(getattr(each, "latency_p50_ms", None) for each in got)
                and sum(isinstance(each, BridgedDecision) for each in got) >= len(sent)
            ):
                engine.predict(0.6, 0.4)
                got += take(connection, 1)
    came = [each for each in got if isinstance(each, BridgedDecision)]
    assert [(each.change, each.label, each.ended) for each in came] == [
        ("onset", "left", None), ("offset", None, "left"),
    ]  # fmt: skip
    assert [each.time for each in came] == pytest.approx([each.time for each in sent], abs=0.01)
    assert f"serving http://localhost:{port}/" in said
    assert all(each.simulated for each in got if isinstance(each, BridgedDecision))


def test_server_ends_within_a_second_with_receivers_that_hang() -> None:
    port = free_port()
    server = WebServer("127.0.0.1", make_access("127.0.0.1", port, None, ()), "this", 8)
    deaf = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    for each in deaf:
        each.sendall(handshake(port))
    wait_for_clients(server, 3)
    server.close()
    assert not server._thread.is_alive()
    for each in deaf:
        each.close()
