"""Answers of ``bci devices`` and ``bci plugins``."""

from typing import Literal

from pydantic import Field

from bci.messages.fields import MAX_ITEMS, Message, Text
from bci.messages.general import Event


class DeviceEntry(Message):
    """A device that can be streamed.

    Parameters
    ----------
    name : str
        Name of the device, as ``bci stream`` takes it.
    what : str
        Description in a few words.
    transport : str
        Way that its samples come: serial, Bluetooth, network ...
    needs : tuple of str
        Names of the parameters that it needs.
    takes : tuple of str
        Names of the parameters that it can do without.
    ports : tuple of str
        Serial ports of the computer now, where it takes one.
    """

    name: Text
    what: Text
    transport: Text
    needs: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    takes: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    ports: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)


class DevicesEvent(Event):
    """Every device of the installation: the answer of ``bci devices``.

    Parameters
    ----------
    devices : tuple of DeviceEntry
        In order of their names.
    """

    event: Literal["devices"] = "devices"
    devices: tuple[DeviceEntry, ...] = Field(default=(), max_length=MAX_ITEMS)


class PluginEntry(Message):
    """A plug-in of an installed package.

    Parameters
    ----------
    kind : {"decoder", "filter", "device", "view", "bridge"}
    name : str
        Its name in profiles and commands.
    distribution, version : str
        The package that offers it.
    where : str
        ``module:attribute``.
    summary : str
        A few words on what it is.
    needs : tuple of str
        Modules that have to be installed besides.
    problem : str or None
        Why it cannot be used, a sentence; None if it can.
    task : str or None
        Of a decoder: the one task that it is for; None for any classes.
    carries_over : bool
        Of a decoder: it can be trained on some people and fine-tuned on another.
    adapts : tuple of str
        Of a decoder: values of ``output.adapt`` that it can do.
    needs_cues : bool
        Of a decoder: its windows begin at cues.
    """

    kind: Text
    name: Text
    distribution: Text
    version: Text
    where: Text
    summary: Text = ""
    needs: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    problem: Text | None = None
    task: Text | None = None
    carries_over: bool = False
    adapts: tuple[Text, ...] = Field(default=(), max_length=MAX_ITEMS)
    needs_cues: bool = False


class PluginsEvent(Event):
    """Every plug-in of the installation: the answer of ``bci plugins``.

    Parameters
    ----------
    plugins : tuple of PluginEntry
        By kind, in order of their names.
    """

    event: Literal["plugins"] = "plugins"
    plugins: tuple[PluginEntry, ...] = Field(default=(), max_length=MAX_ITEMS)
