"""What a pipeline is made of, as validated settings: the same words in profiles and bundles."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Hertz = Annotated[float, Field(gt=0, le=1e6)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Unit = Literal["V", "mV", "uV", "nV"]


class Settings(BaseModel):
    """Immutable; an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Bandpass(Settings):
    """Causal Butterworth band-pass between two -3 dB corners."""

    kind: Literal["bandpass"] = "bandpass"
    low_hz: Hertz
    high_hz: Hertz
    order: int = Field(4, ge=1, le=10)

    @model_validator(mode="after")
    def _corners_in_order(self) -> "Bandpass":
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz ({self.low_hz}) must be below high_hz ({self.high_hz})")
        return self


class Notch(Settings):
    """Narrow band-stop, for power-line noise."""

    kind: Literal["notch"] = "notch"
    freq_hz: Hertz
    q: float = Field(30.0, gt=0, le=1000)


class RemoveDc(Settings):
    """First-order high-pass that removes offset and slow drift."""

    kind: Literal["remove_dc"] = "remove_dc"
    cutoff_hz: Hertz = 0.5


class CommonAverage(Settings):
    """Subtract the mean of all channels of a kind (EEG, sEEG ...) from each of them."""

    kind: Literal["common_average"] = "common_average"


Pairs = Annotated[tuple[tuple[str, str], ...], Field(min_length=1, max_length=4096)]


class Bipolar(Settings):
    """Replace the channels by differences of pairs, anode minus cathode.

    The pairs are named, or ``shafts``: all neighbouring contacts of depth electrodes.
    """

    kind: Literal["bipolar"] = "bipolar"
    pairs: Pairs | Literal["shafts"]


class Decimate(Settings):
    """Keep every n-th sample behind an anti-alias low-pass."""

    kind: Literal["decimate"] = "decimate"
    factor: int = Field(ge=2, le=1000)


class Standardize(Settings):
    """Running z-score; ``time_constant_s`` is how long the past is remembered."""

    kind: Literal["standardize"] = "standardize"
    time_constant_s: Seconds = 30.0


FilterSettings = Annotated[
    Bandpass | Notch | RemoveDc | CommonAverage | Bipolar | Decimate | Standardize,
    Field(discriminator="kind"),
]


class PipelineSettings(Settings):
    """Everything between a stream and a decoder's windows.

    ``channels``: names in the order that the filters meet them; ``None`` takes every channel
    of the kinds in ``kinds``. A window in which a filtered channel swings by more than
    ``max_peak_to_peak`` (in the channel's unit: microvolts for EEG) is withheld from the decoder,
    in training as live: blinks, movement. With ``at_cues`` there is one window for each cue,
    beginning at the paradigm's ``start_s`` after it, and ``hop_s`` means nothing.

    The rest is of the stream, where it does not say so itself: ``names`` of all its channels, in
    order; ``kind_of`` some of them (``{A1: eog}``); ``unit``, what its voltages are in.
    ``resample`` lets a model decode a stream of another rate.
    """

    channels: tuple[str, ...] | None = Field(None, max_length=4096)
    kinds: tuple[str, ...] = ("eeg",)
    filters: tuple[FilterSettings, ...] = Field((), max_length=32)
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
        """The settings that describe the stream, of those that are given."""
        keys = ("names", "kind_of", "unit", "resample")
        return {key: value for key in keys if (value := getattr(self, key))}

    @property
    def alone(self) -> "PipelineSettings":
        """The same without what describes the stream."""
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
    """The first thing wrong with given settings, in a sentence with its key path."""
    first = problem.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
    more = f" (and {problem.error_count() - 1} more)" if problem.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, first["loc"][:-1])
        return f"{path}: there is no such key; allowed here: {', '.join(allowed)}{more}"
    given = (
        f", not {first['input']!r:.60}" if first["type"] not in ("missing", "value_error") else ""
    )
    message = first["msg"].removeprefix("Value error, ")
    return f"{path}: {message}{given}{more}"


def _allowed_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that a settings model has at a key path, read from its JSON schema."""
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
