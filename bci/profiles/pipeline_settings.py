"""Validated settings of a pipeline, for profiles and model cards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    SerializeAsAny,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticKnownError
from pydantic_core.core_schema import no_info_before_validator_function, tagged_union_schema

from bci.signals import Signal

if TYPE_CHECKING:
    from bci.pipeline.filters import Stage

Hertz = Annotated[float, Field(gt=0, le=1e6)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Unit = Literal["V", "mV", "uV", "nV"]


class Settings(BaseModel):
    """Base of all settings: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class _Learnt:
    """Trained arrays of a filter; they are ignored when settings are compared."""

    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict, compare=False)


class FilterSettings(Settings):
    """Base of the settings of a filter: ``kind`` is its name, ``stage`` creates it.

    A subclass is a plug-in of the group ``bci.filters``, under the name of its kind. A filter that
    has to be trained is a `bci.interfaces.TrainableFilter` too.
    """

    kind: str
    _learnt: _Learnt = PrivateAttr(default_factory=_Learnt)

    @property
    def learnt(self) -> Mapping[str, NDArray[np.generic]]:
        """Trained arrays, empty before the training; they are stored in models only."""
        return self._learnt.arrays

    def with_learnt(self, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Return a copy of the settings with trained arrays."""
        made = self.model_copy()
        made._learnt = _Learnt(dict(arrays))
        return made

    def stage(self, signal: Signal) -> "Stage":
        """Create the stage for one signal; see `bci.pipeline.filters.Stage`.

        Parameters
        ----------
        signal : Signal
            Rate and channels at the stage's input.

        Raises
        ------
        ValueError
            If the signal cannot be filtered with these settings; the message gives the reason.
        """
        raise NotImplementedError


class _ByKind:
    """Validate a filter by the settings of the plug-in that its ``kind`` names."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return no_info_before_validator_function(_of_kind, handler(source))

    def __get_pydantic_json_schema__(self, _: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        choices = {
            kind: model.__pydantic_core_schema__ for kind, model in _usable_filters().items()
        }
        return handler(tagged_union_schema(choices, "kind"))


def _of_kind(given: Any) -> Any:
    from bci.plugins.registry import plugins

    if not isinstance(given, dict):
        return given
    known = plugins("bci.filters")
    kind = given.get("kind")
    if kind is None:
        raise PydanticKnownError("union_tag_not_found", {"discriminator": "'kind'"})
    if not isinstance(kind, str) or kind not in known:
        tags = ", ".join(map(repr, known))
        raise PydanticKnownError(
            "union_tag_invalid",
            {"discriminator": "'kind'", "tag": str(kind), "expected_tags": tags},
        )
    model = known[kind].load()
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise _within(kind, problem) from None


def _within(kind: str, problem: ValidationError) -> ValidationError:
    """Return the same problems, with the filter's kind at the start of each key path."""
    lines: list[InitErrorDetails] = [
        {
            "type": each["type"], "loc": (kind, *each["loc"]), "input": each["input"],
            "ctx": each.get("ctx", {}),
        }
        for each in problem.errors(include_url=False)
    ]  # fmt: skip
    return ValidationError.from_exception_data(problem.title, lines)


def _usable_filters() -> dict[str, type[FilterSettings]]:
    from bci.plugins.registry import plugins

    found = plugins("bci.filters").values()
    return {each.name: each.load() for each in found if not each.problem()}


class PipelineSettings(Settings):
    """Settings of all processing between a stream and a decoder's windows.

    ``channels`` are the names of the used channels, in order; None uses all channels of the kinds
    in ``kinds``. ``window_s`` and ``hop_s`` are the length of windows and the step between them, in
    seconds. Windows are rejected, in training and live, if the peak-to-peak amplitude of a filtered
    channel exceeds ``max_peak_to_peak`` (in its unit, µV for EEG). This is against blinks and
    movement. With ``at_cues`` there is one window per cue, starting at the paradigm's
    ``start_s``, and ``hop_s`` has no effect.

    The other settings describe a stream that lacks this information. ``names`` are the names of all
    its channels, or of all EEG channels, in order. ``kind_of`` gives the kinds of some channels
    (``{A1: eog}``), and ``unit`` is the unit of its voltages. With ``resample``, a model can decode
    a stream of another rate.
    """

    channels: tuple[str, ...] | None = Field(None, max_length=4096)
    kinds: tuple[str, ...] = ("eeg",)
    filters: tuple[Annotated[SerializeAsAny[FilterSettings], _ByKind()], ...] = Field(
        (), max_length=32
    )
    window_s: Seconds
    hop_s: Seconds = 0.1
    max_peak_to_peak: float | None = Field(None, gt=0)
    at_cues: bool = False
    names: tuple[Label, ...] | None = Field(None, min_length=1, max_length=10_000)
    kind_of: dict[Label, Label] = Field(default_factory=dict, max_length=10_000)
    unit: Unit | None = None
    resample: bool = False

    @property
    def of_stream(self) -> dict[str, Any]:
        """The given ones of the settings that describe the stream, by key."""
        keys = ("names", "kind_of", "unit", "resample")
        return {key: value for key in keys if (value := getattr(self, key))}

    @property
    def alone(self) -> "PipelineSettings":
        """These settings without those that describe the stream."""
        return self.model_copy(
            update={"names": None, "kind_of": {}, "unit": None, "resample": False}
        )

    @model_validator(mode="after")
    def _channels_are_distinct(self) -> "PipelineSettings":
        if self.channels is not None:
            if not self.channels:
                raise ValueError("channels is empty: name at least one, or leave the key out")
            if len({name.lower() for name in self.channels}) < len(self.channels):
                raise ValueError("channels names a channel twice")
        return self


def explain(problem: ValidationError, model: type[BaseModel]) -> str:
    """Describe the most important validation problem in a sentence with its key path.

    An unknown key is more important than a missing one, since a misspelt key causes both.
    """
    problems = problem.errors(include_url=False)
    first = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    path = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    context = first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, first["loc"][:-1])
        meant = did_you_mean(str(first["loc"][-1]), allowed)
        return f"{path}: there is no such key; allowed here: {', '.join(allowed)}{meant}{more}"
    if first["type"] == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        known = [tag.strip().strip("'") for tag in context["expected_tags"].split(",")]
        meant = did_you_mean(context["tag"], known)
        listed = ", ".join(map(repr, known))
        return f"{path}: there is no {key} {context['tag']!r:.60}; there are: {listed}{meant}{more}"
    if first["type"] == "union_tag_not_found":
        return f"{path}: the key {context['discriminator'].strip(chr(39))} is missing{more}"
    given = (
        f", not {first['input']!r:.60}" if first["type"] not in ("missing", "value_error") else ""
    )
    message = first["msg"].removeprefix("Value error, ")
    return f"{path}: {message}{given}{more}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is most similar to ``word``.

    The result is text such as ``; did you mean 'bandpass'?``, or empty.
    """
    by_letters = {each.lower().replace("_", "").replace("-", ""): each for each in known}
    letters = word.lower().replace("_", "").replace("-", "")
    close = get_close_matches(letters, by_letters, n=1, cutoff=0.7)
    return f"; did you mean {by_letters[close[0]]!r}?" if close else ""


def _allowed_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the keys of a settings model at a key path, from its JSON schema."""
    schema: dict[str, Any] = model.model_json_schema()
    definitions = schema.get("$defs", {})
    node = schema

    def resolved(node: dict[str, Any]) -> dict[str, Any]:
        for option in [node, *node.get("anyOf", []), *node.get("allOf", [])]:
            if "$ref" in option:
                found: dict[str, Any] = definitions[option["$ref"].rsplit("/", 1)[1]]
                return found
        return node

    for part in path:
        node = resolved(node)
        if isinstance(part, int):
            node = node.get("items", {})
        elif "discriminator" in node:
            node = {"$ref": node["discriminator"]["mapping"][part]}
        else:
            node = node.get("properties", {}).get(part, {})
    return sorted(resolved(node).get("properties", {}))
