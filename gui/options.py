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

    Some come from the profile: the line frequency (else the last choice is used), names and units
    for a stream that states none, the images or words that replace bars, and the task, which
    chooses the view and fills the task of recordings.
    """

    signal: StreamQuery
    markers: StreamQuery | None
    engine_name: str
    # The class that a marker asks for; None for one that ends the cue.
    cue_of: Callable[[str], str | None]
    commands: tuple[Command, ...] = ()
    autostart: bool = False
    follow_last: bool = False  # show the last stream as soon as it is there
    threshold: float = 0.7
    line_hz: float | None = None
    stream_options: PipelineSettings | None = None
    images: ShownImages | None = None
    words: ShownWords | None = None
    spell: str = ""  # text that a demo's speller copies as soon as there is a signal
    bci: tuple[str, ...] = field(default_factory=bci_command)
    recordings: Path = Path("recordings")
    recorded: tuple[str, ...] = ()  # streams; none means all
    task: str = "rest"
    profile: str = "motor-imagery"
    settings: Path | None = None  # default: where the system keeps them
    screenshot: Path | None = None  # saved once, then the window closes
    screenshot_after_s: float = 10.0
