"""Plug-ins: decoders, filters, devices, views and bridges that packages offer by entry points.

The parts that ship with `bci` are registered the same way, in its own ``pyproject.toml``. A plug-in
is imported when it is asked for by name, never before, so that a broken one harms nobody else.
`bci.plugins.class_source` reads its properties without importing it.

In a checkout ``pyproject.toml`` is read, as an editable installation may be older than it.
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
"""Entry point groups, and the word for one of each."""

_OURS = "bci"
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that a package offers."""

    group: str  # One of `GROUPS`
    name: str  # Its name in profiles and commands
    value: str  # Where it is: ``module:attribute``
    distribution: str  # The package that offers it
    version: str
    # Other packages that offer the same name. Then none of them is used
    rivals: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        return self.distribution == _OURS

    def load(self) -> Any:
        """Import it and check its shape.

        Raises `PluginError` if two packages offer the name, a package is missing, the import fails,
        or the plug-in lacks an attribute or a method of its kind; the message names it.
        """
        return _load(self)

    def problem(self) -> str:
        """One sentence on why it cannot be loaded; empty if it can."""
        try:
            self.load()
        except PluginError as error:
            return str(error)
        return ""


def plugins(group: str) -> dict[str, Plugin]:
    """All plug-ins of a group by name, in ascending order; none is imported."""
    return _registry()[group]


def find(group: str, name: str) -> Plugin:
    """The plug-in of that name.

    Raises `PluginError` if there is none; the message lists what there is.
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
    """An error out of a plug-in of another package, as one that names it; None if it is ours.

    A plug-in may fail wherever it is called. Its frames in the traceback show it, so that no
    call has to be guarded.
    """
    packages: dict[str, str] = {}
    for plugin in (each for group in GROUPS for each in plugins(group).values()):
        package = plugin.value.partition(":")[0].partition(".")[0]
        # Ours wins where another package offers a class of ours under a name of its own.
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
    """Look for plug-ins again at the next call, after packages have changed."""
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
    """Our own by the project file beside the package; empty where there is none, as in a wheel."""
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
        # Standard output is for results: a command's JSON lines, among others.
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
    # Anything may go wrong in another's module, and no command may end by it.
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())
        raise PluginError(
            f"{what} cannot be imported: {type(error).__name__}: {reason:.300}"
        ) from error
    if lacks := what_lacks(plugin.group, plugin.name, found):
        raise PluginError(f"{what}: {plugin.value} {lacks}")
    return found
