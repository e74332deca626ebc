"""The keys that a profile can have, read from its settings."""

from typing import Any, NamedTuple

from bci.profiles.profile import Profile

_BOUNDS = (("exclusiveMinimum", ">"), ("minimum", ">="), ("exclusiveMaximum", "<"),
           ("maximum", "<="))  # fmt: skip
_REQUIRED = "required"


class Key(NamedTuple):
    """A key path, what it takes and what holds where it is left out."""

    path: str
    takes: str
    default: str


def profile_keys() -> list[Key]:
    """All keys of a profile, in the order of its settings; a filter's under its kind."""
    schema = Profile.model_json_schema()
    return _keys("", schema, schema.get("$defs", {}), {})


def _keys(
    prefix: str, node: dict[str, Any], definitions: dict[str, Any], given: dict[str, Any]
) -> list[Key]:
    found: list[Key] = []
    for name, raw in node.get("properties", {}).items():
        path = f"{prefix}{name}"
        options = [_resolved(each, definitions) for each in raw.get("anyOf", [raw])]
        inner = [each for each in options if "properties" in each]
        kinds = raw.get("items", {}).get("discriminator", {}).get("mapping")
        if inner:
            found += _keys(f"{path}.", inner[0], definitions, raw.get("default") or {})
        elif kinds:
            for kind, reference in kinds.items():
                of_kind = _resolved({"$ref": reference}, definitions)
                found += _keys(f"{path}[{kind}].", of_kind, definitions, {})
        else:
            takes = " or ".join(_takes(each) for each in options if each.get("type") != "null")
            default = given.get(name, raw.get("default"))
            is_required = name in node.get("required", ())
            found.append(Key(path, takes, _REQUIRED if is_required else _shown(default)))
    return found


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return node if reference is None else definitions[reference.rsplit("/", 1)[1]]


def _takes(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(map(str, node["enum"]))
    if "const" in node:
        return str(node["const"])
    names = {"string": "text", "integer": "whole number", "array": "list", "object": "keys",
             "boolean": "true or false"}  # fmt: skip
    bounds = " ".join(f"{sign} {node[key]:g}" for key, sign in _BOUNDS if key in node)
    return f"{names.get(node.get('type', ''), node.get('type', ''))} {bounds}".strip()


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, list | tuple) else str(default)
