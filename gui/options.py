"""What a dashboard is opened with."""

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
    """What the dashboard shows and which children it may start.

    ``cue_of`` tells the class that a marker's label asks for; a marker that asks for none ends
    the cue. With ``follow_last`` the stream of the last time is shown as soon as it is there.
    ``images`` is given where images are seen, ``words`` where words are said: they are shown
    instead of bars. ``task`` is the profile's: it chooses the view, and is what the field of
    recordings says at first.
    ``line_hz`` is the power line's frequency where the profile says it; else what was chosen last.
    ``stream_options`` has what the profile says of a stream that does not say it: names, unit.
    ``recorded`` names the streams that the red button records; none means all. ``profile`` is
    what a guided calibration begins with. With
    ``screenshot`` the window is saved after ``screenshot_after_s`` and closed.
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
