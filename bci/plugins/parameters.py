"""Parameters in the form ``NAME=VALUE``, checked by a settings model."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError

from bci.errors import PluginError
from bci.messages import ParameterEntry
from bci.profiles.pipeline_settings import explain

_NUMBERS: dict[str, Literal["whole", "real"]] = {"integer": "whole", "number": "real"}
ModelT = TypeVar("ModelT", bound=BaseModel)


def split_pairs(given: Sequence[str], error: type[Exception]) -> dict[str, str]:
    """Split ``NAME=VALUE`` texts to names and values; raise ``error`` for another form."""
    pairs: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise error(f"{each!r:.200} is not of the form PARAMETER=VALUE")
        pairs[key] = value
    return pairs


def parse_parameters(
    settings: type[ModelT], name: str, given: Mapping[str, str], error: type[Exception]
) -> ModelT:
    """Make a settings model from the texts ``given``; raise ``error`` if a parameter is wrong.

    ``name`` begins the error message.
    """
    split = {key: _split(settings, key, value) for key, value in given.items()}
    try:
        return settings.model_validate(split)
    except ValidationError as problem:
        raise error(f"{name}: {explain(problem, settings)}") from problem


def _split(settings: type[BaseModel], key: str, value: str) -> str | list[str]:
    """Split the text of a parameter with several values at its commas."""
    field = settings.model_fields.get(key)
    if field is not None and get_origin(field.annotation) is tuple and get_args(field.annotation):
        return value.split(",")
    return value


def parameter_entries(settings: type[BaseModel]) -> tuple[ParameterEntry, ...]:
    """Describe the parameters of a settings model, required ones first.

    Raises `PluginError` if a field of the model cannot be given as text.
    """
    try:
        schema = settings.model_json_schema()
    except PydanticUserError as error:
        raise PluginError(f"{settings.__name__}: its fields cannot be listed: {error}") from error
    needed = schema.get("required", [])
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    made = [_entry(name, field, name in needed) for name, field in fields.items()]
    return tuple(sorted(made, key=lambda entry: not entry.needed))


def _entry(name: str, field: Mapping[str, Any], needed: bool) -> ParameterEntry:
    # An optional parameter is a choice between its type and null.
    kinds = [field, *field.get("anyOf", ())]
    typed = next((kind for kind in kinds if kind.get("type") not in (None, "null")), field)
    choices = ["false", "true"] if typed.get("type") == "boolean" else typed.get("enum", ())
    return ParameterEntry(
        name=name,
        about=field.get("description", ""),
        needed=needed,
        default=written(field.get("default")),
        number=_NUMBERS.get(typed.get("type", "")),
        low=typed.get("minimum", typed.get("exclusiveMinimum")),
        high=typed.get("maximum", typed.get("exclusiveMaximum")),
        choices=tuple(map(str, choices)),
    )


def written(default: object) -> str:
    """Convert a default to the text that a user would type; empty if there is none."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, list | tuple):
        return ",".join(map(str, default))
    return "" if default is None else str(default)
