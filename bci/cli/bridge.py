"""Command ``bci bridge``: pass an engine's predictions on to another program."""

from typing import Annotated

import typer


def bridge(
    name: Annotated[str, typer.Argument(help="Name of a bridge, as 'bci plugins' lists it.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Its parameters, as PARAMETER=VALUE.")
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Pass an engine's predictions and decisions on to another program, until Ctrl-C.

    A bridge comes with a plug-in.
    """
    from bci.cli.stopping import stop_on_signals
    from bci.errors import PluginError
    from bci.plugins.parameters import parse_parameters, split_pairs
    from bci.plugins.registry import find

    given = split_pairs(parameters or (), PluginError)
    made = find("bci.bridges", name).load()
    settings = parse_parameters(made.settings, name, given, PluginError)
    made(settings).run(stop_on_signals(with_parent))
