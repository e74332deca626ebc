"""Plug-ins: decoders, filters, devices, views and bridges that packages offer by entry points.

The parts that ship with `bci` are registered in the same way, in its own ``pyproject.toml``. A
plug-in is imported only when it is used, so that a broken one does not affect the others.
`bci.plugins.class_source` reads its properties without importing it.

In a source checkout, ``pyproject.toml`` is read directly, because the metadata of an editable
installation may be out of date.
"""

import sys
import tomllib
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from traceback import walk_tb
from typing import Any

from bci import __version__
from bci.errors import PluginError
from bci.plugins.installing import how_to_install
from bci.plugins.shapes import what_lacks
from bci.profiles.pipeline_settings import did_you_mean

GROUPS = {
    "bci.decoders": "decoder",
    "bci.filters": "filter",
    "bci.devices": "device",
    "bci.views": "view",
    "bci.bridges": "bridge",
}
"""Entry point groups, and the word for a plug-in of each group."""

_OURS = "bci"
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that a package offers."""

    group: str  # One of `GROUPS`
    name: str  # Its name in profiles and commands
    value: str  # Its place as ``module:attribute``
    distribution: str  # The package that offers it
    version: str
    # Other packages that offer the same name; if there are any, no plug-in of this name is used
    rivals: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        return self.distribution == _OURS

    def load(self) -> Any:
        """Import the plug-in and check that it has the attributes of its kind.

        Raises `PluginError` if two packages offer the name, a package is missing, the import fails,
        or the plug-in lacks an attribute or a method of its kind; the message names it.
        """
        return _load(self)

    def problem(self) -> str:
        """Return the reason why the plug-in cannot be loaded; empty if it can."""
        try:
            self.load()
        except PluginError as error:
            return str(error)
        return ""


def plugins(group: str) -> dict[str, Plugin]:
    """Return all plug-ins of a group by name, sorted; none is imported."""
    return _registry()[group]


def find(group: str, name: str) -> Plugin:
    """Return the plug-in ``name`` of a group.

    Raises `PluginError` if there is none; the message lists the plug-ins of the group.
    """
    known = plugins(group)
    if name in known:
        return known[name]
    kind = GROUPS[group]
    listed = ", ".join(known) or "none"
    raise PluginError(
        f"there is no {kind} {name!r:.80}; there are: {listed}{did_you_mean(name, known)}"
    )


def fault_in_plugin(error: Exception) -> PluginError | None:
    """Convert an error raised in another package's plug-in to a `PluginError` that names it.

    None if the error was raised elsewhere. The plug-in is found by its frames in the traceback, so
    that calls of plug-ins need no try statements.
    """
    packages: dict[str, str] = {}
    for plugin in (each for group in GROUPS for each in plugins(group).values()):
        package = plugin.value.partition(":")[0].partition(".")[0]
        # Another package may register a class of this package; then this package counts.
        if plugin.is_ours or package not in packages:
            packages[package] = plugin.distribution
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if packages.get(package, _OURS) != _OURS:
            reason = f"{type(error).__name__}: {' '.join(str(error).split()):.300}"
            place = f"{Path(frame.f_code.co_filename).name}, line {line}"
            return PluginError(f"the plug-in {packages[package]} failed: {reason} ({place})")
    return None


def forget() -> None:
    """Clear the caches, so that the next call finds newly installed packages."""
    _registry.cache_clear()
    _load.cache_clear()


@cache
def _registry() -> dict[str, dict[str, Plugin]]:
    found: dict[str, dict[str, Plugin]] = {group: {} for group in GROUPS}
    for plugin in sorted(_offered(), key=lambda each: each.name):
        of_group = found[plugin.group]
        rival = of_group.get(plugin.name)
        if rival is None:
            of_group[plugin.name] = plugin
        elif plugin.distribution not in (rival.distribution, *rival.rivals):
            of_group[plugin.name] = replace(rival, rivals=(*rival.rivals, plugin.distribution))
    if not any(plugin.is_ours for plugin in found["bci.filters"].values()):
        raise PluginError(
            "this installation of bci lacks its entry points, as one of an earlier version does: "
            "install it again (pip install --force-reinstall --no-deps bci)"
        )
    return found


def _offered() -> Iterable[Plugin]:
    checkout = _in_checkout()
    yield from checkout
    for group in GROUPS:
        for point in entry_points(group=group):
            distribution = point.dist.name if point.dist is not None else "unknown"
            version = point.dist.version if point.dist is not None else ""
            if distribution != _OURS or not checkout:
                yield Plugin(group, point.name, point.value, distribution, version)


def _in_checkout() -> list[Plugin]:
    """List this package's plug-ins from the project file; empty in a wheel."""
    try:
        project = tomllib.loads(_PROJECT.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):
        return []
    if project.get("name") != _OURS:
        return []
    groups = project.get("entry-points", {})
    return [
        Plugin(group, name, value, _OURS, __version__)
        for group in GROUPS
        for name, value in groups.get(group, {}).items()
    ]


@cache
def _load(plugin: Plugin) -> Any:
    what = f"{GROUPS[plugin.group]} {plugin.name} ({plugin.distribution})"
    if plugin.rivals:
        both = " and ".join((plugin.distribution, *plugin.rivals))
        raise PluginError(
            f"the {GROUPS[plugin.group]} {plugin.name} is offered by {both}: uninstall one of them"
        )
    module_name, _, attribute = plugin.value.partition(":")
    if not attribute:
        raise PluginError(f"{what}: the entry point is {plugin.value!r}; it has to be module:class")
    try:
        # Standard output is reserved for results, such as a command's JSON lines.
        with redirect_stdout(sys.stderr):
            found = import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        missing = (error.name or "a package").partition(".")[0]
        if module_name.partition(".")[0] == missing:
            raise PluginError(f"{what}: there is no module {error.name}") from error
        raise PluginError(f"{what} needs {missing}: {how_to_install(missing)}") from error
    except AttributeError as error:
        raise PluginError(f"{what}: {' '.join(str(error).split())}") from error
    # The import of another package may raise anything, and must not end a command.
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())
        raise PluginError(
            f"{what} cannot be imported: {type(error).__name__}: {reason:.300}"
        ) from error
    if lacks := what_lacks(plugin.group, plugin.name, found):
        raise PluginError(f"{what}: {plugin.value} {lacks}")
    return found
