"""All devices by name: what each is, how it is reached, what it needs; and making one."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bci.errors import DeviceError
from bci.settings import explain
from bci.types import Device

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


def entries() -> list[Entry]:
    """Every device of this installation; BrainFlow's boards only where BrainFlow is installed."""
    from devices.fieldtrip import FieldTripSettings
    from devices.simulator import SimulatorSettings

    listed = [
        Entry(
            "simulator", "simulated person, with faults on demand", "none", (),
            tuple(SimulatorSettings.model_fields),
        ),
        Entry(
            "fieldtrip", "FieldTrip buffer, for MEG", "network", (),
            tuple(FieldTripSettings.model_fields),
        ),
    ]  # fmt: skip
    try:
        from devices.brainflow_boards import boards

        for board in boards():
            what = (
                "simulated board of BrainFlow" if board.name == "synthetic" else "BrainFlow board"
            )
            listed.append(Entry(board.name, what, board.transport, board.needs, board.takes))
    except DeviceError:
        # Without BrainFlow the others still work; `create` tells what to install.
        return listed
    return listed


def has_brainflow(listed: list[Entry]) -> bool:
    """Whether BrainFlow's boards are among what `entries` listed."""
    return any(entry.name == _SYNTHETIC for entry in listed)


def create(name: str, parameters: Mapping[str, str]) -> Device:
    """Make the device of that name.

    Parameters
    ----------
    name : str
        As `entries` lists it.
    parameters : mapping of str to str
        As typed by a person; they are converted and checked.

    Raises
    ------
    DeviceError
        If there is no such device or a parameter is wrong; the message names it.
    """
    if name == "simulator":
        from devices.simulator import SimulatorDevice, SimulatorSettings

        return _create(SimulatorDevice, SimulatorSettings, name, parameters)
    if name == "fieldtrip":
        from devices.fieldtrip import FieldTripDevice, FieldTripSettings

        return _create(FieldTripDevice, FieldTripSettings, name, parameters)
    from devices.brainflow import BrainFlowDevice
    from devices.brainflow_boards import BrainFlowSettings, find_board

    names = [entry.name for entry in entries()]
    near = difflib.get_close_matches(name, names, n=3)
    # Without BrainFlow another name may be one of its boards.
    if name not in names and (near or _SYNTHETIC in names):
        hint = f"did you mean {' or '.join(near)}?" if near else "bci devices lists them all"
        raise DeviceError(f"there is no device {name!r}; {hint}")
    find_board(name)
    return _create(BrainFlowDevice, BrainFlowSettings, name, {"board": name, **parameters})


def _create(
    device: Callable[[Any], Device],
    settings: type[BaseModel],
    name: str,
    parameters: Mapping[str, str],
) -> Device:
    given = {key: _split(settings, key, value) for key, value in parameters.items()}
    try:
        return device(settings.model_validate(given))
    except ValidationError as problem:
        raise DeviceError(f"{name}: {explain(problem, settings)}") from problem


def _split(settings: type[BaseModel], key: str, value: str) -> str | list[str]:
    """A parameter that takes several values has them separated by commas."""
    field = settings.model_fields.get(key)
    if field is not None and get_origin(field.annotation) is tuple and get_args(field.annotation):
        return value.split(",")
    return value
