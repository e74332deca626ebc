"""The command that starts an engine, with its stream and its model."""

from pathlib import Path

from bci.commands import options_of, without_option
from bci.models.bundle import CARD
from gui.processes.child import Command
from gui.settings import DashboardSettings, LastEngine

ENGINE = "engine"


def engine_command(
    bci: tuple[str, ...], profile: str, model: Path, stream: str = "", name: str = ""
) -> Command:
    """Return the command that starts an engine with ``profile`` and ``model``.

    ``bci`` is the command that runs this project's command line. With an empty ``stream`` the
    engine decodes the stream that the profile names. With an empty ``name`` its own streams have
    the name in the profile.
    """
    named = (f"--name={name}",) if name else ()
    argv = (*bci, "run", profile, f"--model={model}", *named, "--with-parent")
    return on_stream(Command(ENGINE, argv), stream)


def on_stream(command: Command, stream: str) -> Command:
    """Return the command of the same engine on another stream, with its markers.

    Returns ``command`` itself if it starts no engine, or if ``stream`` is empty.
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
    """Return the stream that an engine is started on; empty if the profile names it."""
    return options_of(command.argv).get("--stream", "")


def replayed_as(command: Command) -> str:
    """Return the name of a replay's stream; empty if the command is no replay."""
    return options_of(command.argv).get("--name", "") if "replay" in command.argv else ""


def model_of(command: Command) -> str:
    """Return the name of the model that an engine is started with; empty without one."""
    return Path(options_of(command.argv).get("--model", "")).name


def remember_engine(remembered: DashboardSettings, opened_with: str, command: Command) -> None:
    """Store the model and profile of an engine for the next start of the dashboard.

    ``opened_with`` is the profile of the dashboard, under which they are found again.
    """
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
    """Return ``commands``, with the last engine if they contain none.

    The last engine is that of a dashboard with the same profile ``opened_with``; it is left out if
    its model no longer exists.
    """
    last = remembered.engines.get(opened_with)
    has_engine = any(command.name == ENGINE for command in commands)
    if has_engine or last is None or not (Path(last.model) / CARD).is_file():
        return commands
    return (*commands, engine_command(bci, last.profile, Path(last.model), name=name))
