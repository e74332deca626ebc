"""The engine that remote clients start, stop and give another model; it ends with us."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bci.errors import RemoteError
from bci.models.bundle import CARD
from bci.remote.child import WatchedCommand

_END_S = 3.0
# It reports that it decodes, or waits for its stream, sooner than that.
_BEGIN_S, _LOOK_S = 30.0, 0.05


class RemoteEngine:
    """At most one engine at a time: of the profile and the models folder given at our start."""

    def __init__(self, profile: str | None, models: Path, report: Callable[[str], None]) -> None:
        self._profile = profile
        self._models = models
        self._report = report
        self._child: WatchedCommand | None = None

    async def start(self, model: str | None) -> None:
        """Start it, with a model of the folder or the profile's; raises `RemoteError`."""
        if self._profile is None:
            raise RemoteError("no engine is set up; start 'bci remote' with --profile")
        if self._child is not None and self._child.is_running:
            raise RemoteError("the engine runs already; send 'engine stop' or 'engine use'")
        given = (f"--model={self._folder(model)}",) if model is not None else ()
        argv = ("run", self._profile, *given, "--json", "--no-decisions", "--with-parent")
        self._child = child = WatchedCommand("engine", lambda _: argv, self._report, follows=True)
        for _ in range(round(_BEGIN_S / _LOOK_S)):
            if child.notes or not child.is_running:
                break
            await asyncio.sleep(_LOOK_S)
        if not child.is_running:
            raise RemoteError(child.error or "the engine ended at once")

    async def stop(self) -> None:
        """Stop it; raises `RemoteError` if it does not run."""
        if self._child is None or not self._child.is_running:
            raise RemoteError("no engine runs that was started here")
        await self._child.stop(_END_S, kill=True)

    def use(self, model: str | None) -> None:
        """Go on with another model of the folder; raises `RemoteError` if that is none."""
        if self._child is None or not self._child.is_running:
            raise RemoteError("no engine runs that was started here")
        if model is None:
            raise RemoteError("name the model, as in: engine use {model:me}")
        self._child.write_line(f"use {self._folder(model)}")

    async def end(self, patience_s: float) -> None:
        """Stop it where it runs, as our last act."""
        if self._child is not None and self._child.is_running:
            await self._child.stop(patience_s, kill=True)

    def _folder(self, model: str) -> Path:
        models = self._models.resolve()
        # A name with a line end would be two commands of the engine's.
        is_name = model.isprintable() and "\0" not in model and 0 < len(model) <= 200
        folder = (models / model).resolve() if is_name else models.parent
        if not folder.is_relative_to(models) or not (folder / CARD).is_file():
            raise RemoteError(f"there is no model {model!r:.100} in {models}; see 'bci models'")
        return folder
