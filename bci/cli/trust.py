"""The option by which a user trusts types of a model."""

from typing import Annotated

import typer

Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="TYPE",
        help="A type that the model's own estimator may be made of; may be repeated. Only for "
        "models whose origin you know.",
    ),
]
