"""The decoders that are offered, by their properties; none of them is imported.

The properties are attributes of a decoder's class, written as literals:

- ``summary``: a few words on what it is;
- ``task``: the one task that it is for; without it, any classes;
- ``needs``: packages that have to be installed besides `bci`;
- ``carries_over``: it can be trained on some people and fine-tuned on another;
- ``adapts``: the kinds of ``output.adapt`` that it can do live, ``alignment`` and ``supervised``;
- ``needs_cues``: a window of it begins at a cue (``pipeline.at_cues``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from bci.plugins.class_source import class_attributes
from bci.plugins.registry import find, plugins

_GROUP = "bci.decoders"
# In the order of lists.
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
        """True where it learns any classes in seconds, without another package."""
        return self.task is None and not self.needs


def decoder_traits(name: str) -> DecoderTraits:
    """Properties of the decoder of that name.

    Raises `PluginError` if there is none.
    """
    return traits_in(class_attributes(find(_GROUP, name).value))


def traits_in(attributes: dict[str, object]) -> DecoderTraits:
    """Properties of a decoder among the attributes of its class; of another type they are left."""
    given: dict[str, Any] = {}
    for field in fields(DecoderTraits):
        value = attributes.get(field.name)
        if isinstance(value, str if field.name == "task" else type(field.default)):
            given[field.name] = value
    return DecoderTraits(**given)


def decoder_names() -> tuple[str, ...]:
    """All decoders: classical ones first, then networks, then those of one task."""
    order = list(_TASKS)

    def rank(name: str) -> tuple[int, bool, str]:
        traits = decoder_traits(name)
        place = order.index(traits.task) if traits.task in order else len(order)
        return place, bool(traits.needs), name

    return tuple(sorted(plugins(_GROUP), key=rank))


def classical() -> tuple[str, ...]:
    """Decoders of any classes that learn in seconds and need no other package."""
    return tuple(name for name in decoder_names() if decoder_traits(name).is_classical)


def networks() -> tuple[str, ...]:
    """Decoders of any classes that need another package, like PyTorch."""
    return tuple(
        name
        for name in decoder_names()
        if decoder_traits(name).task is None and not decoder_traits(name).is_classical
    )


def of_task(task: str) -> tuple[str, ...]:
    """Decoders that are for one task alone."""
    return tuple(name for name in decoder_names() if decoder_traits(name).task == task)


def carrying_over() -> tuple[str, ...]:
    """Decoders that can be trained on some people and fine-tuned on another."""
    return tuple(name for name in decoder_names() if decoder_traits(name).carries_over)


def offered_for(task: str | None) -> tuple[str, ...]:
    """Decoders of other packages for a task; None: for any classes."""
    return tuple(
        name
        for name, plugin in plugins(_GROUP).items()
        if not plugin.is_ours and decoder_traits(name).task == task
    )


def by_task(names: Iterable[str]) -> str:
    """Names in a sentence, each group with its task."""
    groups: dict[str, list[str]] = {}
    for name in names:
        traits = decoder_traits(name)
        word = _TASKS.get(traits.task, str(traits.task))
        if traits.task is None:
            word = "classical" if traits.is_classical else "networks"
        groups.setdefault(word, []).append(name)
    return "; ".join(f"{', '.join(own)} ({word})" for word, own in groups.items())
