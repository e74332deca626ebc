"""Command ``bci bridge``: pass an engine's decisions on to another program."""

import queue
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperCommand

from bci.cli import events
from bci.cli.console import note, out
from bci.cli.events import JsonOption
from bci.cli.options import WithParent
from bci.cli.plugins import list_plugins
from bci.messages import PluginEntry, PluginsEvent

if TYPE_CHECKING:
    from bci.interfaces import Commanded

_GROUP = "bci.bridges"


class BridgeCommand(TyperCommand):
    """A command whose help lists the parameters of every bridge."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        print_bridges()


def bridge(
    name: Annotated[
        str | None, typer.Argument(help="Name of a bridge. Without it: list the bridges.")
    ] = None,
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Its parameters, as PARAMETER=VALUE.")
    ] = None,
    as_json: JsonOption = False,
    with_parent: WithParent = False,
) -> None:
    """Pass an engine's predictions and decisions on to another program, until Ctrl-C.

    A bridge waits for its engine, and again after a restart. It cannot slow the engine. The
    parameter 'engine' is the engine's name; default: bci.

    With --json, standard output has an event a line: note, warning or error.

    Example: bci bridge udp port=5005
    Example: bci bridge websocket engine=left-seat
    """
    from bci.cli.stopping import stop_on_signals
    from bci.errors import PluginError
    from bci.interfaces import Commanded, Reporting
    from bci.plugins.parameters import parse_parameters, split_pairs
    from bci.plugins.registry import find

    if name is None:
        if as_json:
            events.emit(PluginsEvent(plugins=tuple(map(_with_parameters, list_plugins(_GROUP)))))
        else:
            print_bridges()
        return
    given = split_pairs(parameters or (), PluginError)
    made = find(_GROUP, name).load()
    settings = parse_parameters(made.settings, name, given, PluginError)
    bridging = made(settings)
    if isinstance(bridging, Reporting):
        bridging.report = note
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    takes_commands = isinstance(bridging, Commanded)
    stop = stop_on_signals(with_parent, lines if takes_commands else None)
    if takes_commands:
        threading.Thread(target=_obey, args=(bridging, lines), daemon=True).start()
    bridging.run(stop)


def _obey(bridging: "Commanded", lines: "queue.SimpleQueue[str]") -> None:
    """Pass each line of standard input to the bridge as a command, without end."""
    from bci.errors import BciError

    while True:
        try:
            note(bridging.command(lines.get()))
        except BciError as error:
            note(str(error))


def _with_parameters(entry: PluginEntry) -> PluginEntry:
    from bci.errors import PluginError
    from bci.plugins.parameters import parameter_entries
    from bci.plugins.registry import plugins

    if entry.problem:
        return entry
    try:
        parameters = parameter_entries(plugins(_GROUP)[entry.name].load().settings)
    except PluginError as error:
        return entry.model_copy(update={"problem": str(error)})
    return entry.model_copy(update={"parameters": parameters})


def print_bridges() -> None:
    """Print every bridge with its parameters and their defaults."""
    from bci.errors import PluginError
    from bci.plugins.parameters import written
    from bci.plugins.registry import plugins

    for entry in list_plugins(_GROUP):
        out.print(f"{entry.name}: {entry.problem or entry.summary}")
        try:
            settings = plugins(_GROUP)[entry.name].load().settings
        except PluginError:
            continue
        table = Table("Parameter", "Default", "Meaning", box=None, padding=(0, 2, 0, 0))
        for key, field in settings.model_fields.items():
            default = "needed" if field.is_required() else written(field.default)
            table.add_row(f"  {key}", default, field.description or "")
        out.print(table)
        out.print()
    out.print("bci bridge NAME [PARAMETER=VALUE ...]")
