"""List the keys of a profile, from the JSON schema of its settings."""

from typing import Any, NamedTuple

from bci.profiles.profile import Profile

_BOUNDS = (("exclusiveMinimum", ">"), ("minimum", ">="), ("exclusiveMaximum", "<"),
           ("maximum", "<="))  # fmt: skip
_REQUIRED = "required"
_UNIT_OF_ENDING = {"_s": "s", "_hz": "Hz", "_sd": "SD of the baseline", "_bits": "bits",
                   "_per_min": "per minute"}  # fmt: skip
_AMPLITUDE, _SHARE, _PROBABILITY = "the channel's unit", "share", "probability"
_UNITS = {
    "timing.sfreq": "Hz",
    "triggers.mask": "bit mask",
    "triggers.codes": "code",
    "triggers.threshold": _AMPLITUDE,
    "pipeline.filters[asr].cutoff": "SD of the clean signal",
    "pipeline.filters[asr].max_removed": _SHARE,
    "pipeline.filters[bandpass].order": "poles of a corner",
    "pipeline.filters[cancel_line].harmonics": "count",
    "pipeline.filters[decimate].factor": "input samples for each output sample",
    "pipeline.filters[interpolate_bad].max_share": _SHARE,
    "pipeline.filters[notch].q": "frequency / bandwidth",
    "pipeline.filters[notch].harmonics": "count",
    "pipeline.max_peak_to_peak": _AMPLITUDE,
    "paradigm.flicker.luminance.darkest": _SHARE,
    "paradigm.flicker.luminance.brightest": _SHARE,
    "paradigm.codes.luminance.darkest": _SHARE,
    "paradigm.codes.luminance.brightest": _SHARE,
    "output.decision_threshold": _PROBABILITY,
    "output.wrong_share": _SHARE,
    "neurofeedback.threshold.value": "the feature's unit",
    "neurofeedback.threshold.success_rate": _SHARE,
    "neurofeedback.threshold.harder_above": _SHARE,
    "neurofeedback.threshold.easier_below": _SHARE,
    "neurofeedback.artifacts.max_peak_to_peak": _AMPLITUDE,
    "neurofeedback.runs.feedback_runs": "count",
    "neurofeedback.runs.transfer_runs": "count",
    "speller.columns": "count",
    "speller.confidence": _PROBABILITY,
    "speller.min_repetitions": "count",
    "speller.max_repetitions": "count",
    "speller.undo_at": _PROBABILITY,
}


class Key(NamedTuple):
    """A key of a profile: path, type and range (``takes``), and default.

    All are text.
    """

    path: str
    takes: str
    default: str

    @property
    def unit(self) -> str:
        """Unit of a number; empty for a text or a number without unit."""
        if self.path in _UNITS:
            return _UNITS[self.path]
        found = (unit for ending, unit in _UNIT_OF_ENDING.items() if self.path.endswith(ending))
        return next(found, "")


def profile_keys() -> list[Key]:
    """List all keys of a profile in the order of its settings; filters by kind."""
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
    if node.get("type") == "array":
        return _list(node)
    names = {"string": "text", "integer": "whole number", "object": "keys",
             "boolean": "true or false"}  # fmt: skip
    bounds = " ".join(f"{sign} {node[key]:.10g}" for key, sign in _BOUNDS if key in node)
    return f"{names.get(node.get('type', ''), node.get('type', ''))} {bounds}".strip()


def _list(node: dict[str, Any]) -> str:
    """Describe the length and the item type of a list in words."""
    item = (node.get("prefixItems") or [node.get("items", {})])[0]
    least, most = node.get("minItems"), node.get("maxItems")
    number = f" of {least}" if least is not None and least == most else ""
    kind = {"string": "text", "number": "numbers", "integer": "whole numbers"}
    of = kind.get(item.get("type", ""), "")
    return f"list{number or ' of' * bool(of)} {of}".strip()


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, list | tuple) else str(default)
