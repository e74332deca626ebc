"""Start and end of a run: its cues on the network, the cue screen and the recorder."""

import socket
import time
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from bci.lsl.cue_listener import GUIDED
from bci.lsl.outlet import MarkerOutlet
from bci.signals import StreamInfo
from gui.calibration.run.cue_run import CueRun
from gui.calibration.run.cue_screen import CueScreen
from gui.calibration.run.run_choice import RunChoice
from gui.options import DashboardOptions
from gui.record.run_recorder import RunRecorder
from gui.widgets.units import counted


class RunControl(QObject):
    """Runs one run after the other."""

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    ended = Signal(str, object)  # summary in a sentence, Path of the recording

    def __init__(self, options: DashboardOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: CueRun | None = None  # the one under way
        self.cue_screen = CueScreen()
        self.recorder = RunRecorder(options.bci, self)
        self.recorder.logged.connect(self.reported)
        self._markers_name = f"{options.engine_name}-cues"
        self._recordings = options.recordings
        self._outlet: MarkerOutlet | None = None

    def offer_cues(self, wanted: bool, simulated: bool) -> None:
        """Keep the stream of cues on the network from before a run until its end, and no longer.

        A simulated person does nothing else while it is there.
        """
        if wanted and self._outlet is None:
            source = f"{self._markers_name}-{socket.gethostname()}"
            self._outlet = MarkerOutlet(self._markers_name, source, simulated, GUIDED)
        elif not wanted and self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def start(self, choice: RunChoice, info: StreamInfo) -> bool:
        """Show and record a run; returns False while another one is still recorded."""
        if self._outlet is None or self.recorder.is_running:
            return False
        plan = replace(choice.plan, seed=time.time_ns() % (1 << 31))
        rest = choice.profile.paradigm.rest
        self.run = CueRun(plan, rest, self.cue_screen, self._outlet, self.recorder, self)
        self.run.marked.connect(self.cued)
        self.run.over.connect(self._on_over)
        self.cue_screen.open(choice.full_screen)
        file = choice.session.next_path(self._recordings)
        self.run.begin(file, (info.name, self._markers_name))
        return True

    def abort(self) -> None:
        """End a run with what it has recorded."""
        if self.run is not None:
            self.run.abort()

    def _on_over(self) -> None:
        run, file = self.run, self.recorder.file
        if run is None:
            return
        self.run = None
        run.deleteLater()
        self.ended.emit(_summary(run), file)


def _summary(run: CueRun) -> str:
    """``Recorded 4 of 4 trials (2 left, 2 right).``"""
    step, completed = run.schedule.step, run.schedule.completed
    summary = f"Recorded {step.n_done} of {counted(step.n_trials, 'trial')}"
    if completed:
        summary += f" ({', '.join(f'{n} {label}' for label, n in sorted(completed.items()))})"
    return f"{summary}. {run.trouble}".strip()
