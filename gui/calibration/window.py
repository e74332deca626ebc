"""The calibration window: set up, check signals, cues, train, result."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bci.errors import BciError
from bci.recording.bids.runs import RecordedRun, RecordedRuns
from bci.signals import StreamInfo
from bci.training.model_result import ModelResult
from gui.actions import CALIBRATION, WindowActions, key_of, press
from gui.calibration.model_reader import ModelReader
from gui.calibration.pages.setup import SetupPage
from gui.calibration.run.run_choice import RunChoice
from gui.calibration.run.run_control import RunControl
from gui.calibration.step_pages import CUES, RESULT, SETUP, SIGNALS, TRAIN, StepPages
from gui.calibration.training_control import Decoders, TrainingControl
from gui.options import DashboardOptions
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.widgets.open_recording import ask_for_recordings
from gui.widgets.window_size import resize_within_screen


class CalibrationWindow(QWidget):
    """One page a step; nothing of a run or training is lost by going back or by closing it.

    Parameters
    ----------
    options : DashboardOptions
    remembered : DashboardSettings
    """

    cued = Signal(object)  # Marker, as it was sent
    reported = Signal(str)
    use_wanted = Signal(object, str)  # Path of the model, profile

    def __init__(self, options: DashboardOptions, remembered: DashboardSettings) -> None:
        super().__init__()
        self.setWindowTitle("bci - calibrate")
        resize_within_screen(self, QSize(1120, 700))
        self._options = options
        self._remembered = remembered
        self._info: StreamInfo | None = None
        self._run_info: StreamInfo | None = None  # the stream of the newest run
        self.runs = RunControl(options, self)
        self.training = TrainingControl(options, self)
        self.reader = ModelReader(self.training.models, self)
        filled = remembered.calibrate or remembered.record
        self.pages = StepPages(SetupPage(options.profile, filled, options.engine_name))
        self.setup, self.signals = self.pages.setup, self.pages.signals
        self.training_page, self.result = self.pages.training, self.pages.result
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.addWidget(self.pages)
        self._bind()
        self._connect_pages()
        self._connect_controls()
        self._go(SETUP)

    def _bind(self) -> None:
        setup, signals, training, result = self.setup, self.signals, self.training_page, self.result
        forward = {SETUP: setup.next, SIGNALS: signals.start, TRAIN: training.train}
        forward[RESULT] = result.use
        buttons = {
            "calibrate-next": forward,
            "calibrate-back": {SIGNALS: signals.back, TRAIN: training.again, RESULT: result.back},
            "calibrate-again": {TRAIN: training.again, RESULT: result.again},
            "calibrate-files": {SETUP: setup.cue_fields.browse, TRAIN: training.add},
            "calibrate-models": {SETUP: setup.models},
            "calibrate-train": {SETUP: setup.train},
        }
        callbacks: dict[str, Callable[[], object]] = {
            name: partial(self.pages.press, of_page) for name, of_page in buttons.items()
        }
        callbacks["calibrate-simulator"] = partial(press, self.pages.notice.simulator)
        callbacks["calibrate-headset"] = partial(press, self.pages.notice.headset)
        callbacks["calibrate-close"] = self.close
        WindowActions(self, CALIBRATION, callbacks)

    def _connect_pages(self) -> None:
        self.setup.chosen.connect(self._on_chosen)
        self.setup.training_wanted.connect(self._on_training_wanted)
        self.setup.models_wanted.connect(self.look_at_models)
        self.signals.back_wanted.connect(lambda: self._go(SETUP))
        self.signals.start_wanted.connect(self._start_run)
        page, result = self.training_page, self.result
        page.files_wanted.connect(self._choose_files)
        page.train_wanted.connect(self._train)
        page.cancel_wanted.connect(self.training.cancel)
        page.again_wanted.connect(lambda: self._go(SIGNALS))
        result.again_wanted.connect(lambda: self._go(SIGNALS if self.training.choice else SETUP))
        result.back_wanted.connect(lambda: self._go(TRAIN if self.reader.subject else SETUP))
        result.look_wanted.connect(lambda m: self.reader.read_model(m, result.show_message))
        result.use_wanted.connect(self._use)

    def _connect_controls(self) -> None:
        self.runs.cued.connect(self.cued)
        self.runs.reported.connect(self.reported)
        self.runs.ended.connect(self._on_run_ended)
        training, page = self.training, self.training_page
        training.found.connect(self._offer)
        training.not_found.connect(self._on_not_found)
        training.decoders_known.connect(page.offer_decoders)
        training.trials_counted.connect(page.runs.show_trials)
        training.unusable.connect(page.runs.show_none)
        training.trained.connect(self._on_trained)
        training.failed.connect(self._on_training_failed)
        training.reported.connect(self.reported)
        self.reader.read.connect(self._show_result)

    def open(self) -> None:
        """Show the window where it was left."""
        self._go(self.pages.step)
        self.show()
        self.raise_()
        self.activateWindow()

    def set_stream(self, info: StreamInfo | None) -> None:
        """Take the stream that the dashboard shows now; None while there is none."""
        self._info = info
        self.pages.set_stream(info)

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(theme.style_sheet(calibration=True))
        self.pages.set_theme(theme)

    def retire(self) -> None:
        """End a run and a training, for when the dashboard closes."""
        self.reader.retire()
        self.close()
        self.training.retire()

    def stop(self, timeout_s: float) -> None:
        """End the recorder's thread, and wait for it."""
        self.runs.recorder.stop(timeout_s)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End a run with its recording; a training goes on."""
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
        self._remembered.calibrate = {"subject": who.subject, "session": who.session or ""}

    def _on_chosen(self, choice: RunChoice) -> None:
        self._take(choice)
        self._go(SIGNALS)

    def _on_training_wanted(self, choice: RunChoice) -> None:
        """Train on recordings that there are, without a new run."""
        self._take(choice)
        self.training.find("Tick the recordings to train on, or add files.", self._info)

    def _start_run(self) -> None:
        choice = self.training.choice
        if choice is not None and self._info is not None and self.runs.start(choice, self._info):
            self._run_info = self._info
            self._go(CUES)

    def _on_run_ended(self, summary: str, file: Path) -> None:
        if file.is_file():
            self._remembered.replay_file = str(file.resolve())
        self.training.find(summary, self._run_info, file)

    def _offer(self, heading: str, found: RecordedRuns, decoders: Decoders) -> None:
        self.training_page.offer(heading, found.runs, found.same_visit, decoders)
        self.training.count(self.training_page.runs.all_files)
        self.pages.stack.setCurrentIndex(TRAIN)
        self.open()

    def _on_not_found(self, heading: str, why: str) -> None:
        self._offer(heading, RecordedRuns([], set()), ())
        self.training_page.set_training(False, why)

    def _choose_files(self) -> None:
        """Open a dialog for recordings of any kind, from any folder."""
        start = self._remembered.calibration_file or str(self._options.recordings)
        ask_for_recordings(self, "Add recordings to train on", start, self.add_files, True)

    def add_files(self, files: list[Path]) -> None:
        """List these recordings, ticked, with their trials."""
        found = [RecordedRun.of(file) for file in files if file.exists()]
        if found:
            self._remembered.calibration_file = str(found[-1].file.resolve())
            self.training.count(self.training_page.runs.add(found))

    def _train(self) -> None:
        page = self.training_page
        process = self.training.train(page.files, page.decoder)
        process.progressed.connect(page.show_progress)
        process.pointed.connect(page.show_point)
        process.stepped.connect(page.show_step)
        page.set_training(True)
        process.start()

    def _on_training_failed(self, why: str) -> None:
        self.training_page.set_training(False, why)
        self._report_unseen(f"The training has ended: {why}")

    def _on_trained(self, model: Path) -> None:
        choice = self.training.choice
        assert choice is not None
        self.training_page.set_training(False)
        self.reader.read_trained(model, choice.session.subject, self._on_training_failed)

    def _report_unseen(self, sentence: str) -> None:
        """Report in the log where this window was closed meanwhile."""
        if not self.isVisible():
            self.reported.emit(f"{sentence} Calibrate ({key_of('calibrate')}) shows it.")

    def look_at_models(self) -> None:
        """Show earlier models of every subject."""
        self.reader.read_newest(self.setup.show_message)

    def _show_result(self, result: ModelResult) -> None:
        is_new = result.folder == self.reader.trained
        self.result.show_result(result, self.training_page.curve if is_new else None)
        self._go(RESULT)
        if is_new:
            self._report_unseen(f"{result.folder.name} is trained.")

    def _use(self, folder: Path) -> None:
        """Hand on a model; an earlier one may need another profile than the current one."""
        assert self.result.result is not None
        profile = self.training.profile
        try:
            self.reader.check_usable(folder, self.result.result.card, profile)
        except BciError as error:
            self.result.show_message(f"Not with the profile {profile}: {error}")
            return
        self.use_wanted.emit(folder, profile)
