"""Command that starts an engine: on the stream that is shown, with the model used last."""

from pathlib import Path

from bci.commands import options_of, without_option
from bci.models.bundle import CARD
from gui.processes.child import Command
from gui.settings import DashboardSettings, LastEngine

ENGINE = "engine"


def engine_command(
    bci: tuple[str, ...], profile: str, model: Path, stream: str = "", name: str = ""
) -> Command:
    """The command of an engine.

    Without ``stream`` it decodes what its profile names, without ``name`` its streams are named
    as the profile says.
    """
    named = (f"--name={name}",) if name else ()
    argv = (*bci, "run", profile, f"--model={model}", *named, "--with-parent")
    return on_stream(Command(ENGINE, argv), stream)


def on_stream(command: Command, stream: str) -> Command:
    """The same engine on another stream, with the markers that belong to it.

    A command that is no engine's, or an empty ``stream``, changes nothing.
    """
    if not stream or "run" not in command.argv:
        return command
    options = options_of(command.argv)
    markers = options.get("--markers", "")
    follows = markers and markers == f"{options.get('--stream', '')}-markers"
    argv = without_option(command.argv, "--stream")
    if follows:
        argv = (*without_option(argv, "--markers"), f"--markers={stream}-markers")
    return Command(command.name, (*argv, f"--stream={stream}"))


def stream_of(command: Command) -> str:
    """The stream that an engine is started on; empty where the profile names it."""
    return options_of(command.argv).get("--stream", "")


def replayed_as(command: Command) -> str:
    """The stream that a replay gives; empty where the command is none."""
    return options_of(command.argv).get("--name", "") if "replay" in command.argv else ""


def model_of(command: Command) -> str:
    """Name of the model that an engine is started with; empty where it has none."""
    return Path(options_of(command.argv).get("--model", "")).name


def remember_engine(remembered: DashboardSettings, opened_with: str, command: Command) -> None:
    """Keep which model was decoded with, for a dashboard that is opened with the same profile."""
    model = options_of(command.argv).get("--model")
    if model is None or "run" not in command.argv:
        return
    profile = command.argv[command.argv.index("run") + 1]
    last = LastEngine(model=str(Path(model).resolve()), profile=profile)
    remembered.engines[opened_with] = last


def with_last_engine(
    commands: tuple[Command, ...],
    remembered: DashboardSettings,
    opened_with: str,
    bci: tuple[str, ...],
    name: str = "",
) -> tuple[Command, ...]:
    """The programs of a window; where no engine is among them, with the one last used."""
    last = remembered.engines.get(opened_with)
    has_engine = any(command.name == ENGINE for command in commands)
    if has_engine or last is None or not (Path(last.model) / CARD).is_file():
        return commands
    return (*commands, engine_command(bci, last.profile, Path(last.model), name=name))
