"""Federated training as between machines: SuperLink and sites on loopback, TLS, keys."""

import datetime
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

pytest.importorskip("flwr", reason="needs Flower: pip install -e '.[federation]'")

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flwr.app import Context, Message
from flwr.proto.fleet_pb2 import ActivateNodeResponse, PullMessagesResponse
from flwr.proto.message_pb2 import Message as ProtoMessage

from bci.errors import ProfileError, StreamError
from decoders.federation.client_app import client_app
from decoders.federation.progress import Round
from decoders.federation.rounds import run_rounds
from decoders.federation.superlink import SuperLink, read_public_key
from decoders.federation.supernode import read_private_key, require_authority, serve_site
from tests.decoders.federation.test_federation import (
    SILENT,
    agreement,
    require_nothing_but_what_is_agreed,
    three_sites,
)

PATIENCE_S = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_keys(file: Path) -> Path:
    """What ``ssh-keygen -t ecdsa -b 384 -N '' -f FILE`` makes."""
    key = ec.generate_private_key(ec.SECP384R1())
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    file.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
    )
    return file


def make_certificate(folder: Path) -> Path:
    """A certificate authority and a certificate for loopback signed by it; the former's file."""
    now = datetime.datetime.now(datetime.UTC)
    keys = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("ca", "server")}
    names = {
        who: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {who}")]) for who in keys
    }
    for who in keys:
        made = (
            x509.CertificateBuilder()
            .subject_name(names[who])
            .issuer_name(names["ca"])
            .public_key(keys[who].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(who == "ca", None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(keys[who].public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["ca"].public_key()),
                critical=False,
            )
        )
        if who == "ca":
            made = made.add_extension(
                x509.KeyUsage(
                    digital_signature=True, key_cert_sign=True, crl_sign=True,
                    content_commitment=False, key_encipherment=False, data_encipherment=False,
                    key_agreement=False, encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )  # fmt: skip
        else:
            loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        signed = made.sign(keys["ca"], hashes.SHA256())
        (folder / f"{who}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        keys["server"].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "ca.pem"


@pytest.mark.slow
def test_sites_with_keys_train_over_tls_and_others_are_refused(tmp_path: Path) -> None:
    authority = make_certificate(tmp_path)
    agreed = agreement(
        2, port=free_port(), certificate="server.pem", key="server.key",
        join_timeout_s=PATIENCE_S, round_timeout_s=PATIENCE_S,
    )  # fmt: skip
    where = f"127.0.0.1:{agreed.server.port}"
    files = {name: make_keys(tmp_path / f"key-{name}") for name in ("a", "b", "stranger")}
    public = {name: read_public_key(files[name].with_suffix(".pub"), "public_key") for name in "ab"}
    sites = {n: s for n, s in three_sites(tmp_path).items() if n in "ab"}
    ended: dict[str, tuple[int, int, float]] = {}
    crossed: list[Message] = []

    def take_part(name: str) -> None:
        inner = client_app(
            sites[name], agreed.digest(), 1, SILENT[0],
            lambda *told: ended.update({name: told}),
        )  # fmt: skip

        def app(message: Message, context: Context) -> Message:
            answer = inner(message, context)
            crossed.extend((message, answer))
            return answer

        keys = read_private_key(files[name])
        serve_site(app, where, keys, authority, lambda: name in ended, PATIENCE_S)

    rounds: list[Round] = []
    link = SuperLink(agreed.server, public, tmp_path)
    with link as grid:
        stranger = read_private_key(files["stranger"])
        app = client_app(sites["a"], 0, 0, *SILENT)
        with pytest.raises(StreamError, match="refuses this site's key"):
            serve_site(app, where, stranger, authority, lambda: False, 5)
        with pytest.raises(StreamError, match="cannot reach the server"):
            serve_site(app, where, stranger, None, lambda: False, 1)
        for path in ("/v1/control/start-run", "/v1/runtime/acquire-task", "/docs"):
            url = f"https://{where}{path}"
            assert httpx.post(url, verify=str(authority), content=b"").status_code == 404
        threads = [threading.Thread(target=take_part, args=(name,), daemon=True) for name in "ab"]
        for thread in threads:
            thread.start()
        scores = run_rounds(grid, agreed, link.names, tmp_path / "server", rounds.append)
        for thread in threads:
            thread.join(PATIENCE_S)

    assert [done.number for done in rounds] == [1, 2]
    assert not any(done.excluded for done in rounds)
    assert set(ended) == set(scores) == {"a", "b"}
    assert ended["a"][:2] == (2, 2)
    one, other = (sites[name].model.state_dict() for name in "ab")
    for name in sites["a"].shapes:
        assert one[name].equal(other[name])
    assert sum("shared" in message.content for message in crossed) >= 2 * (2 * 2 + 1)
    require_nothing_but_what_is_agreed(crossed, sites, agreed)


@pytest.mark.slow
def test_a_site_that_dies_is_left_out_and_named_and_the_rest_go_on(tmp_path: Path) -> None:
    agreed = agreement(
        1, 3, port=free_port(), join_timeout_s=PATIENCE_S, round_timeout_s=8
    )  # fmt: skip
    where = f"127.0.0.1:{agreed.server.port}"
    files = {name: make_keys(tmp_path / f"key-{name}") for name in "abc"}
    public = {n: read_public_key(f.with_suffix(".pub"), "public_key") for n, f in files.items()}
    sites, ended = three_sites(tmp_path), set()

    class DeathError(Exception):
        pass

    def take_part(name: str) -> None:
        inner = client_app(
            sites[name], agreed.digest(), 1, SILENT[0], lambda *_: ended.add(name)
        )  # fmt: skip

        def app(message, context):
            if name == "c" and message.metadata.message_type == "train":
                raise DeathError
            return inner(message, context)

        try:
            serve_site(app, where, read_private_key(files[name]), None, lambda: name in ended, 60)
        except DeathError:
            ended.add(name)

    rounds: list[Round] = []
    link = SuperLink(agreed.server, public, tmp_path)
    with link as grid:
        for name in "abc":
            threading.Thread(target=take_part, args=(name,), daemon=True).start()
        scores = run_rounds(grid, agreed, link.names, tmp_path / "server", rounds.append)

    assert set(rounds[0].excluded) == {"c"}
    assert set(rounds[0].received) == set(scores) == {"a", "b"}


@pytest.mark.slow
def test_sites_go_on_by_themselves_when_the_server_is_started_anew(tmp_path: Path) -> None:
    agreed = agreement(2, port=free_port(), join_timeout_s=PATIENCE_S, round_timeout_s=PATIENCE_S)
    where = f"127.0.0.1:{agreed.server.port}"
    files = {name: make_keys(tmp_path / f"key-{name}") for name in "ab"}
    public = {n: read_public_key(f.with_suffix(".pub"), "public_key") for n, f in files.items()}
    sites, ended = three_sites(tmp_path), set()

    def take_part(name: str) -> None:
        app = client_app(sites[name], agreed.digest(), 1, SILENT[0], lambda *_: ended.add(name))
        keys = read_private_key(files[name])
        serve_site(app, where, keys, None, lambda: name in ended, PATIENCE_S)

    class StopError(Exception):
        pass

    def stop(_round: Round) -> None:
        raise StopError

    for name in "ab":
        threading.Thread(target=take_part, args=(name,), daemon=True).start()
    link = SuperLink(agreed.server, public, tmp_path)
    with pytest.raises(StopError), link as grid:
        run_rounds(grid, agreed, link.names, tmp_path / "server", stop)
    rounds: list[Round] = []
    anew = SuperLink(agreed.server, public, tmp_path)
    with anew as grid:
        scores = run_rounds(grid, agreed, anew.names, tmp_path / "server", rounds.append)

    assert [done.number for done in rounds] == [2]
    assert set(scores) == {"a", "b"}


def test_a_wrong_key_file_or_port_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="ssh-keygen"):
        read_private_key(tmp_path / "none")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ProfileError, match="not a private key of OpenSSH"):
        read_private_key(tmp_path / "text")
    with pytest.raises(ProfileError, match=r"sites\.0\.public_key: .* is not a public key"):
        read_public_key(tmp_path / "text", "sites.0.public_key")
    with pytest.raises(ProfileError, match=r"--ca: .* holds no certificate"):
        require_authority(tmp_path / "text")
    make_certificate(tmp_path)
    other = agreement(certificate="ca.pem", key="server.key").server
    with pytest.raises(ProfileError, match=r"server\.key: .* is not the key"):
        SuperLink(other, {}, tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = agreement(port=taken.getsockname()[1]).server
        with (
            pytest.raises(StreamError, match=r"server\.port: cannot listen"),
            SuperLink(server, {}, tmp_path),
        ):
            pass


class Strange(BaseHTTPRequestHandler):
    """What answers where a server of a federation should; ``answers`` by path."""

    answers: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(self.path)
        body = self.answers.get(self.path, b"")
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The test's output is not the place."""


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address; it lets every site in."""
    joined = ActivateNodeResponse(node_id=7).SerializeToString()
    monkeypatch.setattr(Strange, "answers", {"/v1/fleet/activate-node": joined})
    monkeypatch.setattr(Strange, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_message_that_is_damaged_is_left_out_and_does_not_end_the_site(
    strange: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    without_content = PullMessagesResponse(messages_list=[ProtoMessage()])
    Strange.answers["/v1/fleet/pull-messages"] = without_content.SerializeToString()
    keys = read_private_key(make_keys(tmp_path / "key-a"))
    app = client_app(three_sites(tmp_path)["a"], 0, 0, *SILENT)
    with pytest.raises(StreamError, match="the server said nothing for 1 s"):
        serve_site(app, strange, keys, None, lambda: False, 1)
    assert Strange.asked.count("/v1/fleet/pull-messages") > 1
    assert caplog.text.count("a message is left out, as it cannot be read (ValueError") == 1


@pytest.mark.slow
def test_what_is_no_server_of_a_federation_is_said_to_be_none(
    strange: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = b"<html>It works!</html>"
    Strange.answers.update({"/v1/fleet/pull-messages": page, "/v1/fleet/deactivate-node": page})
    keys = read_private_key(make_keys(tmp_path / "key-a"))
    app = client_app(three_sites(tmp_path)["a"], 0, 0, *SILENT)
    with pytest.raises(StreamError, match="the server said nothing for 1 s"):
        serve_site(app, strange, keys, None, lambda: False, 1)
    assert "what it answers is not of a federation; trying again" in caplog.text
    Strange.answers["/v1/fleet/activate-node"] = page
    with pytest.raises(StreamError, match=r"cannot reach the server \(what it answers is not of"):
        serve_site(app, strange, keys, None, lambda: False, 1)
