"""A site's end of the wire: Flower's fleet protocol, and this program's own answers.

Flower's command ``flower-supernode`` runs the program that the server sends. Whoever joins here
runs only what is installed here: messages are taken and answered, programs never fetched.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from flwr.app import Context, Message, RecordDict
from flwr.app.message import remove_content_from_message
from flwr.clientapp import ClientApp
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.fleet_pb2 import (
    ActivateNodeRequest,
    DeactivateNodeRequest,
    PullMessagesRequest,
    PullMessagesResponse,
    PushMessagesRequest,
)
from flwr.proto.heartbeat_pb2 import SendNodeHeartbeatRequest
from flwr.proto.node_pb2 import Node
from flwr.supercore.inflatable.inflatable_object import (
    UnexpectedObjectContentError,
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_protobuf_utils import (
    make_confirm_message_received_fn_protobuf,
    make_pull_object_fn_protobuf,
    make_push_object_fn_protobuf,
)
from flwr.supercore.inflatable.inflatable_utils import (
    ObjectPullError,
    ObjectUnavailableError,
    inflate_object_from_contents,
    pull_objects,
)
from flwr.supercore.interceptors.http.runtime_version import RuntimeVersionHttpInterceptor
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from bci.errors import ProfileError, StreamError

_log = logging.getLogger(__name__)
_POLL_S = 0.3
_TRY_AGAIN_S = 1.0
# Flower forgets who has been silent for two of these; it takes 10 s or more.
_BEAT_S = 15.0
_FORGOTTEN_S = 2 * _BEAT_S + 5
# What Flower's parsing of a damaged message ends in.
_UNREADABLE = (
    ObjectPullError, ObjectUnavailableError, UnexpectedObjectContentError, ValueError, TypeError,
    LookupError, AttributeError,
)  # fmt: skip

Keys = tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey]


def serve_site(
    app: ClientApp,
    address: str,
    keys: Keys,
    authority: Path | None,
    finished: Callable[[], bool],
    timeout_s: float,
) -> None:
    """Answer the server until the site has finished; after a restart of the server too.

    Parameters
    ----------
    app : ClientApp
    address : str
        Of the server, as ``host:port``.
    keys : pair
        As `read_private_key` gives them.
    authority : Path, optional
        PEM file of who signed the server's certificate; without one, no TLS: for this machine
        only.
    finished : callable
        Asked after every answer.
    timeout_s : float
        How long to wait for the server, to connect and between two messages.

    Raises
    ------
    StreamError
        If the server cannot be reached, does not know the site's key, or is silent too long.
    """
    connection = _Client.from_server_address(
        address,
        authority is None,
        str(authority) if authority is not None else None,
        interceptors=[
            RuntimeVersionHttpInterceptor(component_name="SuperNode"),
            NodeAuthHttpInterceptor(*keys),
        ],
    )
    with connection as client:
        while not finished():
            with _activated(client, address, keys[1], timeout_s) as node:
                _answer_all(app, client, node, address, finished, timeout_s)


class _Client(FleetHttpClient):  # type: ignore[misc]
    """Flower's client, to which an answer that cannot be read is an error of the connection."""

    def _unary_unary(self, **call: Any) -> Any:
        try:
            return super()._unary_unary(**call)
        except ValueError as error:
            raise httpx.DecodingError("what it answers is not of a federation") from error


def _answer_all(
    app: ClientApp, client: FleetHttpClient, node: Node, address: str,
    finished: Callable[[], bool], timeout_s: float,
) -> None:  # fmt: skip
    """Until the site has finished, or the server was started anew and has forgotten it."""
    heard, lost, damaged = time.monotonic(), False, False
    while not finished():
        if time.monotonic() - heard > timeout_s:
            raise StreamError(f"{address}: the server said nothing for {timeout_s:g} s")
        try:
            arrived = client.PullMessages(PullMessagesRequest(node=node))
            if lost:
                _log.warning("%s: the server is there again", address)
                lost = False
            if arrived.messages_list:
                message = _whole(arrived, client, node)
                if isinstance(message, Message):
                    context = Context(message.metadata.run_id, node.node_id, {}, RecordDict(), {})
                    _give(app(message, context), client, node)
                    heard, damaged = time.monotonic(), False
                    continue
                if not damaged:
                    _log.warning("%s: a message is left out, as it %s", address, message)
                    damaged = True
        except httpx.HTTPError as error:
            status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
            if status == httpx.codes.UNAUTHORIZED:
                _log.warning("%s: the server was started anew; joining again", address)
                return
            if 400 <= status < 500:
                raise StreamError(f"{address}: the server refuses a message ({status})") from error
            if not lost:
                _log.warning("%s: %s; trying again for %g s", address, error, timeout_s)
                lost = True
            time.sleep(_TRY_AGAIN_S)
        time.sleep(_POLL_S)


@contextmanager
def _activated(
    client: FleetHttpClient, address: str, key: ec.EllipticCurvePublicKey, timeout_s: float
) -> Iterator[Node]:
    """Be known as present while in the context."""
    asked = ActivateNodeRequest(public_key=public_key_to_bytes(key), heartbeat_interval=_BEAT_S)
    began, told = time.monotonic(), False
    while True:
        try:
            node = Node(node_id=client.ActivateNode(asked).node_id)
            break
        except httpx.HTTPStatusError as error:
            # Flower says the same of an unknown key as of one that is in use.
            if time.monotonic() - began > min(timeout_s, _FORGOTTEN_S):
                raise StreamError(
                    f"{address}: the server refuses this site's key: its public half is not in "
                    "the server's file of the federation, another process is this site already, "
                    "or the clocks of the two machines differ by more than a few seconds"
                ) from error
            if not told:
                _log.warning(
                    "%s: the server refuses this site's key; trying for %g s, as it takes a site "
                    "that was killed for present so long", address, min(timeout_s, _FORGOTTEN_S),
                )  # fmt: skip
        except httpx.HTTPError as error:
            if time.monotonic() - began > timeout_s or "CERTIFICATE_VERIFY" in str(error):
                raise StreamError(f"{address}: cannot reach the server ({error})") from error
            if not told:
                _log.warning("%s: %s; trying again for %g s", address, error, timeout_s)
        told = True
        time.sleep(_TRY_AGAIN_S)
    stop = threading.Event()

    def beat() -> None:
        beaten = SendNodeHeartbeatRequest(node=node, heartbeat_interval=_BEAT_S)
        while not stop.wait(_BEAT_S / 3):
            try:
                client.SendNodeHeartbeat(beaten)
            except httpx.HTTPError as error:
                _log.info("%s: no heartbeat (%s)", address, error)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield node
    except BaseException:
        # Only who leaves early says so: Flower drops the last answer of whoever is gone.
        _leave(client, node)
        raise
    finally:
        stop.set()


def _leave(client: FleetHttpClient, node: Node) -> None:
    try:
        client.DeactivateNode(DeactivateNodeRequest(node_id=node.node_id))
    except httpx.HTTPError as error:
        _log.info("could not say goodbye (%s)", error)


def _whole(arrived: PullMessagesResponse, client: FleetHttpClient, node: Node) -> Message | str:
    """A message with its content, which is fetched apart; what is wrong with a damaged one."""
    try:
        (tree,) = arrived.message_object_trees
        metadata = message_from_proto(arrived.messages_list[0]).metadata
        pull = make_pull_object_fn_protobuf(client.PullObject, node, metadata.run_id)
        keys = [each.object_id for each in iterate_object_tree(tree)]
        parts = pull_objects(keys, pull_object_fn=pull)
        whole = inflate_object_from_contents(tree.object_id, parts)
    except _UNREADABLE as error:
        return f"cannot be read ({type(error).__name__}: {error})"
    if not isinstance(whole, Message):
        return f"is a {type(whole).__name__}"
    whole.__dict__["_metadata"] = metadata
    confirm = make_confirm_message_received_fn_protobuf(
        client.ConfirmMessageReceived, node, metadata.run_id
    )
    confirm(metadata.message_id)
    return whole


def _give(answer: Message, client: FleetHttpClient, node: Node) -> None:
    answer.metadata.__dict__["_message_id"] = answer.object_id
    with no_object_id_recompute():
        parts = get_all_nested_objects(answer)
        wanted = client.PushMessages(
            PushMessagesRequest(
                node=node,
                messages_list=[message_to_proto(remove_content_from_message(answer))],
                message_object_trees=[get_object_tree(answer)],
                clientapp_runtime_list=[0.0],
            )
        )
        push = make_push_object_fn_protobuf(
            client.PushObject, node, answer.metadata.run_id, wanted.session_id
        )
        for key in set(wanted.objects_to_push):
            push(key, parts[key].deflate())


def require_authority(file: Path) -> None:
    """Check that a file holds who may sign the server's certificate.

    Raises
    ------
    ProfileError
        If it is missing or holds no certificate.
    """
    try:
        ssl.create_default_context(cafile=file)
    except FileNotFoundError:
        raise ProfileError(f"--ca: there is no file {file}") from None
    except OSError as error:
        raise ProfileError(f"--ca: {file} holds no certificate (PEM)") from error


def read_private_key(file: Path) -> Keys:
    """A site's keys from an OpenSSH file without a passphrase.

    Raises
    ------
    ProfileError
        If it is missing, has a passphrase, or is another kind of key.
    """
    try:
        key = load_ssh_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        raise ProfileError(
            f"--key: there is no file {file}; ssh-keygen -t ecdsa -b 384 -N '' -f {file} makes one"
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm, OSError) as error:
        raise ProfileError(
            f"--key: {file} is not a private key of OpenSSH without a passphrase"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProfileError(f"--key: {file} is no ECDSA key; ssh-keygen -t ecdsa -b 384 makes one")
    return key, key.public_key()
