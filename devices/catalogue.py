"""All devices by name, from the plug-ins of the group ``bci.devices``; and making one.

A plug-in is the class of one device, whose ``settings`` are the model of its parameters and whose
``summary`` and ``transport`` describe it; or a family, which lists many devices (`Family`).
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from bci.errors import DeviceError, PluginError
from bci.interfaces import Device
from bci.plugins.parameters import parse_parameters
from bci.plugins.registry import Plugin, plugins
from bci.plugins.shapes import is_family

_GROUP = "bci.devices"
# A board that every BrainFlow has: where it is not listed, BrainFlow is not installed.
_SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Entry:
    """A device that can be streamed: ``needs`` and ``takes`` are names of its parameters."""

    name: str
    what: str
    transport: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]


class Family(Protocol):
    """A plug-in that lists several devices, like the boards of one library.

    Both methods raise `DeviceError` where the library is missing.
    """

    @staticmethod
    def entries() -> list[Entry]: ...
    @staticmethod
    def create(name: str, parameters: Mapping[str, str]) -> Device: ...


def entries() -> list[Entry]:
    """Every device of this installation; what cannot be loaded is left out."""
    singles = [_entry(plugin, found) for plugin, found in _loaded() if not is_family(found)]
    # What needs no hardware comes first.
    listed = sorted(singles, key=lambda entry: (entry.transport != "none", entry.name))
    for plugin, family in _families():
        try:
            listed += _entries_of(plugin, family)
        except DeviceError:
            # Without its library the others still work; `create` reports what to install.
            continue
    return listed


def has_brainflow(listed: list[Entry]) -> bool:
    """Return True if `entries` listed BrainFlow's boards."""
    return any(entry.name == _SYNTHETIC for entry in listed)


def create(name: str, parameters: Mapping[str, str]) -> Device:
    """Make the device of that name.

    Raises `DeviceError` if there is no such device or a parameter is wrong; the message names it.
    Raises `PluginError` if its plug-in cannot be loaded.
    """
    single = plugins(_GROUP).get(name)
    if single is not None and not is_family(found := single.load()):
        return make(found, found.settings, name, parameters)
    missing: DeviceError | None = None
    names = [plugin.name for plugin, found in _loaded() if not is_family(found)]
    for plugin, family in _families():
        try:
            listed = [entry.name for entry in _entries_of(plugin, family)]
        except DeviceError as error:
            missing = error
            continue
        if name in listed:
            return family.create(name, parameters)
        names += listed
    near = difflib.get_close_matches(name, names, n=3)
    # The name may be of a library that is not installed.
    if missing is not None and not near:
        raise missing
    hint = f"did you mean {' or '.join(near)}?" if near else "bci devices lists them all"
    raise DeviceError(f"there is no device {name!r}; {hint}")


def make(
    device: Callable[[Any], Device],
    settings: type[BaseModel],
    name: str,
    parameters: Mapping[str, str],
) -> Device:
    """Make a device from what a person typed, checked by the model of its parameters.

    Raises `DeviceError` if a parameter is wrong; the message names it.
    """
    return device(parse_parameters(settings, name, parameters, DeviceError))


def _loaded() -> Iterator[tuple[Plugin, Any]]:
    for plugin in plugins(_GROUP).values():
        try:
            yield plugin, plugin.load()
        except PluginError:
            # One that is broken takes nothing from the others; `bci plugins` says why.
            continue


def _families() -> Iterator[tuple[Plugin, Family]]:
    return ((plugin, found) for plugin, found in _loaded() if is_family(found))


def _entries_of(plugin: Plugin, family: Family) -> list[Entry]:
    try:
        return family.entries()
    except DeviceError:
        raise
    # Anything may go wrong in another's module, and it takes nothing from the others.
    except Exception as error:
        raise DeviceError(f"device {plugin.name} ({plugin.distribution}): {error}") from error


def _entry(plugin: Plugin, device: Any) -> Entry:
    fields = device.settings.model_fields
    needs = tuple(name for name, field in fields.items() if field.is_required())
    summary = getattr(device, "summary", "") or f"device of {plugin.distribution}"
    transport = getattr(device, "transport", "") or "unknown"
    takes = tuple(name for name in fields if name not in needs)
    return Entry(plugin.name, str(summary), str(transport), needs, takes)
