"""What gets through to the federation's server, and what is turned away before it is read."""

import asyncio
import base64
import datetime
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.supercore.primitives.asymmetric import public_key_to_bytes, sign_message

from decoders.federation import door
from decoders.federation.door import Door, PatientProtocol
from tests.streams import wait_until

SITE, STRANGER = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
CALL = "/v1/fleet/pull-messages"


class Application:
    """Stands where Flower's application does; reads whole bodies and remembers them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.left = 0

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def signed(key: ec.EllipticCurvePrivateKey, age_s: float = 0.0) -> dict[str, str]:
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age_s)
    signature = sign_message(key, at.isoformat().encode())
    return {
        door.FLEET_HTTP_PUBLIC_KEY_HEADER: base64.b64encode(
            public_key_to_bytes(key.public_key())
        ).decode(),
        door.FLEET_HTTP_SIGNATURE_HEADER: base64.b64encode(signature).decode(),
        door.TIMESTAMP_HEADER: at.isoformat(),
    }


def calls(application: Application, *requests: tuple[dict[str, str], Any, str]) -> list[int]:
    """Statuses of calls through one door."""
    guarded = Door(application, [public_key_to_bytes(SITE.public_key())])

    async def run() -> list[int]:
        transport = httpx.ASGITransport(guarded)
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return [
                (await client.post(path, headers=headers, content=body)).status_code
                for headers, body, path in requests
            ]

    return asyncio.run(run())


def test_a_signed_call_gets_through_once() -> None:
    application = Application()
    header = signed(SITE)
    assert calls(application, (header, b"one", CALL), (header, b"other", CALL)) == [200, 401]
    assert application.bodies == [b"one"]


def test_calls_that_no_site_signed_are_not_read() -> None:
    application = Application()
    forged = signed(SITE) | {door.TIMESTAMP_HEADER: signed(SITE, 1.0)[door.TIMESTAMP_HEADER]}
    header = signed(SITE)
    broken = header | {door.FLEET_HTTP_SIGNATURE_HEADER: "%%%"}
    lacking = {k: v for k, v in header.items() if k != door.TIMESTAMP_HEADER}
    requests = [
        (headers, b"body", CALL)
        for headers in ({}, forged, broken, lacking, signed(STRANGER), signed(SITE, 400.0),
                        signed(SITE, -60.0))
    ]  # fmt: skip
    assert calls(application, *requests) == [401] * len(requests)
    assert application.bodies == []


def test_calls_that_are_no_calls_of_sites_are_refused() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"

    huge = signed(SITE) | {"content-length": str(1 << 40)}
    assert calls(
        Application(),
        (signed(SITE), b"", "/v1/control/start-run"),
        (signed(SITE), endless(), CALL),
        (huge, b"", CALL),
    ) == [404, 411, 413]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Application, Door, int]]:
    """A door on loopback that waits for a third of a second and no longer."""
    monkeypatch.setattr(door, "_FIRST_CALL_S", 0.3)
    monkeypatch.setattr(door, "_BODY_S", 0.3)
    monkeypatch.setattr(door, "_MOST_FROM_ONE_ADDRESS", 3)
    application = Application()
    guarded = Door(application, [public_key_to_bytes(SITE.public_key())])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(guarded, http=PatientProtocol, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield application, guarded, listening.getsockname()[1]
    server.should_exit = True
    thread.join(5)


def test_an_idle_connection_is_closed(served: tuple[Application, Door, int]) -> None:
    with socket.create_connection(("127.0.0.1", served[2]), timeout=20) as idle:
        idle.sendall(b"POST /v1/fl")
        assert is_closed(idle)


def test_a_body_that_does_not_come_is_given_up(served: tuple[Application, Door, int]) -> None:
    application, guarded, port = served
    lines = [f"POST {CALL} HTTP/1.1", "host: site", f"content-length: {30 << 20}"]
    lines += [f"{key}: {value}" for key, value in signed(SITE).items()]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + b"x" * 1000)
        wait_until(lambda: application.left == 1)
        wait_until(lambda: guarded._held == 0)
    assert application.bodies == []


def test_one_address_has_a_few_connections(served: tuple[Application, Door, int]) -> None:
    address = ("127.0.0.1", served[2])
    connections = [socket.create_connection(address, timeout=20) for _ in range(6)]
    assert [is_closed(each) for each in connections[3:]] == [True] * 3
    for each in connections:
        each.close()
    wait_until(lambda: not PatientProtocol._from)
    with httpx.Client(base_url=f"http://127.0.0.1:{served[2]}") as client:
        assert client.post(CALL, headers=signed(SITE), content=b"in").status_code == 200
    assert served[0].bodies == [b"in"]


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
