"""One run of cues: its schedule on the screen, its LSL markers, and its recording."""

from collections.abc import Sequence
from pathlib import Path

from pylsl import local_clock
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QPainter

from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.frames import Frame
from bci.tasks.paradigms import RunPlan
from bci.tasks.rating import KEYS, Rating
from bci.tasks.schedule import Phase, Schedule, SchedulePhase, order_of
from bci.training.epochs import INTERRUPTED, RATING
from gui.calibration.run.cue_pictures import CuePictures
from gui.calibration.run.cue_screen import CueScreen
from gui.presenter.presenter import HIDDEN, Presenter
from gui.presenter.scene import BlankScene
from gui.record.run_recorder import RunRecorder

_AT_REST = (Phase.REST, Phase.BASELINE, Phase.PAUSE)
_STILL = (Phase.WAITING, Phase.INTERRUPTED)
_KEYS_BEGIN = "Space begins   Esc ends"
_KEYS_ON = "Space resumes   Esc ends"
_UNSEEN = "A cue could not be shown: this window was hidden."


class CueRun(QObject):
    """One run that is shown and recorded; it is a scene of the presenter.

    The schedule advances once per frame, to the time at which the frame will be shown. The marker
    of a cue has the time of the buffer swap that shows the cue. If the profile names a rest
    marker, it is sent when the screen is blank after a task, and when a run begins or resumes.
    If trials are rated, `RATING` is sent when the questions are shown. After the answers, a marker
    with the item and its levels is sent, with the time at which the item was shown.
    """

    marked = Signal(object)  # Marker, as it was sent
    over = Signal()  # the recording is complete

    def __init__(
        self,
        plan: RunPlan,
        rest: str | None,
        screen: CueScreen,
        presenter: Presenter,
        recorder: RunRecorder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.plan = plan
        self.schedule = Schedule(order_of(plan), plan.timing, plan.seed, plan.rated)
        self.trouble = ""
        self.frames: FrameSummary | None = None  # None until the run is over
        self._rest = rest
        self._rests = False
        self._screen = screen
        self._presenter = presenter
        self._pictures = CuePictures(screen, self)
        self._recorder = recorder
        self._recording = False
        self._is_new = False  # no frame has shown the step yet
        self._shown_at = 0.0
        self._rating = Rating()
        self._note = ""
        presenter.scene = self
        presenter.marked.connect(self.marked)
        presenter.key_pressed.connect(self._on_key)
        presenter.closed.connect(self.abort)
        presenter.trouble.connect(self._on_unseen)
        presenter.paced.connect(self._on_paced)
        recorder.ready.connect(self._on_ready)
        recorder.waits.connect(self._on_trouble)
        recorder.well.connect(self._on_well)
        recorder.ended.connect(self._on_ended)

    def begin(self, file: Path, streams: tuple[str, ...], note: str = "") -> None:
        """Start to record ``streams`` into ``file``; then Space begins the run.

        ``note`` is the label of a marker about the screen, sent when the run begins.
        """
        self._note = note
        self._show_step()
        self._screen.show_message("The recording is being started ...", "Esc ends")
        self._recorder.record(file, streams)

    def abort(self) -> None:
        """End the run now; the recording is kept."""
        if self.schedule.is_over:
            return
        if self.schedule.phase not in _STILL:
            self._presenter.mark(INTERRUPTED, local_clock())
        self.schedule.abort(local_clock())
        self._finish()

    def advance(self, frame: Frame) -> Sequence[str]:
        """Advance by at most one step; return the markers of a newly shown step."""
        if self.schedule.is_over or self.schedule.phase in _STILL:
            return ()
        if self.schedule.advance(frame.due):
            self._enter(self.schedule.step)
        if not self._is_new:
            return ()
        self._is_new = False
        return self._labels()

    def paint(self, painter: QPainter, size: QSize) -> None:
        self._screen.paint(painter, size)

    def shown(self, time: float, labels: Sequence[str]) -> None:
        """Store the ``time`` at which a cue was shown, for the marker of its rating.

        It is in seconds on the LSL clock.
        """
        if labels and self.schedule.phase is Phase.CUE:
            self._shown_at = time

    def _enter(self, step: SchedulePhase) -> None:
        if step.phase is Phase.DONE:
            self._finish()
            return
        self._show_step()
        if step.phase is Phase.RATING:
            self._rating = Rating()
            self._screen.show_rating(self._rating, KEYS)

    def _labels(self) -> Sequence[str]:
        step = self.schedule.step
        if step.phase is Phase.CUE and step.cue is not None:
            self._rests = False
            return (step.cue.marker,)
        if step.phase is Phase.RATING:
            return (RATING,)
        if step.phase in _AT_REST and not self._rests and self._rest:
            self._rests = True
            return (self._rest,)
        return ()

    def _show_step(self) -> None:
        self._is_new = True
        self._pictures.prepare(self.schedule.upcoming)
        self._screen.show_step(self.schedule.step)

    def _on_ready(self) -> None:
        self._recording = True
        self.trouble = ""
        self._on_paced()

    def _on_paced(self) -> None:
        """Show the instruction, with the presenter's note about the frame rate."""
        if self._recording and not self.trouble and self.schedule.phase is Phase.WAITING:
            note = self._presenter.note
            self._screen.show_message(self.plan.instruction, _KEYS_BEGIN, note)

    def _on_key(self, key: int, text: str) -> None:
        if key == Qt.Key.Key_Space:
            self._on_space()
        elif key == Qt.Key.Key_Escape:
            self.abort()
        elif self.schedule.phase is Phase.RATING:
            if key == Qt.Key.Key_Backspace:
                self._rating.take_back()
            elif text.isdigit():
                self._rating.answer(int(text))
            self._screen.show_rating(self._rating, KEYS)

    def _on_space(self) -> None:
        phase = self.schedule.phase
        if phase in _STILL:
            if self._recording and not self.trouble:
                if phase is Phase.WAITING:
                    self._presenter.begin_log()
                    if self._note:
                        self._presenter.mark(self._note, local_clock())
                self._rests = False
                self.schedule.begin(local_clock())
                self._show_step()
        elif phase is Phase.RATING:
            if self._rating.is_complete:
                self._rate()
        else:
            self._interrupt("Pause. Nothing is lost.")

    def _rate(self) -> None:
        cue = self.schedule.step.cue
        assert cue is not None
        # The marker of the rating has the time at which the rated item was shown.
        self._presenter.mark(f"{cue.item}/{self._rating.label}", self._shown_at)
        self.schedule.rate(local_clock())
        self._show_step()

    def _interrupt(self, sentence: str) -> None:
        if self.schedule.is_over or self.schedule.phase is Phase.WAITING:
            self._screen.show_message(sentence, "Esc ends")
            return
        if self.schedule.phase is not Phase.INTERRUPTED:
            self._presenter.mark(INTERRUPTED, local_clock())
            self.schedule.interrupt(local_clock())
        self._show_step()
        self._screen.show_message(sentence, "Esc ends" if self.trouble else _KEYS_ON)

    def _on_unseen(self, why: str) -> None:
        """Interrupt the run because frames are not shown; the recording continues."""
        if not self.schedule.is_over and self.schedule.phase not in _STILL:
            self._interrupt(_UNSEEN if why == HIDDEN else why)

    def _on_trouble(self, why: str) -> None:
        self.trouble = why
        if not self.schedule.is_over:
            self._interrupt(why)

    def _on_well(self) -> None:
        self.trouble = ""
        if self.schedule.phase is Phase.INTERRUPTED:
            self._screen.show_message("It is back. The run can be resumed.", _KEYS_ON)

    def _finish(self) -> None:
        self._is_new = False
        self._leave()
        if self._recorder.is_running:
            self._recorder.end()
        else:
            self.over.emit()

    def _leave(self) -> None:
        """Close the cue window, and send the summary of its frames as a marker."""
        self.frames = self._presenter.end_log()
        self._presenter.close()
        self._presenter.scene = BlankScene()
        self._pictures.retire()

    def _on_ended(self, _complete: bool) -> None:
        if not self.schedule.is_over:
            self.trouble = self.trouble or "The recorder has ended."
            self.schedule.abort(local_clock())
            self._leave()
        self.over.emit()
