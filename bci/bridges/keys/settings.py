"""Parameters of the bridge to keys, mouse and gamepad."""

from typing import Annotated, Literal

from pydantic import Field

from bci.bridges.engine_client import EngineName
from bci.bridges.keys.actions import parse_map
from bci.bridges.label_map import read_by
from bci.profiles.pipeline_settings import Settings


class KeysSettings(Settings):
    """Parameters, as ``bci bridge keys`` takes them."""

    map: Annotated[tuple[str, ...], read_by(parse_map)] = Field(
        description="Pairs LABEL=ACTION: left=key:left,right=button:left"
    )
    mode: Literal["tap", "hold"] = Field(
        "tap", description="tap at each decision, or hold while it lasts"
    )
    tap_ms: float = Field(80.0, ge=10, le=2000, description="Length of a tap, in ms")
    hold_off_s: float = Field(0.5, ge=0, le=60, description="Least time between presses, in s")
    per_minute: int = Field(60, ge=1, le=1200, description="Most presses in a minute")
    max_hold_s: float = Field(10.0, ge=0.1, le=600, description="Longest hold, in s")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Least confidence of a press")
    silence_s: float = Field(
        0.4, ge=0.1, le=60, description="Release when no prediction came for so long, in s"
    )
    speed: float = Field(400.0, ge=1, le=5000, description="Of the mouse, in pixels a second")
    engine: EngineName = Field("bci", description="Name of the engine")
