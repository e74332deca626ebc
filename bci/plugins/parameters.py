"""Parameters that a person types as ``NAME=VALUE``, checked by a settings model."""

from collections.abc import Mapping, Sequence
from typing import TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bci.profiles.pipeline_settings import explain

ModelT = TypeVar("ModelT", bound=BaseModel)


def split_pairs(given: Sequence[str], error: type[Exception]) -> dict[str, str]:
    """Names and values of ``NAME=VALUE``; raises ``error`` where one is of another form."""
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
    """Make a settings model from text; raises ``error`` where a parameter is wrong."""
    split = {key: _split(settings, key, value) for key, value in given.items()}
    try:
        return settings.model_validate(split)
    except ValidationError as problem:
        raise error(f"{name}: {explain(problem, settings)}") from problem


def _split(settings: type[BaseModel], key: str, value: str) -> str | list[str]:
    """A parameter that takes several values has them separated by commas."""
    field = settings.model_fields.get(key)
    if field is not None and get_origin(field.annotation) is tuple and get_args(field.annotation):
        return value.split(",")
    return value
