"""Answers of ``bci devices`` and ``bci plugins``."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Message, Number, Text
from bci.messages.general import Event


class DeviceEntry(Message):
    """A device that can be streamed."""

    name: Text  # Name of the device, as ``bci stream`` takes it
    what: Text  # Description in a few words
    transport: Text  # Way that its samples come: serial, Bluetooth, network and others
    # Names of the parameters that it needs
    needs: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    # Names of the parameters that it can do without
    takes: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    # Serial ports of the computer now, if it takes one
    ports: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)


class DevicesEvent(Event):
    """Every device of the installation: the answer of ``bci devices``."""

    event: Literal["devices"] = "devices"
    # In order of their names
    devices: tuple[DeviceEntry, ...] = Field(default=(), max_length=MAX_ITEMS)


class ParameterEntry(Message):
    """A parameter of a plug-in, as ``NAME=VALUE`` takes it."""

    name: Text  # Its name
    about: Text = ""  # A few words on its meaning
    needed: bool = False  # Whether it has no default
    default: Text = ""  # Its default as it is typed; empty: none
    # A number is ``whole`` or ``real``; None for other values
    number: Literal["whole", "real"] | None = None
    low: Number | None = None  # Smallest number; None without a limit
    high: Number | None = None  # Largest number; None without a limit
    # All values, if they are known
    choices: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)


class PluginEntry(Message):
    """A plug-in of an installed package."""

    kind: Text  # decoder, filter, device, view or bridge
    name: Text  # Its name in profiles and commands
    distribution: Text  # Name of the package that offers it
    version: Text  # Version of that package
    where: Text  # ``module:attribute``
    summary: Text = ""  # A few words on what it is
    # Modules that have to be installed besides
    needs: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    problem: Text | None = None  # Reason in a sentence that it cannot be used; None if it can
    task: Text | None = None  # Of a decoder: its only task; None if it decodes any classes
    # Of a decoder: it can be trained on some people and fine-tuned on another
    carries_over: bool = False
    # Of a decoder: values of ``output.adapt`` that it can do
    adapts: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    needs_cues: bool = False  # Of a decoder: its windows begin at cues
    # Of a bridge, as ``bci bridge --json`` lists it
    parameters: tuple[ParameterEntry, ...] = Field(default=(), max_length=MAX_ITEMS)


class PluginsEvent(Event):
    """Every plug-in of the installation: the answer of ``bci plugins``."""

    event: Literal["plugins"] = "plugins"
    # By kind, in order of their names
    plugins: tuple[PluginEntry, ...] = Field(default=(), max_length=MAX_ITEMS)
