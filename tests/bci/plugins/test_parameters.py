"""Parameters of plug-ins, listed from their settings."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bci.errors import PluginError
from bci.plugins.device_parameters import from_entry
from bci.plugins.parameters import parameter_entries, parse_parameters


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    port: int = Field(5005, ge=1, le=65535, description="Port of the receiver.")
    mode: Literal["tap", "hold"] = "tap"
    token: str | None = None
    loud: bool = False
    labels: tuple[str, ...] = ("left", "right")
    hold_off_s: float = Field(0.5, gt=0)
    host: str = Field(description="Computer.")


def test_parameters_are_listed_with_their_limits_and_the_needed_ones_first() -> None:
    listed = {entry.name: entry for entry in parameter_entries(Settings)}
    assert next(iter(listed)) == "host"
    assert listed["host"].needed
    assert listed["host"].about == "Computer."
    port = listed["port"]
    assert (port.number, port.low, port.high, port.default) == ("whole", 1, 65535, "5005")
    assert listed["mode"].choices == ("tap", "hold")
    assert listed["token"].default == ""
    assert (listed["loud"].choices, listed["loud"].default) == (("false", "true"), "false")
    assert (listed["hold_off_s"].number, listed["hold_off_s"].low) == ("real", 0)


def test_a_listed_default_is_what_a_person_would_type() -> None:
    typed = {e.name: e.default for e in parameter_entries(Settings) if e.default}
    parsed = parse_parameters(Settings, "bridge", typed | {"host": "here"}, PluginError)
    assert parsed == Settings(host="here")


def test_a_form_shows_the_unit_of_a_parameter_and_its_limits() -> None:
    listed = {entry.name: from_entry(entry) for entry in parameter_entries(Settings)}
    assert listed["hold_off_s"].label == "Hold off (s)"
    assert (
        listed["port"].problem("70000", needed=False) == "Port is a whole number from 1 to 65535."
    )
    assert listed["mode"].problem("press", needed=False) == "Mode is one of tap, hold."


def test_settings_that_no_text_can_be_are_refused_in_a_sentence() -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

        thing: PluginError

    with pytest.raises(PluginError, match="Odd: its fields cannot be listed"):
        parameter_entries(Odd)
