"""The list of commands; a command's module is imported only when the command is used.

Importing all of them at the start takes half a second longer.
"""

import inspect
import re
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

# In the order of the help, each with the first sentence of its own help.
COMMANDS = {
    "devices": "List every device that can be streamed, how it is reached and what it needs.",
    "stream": "Stream a device over LSL until Ctrl-C; a device that is lost is waited for.",
    "demo": "Watch a recording being decoded live: replay, engine and dashboard together.",
    "gui": "Open the dashboard on a live stream; start and stop the engine from it.",
    "run": "Decode a live stream and publish the predictions (the headless engine).",
    "people": "Show several engines side by side: signal, decision, quality, latency, clock.",
    "replay": "Stream a recording over LSL, with its markers, as if it happened now.",
    "streams": "List the LSL streams on the network now.",
    "monitor": "Watch how good each electrode is, and what a stream loses; publishes it over LSL "
    "too.",
    "record": "Record LSL streams together into one XDF file: signals, markers, predictions.",
    "info": "Print the content of a recording: streams, channels, rates, gaps, drift, markers.",
    "repair": "Save what is whole of a truncated or damaged XDF file into a new one.",
    "export": "Export a recording into a BIDS dataset: BrainVision for EEG and iEEG, FIF for MEG.",
    "calibrate": "Train a decoder on one person's labelled recordings and print its held-out "
    "accuracy.",
    "pretrain": "Train a base model on many people, for 'bci calibrate --base' to continue from.",
    "evaluate": "Replay recordings through a model as if live, at full speed, and score it.",
    "models": "List the models below a folder, with their scores.",
    "profiles": "List the profiles that ship with bci, or print one.",
    "pretrain-speech": "Let Du-IN learn from recordings without labels, for calibrate --base.",
    "embed-images": "Make a gallery: each picture with the vector that decoders of seen images "
    "learn.",
    "verify": "Decode a recorded session again and compare it with what ran live.",
    "plugins": "List decoders, filters, devices, views and bridges, and why one cannot be used.",
    "bridge": "Pass an engine's predictions and decisions on to another program, until Ctrl-C.",
    "remote": "Let PsychoPy, Unity and other programs start and stop recordings, as with "
    "LabRecorder.",
    "new": "Write a small package with a decoder, a filter or a device of your own, and its tests.",
    "simulate": "Write a simulated subject: a few runs of a task with its cues.",
    "timing": "Measure the delay from a marker to its stimulus, by a photodiode or another sensor.",
    "neurofeedback": "Feed a feature of the signal back to the subject: baseline, runs, transfer, "
    "report.",
    "doctor": "Check that this machine can do what bci needs; exit code 1 if something cannot.",
    "import": "Turn public data sets into recordings (FIF), embeddings of images into a gallery.",
    "benchmark": "Score decoders on public or simulated data.",
    "federate": "Learn across sites; recordings stay at theirs.",
}
# Commands with subcommands: module and variable of the Typer object. For `import`, it is the last
# module that adds subcommands.
_GROUPS = {
    "import": ("embed_images", "imports"),
    "benchmark": ("benchmark.commands", "benchmarks"),
    "federate": ("federate", "federate"),
}


class LazyGroup(TyperGroup):
    """Group whose commands are imported when used; before, only their names and help are known."""

    def __init__(self, **settings: Any) -> None:
        settings["commands"] = {name: TyperCommand(name, help=COMMANDS[name]) for name in COMMANDS}
        super().__init__(**settings)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command in ``args`` and import it."""
        name, _, rest = super().resolve_command(ctx, args)
        assert name is not None
        return name, load_command(name), rest


def load_command(name: str) -> Any:
    """Import a command by its name."""
    holder = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    # Without a callback, Typer would make a single command and no group.
    holder.callback()(lambda: None)
    if name in _GROUPS:
        module, variable = _GROUPS[name]
        group = getattr(import_module(f"bci.cli.{module}"), variable)
        holder.add_typer(group, name=name, help=COMMANDS[name])
    else:
        variable = name.replace("-", "_")
        function = getattr(import_module(f"bci.cli.{variable}"), variable)
        holder.command(name, cls=_class_of(name))(function)
    _reflow(holder)
    made: Any = typer.main.get_command(holder)
    return made.commands[name]


def _class_of(name: str) -> type[TyperCommand]:
    if name == "bridge":
        from bci.cli.bridge import BridgeCommand

        return BridgeCommand
    from bci.cli.decoder_help import DecoderCommand

    return DecoderCommand


def _reflow(commands: typer.Typer) -> None:
    """Join the source lines of each paragraph of help, so that it wraps at the terminal's width."""
    for command in commands.registered_commands:
        text = inspect.cleandoc(command.callback.__doc__ or "") if command.callback else ""
        paragraphs = re.split(r"\n\s*\n|\n(?=Example:)", text)
        command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            _reflow(group.typer_instance)
