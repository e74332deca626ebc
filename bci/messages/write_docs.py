"""Write `docs/reference/messages.md` from the messages: ``python -m bci.messages.write_docs``."""

import inspect
import re
import types
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from bci import messages

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
_SHARED = ("version", "event", "kind")
_TYPES = {
    messages.Text: "text",
    messages.Count: "whole number",
    messages.Number: "number",
    messages.Share: "number, 0 to 1",
}
_PLAIN = {str: "text", bool: "true or false", int: "whole number", float: "number"}
_HEAD = f"""# Messages between programs

A status is a text on an LSL stream of type `Status`, twice a second. A selection of a speller is
a text on an LSL stream of type `Spelling`. A message of a bridge is a UDP datagram or a text of
a WebSocket. An event is a line that a
command prints on standard output with `--json`. Each is one JSON object on one line, in ASCII.
`bci.messages.read_status`, `read_spelled`, `read_bridged` and `read_event` read them.

`version` is {messages.VERSION}. It grows when a field changes its meaning or goes. A new field
alone does not change it, so a reader leaves out keys that it does not know. An event has its name
in `event`, any other message in `kind`. `null` stands for a value that is not known.

With `--json` nothing else is on standard output: what a library or a plug-in prints goes to
standard error. `bci doctor`, `info`, `models` and `streams` answer at once: they print one
JSON value and no event but `error`.

A command that fails prints the event `error` and one line on standard error. Its exit code is 2.
A wrong or missing argument is an event too; an unknown command or option is none. Decisions have a
stream and a format of their own: see [streams](streams.md).

`python -m bci.messages.write_docs` writes this page from `bci/messages/`.
"""


def write_page() -> str:
    """Make the text of the page."""
    statuses = _members(messages.AnyStatus)
    events = _members(messages.AnyEvent)
    spelled = [messages.Spelled]
    bridged = _members(messages.AnyBridged)
    parts = _parts([*statuses, *spelled, *bridged, *events])
    sections = [
        _HEAD,
        "## Statuses\n",
        *(_section(model, "kind") for model in statuses),
        "## Selections of a speller\n",
        *(_section(model, "kind") for model in spelled),
        "## Messages of bridges\n",
        *(_section(model, "kind") for model in bridged),
        "## Events\n",
        *(_section(model, "event") for model in events),
        "## Parts of messages\n",
        *(_section(model, "") for model in parts),
    ]
    return "\n".join(sections)


def _members(union: Any) -> list[type[BaseModel]]:
    return list(get_args(get_args(union)[0]))


def _parts(models: list[type[BaseModel]]) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    waiting = list(models)
    while waiting:
        model = waiting.pop(0)
        for hint in get_type_hints(model, include_extras=True).values():
            new = [each for each in _models_in(hint) if each not in (*found, *models)]
            found += new
            waiting += new
    return found


def _models_in(hint: Any) -> list[type[BaseModel]]:
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return [hint]
    return [model for each in get_args(hint) for model in _models_in(each)]


def _section(model: type[BaseModel], tag: str) -> str:
    name = f"`{model.model_fields[tag].default}`" if tag else model.__name__
    summary = _markdown(" ".join(inspect.cleandoc(model.__doc__ or "").split()))
    meanings = _read_comments(model)
    hints = get_type_hints(model, include_extras=True)
    rows = [
        f"| `{field}` | {_type(hints[field])} | {meanings.get(field, '')} |"
        for field in model.model_fields
        if field not in _SHARED
    ]
    table = ["| field | type | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"### {name}\n", f"{summary}\n", *table, ""])


def _read_comments(model: type[BaseModel]) -> dict[str, str]:
    """Read the meaning of each field, inherited ones too, from the comment behind or above it."""
    meanings: dict[str, str] = {}
    above: list[str] = []
    bases = [each for each in reversed(model.__mro__) if issubclass(each, messages.Message)]
    for line in "".join(map(inspect.getsource, bases)).splitlines():
        if comment := re.match(r"    # (.+)", line):
            above.append(comment[1])
            continue
        if field := re.match(r"    (\w+): .*?(?:  # (.+))?$", line):
            meanings[field[1]] = _markdown(" ".join(above) or field[2] or "") + "."
        above = []
    return meanings


def _markdown(text: str) -> str:
    return re.sub("`+", "`", text).replace("None", "`null`")


def _type(hint: Any) -> str:
    """Describe a type in words: ``list of text``, ``number or null``."""
    if (named := _known(hint)) is not None:
        return named
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join("null" if each is type(None) else _type(each) for each in inner)
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"object with values: {_type(inner[1])}"
    if origin is Literal:
        return " or ".join(f'"{each}"' for each in inner)
    if inspect.isclass(hint) and issubclass(hint, StrEnum):
        return " or ".join(f'"{each}"' for each in hint)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        tagged = hint.model_fields.get("kind")
        kind = tagged.default if tagged is not None else None
        heading = kind if isinstance(kind, str) else hint.__name__
        return f"[{hint.__name__}](#{heading.lower()})"
    return {str: "text", bool: "true or false", int: "whole number", float: "number"}.get(
        hint, "any"
    )


def _known(hint: Any) -> str | None:
    return next((words for known, words in _TYPES.items() if known == hint), None)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
