"""Command ``bci plugins``: list plug-ins."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.table import Table

from bci.cli import events
from bci.cli.console import out
from bci.cli.events import JsonOption
from bci.messages import PluginEntry, PluginsEvent

if TYPE_CHECKING:
    from bci.plugins.registry import Plugin


def plugins(as_json: JsonOption = False) -> None:
    """List decoders, filters, devices, views and bridges, and why one cannot be used.

    Each comes from an installed package. 'bci new' writes a package of your own.
    """
    from bci.plugins.registry import GROUPS

    entries = tuple(entry for group in GROUPS for entry in list_plugins(group))
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


def list_plugins(group: str) -> tuple[PluginEntry, ...]:
    """List the plug-ins of a group, by name."""
    from bci.plugins.registry import plugins as of_group

    return tuple(_entry(plugin) for plugin in of_group(group).values())


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
