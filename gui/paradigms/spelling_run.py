"""A spelling run: the speller on the screen, its recording, and its predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pylsl import local_clock
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QScreen

from bci.errors import BciError
from bci.lsl.engine_streams import ReceivedPrediction
from bci.spelling.run import UNDONE, Selected, SpellingState
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.frame_words import warning_of
from bci.stimulus.offset_label import offset_label
from gui.paradigms.message_scene import MessageScene
from gui.paradigms.plan import ShownRun, SpellingPlan, make_run
from gui.paradigms.speller_scene import SpellerScene
from gui.paradigms.tally import Tally
from gui.paradigms.waiting import Waiting
from gui.presenter.presenter import Presenter
from gui.record.run_recorder import RunRecorder
from gui.widgets.units import counted

_KEYS = "Space pauses   Backspace undoes   Esc ends"
_KEYS_CALIBRATION = "Space pauses   Esc ends"
_LOOK_MS = 100
# Delay of a run that starts itself, in seconds: receivers of its markers need time to connect.
_SETTLING_S = 2.0
# Signal recorded after the last window, in seconds, for delays of filters and clocks.
_MARGIN_S = 0.3
_CONFIRM = Qt.Key.Key_Y
# Shown when an engine decodes again; until then the run waits for one.
_ENGINE_BACK = "The engine was gone and decodes again. The run can be resumed."


class SpellingRun(QObject):
    """One run that is shown, and recorded if a recorder is given.

    Before the first selection, three conditions must be met: the person confirms the risks of a
    flicker by a key, every stream is recorded, and an engine decodes. Then Space begins the run.
    A run that ``starts_itself`` begins when a program receives its markers.

    Parameters
    ----------
    plan : SpellingPlan
    presenter : Presenter
        Has the outlet of the markers.
    instruction : str
    sfreq : float
        Sampling rate of the decoded windows, in hertz.
    recorder : RunRecorder, optional
    note : str
        A few words that stay on the screen, for example that the signal is simulated.
    starts_itself : bool
    """

    marked = Signal(object)  # Marker, as it was sent
    selected = Signal(object)  # Selected
    over = Signal()  # the window is closed and the recording complete

    def __init__(
        self,
        plan: SpellingPlan,
        presenter: Presenter,
        instruction: str,
        sfreq: float,
        recorder: RunRecorder | None = None,
        note: str = "",
        starts_itself: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.plan = plan
        self.tally = Tally(plan.grid.n_symbols)
        self.shown: ShownRun | None = None
        self.is_complete = False  # True when the whole text was copied
        self.frames: FrameSummary | None = None  # None until the run is over
        self.file: Path | None = None  # the recording; None if nothing is recorded
        self._presenter = presenter
        self._recorder = recorder
        self._instruction = instruction
        self._sfreq = sfreq
        self._note = note
        self._starts_itself = starts_itself
        self._message = MessageScene(plan.text, note)
        self._scene: SpellerScene | None = None
        self._waiting = Waiting(plan.warnings, recorder is None, not plan.decides)
        self._classes: tuple[str, ...] = ()
        self._is_over = self._is_closed = False
        self._ready_since: float | None = None
        presenter.scene = self._message
        presenter.marked.connect(self.marked)
        presenter.key_pressed.connect(self._on_key)
        presenter.closed.connect(self.abort)
        presenter.trouble.connect(self._interrupt)
        if recorder is not None:
            recorder.ready.connect(self._on_ready)
            recorder.waits.connect(self._on_trouble)
            recorder.well.connect(self._on_well)
            recorder.ended.connect(self._on_ended)
        self._looking = QTimer(self, interval=_LOOK_MS)
        self._looking.timeout.connect(self._look)

    def begin(
        self,
        file: Path | None,
        streams: tuple[str, ...],
        full_screen: bool,
        screen: QScreen | None = None,
    ) -> None:
        """Open the window on ``screen``, and start to record ``streams`` into ``file``."""
        self._presenter.open(full_screen, screen)
        if self._recorder is not None and file is not None:
            self.file = file
            self._recorder.record(file, streams)
        self._looking.start()
        self._tell()

    def abort(self) -> None:
        """End the run now; the recording is kept."""
        if self._scene is not None and not self._is_over:
            for label in self._scene.run.end():
                self._presenter.mark(label, local_clock())
        self._finish()
        self._close()

    def set_engine(self, classes: tuple[str, ...]) -> None:
        """Set the classes of the decoding engine; empty without an engine.

        The run is interrupted if its engine is gone.
        """
        if not self.plan.decides:
            return
        was_there, self._waiting.has_engine = self._waiting.has_engine, bool(classes)
        self._classes = classes or self._classes
        if was_there and not classes and self._scene is not None:
            self._interrupt(_ENGINE_BACK)
        self._tell()

    def receive(self, predictions: Sequence[ReceivedPrediction]) -> None:
        """Pass predictions on to the run, oldest first."""
        if self._scene is not None:
            for each in predictions:
                self._scene.run.received(each.taken, each.probabilities.astype(np.float64))

    def receive_response(self, taken: float, log_ratio: float) -> None:
        """Pass on the brain's response to the feedback, which may undo the symbol.

        ``taken`` is the time of the window's last sample, in seconds on the LSL clock.
        ``log_ratio`` is the log likelihood ratio of error against correct.
        """
        if self._scene is not None:
            run = self._scene.run
            is_due = run.selected is not None and taken > run.selected.ended
            if is_due and run.error_received(log_ratio):
                self._presenter.mark(UNDONE, local_clock())

    @property
    def state(self) -> SpellingState:
        """The state of the run; READY before the first selection."""
        return SpellingState.READY if self.shown is None else self.shown.run.state

    @property
    def summary(self) -> str:
        """Sentences about the run, for its end."""
        if self.plan.decides:
            first = self.tally.sentence
        else:
            n = 0 if self._scene is None else self._scene.run.text.n_passed
            first = f"Recorded {n} of {counted(len(self.plan.text), 'symbol')}."
        frames = "" if self.frames is None else warning_of(self.frames)
        return " ".join(
            part for part in (first, self.tally.lost, frames, self._waiting.trouble) if part
        )

    @property
    def sentence(self) -> str:
        """The sentence on the screen; empty while symbols are shown."""
        scene = self._scene
        return self._message.sentence if scene is None else scene.sentence

    @property
    def _is_running(self) -> bool:
        return self._scene is not None and self._scene.is_running

    def _tell(self) -> None:
        """Show the condition that the run waits for, or that it can begin."""
        if self._is_over or self._is_running:
            return
        shown = self._scene or self._message
        shown.sentence, shown.keys = self._waiting.words(self._instruction, self._waits_itself)
        shown.note = f"{self._note}   {self._presenter.note}".strip()

    @property
    def _waits_itself(self) -> bool:
        return self._starts_itself and not self._waiting.paused and self._scene is None

    def _on_key(self, key: int, _text: str) -> None:
        if key == Qt.Key.Key_Escape:
            self.abort()
        elif not self._waiting.is_confirmed:
            self._waiting.is_confirmed = key == _CONFIRM
        elif key == Qt.Key.Key_Space:
            self._on_space()
        elif key == Qt.Key.Key_Backspace:
            self._undo()
        self._tell()

    def _on_space(self) -> None:
        if self._is_over:
            self._close()
        elif self._is_running:
            self._interrupt("Pause. Nothing is lost.")
        elif self._waiting.can_begin:
            self._start()

    def _start(self) -> None:
        if self._scene is None and not self._make():
            return
        assert self._scene is not None
        self._waiting.paused = ""
        self._scene.keys = _KEYS if self.plan.decides else _KEYS_CALIBRATION
        self._scene.note = self._note
        self._scene.start()

    def _make(self) -> bool:
        """Make the scene for the known monitor and model; return False if that fails."""
        plan = self.plan
        try:
            refresh_hz = self._presenter.refresh_hz
            self.shown = make_run(plan, refresh_hz, self._classes, self._sfreq, self._on_selected)
        except BciError as error:
            self._waiting.trouble = f"{error}."
            self._tell()
            return False
        confidence = plan.settings.confidence if plan.decides else 0.0
        self._scene = SpellerScene(self.shown.run, self.shown.view, confidence, self._on_over)
        self._presenter.scene = self._scene
        self._presenter.begin_log()
        self._presenter.mark(offset_label(plan.profile.stimulus), local_clock())
        return True

    def _interrupt(self, sentence: str) -> None:
        self._waiting.paused = sentence
        if self._scene is not None and not self._is_over:
            self._scene.interrupt(sentence)
        self._tell()

    def _undo(self) -> None:
        if self._scene is None or self._is_over or self._scene.run.undo() is None:
            return
        self._presenter.mark(UNDONE, local_clock())
        last = self.tally.undo(self._scene.run.text.text)
        if last is not None:
            self.selected.emit(last)

    def _on_selected(self, selected: Selected) -> None:
        if self._scene is not None and not selected.undone:
            self.tally.n_missing += getattr(self._scene.run.evidence, "n_missing", 0)
        self.tally.add(selected)
        self.selected.emit(selected)

    def _look(self) -> None:
        """Poll what no signal reports: receivers of the markers, and the refresh rate."""
        self._tell()
        if not self._waits_itself or not self._waiting.can_begin:
            return
        outlet, now = self._presenter.outlet, local_clock()
        if outlet is None or not outlet.has_consumers:
            self._ready_since = None
        elif self._ready_since is None:
            self._ready_since = now
        elif now - self._ready_since >= _SETTLING_S:
            self._start()

    def _on_over(self) -> None:
        """End the run, since the whole text is copied."""
        assert self._scene is not None
        self.is_complete = True
        self._scene.keys = "Esc closes"
        if self.plan.decides:
            self._scene.sentence = self.tally.sentence
            self._finish()
            return
        # Continue to record until the windows of the last stimuli have ended.
        self._scene.sentence = "Done."
        paradigm, pipeline = self.plan.profile.paradigm, self.plan.profile.pipeline
        last_s = paradigm.offset_s + paradigm.start_s + pipeline.window_s + _MARGIN_S
        QTimer.singleShot(max(0, round(1000 * last_s)), self, self.abort)

    def _finish(self) -> None:
        """End the frame log and the recording; does nothing at a second call."""
        if self._is_over:
            return
        self._is_over = True
        self._looking.stop()
        if self._scene is not None:
            self.frames = self._presenter.end_log()
        if self._recorder is not None and self._recorder.is_running:
            self._recorder.end()

    def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._presenter.close()
            self._report_end()

    def _report_end(self) -> None:
        running = self._recorder is not None and self._recorder.is_running
        if self._is_over and self._is_closed and not running:
            self.over.emit()

    def _on_ready(self) -> None:
        self._waiting.is_recorded, self._waiting.trouble = True, ""
        self._tell()

    def _on_trouble(self, why: str) -> None:
        self._waiting.trouble = why
        if not self._is_over and self._scene is not None:
            self._interrupt(why)
        self._tell()

    def _on_well(self) -> None:
        self._waiting.trouble = ""
        self._waiting.paused = "It is back. The run can be resumed."
        self._tell()

    def _on_ended(self, _complete: bool) -> None:
        if not self._is_over:
            self._waiting.trouble = self._waiting.trouble or "The recorder has ended."
            self.abort()
        self._report_end()
