"""The calibration window: set up, check signals, cues, train, result."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from bci.errors import BciError
from bci.profiles.profile import check_agreement, check_task, load_profile
from bci.recording.bids.names import is_executed
from bci.signals import StreamInfo
from gui.actions import CALIBRATION, WindowActions, key_of
from gui.calibration.keyed_buttons import press
from gui.calibration.model_result import ModelResult, read_newest, read_result
from gui.calibration.pages.setup import SetupPage
from gui.calibration.run.run_choice import RunChoice
from gui.calibration.run.run_control import RunControl
from gui.calibration.step_pages import CUES, RESULT, SETUP, SIGNALS, TRAIN, StepPages
from gui.calibration.training_control import TrainingControl
from gui.options import DashboardOptions
from gui.settings import DashboardSettings
from gui.widgets.layouts import column_of
from gui.widgets.themed import Themed
from gui.widgets.window_size import resize_within_screen
from gui.workers.background import Background


class CalibrationWindow(Themed, QWidget):
    """One page per step; recordings and trainings survive going back and closing."""

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    use_wanted = Signal(object, str)  # Path of the model, profile

    def __init__(self, options: DashboardOptions, remembered: DashboardSettings) -> None:
        super().__init__()
        self.setWindowTitle("bci - calibrate")
        resize_within_screen(self, QSize(1120, 700))
        self._remembered = remembered
        self._info: StreamInfo | None = None
        self._run_info: StreamInfo | None = None  # the stream of the newest run
        self._trained: Path | None = None  # the model that was trained in this window
        self._subject = ""  # the subject whose models are compared; empty for all subjects
        filled = remembered.calibrate or remembered.record
        self.pages = StepPages(SetupPage(options.profile, filled, options.engine_name))
        self.setup, self.signals = self.pages.setup, self.pages.signals
        self.training_page, self.result = self.pages.training, self.pages.result
        self.runs = RunControl(options, self)
        self.training = TrainingControl(options, remembered, self.training_page)
        self._reading = Background(self)
        self.setLayout(column_of(self.pages, margins=(14, 12, 14, 14)))
        callbacks = {action.id: partial(press, self, action.id) for action in CALIBRATION}
        WindowActions(self, CALIBRATION, callbacks | {"calibrate-close": self.close})
        self._connect_pages()
        self._connect_controls()
        self._go(SETUP)

    def _connect_pages(self) -> None:
        self.setup.chosen.connect(self._on_chosen)
        self.setup.training_wanted.connect(self._on_training_wanted)
        self.setup.models.clicked.connect(self.look_at_models)
        self.signals.back.clicked.connect(lambda: self._go(SETUP))
        self.signals.start.clicked.connect(self._start_run)
        self.training_page.again.clicked.connect(lambda: self._go(SIGNALS))
        result = self.result
        result.again.clicked.connect(lambda: self._go(SIGNALS if self.training.choice else SETUP))
        result.back.clicked.connect(lambda: self._go(TRAIN if self._subject else SETUP))
        result.table.look_wanted.connect(lambda model: self._read(model, result.show_message))
        result.use.clicked.connect(self._use)

    def _connect_controls(self) -> None:
        self.runs.cued.connect(self.cued)
        self.runs.reported.connect(self.reported)
        self.runs.ended.connect(self._on_run_ended)
        self.training.offered.connect(self._on_offered)
        self.training.trained.connect(self._on_trained)
        self.training.failed.connect(self._on_training_failed)
        self.training.reported.connect(self.reported)

    def open(self) -> None:
        """Show the window, at the step where it was closed."""
        self._go(self.pages.step)
        self.show()
        self.raise_()
        self.activateWindow()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Set the stream that the dashboard shows; ``info`` is None without a stream."""
        self._info = info
        self.pages.set_stream(info)

    def apply_theme(self) -> None:
        self.setStyleSheet(self.theme.style_sheet(calibration=True))

    def retire(self) -> None:
        """End the run and the training because the dashboard closes; returns at once."""
        self._reading.retire()
        self.close()
        self.training.retire()

    def stop(self, timeout_s: float) -> None:
        """End the recorder's thread and the cue window; wait at most ``timeout_s`` s."""
        self.runs.presenter.retire()
        self.runs.recorder.stop(timeout_s)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End the current run and its recording; a training continues."""
        self.runs.abort()
        self.runs.offer_cues(False, simulated=False)
        event.accept()

    def _go(self, step: int) -> None:
        self.pages.go(step)
        simulated = self._info is not None and self._info.simulated
        self.runs.offer_cues(step in (SIGNALS, CUES), simulated)

    def _take(self, choice: RunChoice) -> None:
        self.training.take(choice)
        who = choice.session
        self._remembered.calibrate = {
            "subject": who.subject,
            "session": who.session or "",
            "screen": choice.screen,
        }

    def _on_chosen(self, choice: RunChoice) -> None:
        self._take(choice)
        self._go(SIGNALS)

    def _on_training_wanted(self, choice: RunChoice) -> None:
        """Offer existing recordings to train on, without a new run."""
        self._take(choice)
        self.training.find("Tick the recordings to train on, or add files.", self._info)

    def _start_run(self) -> None:
        """Begin the chosen run, or first its run of executed movements if one is wanted."""
        choice = self.training.choice
        if choice is not None:
            self._start(choice.executed() if choice.moved_first else choice)

    def _start(self, choice: RunChoice) -> bool:
        if self._info is None or not self.runs.start(choice, self._info):
            return False
        self._run_info = self._info
        self._go(CUES)
        return True

    def _on_run_ended(self, summary: str, file: Path, complete: bool) -> None:
        if file.is_file():
            self._remembered.replay_file = str(file.resolve())
        choice = self.training.choice
        if complete and choice is not None and is_executed(file) and self._start(choice):
            return
        self.training.find(summary, self._run_info, file)

    def _on_offered(self) -> None:
        self.pages.stack.setCurrentIndex(TRAIN)
        self.open()

    def _on_training_failed(self, why: str) -> None:
        self.training_page.set_training(False, why)
        self._report_unseen(f"The training has ended: {why}")

    def _on_trained(self, model: Path) -> None:
        choice = self.training.choice
        assert choice is not None
        self._trained, self._subject = model, choice.session.subject
        self._read(model, self._on_training_failed)

    def _report_unseen(self, sentence: str) -> None:
        """Report ``sentence`` in the log if this window was closed meanwhile."""
        if not self.isVisible():
            self.reported.emit(f"{sentence} Calibrate ({key_of('calibrate')}) shows it.")

    def look_at_models(self) -> None:
        """Show the newest model of all subjects, with all others in the table."""
        work = partial(read_newest, self.training.models)
        self._reading.run(work, self._show_newest, self.setup.show_message)

    def _show_newest(self, result: ModelResult) -> None:
        self._subject = ""
        self._show_result(result)

    def _read(self, model: Path, on_failed: Callable[[str], None]) -> None:
        work = partial(read_result, model, self.training.models, self._subject or None)
        self._reading.run(work, self._show_result, on_failed)

    def _show_result(self, result: ModelResult) -> None:
        is_new = result.folder == self._trained
        self.result.show_result(result, self.training_page.curve if is_new else None)
        self._go(RESULT)
        if is_new:
            self._report_unseen(f"{result.folder.name} is trained.")

    def _use(self) -> None:
        """Emit `use_wanted` for the shown model, if the current profile fits the model."""
        result, profile = self.result.result, self.training.profile
        if result is None:
            return
        try:
            if result.folder != self._trained:
                loaded = load_profile(profile)
                check_task(loaded, result.card.task, result.folder)
                check_agreement(loaded, result.card.pipeline, result.folder)
        except BciError as error:
            self.result.show_message(f"Not with the profile {profile}: {error}")
            return
        self.use_wanted.emit(result.folder, profile)
