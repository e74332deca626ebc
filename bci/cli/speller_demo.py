"""The speller's demo: a simulated person that follows the cues, engine, dashboard, speller."""

from typing import TYPE_CHECKING

from bci.commands import bci_command
from bci.signals import StreamInfo, Task

if TYPE_CHECKING:
    from gui.processes.child import Command

# Text to copy in each task, of symbols that the task has.
TEXTS: dict[Task, str] = {"p300": "BCI", "ssvep": "BEACH", "cvep": "BEACH"}
_SEED = 1


def simulated_person(task: Task, profile_name: str, info: StreamInfo) -> "Command":
    """Make the command that streams a simulated person with the channels of a recorded run.

    ``info`` describes the run; the stream has the same rate and number of channels.
    """
    from gui.processes.child import Command

    given: dict[str, object] = {
        "name": stream_name(task),
        "task": task,
        "seed": _SEED,
        "channels": info.n_channels,
        "sfreq": f"{info.sfreq:g}",
    }
    if task != "p300":
        given["flicker"] = profile_name
    parameters = [f"{key}={value}" for key, value in given.items()]
    argv = (*bci_command(), "stream", "--device", "simulator", *parameters, "--with-parent")
    return Command("subject", argv)


def stream_name(task: Task) -> str:
    """Name of the simulated person's stream."""
    return f"simulated-{task}"


def engine_arguments(task: Task, engine_name: str) -> list[str]:
    """Return the arguments of an engine that decodes the simulated person at cues."""
    return ["--stream", stream_name(task), "--markers", f"{engine_name}-cues"]
