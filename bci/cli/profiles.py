"""The command that shows shipped profiles: profiles."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bci.cli.console import out


def profiles(
    name: Annotated[
        str | None, typer.Argument(help="Print this profile, to be changed as you like.")
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="List all keys of a profile, and what decoders take.")
    ] = False,
) -> None:
    """List the profiles that ship with bci, or print one.

    Example: bci profiles motor-imagery > mine.yaml
    """
    from bci.errors import ProfileError
    from bci.profiles.pipeline_settings import did_you_mean
    from bci.profiles.profile import load_profile, shipped_profiles

    if keys:
        _print_keys()
        return
    shipped = shipped_profiles()
    if name is not None:
        if name not in shipped:
            raise ProfileError(
                f"there is no shipped profile {name}{did_you_mean(name, shipped)}; there are: "
                f"{', '.join(shipped)}"
            )
        typer.echo(shipped[name].read_text(encoding="utf-8"), nl=False)
        return
    table = Table("Profile", "Task", "Decoder", "What it is for")
    for each, file in shipped.items():
        profile = load_profile(file)
        decoder = "" if profile.neurofeedback is not None else profile.decoder.name
        table.add_row(each, profile.task, decoder, _purpose(file))
    out.print(table)


def _print_keys() -> None:
    import decoders
    from bci.plugins.decoder_offers import decoder_names
    from bci.profiles.keys import profile_keys

    table = Table("Key", "Takes", "Unit", "Default")
    for key in profile_keys():
        table.add_row(key.path, key.takes, key.unit, key.default)
    out.print(table)
    table = Table("decoder.name", "decoder.params")
    for name in decoder_names():
        table.add_row(name, ", ".join(decoders.parameters_of(name)))
    out.print(table)


def _purpose(file: Path) -> str:
    """Return the first sentence of the comment at the top of a profile."""
    lines = file.read_text(encoding="utf-8").splitlines()
    end = next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))
    comment = " ".join(line.removeprefix("#").strip() for line in lines[:end])
    return comment.split(". ")[0].rstrip(".")
