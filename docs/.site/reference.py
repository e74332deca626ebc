"""Fill the reference pages from the code, while the site is built."""

from typing import Any

import typer.main

import bci
import decoders
from bci.cli import app
from bci.cli.commands import COMMANDS, load_command
from bci.plugins.decoder_offers import decoder_names
from bci.profiles.keys import profile_keys


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark of a generated part by its text."""
    for mark, write in (("commands", _commands), ("profile keys", _keys), ("api", _api)):
        line = f"<!-- {mark} -->"
        if line in markdown:
            markdown = markdown.replace(line, write())
    return markdown


def _commands() -> str:
    every: Any = typer.main.get_command(app)
    every.commands |= {name: load_command(name) for name in COMMANDS}
    return "\n".join(_describe(every, "bci"))


def _describe(command: Any, path: str) -> list[str]:
    lines = [f"\n## `{path}`\n", _cleaned(command.help or "")]
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    rows = [row for each in shown if (row := _row(each)) is not None]
    if rows:
        lines += ["\n| parameter | meaning | default |", "|---|---|---|", *rows]
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        if not inner.hidden:
            lines += _describe(inner, f"{path} {name}")
    return lines


def _row(parameter: Any) -> str | None:
    if parameter.param_type_name == "option":
        name = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    else:
        name = f"`{parameter.name.upper()}`"
    if "--help" in parameter.opts or "completion" in name:
        return None
    default = parameter.default
    is_plain = default is not None and not callable(default) and default is not False
    shown = f"`{default}`" if is_plain and str(default) not in ("", "()") else ""
    meaning = _cleaned(getattr(parameter, "help", None) or "").replace("\n", " ")
    return f"| {_cell(name)} | {_cell(meaning)} | {_cell(shown)} |"


def _cleaned(text: str) -> str:
    return text.replace("\b", "").replace("<", "&lt;").replace("[", "\\[").strip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _keys() -> str:
    lines = ["| key | type and range | unit | default |", "|---|---|---|---|"]
    lines += [
        f"| `{key.path}` | {_range(key.takes)} | {key.unit} | {_cell(_cleaned(key.default))} |"
        for key in profile_keys()
    ]
    lines += ["\n## Decoders\n", "| `decoder.name` | `decoder.params` |", "|---|---|"]
    lines += [
        f"| `{name}` | {', '.join(f'`{each}`' for each in decoders.parameters_of(name))} |"
        for name in decoder_names()
    ]
    return "\n".join(lines)


def _range(takes: str) -> str:
    """Show the type and range of a key by the signs of mathematics."""
    text = takes.replace(">=", "≥").replace("<=", "≤").replace("<", "&lt;")
    return _cell(text.replace(" ≤", ", ≤").replace(" &lt;", ", &lt;"))


def _api() -> str:
    names = [name for name in bci.__all__ if not name.startswith("_")]
    return "\n\n".join(f"::: bci.{name}" for name in sorted(names, key=str.lower))
