"""Start options of the dashboard."""

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

    The profile fills ``line_hz``, ``stream_options``, ``images``, ``words`` and ``task``. Where
    ``line_hz`` is None, the user's last choice of the line frequency is used.
    ``stream_options`` has channel names and units for a stream that states none. ``images`` or
    ``words`` replace the bars of the classes. ``task`` chooses the view of decisions and is
    filled in as the task of recordings.
    """

    signal: StreamQuery
    markers: StreamQuery | None
    engine_name: str
    # Returns the class that a marker is the cue of; None for a marker that ends the cue.
    cue_of: Callable[[str], str | None]
    commands: tuple[Command, ...] = ()
    autostart: bool = False
    follow_last: bool = False  # show the stream of the last start as soon as it is found
    threshold: float = 0.7
    line_hz: float | None = None
    stream_options: PipelineSettings | None = None
    images: ShownImages | None = None
    words: ShownWords | None = None
    spell: str = ""  # text that a demo's speller copies as soon as a signal is found
    bci: tuple[str, ...] = field(default_factory=bci_command)
    recordings: Path = Path("recordings")
    recorded: tuple[str, ...] = ()  # names of the streams to record; empty for all
    task: str = "rest"
    profile: str = "motor-imagery"
    settings: Path | None = None  # None for the system's folder for settings
    screenshot: Path | None = None  # file to save an image of the window to, before it closes
    screenshot_after_s: float = 10.0
