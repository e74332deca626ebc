"""The engine that remote clients start, stop and switch to another model.

It ends with this process.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bci.errors import RemoteError
from bci.models.bundle import CARD
from bci.remote.child import WatchedCommand

_END_S = 3.0
# Longest wait until the engine reports that it decodes or waits for its stream.
_BEGIN_S, _LOOK_S = 30.0, 0.05


class RemoteEngine:
    """Control of at most one engine; its profile and folder of models are fixed at the start."""

    def __init__(self, profile: str | None, models: Path, report: Callable[[str], None]) -> None:
        self._profile = profile
        self._models = models
        self._report = report
        self._child: WatchedCommand | None = None

    async def start(self, model: str | None) -> None:
        """Start the engine with ``model`` of the folder; None means the profile's model.

        Raises `RemoteError` if there is no profile, an engine runs, or it does not start.
        """
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
        """Stop the engine; raises `RemoteError` if none runs."""
        if self._child is None or not self._child.is_running:
            raise RemoteError("no engine runs that was started here")
        await self._child.stop(_END_S, kill=True)

    def use(self, model: str | None) -> None:
        """Switch the running engine to another model of the folder.

        Raises `RemoteError` if no engine runs or the model is missing.
        """
        if self._child is None or not self._child.is_running:
            raise RemoteError("no engine runs that was started here")
        if model is None:
            raise RemoteError("name the model, as in: engine use {model:me}")
        self._child.write_line(f"use {self._folder(model)}")

    async def end(self, patience_s: float) -> None:
        """Stop the engine if it runs, at the end of this process."""
        if self._child is not None and self._child.is_running:
            await self._child.stop(patience_s, kill=True)

    def _folder(self, model: str) -> Path:
        models = self._models.resolve()
        # A name with a line end would send the engine two commands.
        is_name = model.isprintable() and "\0" not in model and 0 < len(model) <= 200
        folder = (models / model).resolve() if is_name else models.parent
        if not folder.is_relative_to(models) or not (folder / CARD).is_file():
            raise RemoteError(f"there is no model {model!r:.100} in {models}; see 'bci models'")
        return folder
