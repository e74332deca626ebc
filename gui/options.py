"""Options that a dashboard is opened with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bci.commands import bci_command
from bci.lsl.discovery import StreamQuery
from bci.profiles.pipeline_settings import PipelineSettings
from gui.decisions.image_matches import ShownImages
from gui.decisions.word_list import ShownWords
from gui.processes.child import Command


@dataclass(frozen=True)
class DashboardOptions:
    """Streams to show, programs that may be started, and the task.

    Attributes
    ----------
    cue_of : callable
        Returns the class that a marker's label asks for; None for a label that ends the cue.
    follow_last : bool
        Show the stream of the last time as soon as it is there.
    line_hz : float, optional
        Frequency of the power line by the profile; else the last choice is used.
    stream_options : PipelineSettings, optional
        Names and units of the profile for a stream that states none.
    images, words : optional
        Given for seen images and for speech: they are shown instead of bars.
    recorded : tuple of str
        Streams that the red button records; none means all.
    task : str
        The profile's task: it chooses the view, and fills the task of recordings.
    profile : str
        A guided calibration begins with it.
    settings : Path, optional
        File of the settings; default: where the system keeps them.
    screenshot : Path, optional
        Save the window there after ``screenshot_after_s`` and close it.
    """

    signal: StreamQuery
    markers: StreamQuery | None
    engine_name: str
    cue_of: Callable[[str], str | None]
    commands: tuple[Command, ...] = ()
    autostart: bool = False
    follow_last: bool = False
    threshold: float = 0.7
    line_hz: float | None = None
    stream_options: PipelineSettings | None = None
    images: ShownImages | None = None
    words: ShownWords | None = None
    bci: tuple[str, ...] = field(default_factory=bci_command)
    recordings: Path = Path("recordings")
    recorded: tuple[str, ...] = ()
    task: str = "rest"
    profile: str = "motor-imagery"
    settings: Path | None = None
    screenshot: Path | None = None
    screenshot_after_s: float = 10.0
