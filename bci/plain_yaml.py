"""YAML as people mean it: texts, numbers, true and false, lists and keys, and nothing else."""

import re
from typing import Any

import yaml

_MOST_DIGITS = 300
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_REAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NO_NUMBERS = {".nan": float("nan"), ".inf": float("inf"), "+.inf": float("inf"),
               "-.inf": float("-inf")}  # fmt: skip


class PlainLoader(yaml.SafeLoader):
    """Without aliases, a few lines of which can stand for gigabytes, and without surprises.

    YAML 1.1 takes ``yes``, ``no``, ``on`` and ``off`` for truth values, ``1:30`` for ninety and
    ``2026-11-28`` for a date. Here they are texts, as they are in YAML 1.2. A key that is given
    twice is an error.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that has none of its own."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return f"tag:yaml.org,2002:{_kind(value)}"

    def construct_once(self, node: yaml.MappingNode) -> dict[Any, Any]:
        """Keys and values, each key once."""
        given: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | None):
                raise _error("a key has to be a word or a number", key_node)
            if key in given:
                raise _error(f"the key {key} is given twice", key_node)
            given.add(key)
        return self.construct_mapping(node, deep=True)


def _kind(text: str) -> str:
    if text.lower() in ("true", "false"):
        return "bool"
    if text in ("", "~") or text.lower() == "null":
        return "null"
    if _WHOLE.fullmatch(text):
        return "int"
    if _REAL.fullmatch(text) or text.lower() in _NO_NUMBERS:
        return "float"
    return "str"


def _text(_loader: PlainLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _truth(_loader: PlainLoader, node: yaml.ScalarNode) -> bool:
    if node.value.lower() not in ("true", "false"):
        raise _error("a truth value has to be true or false", node)
    return bool(node.value.lower() == "true")


def _whole(_loader: PlainLoader, node: yaml.ScalarNode) -> int:
    if len(node.value) > _MOST_DIGITS or not _WHOLE.fullmatch(node.value):
        raise _error("this is no whole number, or one of too many digits", node)
    return int(node.value)


def _real(_loader: PlainLoader, node: yaml.ScalarNode) -> float:
    if node.value.lower() in _NO_NUMBERS:
        return _NO_NUMBERS[node.value.lower()]
    if len(node.value) > _MOST_DIGITS or not _REAL.fullmatch(node.value):
        raise _error("this is no number, or one of too many digits", node)
    return float(node.value)


def _list(loader: PlainLoader, node: yaml.SequenceNode) -> list[Any]:
    return list(loader.construct_sequence(node, deep=True))


def _refuse(_loader: PlainLoader, node: yaml.Node) -> None:
    raise _error(f"the tag {str(node.tag)[:80]} is not allowed", node)


def _error(what: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)


PlainLoader.yaml_constructors = {
    "tag:yaml.org,2002:null": lambda _loader, _node: None,
    "tag:yaml.org,2002:bool": _truth,
    "tag:yaml.org,2002:int": _whole,
    "tag:yaml.org,2002:float": _real,
    "tag:yaml.org,2002:str": _text,
    "tag:yaml.org,2002:seq": _list,
    "tag:yaml.org,2002:map": PlainLoader.construct_once,
    None: _refuse,
}
