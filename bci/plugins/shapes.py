"""Required attributes and methods of each kind of plug-in."""

from typing import Any

_METHODS = {
    "bci.decoders": ("fit", "predict_proba", "arrays", "from_arrays"),
    "bci.filters": ("model_validate", "stage"),
    "bci.devices": ("open", "describe", "read", "close"),
    "bci.views": (),
    "bci.bridges": ("run",),
}
STAGE = ("decimation", "settling", "reset", "process", "response")
"""Attributes and methods of a filter's stage; see `bci.pipeline.filters.Stage`."""
# A device plug-in may instead list several devices.
_FAMILY = ("entries", "create")


def what_lacks(group: str, name: str, found: Any) -> str:
    """Describe what a loaded plug-in lacks, as the end of a sentence; empty if nothing.

    ``found`` is the loaded object.
    """
    if group == "bci.devices" and is_family(found):
        return ""
    if not callable(found):
        return "is no class and no function"
    methods = _METHODS[group]
    if missing := [each for each in methods if not callable(getattr(found, each, None))]:
        word = "method" if len(missing) == 1 else "methods"
        return f"lacks the {word} {', '.join(missing)}"
    if group in ("bci.devices", "bci.bridges") and not _is_model(getattr(found, "settings", None)):
        return "lacks the attribute settings: a pydantic model of its parameters"
    if group == "bci.filters":
        kind = getattr(found, "model_fields", {}).get("kind")
        if kind is None or kind.default != name:
            return f"lacks the field kind with the value {name!r}"
    return ""


def is_family(found: Any) -> bool:
    """Return whether a device plug-in lists several devices (`devices.catalogue.Family`)."""
    return all(callable(getattr(found, each, None)) for each in _FAMILY)


def _is_model(found: Any) -> bool:
    return isinstance(found, type) and callable(getattr(found, "model_validate", None))
