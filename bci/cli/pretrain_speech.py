"""Commands about speech: pretrain-speech."""

from pathlib import Path
from typing import Annotated

import typer

from bci.cli.calibrate import whole_recordings
from bci.cli.console import err, note, out
from bci.cli.events import JsonOption, emit
from bci.errors import ProfileError
from bci.messages import ModelEvent, ProgressEvent
from bci.plugins.installing import how_to_install_torch

# Names of the two stages.
_STAGES = ("units", "masked units")


def add_commands(app: typer.Typer) -> None:
    app.command("pretrain-speech")(pretrain_speech)


def pretrain_speech(
    profile: Annotated[str, typer.Argument(help="Profile file, or the name of a shipped one.")],
    recordings: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings of one person; cues are not needed or used.", callback=whole_recordings
        ),
    ],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the base model (a new folder).")
    ],
    size: Annotated[str, typer.Option(help="small or full.")] = "small",
    channels: Annotated[int, typer.Option(min=1, help="How many channels are chosen.")] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Of each of the two stages.")] = 40,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Let Du-IN learn from a person's recordings without labels, for calibrate --base.

    Stage 1 finds units in the signal, stage 2 learns to name units that it does not see. Ctrl-C
    stops it; the same command goes on where it was.

    With --json, standard output has an event a line: progress, note, at last model; or error.

    Example: bci pretrain-speech speech run1.edf run2.edf --out recordings/models/base
    """
    from bci.models.bundle import check_place, save_bundle

    check_place(out_folder)
    try:
        from decoders.neural.duin_pretraining import PretrainingSettings, PretrainingStep, Stopped
    except ImportError as error:
        raise ProfileError(
            f"Du-IN: {error}; networks need PyTorch: {how_to_install_torch()}"
        ) from error
    from bci.cli.stopping import stop_on_signals
    from bci.profiles.profile import DecoderChoice, load_profile
    from bci.recording.read import read_recording
    from decoders.neural.duin_base import make_base

    choice = DecoderChoice(name="duin", params={"size": size, "channels": channels, "seed": seed})
    wanted = load_profile(profile).model_copy(update={"decoder": choice})
    checkpoint = out_folder.with_name(f"{out_folder.name}.unfinished.safetensors")
    stop = stop_on_signals()
    if checkpoint.exists():
        note(f"going on from {checkpoint}")

    def tell(step: PretrainingStep) -> None:
        if as_json:
            doing = f"{_STAGES[step.stage - 1]}, loss {step.loss:.3f}"
            emit(ProgressEvent(doing=doing, done=step.epoch, of=step.of))
        elif step.epoch == step.of or step.epoch % max(1, step.of // 10) == 0:
            err.print(
                f"{_STAGES[step.stage - 1]}: epoch {step.epoch} of {step.of}, loss "
                f"{step.loss:.3f}; codes: perplexity {step.perplexity:.1f}, "
                f"{100 * step.share:.0f} % in use on held-out windows"
            )

    try:
        read = [read_recording(file, profile=wanted) for file in recordings]
        settings = PretrainingSettings(unit_epochs=epochs, masked_epochs=epochs, seed=seed)
        card, arrays = make_base(
            read, wanted, out_folder.name, settings, checkpoint, stop.is_set, tell
        )
    except Stopped:
        err.print(f"stopped; the same command goes on from {checkpoint}")
        raise typer.Exit(130) from None
    save_bundle(out_folder, card, arrays)
    checkpoint.unlink(missing_ok=True)
    if as_json:
        emit(ModelEvent(folder=str(out_folder)))
        return
    score = card.score
    out.print(
        f"names {score.accuracy:.2f} ({score.low:.2f}-{score.high:.2f}) of the units that it does "
        f"not see (n = {score.trials} held-out windows; always the most frequent: "
        f"{score.chance:.2f})" + (" on a simulated signal" if card.simulated else "")
    )
    out.print(f"base model written to {out_folder}: bci calibrate {profile} ... --decoder duin "
              f"--base {out_folder}")  # fmt: skip
