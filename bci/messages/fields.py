"""Types of fields, and the base class of all messages."""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

VERSION = 1
MAX_ITEMS = 10_000
_MAX_TEXT = 100_000


def _plain(text: object) -> object:
    """Cut a text, and replace characters that UTF-8 cannot encode, as in some file names."""
    if not isinstance(text, str):
        return text
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, BeforeValidator(_plain)]
Count = Annotated[int, Field(ge=0, lt=1 << 62)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """A part of a message; unknown keys are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def line(self) -> str:
        """Convert the message to one line of JSON, in ASCII."""
        return json.dumps(self.model_dump(mode="json"), allow_nan=False)
