"""Both ends of a federation as components of NVIDIA FLARE.

A job names these two classes and carries no code. A site's policy (`deployment`) lets a job build
`SiteEnd` and nothing else; its recordings and folders come from the site's own file.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nvflare.apis.client import Client
from nvflare.apis.controller_spec import ClientTask, Task
from nvflare.apis.executor import Executor
from nvflare.apis.fl_constant import ReturnCode
from nvflare.apis.fl_context import FLContext
from nvflare.apis.impl.controller import Controller
from nvflare.apis.shareable import Shareable, make_reply
from nvflare.apis.signal import Signal

from bci.errors import BciError
from decoders.federation.agreement import Federation, load_federation
from decoders.federation.participant import Participant, read_material
from decoders.federation.rounds import run_rounds

SETTINGS = "bci.json"
"""A site's or server's own settings, in the folder ``local`` of its start-up kit."""
_BLOB = "blob"


class JobEndedError(BciError):
    """The leader ended this job: the next one has the sites that are there by then."""


class SiteEnd(Executor):  # type: ignore[misc]
    """A site's end: hands requests to `Participant`."""

    def __init__(self) -> None:
        super().__init__()
        self._participant: Participant | None = None

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        """Answer one request; see `nvflare.apis.executor.Executor`."""
        del abort_signal  # A round is short, and is repeated if its answer is not used.
        if self._participant is None:
            settings = read_settings(fl_ctx)
            data, test = ([Path(file) for file in settings[key]] for key in ("data", "test"))
            self._participant = Participant(
                settings["site"], read_material(settings["profile"], data, test),
                load_federation(Path(settings["agreement"])), Path(settings["state"]),
                Path(settings["out"]),
            )  # fmt: skip
        reply = make_reply(ReturnCode.OK)
        reply[_BLOB] = self._participant.answer(task_name, shareable.get(_BLOB))
        return reply


class ServerEnd(Controller):  # type: ignore[misc]
    """The server's end: runs the rounds over the sites of this job."""

    def control_flow(self, abort_signal: Signal, fl_ctx: FLContext) -> None:
        """Run the rounds; see `nvflare.apis.controller_spec.ControllerSpec`."""
        settings = read_settings(fl_ctx)
        agreed = load_federation(Path(settings["agreement"]))
        try:
            wire = _FlareWire(self, fl_ctx, abort_signal, agreed)
            run_rounds(wire, agreed, Path(settings["state"]), lambda _done: None)
        except BciError as error:
            # The reason is in the rounds' file, for the process that follows them.
            self.log_warning(fl_ctx, str(error))

    def start_controller(self, fl_ctx: FLContext) -> None:
        """Nothing to prepare."""

    def stop_controller(self, fl_ctx: FLContext) -> None:
        """Nothing to clean: each round is on disk when it is done."""

    def process_result_of_unknown_task(
        self, client: Client, task_name: str, client_task_id: str, result: Shareable,
        fl_ctx: FLContext,
    ) -> None:  # fmt: skip
        """Ignore an answer that comes after its round."""


class _FlareWire:
    def __init__(
        self, server: ServerEnd, fl_ctx: FLContext, abort_signal: Signal, agreed: Federation
    ) -> None:
        self._server, self._fl_ctx, self._abort = server, fl_ctx, abort_signal
        self._timeout_s = agreed.server.round_timeout_s
        self._lost: set[str] = set()

    def present(self) -> Sequence[str]:
        # FLARE starts no running job at a site that is back.
        names = {client.name for client in self._fl_ctx.get_engine().get_clients()}
        return sorted(names - self._lost)

    def ask(self, kind: str, request: bytes, names: Sequence[str]) -> Mapping[str, object]:
        answers: dict[str, object] = {}

        def keep(client_task: ClientTask, fl_ctx: FLContext) -> None:  # noqa: ARG001
            if client_task.result.get_return_code() == ReturnCode.OK:
                answers[client_task.client.name] = client_task.result.get(_BLOB)
            # FLARE would hold every site's answer until the round is over.
            client_task.result = None

        data = Shareable()
        data[_BLOB] = request
        task = Task(name=kind, data=data, timeout=self._timeout_s, result_received_cb=keep)
        self._server.broadcast_and_wait(
            task, self._fl_ctx, list(names), min_responses=len(names), abort_signal=self._abort
        )
        if self._abort.triggered:
            raise JobEndedError("the leader ended this job")
        self._lost |= set(names) - set(answers)
        return answers


def read_settings(fl_ctx: FLContext) -> dict[str, Any]:
    """The settings that this machine's own command wrote."""
    folder = fl_ctx.get_engine().get_workspace().get_site_config_dir()
    settings: dict[str, Any] = json.loads((Path(folder) / SETTINGS).read_text(encoding="utf-8"))
    return settings
