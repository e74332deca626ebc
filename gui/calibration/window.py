"""The calibration window: set up, check signals, cues, train, result."""

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bci.errors import BciError, ProfileError
from bci.lsl.cue_listener import GUIDED
from bci.lsl.outlet import MarkerOutlet
from bci.profiles.profile import check_agreement, load_profile
from bci.types import StreamInfo
from gui.actions import CALIBRATION, WindowActions, press
from gui.calibration.pages.replay_notice import ReplayNotice
from gui.calibration.pages.result import ResultPage
from gui.calibration.pages.setup import SetupPage
from gui.calibration.pages.signals import SignalsPage
from gui.calibration.pages.training import TrainingPage
from gui.calibration.result import Result, read_newest, read_result
from gui.calibration.run.cue_run import CueRun
from gui.calibration.run.cue_screen import CueScreen
from gui.calibration.run.run_choice import RunChoice
from gui.calibration.style import style_sheet
from gui.calibration.trainable import Trainable, find_trainable, offered
from gui.calibration.training import Training
from gui.calibration.trial_count import TrialCount, TrialCounter
from gui.options import DashboardOptions
from gui.record.run_file import Run
from gui.record.run_recorder import RunRecorder
from gui.settings import DashboardSettings
from gui.theme import Theme
from gui.widgets.open_recording import ask_for_recordings
from gui.widgets.pieces import named
from gui.widgets.screen_room import resize_within_screen
from gui.widgets.units import counted
from gui.workers.background import Background

_STEPS = ("Set up", "Check signals", "Cues", "Train", "Result")
_SETUP, _SIGNALS, _CUES, _TRAIN, _RESULT = range(5)


class CalibrationWindow(QWidget):
    """One page a step; nothing of a run or training is lost by going back or by closing it.

    Parameters
    ----------
    options : DashboardOptions
    remembered : DashboardSettings
    """

    cued = Signal(object)  # Marker, as it was sent
    said = Signal(str)
    use_wanted = Signal(object, str)  # Path of the model, profile

    def __init__(
        self,
        options: DashboardOptions,
        remembered: DashboardSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("bci - calibrate")
        resize_within_screen(self, QSize(1120, 700))
        self._options = options
        self._remembered = remembered
        self._info: StreamInfo | None = None
        self._run_info: StreamInfo | None = None  # the stream of the newest run
        self._outlet: MarkerOutlet | None = None
        self._choice: RunChoice | None = None
        self._profile = options.profile
        self._made_profile = False  # whether it is that of the choice
        self._trained: Path | None = None
        self._subject: str | None = None  # whose models are compared; None: everybody's
        self._finding, self._reading = Background(self), Background(self)
        self.counter = TrialCounter(self)
        self.run: CueRun | None = None
        self.training: Training | None = None
        self.cue_screen = CueScreen()
        self.recorder = RunRecorder(options.bci, self)
        self.recorder.said.connect(self.said)
        filled = remembered.calibrate or remembered.record
        self.setup = SetupPage(options.profile, filled, options.engine_name)
        self.signals = SignalsPage()
        self.training_page = TrainingPage()
        self.result = ResultPage()
        self._build()
        self._bind()
        self._connect()
        self._go(_SETUP)

    @property
    def markers_name(self) -> str:
        """Name of the stream on which cues are sent."""
        return f"{self._options.engine_name}-cues"

    @property
    def models(self) -> Path:
        """Folder of the models."""
        return self._options.recordings / "models"

    def _build(self) -> None:
        steps = QHBoxLayout()
        steps.setSpacing(22)
        self._step_labels = [named(QLabel(f"{k + 1}  {s}"), "step") for k, s in enumerate(_STEPS)]
        for label in self._step_labels:
            steps.addWidget(label)
        steps.addStretch()
        waiting = named(QLabel("The cues are shown in a window of their own."), "dim")
        self.pages = QStackedWidget()
        for page in (self.setup, self.signals, waiting, self.training_page, self.result):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(12)
        column.addLayout(steps)
        self.replay_notice = ReplayNotice()
        column.addWidget(self.replay_notice)
        column.addWidget(self.pages, 1)

    def _bind(self) -> None:
        training, result = self.training_page, self.result
        main = {
            _SETUP: self.setup.next, _SIGNALS: self.signals.start, _TRAIN: training.train,
            _RESULT: result.use,
        }  # fmt: skip
        back = {_SIGNALS: self.signals.back, _TRAIN: training.again, _RESULT: result.back}
        again = {_TRAIN: training.again, _RESULT: result.again}
        browse = {_SETUP: self.setup.cue_fields.browse, _TRAIN: training.add}
        train = {_SETUP: self.setup.train}
        models = {_SETUP: self.setup.models}
        pressed = {
            "calibrate-next": main, "calibrate-back": back, "calibrate-again": again,
            "calibrate-files": browse, "calibrate-models": models, "calibrate-train": train,
        }  # fmt: skip
        callbacks: dict[str, Callable[[], object]] = {
            name: partial(self._press, buttons) for name, buttons in pressed.items()
        }
        notice = self.replay_notice
        callbacks |= {
            "calibrate-simulator": partial(press, notice.simulator),
            "calibrate-headset": partial(press, notice.headset),
            "calibrate-close": self.close,
        }
        WindowActions(self, CALIBRATION, callbacks)

    def _press(self, buttons: Mapping[int, QPushButton]) -> None:
        """Press the button of the page that is shown, if it has one that can be pressed."""
        button = buttons.get(self.pages.currentIndex())
        if button is not None and button.isVisible():
            button.click()

    def _connect(self) -> None:
        self.setup.chosen.connect(self._on_chosen)
        self.setup.training_wanted.connect(self._on_training_wanted)
        self.counter.counted.connect(self._on_counted)
        self.counter.failed.connect(self.training_page.runs.show_none)
        self.training_page.files_wanted.connect(self._choose_files)
        self.setup.models_wanted.connect(self.look_at_models)
        self.signals.back_wanted.connect(lambda: self._go(_SETUP))
        self.signals.start_wanted.connect(self._start_run)
        self.training_page.train_wanted.connect(self._train)
        self.training_page.cancel_wanted.connect(self._cancel_training)
        self.training_page.again_wanted.connect(lambda: self._go(_SIGNALS))
        self.result.again_wanted.connect(lambda: self._go(_SIGNALS if self._choice else _SETUP))
        self.result.back_wanted.connect(lambda: self._go(_TRAIN if self._subject else _SETUP))
        self.result.look_wanted.connect(self._look_at)
        self.result.use_wanted.connect(self._use)

    def open(self) -> None:
        """Show the window, where it was left."""
        self._go(self.pages.currentIndex())
        self.show()
        self.raise_()
        self.activateWindow()

    def set_stream(self, info: StreamInfo | None) -> None:
        """The stream that the dashboard shows now; None while there is none."""
        self._info = info
        self.setup.set_stream(info)
        if info is None:
            self.signals.set_live(False)
        else:
            self.signals.set_stream(info)
        self._show_notice()

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(style_sheet(theme))
        for page in (self.signals, self.training_page, self.result):
            page.set_theme(theme)

    def retire(self) -> None:
        """End a run and a training, for when the dashboard closes."""
        self._finding.retire()
        self.counter.retire()
        self._reading.retire()
        self.close()
        self._cancel_training()

    def stop(self, timeout_s: float) -> None:
        """End the recorder's thread, and wait for it."""
        self.recorder.stop(timeout_s)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """A run ends with what it has recorded; a training goes on."""
        if self.run is not None:
            self.run.abort()
        self._offer_cues(False)
        event.accept()

    def _go(self, step: int) -> None:
        self.pages.setCurrentIndex(step)
        self._offer_cues(step in (_SIGNALS, _CUES))
        for k, label in enumerate(self._step_labels):
            label.setProperty("now", k == step)
            label.style().unpolish(label)
            label.style().polish(label)
            label.updateGeometry()
        self._show_notice()
        # Space and Enter go on; the button that Qt would choose goes back.
        leads: dict[int, QWidget] = {
            _SETUP: self.setup.subject, _SIGNALS: self.signals.start,
            _TRAIN: self.training_page.train, _RESULT: self.result.main,
        }  # fmt: skip
        if (push := leads.get(step)) is not None and push.isEnabled():
            push.setFocus()
        elif (page := self.pages.currentWidget()) is not None:
            page.setFocus()

    def _show_notice(self) -> None:
        """Before any cue: nobody is to sit through a run that can teach nothing."""
        before = self.pages.currentIndex() in (_SETUP, _SIGNALS)
        replayed = self._info is not None and self._info.replayed
        self.replay_notice.show_stream(
            self._info.name if self._info and before and replayed else ""
        )

    def _offer_cues(self, wanted: bool) -> None:
        """Keep the stream of cues on the network from before a run until its end, and no longer.

        A simulated person does nothing else while it is there.
        """
        if wanted and self._outlet is None:
            simulated = self._info is not None and self._info.simulated
            source = f"{self.markers_name}-{socket.gethostname()}"
            self._outlet = MarkerOutlet(self.markers_name, source, simulated, GUIDED)
        elif not wanted and self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _on_chosen(self, choice: RunChoice) -> None:
        self._take(choice)
        self._go(_SIGNALS)

    def _on_training_wanted(self, choice: RunChoice) -> None:
        """Train on recordings that there are, without a new run."""
        self._take(choice)
        self._run_info = self._info
        recordings = self._options.recordings
        find = partial(find_trainable, choice, None, recordings, self.models, self._run_info)
        said = "Tick the recordings to train on, or add files."
        self._finding.ask(find, partial(self._offer, said), partial(self._on_not_found, said))

    def _take(self, choice: RunChoice) -> None:
        self._choice, self._made_profile = choice, False
        values = {"subject": choice.session.subject, "session": choice.session.session or ""}
        self._remembered.calibrate = values

    def _start_run(self) -> None:
        choice = self._choice
        if choice is None or self._info is None or self._outlet is None or self._is_running:
            return
        plan = replace(choice.plan, seed=time.time_ns() % (1 << 31))
        rest = choice.profile.paradigm.rest
        self.run = CueRun(plan, rest, self.cue_screen, self._outlet, self.recorder, self)
        self.run.marked.connect(self.cued)
        self.run.over.connect(self._on_run_over)
        self._go(_CUES)
        self.cue_screen.open(choice.full_screen)
        file = choice.session.next_path(self._options.recordings)
        self._run_info = self._info
        self.run.begin(file, (self._info.name, self.markers_name))

    @property
    def _is_running(self) -> bool:
        return self.recorder.is_running

    def _on_run_over(self) -> None:
        run, choice, file = self.run, self._choice, self.recorder.file
        if run is None or choice is None or self._run_info is None:
            return
        self.run = None
        run.deleteLater()
        step = run.schedule.step
        counts = ", ".join(f"{n} {label}" for label, n in sorted(run.schedule.completed.items()))
        said = f"Recorded {step.n_done} of {counted(step.n_trials, 'trial')}"
        said += f" ({counts})." if counts else "."
        if run.trouble:
            said += f" {run.trouble}"
        if file.is_file():
            self._remembered.replay_file = str(file.resolve())
            self._profile, self._made_profile = choice.profile_for(file), True
        recordings = self._options.recordings
        find = partial(find_trainable, choice, file, recordings, self.models, self._run_info)
        self._finding.ask(find, partial(self._offer, said), partial(self._on_not_found, said))

    def _offer(self, said: str, found: Trainable) -> None:
        self.training_page.offer(said, found.runs, found.same_visit, found.levels)
        self._count(self.training_page.runs.all_files)
        self._show_training()

    def _choose_files(self) -> None:
        """Ask for recordings of any kind, from any folder."""
        start = self._remembered.calibration_file or str(self._options.recordings)
        ask_for_recordings(self, "Add recordings to train on", start, self.add_files)

    def add_files(self, files: list[Path]) -> None:
        """List these recordings, ticked, with their trials."""
        found = [Run.of(file) for file in files if file.exists()]
        if not found:
            return
        self._remembered.calibration_file = str(found[-1].file.resolve())
        self._count(self.training_page.runs.add(found))

    def _count(self, files: list[Path]) -> None:
        if self._choice is not None:
            self.counter.count(files, self._choice.profile)

    def _on_counted(self, file: Path, found: TrialCount) -> None:
        self.training_page.runs.show_trials(file, found.run.counts)
        if self._run_info is None and self._choice is not None:
            # Only now is it known which base models fit.
            self._run_info = found.info
            self.training_page.offer_levels(offered(self._choice, self.models, found.info))

    def _on_not_found(self, said: str, why: str) -> None:
        self.training_page.offer(said, [], set(), ())
        self.training_page.set_training(False, why)
        self._show_training()

    def _show_training(self) -> None:
        self._go(_TRAIN)
        self.raise_()
        self.activateWindow()

    def _train(self) -> None:
        if self._choice is None:
            return
        page = self.training_page
        subject = self._choice.session.subject
        model = self.models / f"{subject}-{datetime.now():%Y%m%d-%H%M%S}"
        if not self._made_profile:
            self._profile, self._made_profile = self._choice.profile_for(model), True
        training = Training(
            self._options.bci, self._profile, sorted(page.files), page.level, model, self
        )
        training.progressed.connect(page.show_progress)
        training.pointed.connect(page.show_point)
        training.stepped.connect(page.show_step)
        training.counted.connect(page.runs.show_trials)
        training.said.connect(self.said)
        training.failed.connect(self._on_training_failed)
        training.finished.connect(self._on_trained)
        self.training = training
        page.set_training(True)
        training.start()

    def _cancel_training(self) -> None:
        if self.training is not None:
            self.training.cancel()

    def _on_training_failed(self, why: str) -> None:
        self.training = None
        self.training_page.set_training(False, why)
        self._tell_unseen(f"The training has ended: {why}")

    def _tell_unseen(self, sentence: str) -> None:
        """Into the log, where this window was closed meanwhile."""
        if not self.isVisible():
            self.said.emit(f"{sentence} Calibrate (Ctrl+G) shows it.")

    def _on_trained(self, model: Path) -> None:
        assert self._choice is not None
        self.training = None
        self.training_page.set_training(False)
        self._trained, self._subject = model, self._choice.session.subject
        read = partial(read_result, model, self.models, self._subject)
        self._reading.ask(read, self._show_trained, self._on_training_failed)

    def _show_trained(self, result: Result) -> None:
        self._show_result(result)
        self._tell_unseen(f"{result.folder.name} is trained.")

    def _use(self, folder: Path) -> None:
        """Hand on a model; one that was only looked at may need another profile than is at hand."""
        assert self.result.result is not None
        card = self.result.result.card
        if folder != self._trained:
            try:
                profile = load_profile(self._profile)
                if profile.task != card.task:
                    raise ProfileError(f"{card.name} is of the task {card.task}")
                check_agreement(profile, card.pipeline, folder)
            except BciError as error:
                self.result.tell(f"Not with the profile {self._profile}: {error}")
                return
        self.use_wanted.emit(folder, self._profile)

    def look_at_models(self) -> None:
        """Show what was calibrated before, whoever it is of and wherever it was trained."""
        self._reading.ask(partial(read_newest, self.models), self._show_any, self.setup.tell)

    def _show_any(self, result: Result) -> None:
        self._subject = None
        self._show_result(result)

    def _look_at(self, model: Path) -> None:
        read = partial(read_result, model, self.models, self._subject)
        self._reading.ask(read, self._show_result, self.result.tell)

    def _show_result(self, result: Result) -> None:
        is_new = result.folder == self._trained
        self.result.show_result(result, self.training_page.curve if is_new else None)
        self._go(_RESULT)
