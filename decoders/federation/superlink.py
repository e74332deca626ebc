"""Flower's SuperLink for sites on other machines, with nothing but its fleet door open.

Flower's command ``flower-superlink`` also serves, on the same port, the interface by which anyone
may register nodes and start programs, and its SuperNodes run the program that they are sent. Here
it runs inside this process: sites are registered from the agreement's public keys, rounds are put
into its state directly, and only signed calls of those sites get through from outside.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

import uvicorn
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from flwr.app import Error, Message
from flwr.app.message import remove_content_from_message
from flwr.common.constant import NOOP_ACCOUNT_NAME, NOOP_FLWR_AID, SUPERLINK_NODE_ID, ErrorCode
from flwr.server.superlink.linkstate import LinkState
from flwr.supercore.constant import NOOP_FEDERATION_ID, TaskType
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supercore.task_identity import TaskIdentity
from flwr.superlink.grid import InMemoryGrid
from flwr.superlink.main import create_app

from bci.errors import ProfileError, StreamError
from decoders.federation.agreement import Server
from decoders.federation.door import Door, PatientProtocol

_START_S = 20.0
_STOP_S = 0.8
_BEAT_S = 5.0
_POLL_S = 0.1


class SuperLink:
    """A running SuperLink, as a context.

    Parameters
    ----------
    server : decoders.federation.agreement.Server
    keys : mapping of str to bytes
        Public key of each site, as `read_public_key` gives it.
    folder : Path
        Which the server's relative paths are relative to.
    """

    def __init__(self, server: Server, keys: Mapping[str, bytes], folder: Path) -> None:
        app = create_app()
        app.state.enable_supernode_auth = True
        self._state: LinkState = app.state.linkstate_factory.state()
        self.names = {
            self._state.create_node(NOOP_FLWR_AID, NOOP_ACCOUNT_NAME, key, 0, name=name): name
            for name, key in keys.items()
        }
        self._where = server
        files = {}
        if server.certificate is not None and server.key is not None:
            certificate = _existing(folder / server.certificate, "server.certificate")
            key_file = _existing(folder / server.key, "server.key")
            _require_pair(certificate, key_file)
            files = {"ssl_certfile": certificate, "ssl_keyfile": key_file}
        self._server = uvicorn.Server(
            uvicorn.Config(
                Door(app, keys.values()), http=PatientProtocol, ws="none",
                host=server.host, port=server.port, log_level="error", access_log=False,
                timeout_graceful_shutdown=1, **files,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._stop = threading.Event()

    def __enter__(self) -> "StateGrid":
        self._check_port()
        self._thread.start()
        ends = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise StreamError(f"server: cannot serve on {self._where.host}:{self._where.port}")
            time.sleep(_POLL_S)
        state = self._state
        run_id = state.create_run(
            None, None, None, {}, NOOP_FEDERATION_ID, None, NOOP_FLWR_AID, TaskType.SERVER_APP
        )
        (task,) = state.get_tasks(run_ids=[run_id])
        if state.claim_task(task.task_id) is None or not state.activate_task(task.task_id):
            raise StreamError("Flower's SuperLink did not start the run")
        TaskIdentity.task_id, TaskIdentity.run_id = task.task_id, run_id
        TaskIdentity.node_id = SUPERLINK_NODE_ID
        threading.Thread(target=self._beat, args=(task.task_id,), daemon=True).start()
        return StateGrid(state, run_id)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stop.set()
        self._server.should_exit = True
        self._thread.join(_STOP_S)

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET6 if ":" in self._where.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._where.host, self._where.port))
            except OSError as error:
                raise StreamError(
                    f"server.port: cannot listen on {self._where.host}:{self._where.port} "
                    f"({error.strerror}); choose another"
                ) from error

    def _beat(self, task: int) -> None:
        """Without it Flower takes the run for dead after a while."""
        while not self._stop.wait(_BEAT_S):
            self._state.acknowledge_task_heartbeat(task)


class StateGrid(InMemoryGrid):  # type: ignore[misc, unused-ignore]
    """Rounds' way to the sites: straight into and out of the SuperLink's state."""

    def __init__(self, state: LinkState, run_id: int) -> None:
        self.state, self.pull_interval = state, _POLL_S
        (self._run,) = state.get_run_info(run_ids=[run_id])
        self._pending: list[Message] = []

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        numbers = []
        for message in messages:
            message.metadata.__dict__["_message_id"] = message.object_id
            session = self.state.start_session(self.run.run_id)
            with no_object_id_recompute():
                stored, lacking = self.state.store_message_and_object_tree(
                    remove_content_from_message(message), get_object_tree(message), session
                )
                parts = get_all_nested_objects(message)
                for key in lacking:
                    self.state.store_object(self.run.run_id, session, key, parts[key].deflate())
            if stored:
                numbers.append(message.metadata.message_id)
        return numbers

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        wanted = set(message_ids)
        # Asked again for a reply that it has given, Flower says that it has gone astray.
        given = {message.metadata.reply_to_message_id for message in self._pending}
        self._pending += self.state.get_message_res(
            message_ids=wanted - given, run_id=self.run.run_id
        )
        whole = []
        for message in list(self._pending):
            read = self._whole(message)
            if read is not None:
                self._pending.remove(message)
                whole.append(read)
        done = {message.metadata.reply_to_message_id for message in whole}
        self.state.delete_messages(message_ins_ids=done)
        return [m for m in whole if m.metadata.reply_to_message_id in wanted]

    def _whole(self, message: Message) -> Message | None:
        """A reply with its content, which the site sends apart; None while it is on its way."""
        store, number = self.state.object_store, message.metadata.message_id
        if message.has_error():
            return message
        try:
            tree = store.get_object_tree(number)
            parts = {key.object_id: store.get(key.object_id) for key in iterate_object_tree(tree)}
            if not all(parts.values()):
                return None
            whole = inflate_object_from_contents(number, parts)
            assert isinstance(whole, Message)
        except Exception as error:  # noqa: BLE001 - whatever a site may have put together
            reason = f"what it sent cannot be read ({type(error).__name__})"
            return Message(Error(ErrorCode.UNKNOWN, reason), metadata=message.metadata)
        # Who it is from is what the SuperLink has checked, not what the content says.
        whole.__dict__["_metadata"] = message.metadata
        return whole


def read_public_key(file: Path, where: str) -> bytes:
    """A site's public key from an OpenSSH file, as ``ssh-keygen -t ecdsa -b 384`` writes it.

    Raises
    ------
    ProfileError
        If it is missing or another kind of key; the message begins with ``where``.
    """
    try:
        key = load_ssh_public_key(Path(_existing(file, where)).read_bytes())
    except (ValueError, UnsupportedAlgorithm, OSError) as error:
        raise ProfileError(f"{where}: {file} is not a public key of OpenSSH") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ProfileError(f"{where}: {file} is no ECDSA key; ssh-keygen -t ecdsa -b 384 makes one")
    written: bytes = public_key_to_bytes(key)
    return written


def _require_pair(certificate: str, key: str) -> None:
    try:
        # A passphrase would be asked for at the terminal.
        ssl.create_default_context().load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise ProfileError(
            f"server.key: {key} is not the key (PEM, without a passphrase) of {certificate}"
        ) from error


def _existing(file: Path, where: str) -> str:
    if not file.is_file():
        raise ProfileError(f"{where}: there is no file {file}")
    return str(file)
