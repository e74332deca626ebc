"""Start and end of a run, with its marker stream, cue screen and recorder."""

import socket
import time
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from bci.lsl.cue_listener import GUIDED
from bci.lsl.outlet import MarkerOutlet
from bci.signals import StreamInfo
from bci.stimulus.frame_words import warning_of
from bci.stimulus.offset_label import offset_label
from bci.tasks.schedule import Phase
from gui.calibration.run.cue_run import CueRun
from gui.calibration.run.cue_screen import CueScreen
from gui.calibration.run.run_choice import RunChoice
from gui.options import DashboardOptions
from gui.paradigms.spelling_run import SpellingRun
from gui.presenter.presenter import Presenter
from gui.presenter.scene import BlankScene
from gui.presenter.screens import screen_named
from gui.record.run_recorder import RunRecorder
from gui.widgets.units import counted


class RunControl(QObject):
    """Starts and ends runs, one at a time."""

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    # Summary in a sentence, Path of the recording, and whether all trials were shown
    ended = Signal(str, object, bool)

    def __init__(self, options: DashboardOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: CueRun | SpellingRun | None = None  # the current run
        self.cue_screen = CueScreen()
        self.presenter = Presenter(BlankScene(), None, self)
        self.presenter.title = "bci - cues"
        self.recorder = RunRecorder(options.bci, self)
        self.recorder.logged.connect(self.reported)
        self._markers_name = f"{options.engine_name}-cues"
        self._recordings = options.recordings
        self._outlet: MarkerOutlet | None = None

    def offer_cues(self, wanted: bool, simulated: bool) -> None:
        """Open the marker stream of cues if ``wanted``, else close it.

        It is open from before a run until the run's end. While it is on the network, a simulated
        subject follows its cues only. ``simulated`` marks the stream as simulated.
        """
        if wanted and self._outlet is None:
            source = f"{self._markers_name}-{socket.gethostname()}"
            self._outlet = MarkerOutlet(self._markers_name, source, simulated, GUIDED)
        elif not wanted and self._outlet is not None:
            self.presenter.outlet = None
            self._outlet.close()
            self._outlet = None

    def start(self, choice: RunChoice, info: StreamInfo) -> bool:
        """Show and record a run; returns False if the run before is still being recorded."""
        if self._outlet is None or self.recorder.is_running:
            return False
        seed = time.time_ns() % (1 << 31)
        self.presenter.outlet = self._outlet
        screen = screen_named(choice.screen)
        file = choice.session.next_path(self._recordings)
        streams = info.name, self._markers_name
        if choice.spelling is not None:
            note = "SIMULATED signal" if info.simulated else ""
            spelling = replace(choice.spelling, seed=seed)
            spells = self.run = SpellingRun(
                spelling, self.presenter, choice.plan.instruction, info.sfreq, self.recorder, note,
                parent=self,
            )  # fmt: skip
            spells.over.connect(self._on_over)
            spells.begin(file, streams, choice.full_screen, screen)
            return True
        plan = replace(choice.plan, seed=seed)
        rest = choice.profile.paradigm.rest_marker
        run = self.run = CueRun(plan, rest, self.cue_screen, self.presenter, self.recorder, self)
        run.marked.connect(self.cued)
        run.over.connect(self._on_over)
        self.presenter.open(choice.full_screen, screen)
        run.begin(file, streams, offset_label(choice.profile.stimulus))
        return True

    def abort(self) -> None:
        """End the current run early, if there is one; its recording is kept."""
        if self.run is not None:
            self.run.abort()

    def _on_over(self) -> None:
        run, file = self.run, self.recorder.file
        if run is None:
            return
        self.run = None
        run.deleteLater()
        if isinstance(run, SpellingRun):
            summary, is_complete = run.summary, run.is_complete
        else:
            summary, is_complete = _summary(run), run.schedule.phase is Phase.DONE
        self.ended.emit(summary, file, is_complete)


def _summary(run: CueRun) -> str:
    """Return a sentence: ``Recorded 4 of 4 trials (2 left, 2 right).``"""
    step, completed = run.schedule.step, run.schedule.completed
    summary = f"Recorded {step.n_done} of {counted(step.n_trials, 'trial')}"
    if completed:
        summary += f" ({', '.join(f'{n} {label}' for label, n in sorted(completed.items()))})"
    frames = run.frames
    parts = [f"{summary}.", warning_of(frames) if frames is not None else "", run.trouble]
    return " ".join(part for part in parts if part)
