"""Commands about speech: pretrain-speech."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bci.cli.console import err, note, out
from bci.cli.events import JsonOption, emit
from bci.cli.options import whole_recordings
from bci.errors import ProfileError
from bci.messages import ModelEvent, ProgressEvent
from bci.plugins.installing import how_to_install_torch

# Names of the two stages.
_STAGES = ("units", "masked units")


def pretrain_speech(
    profile: Annotated[str, typer.Argument(help="Profile file, or the name of a shipped one.")],
    out_folder: Annotated[
        Path, typer.Option("--out", help="Where to put the base model (a new folder).")
    ],
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recordings of one person; cues are not needed or used.", callback=whole_recordings
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(help="Instead: a folder of recordings for each of several people."),
    ] = None,
    size: Annotated[str, typer.Option(help="small or full.")] = "small",
    channels: Annotated[int, typer.Option(min=1, help="How many channels are chosen.")] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Of each of the two stages.")] = 40,
    target: Annotated[
        Literal["power", "signal"],
        typer.Option(help="What units describe: power (log power of eight bands) or signal."),
    ] = "power",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"],
        typer.Option(help="Where it learns; auto is a CUDA GPU where there is one."),
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Let Du-IN learn from recordings without labels, for calibrate --base.

    Stage 1 finds units in the signal, stage 2 learns to name masked units. Ctrl-C stops it; the
    same command resumes. A base of several people is for another person, whose contacts may be
    elsewhere.

    With --json, standard output has an event a line: progress, note, at last model; or error.

    Example: bci pretrain-speech speech run1.edf run2.edf --out recordings/models/base
    """
    from bci.models.bundle import check_place, save_bundle
    from bci.training.others.people import files_of_people

    if (people is None) == (not recordings):
        raise ProfileError("give either recordings of one person, or --people FOLDER")
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

    choice = DecoderChoice(
        name="duin", params={"size": size, "channels": channels, "seed": seed, "device": device}
    )
    wanted = load_profile(profile).model_copy(update={"decoder": choice})
    checkpoint = out_folder.with_name(f"{out_folder.name}.unfinished.safetensors")
    stop = stop_on_signals()
    if checkpoint.exists():
        note(f"resuming from {checkpoint}")

    def report(step: PretrainingStep) -> None:
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
        files = {"": recordings or []} if people is None else files_of_people(people)
        read = {
            person: [read_recording(file, profile=wanted) for file in own]
            for person, own in files.items()
            if own
        }
        settings = PretrainingSettings(
            unit_epochs=epochs, masked_epochs=epochs, seed=seed, target=target
        )
        card, arrays, described = make_base(
            read, wanted, out_folder.name, settings, checkpoint, stop.is_set, report
        )
    except Stopped:
        err.print(f"stopped; the same command resumes from {checkpoint}")
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
    out.print(
        f"units explain {described.explained:.2f} of the variance of the {target} in held-out "
        f"windows (at most {described.bound:.2f} of a Gaussian signal)"
    )
    out.print(f"base model written to {out_folder}: bci calibrate {profile} ... --decoder duin "
              f"--base {out_folder}")  # fmt: skip
