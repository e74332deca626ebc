"""Commands of remote clients: LabRecorder's commands, and commands for the engine and cues."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from bci.errors import BciError, RemoteError
from bci.lsl.outlet import MarkerOutlet
from bci.remote.engine import RemoteEngine
from bci.remote.recording import RemoteRecording
from bci.signals import Marker

CUES = "remote-cues"
OK = "OK"
_MODEL = re.compile(r"\{model:([^{}]*)\}?", re.IGNORECASE)
_MAX_LABEL = 200
_KNOWN = "start, stop, update, select, filename, engine start|stop|use, cue LABEL"


class RemoteCommands:
    """Execute the commands of clients, one line after another.

    Parameters
    ----------
    folder : Path
        Folder of the recordings; none is written elsewhere.
    profile : str or None
        Profile of the engine; None for no engine.
    models : Path
        Folder of the models that the engine may use.
    source_id : str
        Source id of the stream of cues.
    report : callable
        Called with a sentence for the person at this computer.
    """

    def __init__(
        self,
        folder: Path,
        profile: str | None,
        models: Path,
        source_id: str,
        report: Callable[[str], None],
    ) -> None:
        self._report = report
        self._recording = RemoteRecording(folder, report)
        self._engine = RemoteEngine(profile, models, report)
        self._cues = MarkerOutlet(CUES, source_id)
        self._turn = asyncio.Lock()
        self._looking = asyncio.create_task(self._recording.look())

    async def answer(self, line: str, arrived: float) -> str:
        """Execute a line; return ``OK`` or an error message.

        ``arrived`` is the line's time of arrival on the LSL clock, in seconds.
        """
        word, _, rest = line.partition(" ")
        try:
            if word.lower() == "cue":
                # A cue is sent at once, even while another command is executed.
                self._push_cue(rest.strip(), arrived)
            else:
                async with self._turn:
                    await self._follow(word.lower(), rest.strip())
        except (BciError, OSError) as error:
            sentence = " ".join(str(error).split())
            self._report(f"not done: {line!r:.200}: {sentence}")
            return f"ERROR {sentence}\n"
        return OK

    async def end(self, patience_s: float) -> None:
        """End the recording and the engine; wait up to ``patience_s`` seconds."""
        await asyncio.gather(self._recording.end(patience_s), self._engine.end(patience_s))
        self._looking.cancel()
        self._cues.close()

    async def _follow(self, word: str, rest: str) -> None:
        match word:
            case "start":
                await self._recording.start()
            case "stop":
                await self._recording.stop()
            case "update":
                # Nothing to do: new streams are found automatically.
                pass
            case "select":
                # Accepted without effect: in LabRecorder, too, each start selects all streams.
                if rest.lower() not in ("all", "none"):
                    raise RemoteError("give 'select all' or 'select none'")
            case "filename":
                self._recording.names, problems = self._recording.names.updated(rest)
                if problems:
                    raise RemoteError("; ".join(problems[:3]))
            case "engine":
                await self._follow_engine(rest)
            case _:
                raise RemoteError(f"there is no such command; give one of: {_KNOWN}")

    async def _follow_engine(self, rest: str) -> None:
        word, _, options = rest.partition(" ")
        found = _MODEL.fullmatch(options.strip())
        if options.strip() and not found:
            raise RemoteError(f"{options!r:.100} is no model; give {{model:NAME}}")
        model = found[1].strip() if found else None
        match word.lower():
            case "start":
                await self._engine.start(model)
            case "stop":
                await self._engine.stop()
            case "use":
                self._engine.use(model)
            case _:
                raise RemoteError("give 'engine start', 'engine stop' or 'engine use {model:NAME}'")

    def _push_cue(self, label: str, arrived: float) -> None:
        if not 0 < len(label) <= _MAX_LABEL or not label.isprintable():
            raise RemoteError(f"a cue has 1 to {_MAX_LABEL} letters on one line, as in: cue left")
        self._cues.push(Marker(arrived, label))
