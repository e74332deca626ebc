"""The installed decoders by their properties; none of them is imported.

The properties are attributes of a decoder's class, written as literals:

- ``summary``: description in a few words;
- ``task``: the only task of the decoder; None for any classes;
- ``needs``: packages that must be installed besides `bci`;
- ``carries_over``: the decoder can be trained on some people and fine-tuned on another;
- ``adapts``: supported values of ``output.adapt``: ``alignment`` and ``supervised``;
- ``needs_cues``: windows of the decoder begin at a cue (``pipeline.at_cues``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from bci.plugins.class_source import class_attributes
from bci.plugins.registry import find, plugins

_GROUP = "bci.decoders"
# Tasks in the order of listings, and their words in messages.
_TASKS = {
    None: "any",
    "emotion": "emotion",
    "speech": "words",
    "images": "images",
    "p300": "p300",
    "ssvep": "flicker",
    "cvep": "codes",
}


@dataclass(frozen=True, slots=True)
class DecoderTraits:
    """Properties of a decoder; see the module."""

    summary: str = ""
    task: str | None = None
    needs: tuple[str, ...] = ()
    carries_over: bool = False
    adapts: tuple[str, ...] = ()
    needs_cues: bool = False

    @property
    def is_classical(self) -> bool:
        """True for a decoder of any classes that needs no other package; it trains in seconds."""
        return self.task is None and not self.needs


def decoder_traits(name: str) -> DecoderTraits:
    """Return the properties of the decoder ``name``.

    Raises `PluginError` if there is none.
    """
    return traits_in(class_attributes(find(_GROUP, name).value))


def traits_in(attributes: dict[str, object]) -> DecoderTraits:
    """Select a decoder's properties from the attributes of its class; ignore wrong types."""
    given: dict[str, Any] = {}
    for field in fields(DecoderTraits):
        value = attributes.get(field.name)
        if isinstance(value, str if field.name == "task" else type(field.default)):
            given[field.name] = value
    return DecoderTraits(**given)


def decoder_names() -> tuple[str, ...]:
    """List all decoders: classical ones first, then networks, then decoders of one task."""
    order = list(_TASKS)

    def rank(name: str) -> tuple[int, bool, str]:
        traits = decoder_traits(name)
        place = order.index(traits.task) if traits.task in order else len(order)
        return place, bool(traits.needs), name

    return tuple(sorted(plugins(_GROUP), key=rank))


def classical() -> tuple[str, ...]:
    """List the decoders of any classes that need no other package; they train in seconds."""
    return tuple(name for name in decoder_names() if decoder_traits(name).is_classical)


def networks() -> tuple[str, ...]:
    """List the decoders of any classes that need another package, such as PyTorch."""
    return tuple(
        name
        for name in decoder_names()
        if decoder_traits(name).task is None and not decoder_traits(name).is_classical
    )


def of_task(task: str) -> tuple[str, ...]:
    """List the decoders of a single task."""
    return tuple(name for name in decoder_names() if decoder_traits(name).task == task)


def carrying_over() -> tuple[str, ...]:
    """List the decoders that can be trained on some people and fine-tuned on another."""
    return tuple(name for name in decoder_names() if decoder_traits(name).carries_over)


def offered_for(task: str | None) -> tuple[str, ...]:
    """List the decoders of other packages for a task; None selects those for any classes."""
    return tuple(
        name
        for name, plugin in plugins(_GROUP).items()
        if not plugin.is_ours and decoder_traits(name).task == task
    )


def by_task(names: Iterable[str]) -> str:
    """List decoders in one line, grouped by task."""
    groups: dict[str, list[str]] = {}
    for name in names:
        traits = decoder_traits(name)
        word = _TASKS.get(traits.task, str(traits.task))
        if traits.task is None:
            word = "classical" if traits.is_classical else "networks"
        groups.setdefault(word, []).append(name)
    return "; ".join(f"{', '.join(own)} ({word})" for word, own in groups.items())
