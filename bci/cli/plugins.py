"""Commands for plug-ins: plugins, bridge, new."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bci.cli import events
from bci.cli.console import err, out
from bci.cli.events import JsonOption
from bci.messages import PluginEntry, PluginsEvent

if TYPE_CHECKING:
    from bci.plugins.registry import Plugin


def add_commands(app: typer.Typer) -> None:
    app.command()(plugins)
    app.command()(bridge)
    app.command()(new)


def plugins(as_json: JsonOption = False) -> None:
    """List decoders, filters, devices, views and bridges, and why one cannot be used.

    Each comes from an installed package. 'bci new' writes a package of your own.
    """
    from bci.plugins.registry import GROUPS
    from bci.plugins.registry import plugins as of_group

    entries = tuple(_entry(plugin) for group in GROUPS for plugin in of_group(group).values())
    if as_json:
        events.emit(PluginsEvent(plugins=entries))
        return
    table = Table("Kind", "Name", "Package", "What it is", "Needs", "State")
    for entry in entries:
        package = f"{entry.distribution} {entry.version}"
        table.add_row(
            entry.kind, entry.name, package, entry.summary, ", ".join(entry.needs),
            entry.problem or "ready",
        )  # fmt: skip
    out.print(table)


def _entry(plugin: "Plugin") -> PluginEntry:
    from bci.plugins.class_source import class_attributes
    from bci.plugins.decoder_offers import traits_in
    from bci.plugins.registry import GROUPS

    attributes = class_attributes(plugin.value)
    traits = traits_in(attributes)
    docstring = str(attributes.get("__doc__", "")).strip()
    return PluginEntry(
        kind=GROUPS[plugin.group],
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        where=plugin.value,
        summary=traits.summary or docstring.partition("\n")[0].rstrip("."),
        needs=traits.needs,
        problem=plugin.problem() or _lacking(traits.needs) or None,
        task=traits.task,
        carries_over=traits.carries_over,
        adapts=traits.adapts,
        needs_cues=traits.needs_cues,
    )


def _lacking(needs: tuple[str, ...]) -> str:
    from bci.plugins.installing import how_to_install

    missing = [module for module in needs if find_spec(module) is None]
    return f"needs {missing[0]}: {how_to_install(missing[0])}" if missing else ""


def bridge(
    name: Annotated[str, typer.Argument(help="Name of a bridge, as 'bci plugins' lists it.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Its parameters, as PARAMETER=VALUE.")
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Pass an engine's predictions and decisions on to another program, until Ctrl-C.

    A bridge comes with a plug-in.
    """
    from bci.cli.stopping import stop_on_signals
    from bci.errors import PluginError
    from bci.plugins.parameters import parse_parameters, split_pairs
    from bci.plugins.registry import find

    given = split_pairs(parameters or (), PluginError)
    made = find("bci.bridges", name).load()
    settings = parse_parameters(made.settings, name, given, PluginError)
    made(settings).run(stop_on_signals(with_parent))


def new(
    kind: Annotated[str, typer.Argument(help="decoder, filter or device.")],
    name: Annotated[str, typer.Argument(help="Its name in profiles and commands.")],
    folder: Annotated[Path, typer.Option(help="Where to write the package's folder.")] = Path(),
) -> None:
    """Write a small package with a decoder, a filter or a device of your own, and its tests.

    Example: bci new filter smooth
    """
    from bci.plugins.new_package import write_plugin

    made = write_plugin(kind, name, folder)
    out.print(f"{made}: install it by 'pip install -e {made}', test it by 'pytest {made}'")
    err.print("'bci plugins' lists it then")
