"""Reasons why a channel is not good, and their words."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason why a channel is doubtful, bad or not judged."""

    NO_VALUES = "no values"
    VALUES_MISSING = "values missing"
    RAILED = "railed"
    FLAT = "flat"
    CLIPPED = "clipped"
    IMPEDANCE = "impedance"
    LINE_NOISE = "line noise"
    DRIFTING = "drifting"
    JUMPS = "jumps"
    MUSCLE = "muscle"
    VERY_LARGE = "very large"
    UNLIKE_NEIGHBOURS = "unlike neighbours"
    NO_UNIT = "no unit"
    NO_KIND = "no kind"


# Texts for people; a figure is inserted at the braces.
_TEXTS = {
    Reason.NO_VALUES: "no values",
    Reason.VALUES_MISSING: "{:.0%} of its values missing",
    Reason.RAILED: "railed",
    Reason.FLAT: "flat",
    Reason.CLIPPED: "clipped at the amplifier's limit",
    Reason.IMPEDANCE: "impedance {:.0f} kOhm",
    Reason.LINE_NOISE: "line noise {:.0%}",
    Reason.DRIFTING: "drifting",
    Reason.JUMPS: "jumps",
    Reason.MUSCLE: "muscle or noise above 35 Hz",
    Reason.VERY_LARGE: "very large signal",
    Reason.UNLIKE_NEIGHBOURS: "unlike its neighbours",
    Reason.NO_UNIT: "unit unknown",
    Reason.NO_KIND: "kind unknown",
}


def describe(reason: Reason | None, figure: float = 0.0) -> str:
    """Describe a reason with its figure, as in ``line noise 63%``; empty without a reason."""
    return _TEXTS[reason].format(figure) if reason is not None else ""
