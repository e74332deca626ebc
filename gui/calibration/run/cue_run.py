"""A run: the schedule on the screen, its markers on LSL, and the recorder."""

from pathlib import Path

from pylsl import local_clock
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bci.lsl.outlet import MarkerOutlet
from bci.signals import Marker
from bci.tasks.paradigms import RunPlan
from bci.tasks.rating import KEYS, Rating
from bci.tasks.schedule import Phase, Schedule, SchedulePhase, order_of
from bci.training.epochs import INTERRUPTED, RATING
from gui.calibration.run.cue_screen import CueScreen
from gui.record.run_recorder import RunRecorder

_TICK_MS = 5
_KEYS_BEGIN = "Space begins   Esc ends"
_KEYS_ON = "Space resumes   Esc ends"


class CueRun(QObject):
    """Shows one run and records it.

    A cue's marker is sent when the cue is painted. A rest marker, where the profile names one,
    is sent when the screen is blank after a task, and when a run begins or resumes. Where trials
    are rated, `RATING` is sent when the questions are painted, and when they are answered the
    marker of the item with its levels, at the time at which the item was shown.
    """

    marked = Signal(object)  # Marker, as it was sent
    over = Signal()  # the recording is complete

    def __init__(
        self,
        plan: RunPlan,
        rest: str | None,
        screen: CueScreen,
        outlet: MarkerOutlet,
        recorder: RunRecorder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.plan = plan
        self.schedule = Schedule(order_of(plan), plan.timing, plan.seed, plan.rated)
        self.trouble = ""
        self._rest = rest
        self._rests = False
        self._screen = screen
        self._outlet = outlet
        self._recorder = recorder
        self._recording = False
        self._painted: SchedulePhase | None = None
        self._shown_at = 0.0
        self._rating = Rating()
        screen.painted.connect(self._on_painted)
        screen.space_pressed.connect(self._on_space)
        screen.escape_pressed.connect(self.abort)
        screen.digit_pressed.connect(self._on_digit)
        screen.back_pressed.connect(self._on_back)
        recorder.ready.connect(self._on_ready)
        recorder.waits.connect(self._on_trouble)
        recorder.well.connect(self._on_well)
        recorder.ended.connect(self._on_ended)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def begin(self, file: Path, streams: tuple[str, ...]) -> None:
        """Start to record; once it does, Space begins the run."""
        self._screen.show_step(self.schedule.step)
        self._screen.show_message("The recording is being started ...", "Esc ends")
        self._recorder.record(file, streams)

    def abort(self) -> None:
        """End now; the recording is kept."""
        if self.schedule.is_over:
            return
        if self.schedule.phase not in (Phase.WAITING, Phase.INTERRUPTED):
            self._mark(INTERRUPTED, local_clock())
        self.schedule.abort(local_clock())
        self._finish()

    def _on_ready(self) -> None:
        self._recording = True
        self.trouble = ""
        if self.schedule.phase is Phase.WAITING:
            self._screen.show_message(self.plan.instruction, _KEYS_BEGIN)

    def _on_space(self) -> None:
        phase = self.schedule.phase
        if phase in (Phase.WAITING, Phase.INTERRUPTED):
            if self._recording and not self.trouble:
                self._rests = False
                self.schedule.begin(local_clock())
                self._screen.show_step(self.schedule.step)
                self._timer.start()
        elif phase is Phase.RATING:
            if self._rating.is_complete:
                self._rate()
        else:
            self._interrupt("Pause. Nothing is lost.")

    def _on_digit(self, digit: int) -> None:
        if self.schedule.phase is Phase.RATING:
            self._rating.answer(digit)
            self._screen.show_rating(self._rating, KEYS)

    def _on_back(self) -> None:
        if self.schedule.phase is Phase.RATING:
            self._rating.take_back()
            self._screen.show_rating(self._rating, KEYS)

    def _rate(self) -> None:
        cue = self.schedule.step.cue
        assert cue is not None
        # The answer belongs to the time at which the item was shown.
        self._mark(f"{cue.item}/{self._rating.label}", self._shown_at)
        self.schedule.rate(local_clock())
        self._screen.show_step(self.schedule.step)

    def _interrupt(self, sentence: str) -> None:
        if self.schedule.is_over or self.schedule.phase is Phase.WAITING:
            self._screen.show_message(sentence, "Esc ends")
            return
        if self.schedule.phase is not Phase.INTERRUPTED:
            self._mark(INTERRUPTED, local_clock())
            self.schedule.interrupt(local_clock())
            self._timer.stop()
        self._screen.show_step(self.schedule.step)
        self._screen.show_message(sentence, "Esc ends" if self.trouble else _KEYS_ON)

    def _on_trouble(self, why: str) -> None:
        self.trouble = why
        if not self.schedule.is_over:
            self._interrupt(why)

    def _on_well(self) -> None:
        self.trouble = ""
        if self.schedule.phase is Phase.INTERRUPTED:
            self._screen.show_message("It is back. The run can be resumed.", _KEYS_ON)

    def _tick(self) -> None:
        unseen = self.schedule.phase is Phase.CUE and self._painted != self.schedule.step
        if not self.schedule.advance(local_clock()):
            return
        if unseen:
            self._interrupt("A cue could not be shown: this window was hidden.")
            return
        if self.schedule.is_over:
            self._finish()
        else:
            self._screen.show_step(self.schedule.step)
            if self.schedule.phase is Phase.RATING:
                self._rating = Rating()
                self._screen.show_rating(self._rating, KEYS)

    def _on_painted(self, step: SchedulePhase, time: float) -> None:
        self._painted = step
        if step.phase is Phase.CUE and step.cue is not None:
            self._rests = False
            self._shown_at = time
            self._mark(step.cue.marker, time)
        elif step.phase is Phase.RATING:
            self._mark(RATING, time)
        elif step.phase in (Phase.BASELINE, Phase.PAUSE) and not self._rests and self._rest:
            self._rests = True
            self._mark(self._rest, time)

    def _mark(self, label: str, time: float) -> None:
        marker = Marker(time, label)
        self._outlet.push(marker)
        self.marked.emit(marker)

    def _finish(self) -> None:
        self._timer.stop()
        self._screen.hide()
        if self._recorder.is_running:
            self._recorder.end()
        else:
            self.over.emit()

    def _on_ended(self, _complete: bool) -> None:
        if not self.schedule.is_over:
            self.trouble = self.trouble or "The recorder has ended."
            self.schedule.abort(local_clock())
            self._timer.stop()
            self._screen.hide()
        self.over.emit()
