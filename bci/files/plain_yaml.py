"""YAML limited to texts, numbers, truth values, lists and mappings."""

import re
from typing import Any

import yaml

_MAX_DIGITS = 300
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_REAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")

_LINE_ENDS = {"\x85", "\u2028", "\u2029"}


class PlainLoader(yaml.SafeLoader):
    """YAML of plain texts, numbers, truth values, lists and mappings.

    Aliases are refused, because a few lines of them can expand to gigabytes. Tags are refused,
    because their constructors fail on unexpected values. In YAML 1.1, ``yes``, ``no``, ``on`` and
    ``off`` are truth values, ``1:30`` is ninety and ``2026-11-28`` is a date; here these are texts,
    as in YAML 1.2. A key that occurs twice is an error.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        mark: Any = event.start_mark
        if isinstance(event, yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not allowed", mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.composer.ComposerError(None, None, "tags (!name) are not allowed", mark)
        return super().compose_node(parent, index)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node without an explicit tag."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return f"tag:yaml.org,2002:{_kind(value)}"

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping; a key that occurs twice is an error."""
        given: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | None):
                raise _error("a key has to be a word or a number", key_node)
            if key in given:
                raise _error(f"the key {key!s:.60} is given twice", key_node)
            given.add(key)
        return super().construct_mapping(node, deep)


class _PlainDumper(yaml.SafeDumper):
    """Dumper that quotes each text that `PlainLoader` would read as another type, as ``1e5``."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag with which `PlainLoader` would read a node."""
        tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        if kind is yaml.ScalarNode and implicit[0] and tag == "tag:yaml.org,2002:str":
            return f"tag:yaml.org,2002:{_kind(value)}"
        return tag


def _represent_text(dumper: _PlainDumper, text: str) -> yaml.ScalarNode:
    # Without quotes, these characters would be read as ends of lines.
    style = '"' if _LINE_ENDS & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _represent_text)


def dump(content: object) -> str:
    """Write plain data as YAML that `PlainLoader` reads back unchanged; keys keep their order."""
    written = yaml.dump(
        content, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=100
    )
    return str(written)


def _kind(text: str) -> str:
    lower = text.lower()
    if lower in ("true", "false"):
        return "bool"
    if lower in ("", "~", "null"):
        return "null"
    if len(text) > _MAX_DIGITS:
        return "str"
    if _WHOLE.fullmatch(text):
        return "int"
    return "float" if _REAL.fullmatch(lower) else "str"


def _error(what: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)
