"""Command ``bci verify``: compare a recorded session with its replay."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bci.cli.console import out
from bci.cli.events import JsonOption, emit
from bci.cli.options import Trust

if TYPE_CHECKING:
    from bci.interfaces import Decoder
    from bci.messages import VerifyEvent
    from bci.models.card import Card

_MODELS = Path("recordings/models")


def verify(
    recording: Annotated[Path, typer.Argument(help="XDF recording of a session that was decoded.")],
    model: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a model that decoded; again for more. Default: found by hash or name."
        ),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="Name of the engine, where several were recorded.")
    ] = None,
    trust: Trust = None,
    as_json: JsonOption = False,
) -> None:
    """Decode a recorded session again and compare it with what ran live.

    Exit code 0: predictions and decisions are equal to the bit. 1: something differs. 2: they
    cannot be compared.

    Example: bci verify recordings/sub-07/ses-1/eeg/sub-07_ses-1_task-motorimagery_run-01_eeg.xdf
    """
    from bci.verification.verify import verify as decode_again

    places = (_MODELS, recording.parent)
    load = partial(load_changed, trusted=trust or ())
    found = decode_again(recording, load, tuple(model or ()), places, engine)
    for event in found:
        if as_json:
            emit(event)
        else:
            _print(event)
    if not all(event.all_equal for event in found):
        raise typer.Exit(1)


def load_changed(folder: Path, trusted: Sequence[str] = ()) -> "tuple[Card, Decoder]":
    """Load a model's card and decoder, even if its arrays were changed after training.

    Such a model can only be compared; `bci run` refuses it.
    """
    from bci.models.load import load_model

    model = load_model(folder, trusted, sealed=False)
    return model.card, model.decoder


def _print(event: "VerifyEvent") -> None:
    result = "all equal to the bit" if event.all_equal else "different"
    out.print(f"{event.recording}: {result}", style="green" if event.all_equal else "red")
    out.print(
        f"  engine {event.engine}, models {', '.join(event.models)} ({event.swaps} swaps), "
        f"{event.gaps} gaps in the signal"
    )
    out.print(f"  predictions: {event.windows_equal:,} of {event.windows:,} equal")
    out.print(f"  decisions: {event.decisions_equal:,} of {event.decisions:,} equal")
    if event.states:
        out.print(f"  states of the adaptation: {event.states_equal:,} of {event.states:,} equal")
    for count, meaning in (
        (event.missing, "windows have no live prediction"),
        (event.extra, "live predictions are of no window of the recording"),
        (event.skipped, "windows were skipped live, since the decoder was late"),
        (event.left_out, "live predictions are left out: samples before them were not recorded"),
        (event.decisions_left_out, "decisions are left out: their evidence reaches back to those"),
    ):
        if count:
            out.print(f"  {count:,} {meaning}")
    for sentence in (event.first_difference, event.first_decision, event.first_state):
        if sentence is not None:
            out.print(f"  first difference: {sentence}")
    for sentence in event.differs:
        out.print(f"  differs from the session: {sentence}")
    for sentence in event.notes:
        out.print(f"  note: {sentence}")
