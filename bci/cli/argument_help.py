"""Help of arguments, which Typer 0.20 loses together with Click 8.5.

Click's own arguments have a help since 8.5, and set it to nothing where Typer has set it before.
"""

from typing import Any

from typer.core import TyperArgument


def keep_argument_help() -> None:
    """Let every argument that Typer makes from here on keep its help."""
    make = TyperArgument.__init__

    def make_with_help(self: TyperArgument, *, help: str | None = None, **given: Any) -> None:
        make(self, help=help, **given)
        self.help = help

    TyperArgument.__init__ = make_with_help  # type: ignore[method-assign]
