"""All devices by name, from the plug-ins of the group ``bci.devices``.

A plug-in is the class of one device, or a family that lists several devices (`Family`). The
``settings`` of a class are the model of its parameters; its ``summary`` and ``transport`` describe
it.
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
# A board that every BrainFlow version has; if it is not listed, BrainFlow is not installed.
_SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Entry:
    """A device that can be streamed.

    ``what`` is a short description. ``needs`` and ``takes`` are the names of its required and its
    optional parameters.
    """

    name: str
    what: str
    transport: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]


class Family(Protocol):
    """A plug-in that lists several devices, such as the boards of one library.

    Both methods raise `DeviceError` if the library is missing.
    """

    @staticmethod
    def entries() -> list[Entry]: ...
    @staticmethod
    def create(name: str, parameters: Mapping[str, str]) -> Device: ...


def entries() -> list[Entry]:
    """List every device of this installation; devices that cannot be loaded are left out."""
    singles = [_entry(plugin, found) for plugin, found in _loaded() if not is_family(found)]
    # Devices without hardware come first.
    listed = sorted(singles, key=lambda entry: (entry.transport != "none", entry.name))
    for plugin, family in _families():
        try:
            listed += _entries_of(plugin, family)
        except DeviceError:
            # A family without its library is left out; `create` reports what to install.
            continue
    return listed


def has_brainflow(listed: list[Entry]) -> bool:
    """Return True if ``listed``, the result of `entries`, has BrainFlow's boards."""
    return any(entry.name == _SYNTHETIC for entry in listed)


def create(name: str, parameters: Mapping[str, str]) -> Device:
    """Make the device called ``name`` from the texts of its parameters.

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
    # The name may be a device of a library that is not installed.
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
    """Make a device; its parameters are texts, which the model ``settings`` checks.

    Raises `DeviceError` if a parameter is wrong; the message names it.
    """
    return device(parse_parameters(settings, name, parameters, DeviceError))


def _loaded() -> Iterator[tuple[Plugin, Any]]:
    for plugin in plugins(_GROUP).values():
        try:
            yield plugin, plugin.load()
        except PluginError:
            # A broken plug-in does not affect the others; `bci plugins` reports the reason.
            continue


def _families() -> Iterator[tuple[Plugin, Family]]:
    return ((plugin, found) for plugin, found in _loaded() if is_family(found))


def _entries_of(plugin: Plugin, family: Family) -> list[Entry]:
    try:
        return family.entries()
    except DeviceError:
        raise
    # Another package's module may raise anything; this must not affect the other devices.
    except Exception as error:
        raise DeviceError(f"device {plugin.name} ({plugin.distribution}): {error}") from error


def _entry(plugin: Plugin, device: Any) -> Entry:
    fields = device.settings.model_fields
    needs = tuple(name for name, field in fields.items() if field.is_required())
    summary = getattr(device, "summary", "") or f"device of {plugin.distribution}"
    transport = getattr(device, "transport", "") or "unknown"
    takes = tuple(name for name in fields if name not in needs)
    return Entry(plugin.name, str(summary), str(transport), needs, takes)
