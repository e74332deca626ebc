"""Site and server of a federation as components of NVIDIA FLARE.

A job names these two classes and contains no code (`policy`). Recordings and folders are set in the
site's own file.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nvflare.apis.executor import Executor
from nvflare.apis.fl_context import FLContext
from nvflare.apis.shareable import Shareable
from nvflare.apis.signal import Signal
from nvflare.app_common.abstract.fl_model import FLModel
from nvflare.app_common.utils.fl_model_utils import FLModelUtils
from nvflare.app_common.workflows.model_controller import ModelController

from decoders.federation.agreement import load_federation
from decoders.federation.participant import Participant, read_participant
from decoders.federation.policy import SETTINGS
from decoders.federation.rounds import FederationError, run_rounds

_BLOB = "blob"


class SiteEnd(Executor):  # type: ignore[misc]
    """Component at a site: it passes requests to `Participant`."""

    def __init__(self) -> None:
        super().__init__()
        self._participant: Participant | None = None

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        """Answer one request; see `nvflare.apis.executor.Executor`."""
        del abort_signal  # A round is short, and is repeated if its answer is not used.
        if self._participant is None:
            self._participant = read_participant(**_settings(fl_ctx))
        request = _blob(FLModelUtils.from_shareable(shareable))
        answer = self._participant.answer(task_name, request)
        return FLModelUtils.to_shareable(FLModel(params={_BLOB: answer}))


class ServerEnd(ModelController):  # type: ignore[misc]
    """Component at the server: it runs the rounds with the sites of this job."""

    def __init__(self) -> None:
        super().__init__(persistor_id="", ignore_result_error=True)
        self._lost: set[str] = set()

    def run(self) -> None:
        """Run the rounds; their file has the reason if they end early."""
        own = _settings(self.fl_ctx)
        agreed = load_federation(Path(own["agreement"]))
        self._timeout_s = agreed.server.round_timeout_s
        run_rounds(self, agreed, Path(own["state"]), lambda _done: None)

    def present(self) -> Sequence[str]:
        """List the sites of this job; FLARE does not start a job at a site that returns."""
        return sorted(set(self.sample_clients()) - self._lost)

    def ask(self, kind: str, request: bytes, names: Sequence[str]) -> Mapping[str, object]:
        """Send a request and return the answers; see `decoders.federation.rounds.SiteWire`."""
        if not names:  # FLARE would ask all
            return {}
        found = self.send_model_and_wait(
            kind, FLModel(params={_BLOB: request}), list(names), len(names), self._timeout_s
        )
        if self.abort_signal.triggered:
            # The next job has the sites that are connected by then.
            raise FederationError("the leader ended this job")
        answers = {each.meta["client_name"]: _blob(each) for each in found}
        self._lost |= set(names) - set(answers)
        return answers


def _blob(model: FLModel) -> object:
    return model.params.get(_BLOB) if isinstance(model.params, dict) else None


def _settings(fl_ctx: FLContext) -> dict[str, Any]:
    """Read the settings that this computer's own command wrote."""
    folder = fl_ctx.get_engine().get_workspace().get_site_config_dir()
    settings: dict[str, Any] = json.loads((Path(folder) / SETTINGS).read_text(encoding="utf-8"))
    return settings
