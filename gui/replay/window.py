"""The replay window: open a recording, look through it, and run a model over it."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

from bci.errors import RecordingError
from bci.messages.evaluation import EvaluationEvent
from bci.recording.trigger_events import with_triggers
from gui.actions import REPLAY, WindowActions
from gui.replay.layout import ReplayLayout
from gui.replay.model_run import ModelProcess
from gui.replay.opened_recording import OpenedRecording, open_recording
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial, find_replay_trials, trial_from, trials_of
from gui.settings import DashboardSettings
from gui.widgets.open_recording import ask_for_recordings, newest_recording
from gui.workers.background import Background

_FRAME_MS, _STEP_S, _LONG_STEP_S = 16, 1.0, 10.0
_WHEEL = 0.1  # step of the wheel, as a share of the span that the traces show


class ReplayWindow(ReplayLayout):
    """The window that replays a recording as if it were live.

    ``bci`` is the command that runs this project's command line. ``folder`` has the recordings, and
    the models in its subfolder ``models``. ``cue_of`` returns the class of a marker's label, or
    None; it is used without a model.
    """

    def __init__(
        self,
        bci: tuple[str, ...],
        folder: Path,
        remembered: DashboardSettings,
        cue_of: Callable[[str], str | None],
    ) -> None:
        super().__init__()
        self._folder, self._remembered, self._cue_of = folder, remembered, cue_of
        self.opened: OpenedRecording | None = None
        self.predictions: Predictions | None = None
        self.trials: tuple[ReplayTrial, ...] = ()
        self._is_stale = False
        self._reading = Background(self)
        self.run = ModelProcess(bci, self)
        self._bind_keys()
        self._connect()
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self.show_decision(False)
        self._set_trials()
        self.traces.scope.setFocus()

    def open(self, file: Path) -> None:
        """Read a recording in the background, then show it."""
        self.title.setText(f"reading {file.name} ...")
        self.banner.settle("file")
        work = partial(open_recording, file, self._folder / "models")
        self._reading.run(work, self.show_recording, self._on_unreadable)

    def bring(self) -> None:
        """Show the window in front; ask for a recording if none is open."""
        self._come_to_front()
        if self.opened is None:
            self.choose_file()

    def bring_file(self, file: Path) -> None:
        """Show the window in front, with the recording ``file``."""
        self.open(file)
        self._come_to_front()

    def _come_to_front(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()

    def choose_file(self) -> None:
        """Ask for a recording; the dialog starts at the last recorded or opened one."""
        start = self._remembered.replay_file or str(newest_recording(self._folder))
        ask_for_recordings(self, "Open a recording", start, lambda files: self.open(files[0]))

    def step(self, way: int) -> None:
        """Move to the end of the next (``way`` +1) or previous (-1) trial."""
        if (k := trial_from(self.trials, self.playhead.position, way)) is not None:
            self.go_to(k)

    def go_to(self, trial: int) -> None:
        """Move to the end of the trial with index ``trial``."""
        self.playhead.seek(self.trials[trial].stop)

    def run_model(self) -> None:
        """Run the chosen model, or cancel the run."""
        if self.run.is_running:
            self.run.cancel()
            return
        model = self.models.model
        if model is None or model.card is None or self.opened is None:
            return
        self.banner.settle("model")
        pipeline, paradigm = model.card.pipeline, model.card.paradigm
        # If windows come only at cues, a prediction is valid until the end of the cue.
        hop_s = paradigm.stop_s if pipeline.at_cues else pipeline.hop_s
        self._forget_predictions()
        self.decided.set_model(model.card)
        self.banner.settle("pictures")
        if self.decided.lacking:
            self.banner.report("\n".join(self.decided.lacking), "pictures")
        self.show_decision(True)
        self.run.start(model.folder, self.opened.file, model.card.classes, hop_s)

    def _bind_keys(self) -> None:
        seek, speed = self.playhead.seek, self.playhead.step_speed
        callbacks: dict[str, Callable[[], object]] = {
            "replay-open": self.choose_file,
            "replay-run": self.run_model,
            "replay-close": self.close,
            "replay-dismiss": self.banner.hide,
            "replay-play": self._space,
            "replay-back": partial(self._move, -_STEP_S),
            "replay-on": partial(self._move, _STEP_S),
            "replay-far-back": partial(self._move, -_LONG_STEP_S),
            "replay-far-on": partial(self._move, _LONG_STEP_S),
            "replay-start": partial(seek, 0.0),
            "replay-end": lambda: seek(self.playhead.duration),
            "replay-trial-before": partial(self.step, -1),
            "replay-trial-after": partial(self.step, 1),
            "replay-slower": partial(speed, -1),
            "replay-faster": partial(speed, 1),
        }
        WindowActions(self, REPLAY, callbacks)

    def _connect(self) -> None:
        self.open_button.clicked.connect(self.choose_file)
        self.playhead.moved.connect(self._on_moved)
        self.timeline.sought.connect(self.playhead.seek)
        self.transport.stepped.connect(self.step)
        self.trial_list.chosen.connect(self.go_to)
        self.traces.turned.connect(
            lambda way: self._move(way * _WHEEL * self.traces.scope.view.time_base_s)
        )
        self.models.chosen.connect(self._on_model_chosen)
        self.models.run.clicked.connect(self.run_model)
        self.run.running.connect(self.models.set_running)
        self.run.predicted.connect(self._on_predicted)
        self.run.finished.connect(self._on_finished)
        self.run.failed.connect(lambda why: self.banner.report(why, "model"))

    def show_recording(self, opened: OpenedRecording) -> None:
        """Show a recording that was read."""
        self.run.cancel()
        self.opened = opened
        self._remembered.replay_file = str(opened.file)
        self.show_opened(opened)
        self.trials = ()
        self.timeline.set_recording(opened.recording)
        self.traces.set_recording(opened.recording)
        self.playhead.set_duration(opened.recording.duration)
        self.models.set_models(opened.models)
        self._forget_predictions()
        # Move the playhead so that the traces are full.
        self.playhead.seek(self.traces.scope.view.time_base_s)

    def _on_unreadable(self, why: str) -> None:
        self.show_title(self.opened)
        self.banner.report(why, "file")

    def _on_model_chosen(self) -> None:
        if self.opened is not None and not self.run.is_running:
            self._forget_predictions()

    def _forget_predictions(self) -> None:
        self.predictions = None
        self.timeline.set_predictions(None, 0.0)
        self.summary.set_evaluation(None)
        self.show_decision(False)
        self._set_trials()

    def _set_trials(self, trials: tuple[ReplayTrial, ...] = ()) -> None:
        """Show ``trials``; if none are given, the recording's trials without decisions."""
        if not trials and self.opened is not None:
            model = self.models.model
            card, recording = model.card if model is not None else None, self.opened.recording
            if card is not None and card.triggers is not None:
                # A recording without the trigger channel has its markers as trials.
                with suppress(RecordingError):
                    recording = with_triggers(recording, card.triggers)
            paradigm = card.paradigm if card is not None else None
            trials = find_replay_trials(recording, paradigm, self._cue_of)
        self.trials = self.decided.trials = trials
        self.trial_list.set_trials(trials)
        self.timeline.set_trials(trials)
        self._on_moved()

    def _on_predicted(self, predictions: Predictions) -> None:
        self.predictions = predictions
        last = float(predictions.times[-1]) if len(predictions.times) else 0.0
        self.timeline.set_predictions(predictions, last)
        self.models.progress.setValue(round(100 * last / max(self.playhead.duration, 1e-3)))
        self._on_moved()

    def _on_finished(self, evaluation: EvaluationEvent) -> None:
        self.timeline.set_predictions(self.predictions, self.playhead.duration)
        self.summary.set_evaluation(evaluation)
        self._set_trials(trials_of(evaluation))

    def _move(self, seconds: float) -> None:
        self.playhead.seek(self.playhead.position + seconds)

    def _space(self) -> None:
        # Space presses a button that has the keyboard focus.
        if isinstance(focused := QApplication.focusWidget(), QAbstractButton):
            focused.click()
        else:
            self.playhead.toggle()

    def _on_moved(self) -> None:
        position = self.playhead.position
        self._is_stale = True
        self.timeline.set_position(position, self.traces.scope.view.time_base_s)
        self.transport.trial.setText(self.trial_list.show_at(position))
        if self.opened is not None:
            half_s = 0.5 / self.opened.recording.info.sfreq
            self.decided.show_at(self.predictions, position, half_s)

    def _advance(self) -> None:
        self.playhead.advance(time.monotonic())
        # The traces are drawn once per frame, however often the playhead has moved.
        if self._is_stale or self.traces.is_outdated:
            self._is_stale = False
            self.traces.show_until(self.playhead.position)

    def showEvent(self, _event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        self._timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        if self.playhead.is_playing:
            self.playhead.toggle()
        # A model that runs over the recording continues; its result is shown when the window opens.
        event.accept()

    def stop(self) -> None:
        """End reading and model within a second; the window is not used again."""
        self._reading.retire()
        self.run.cancel()
        self.close()
