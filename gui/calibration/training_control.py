"""Training for a `RunChoice`: recordings, decoders, profile and process."""

from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.messages import AnyEvent, ModelEvent, RunEvent
from bci.recording.bids.names import is_executed
from bci.recording.bids.runs import RecordedRun, RecordedRuns, find_runs
from bci.signals import StreamInfo
from bci.training.decoder_choices import DecoderOffer, decoder_choices
from bci.training.run_counts import RunCount, TrialCount, count_trials
from gui.calibration.pages.training import TrainingPage
from gui.calibration.run.run_choice import RunChoice
from gui.options import DashboardOptions
from gui.processes.child import Child, Command
from gui.settings import DashboardSettings
from gui.widgets.open_recording import ask_for_recordings
from gui.workers.background import Background

Decoders = tuple[DecoderOffer, ...]


class TrainingControl(QObject):
    """Finds recordings and decoders, counts trials, and runs the training.

    Attributes
    ----------
    choice : RunChoice or None
    profile : str
        The profile to train and decode with: a file, or the name of a shipped profile.
    process : TrainingProcess or None
        The training that runs; None while none does.
    """

    offered = Signal()  # the page shows recordings and decoders, or the reason why it has none
    trained = Signal(object)  # Path of the model
    failed = Signal(str)
    reported = Signal(str)

    def __init__(
        self, options: DashboardOptions, remembered: DashboardSettings, page: TrainingPage
    ) -> None:
        super().__init__(page)
        self.choice: RunChoice | None = None
        self.profile = options.profile
        self.process: TrainingProcess | None = None
        self.models = options.recordings / "models"
        self._options = options
        self._remembered = remembered
        self._page = page
        self._has_profile = False  # whether `profile` was made from `choice`
        self._info: StreamInfo | None = None  # the stream of the recordings
        self._finding, self._counting = Background(self), Background(self)
        self._uncounted: list[Path] = []
        self._is_counting = False
        page.add.clicked.connect(self._choose_files)
        page.train.clicked.connect(self._train_or_cancel)

    def take(self, choice: RunChoice) -> None:
        self.choice, self._has_profile = choice, False

    def find(self, heading: str, info: StreamInfo | None, run: Path | None = None) -> None:
        """Find recordings and decoders in the background, and offer them on the page.

        ``heading`` is the sentence above them. ``info`` is the stream of the recordings, None if
        unknown. ``run`` is the file of a run that was just recorded, if there is one.
        """
        assert self.choice is not None
        self._info = info
        if run is not None and run.is_file():
            self.profile, self._has_profile = self.choice.profile_for(run), True
        work = partial(_find, self.choice, run, self._options.recordings, self.models, info)
        self._finding.run(
            work, partial(self._offer, heading), partial(self._offer_nothing, heading)
        )

    def add_files(self, files: list[Path]) -> None:
        """Add ``files`` to the list, ticked, and count their trials."""
        found = [RecordedRun.of(file) for file in files if file.exists()]
        if found:
            self._remembered.calibration_file = str(found[-1].file.resolve())
            self._count(self._page.runs.add(found))

    def retire(self) -> None:
        """End the search, the counting and the training; returns at once."""
        self._finding.retire()
        self._counting.retire()
        if self.process is not None:
            self.process.stop()

    def _offer(self, heading: str, found: tuple[RecordedRuns, Decoders]) -> None:
        runs, decoders = found
        self._page.offer(heading, runs.runs, runs.same_visit, decoders)
        self._uncounted = []
        self._count(self._page.runs.all_files)
        self.offered.emit()

    def _offer_nothing(self, heading: str, why: str) -> None:
        self._offer(heading, (RecordedRuns([], set()), ()))
        self._page.set_training(False, why)

    def _choose_files(self) -> None:
        """Open a dialog to choose recordings of any format, from any folder."""
        start = self._remembered.calibration_file or str(self._options.recordings)
        title = "Add recordings to train on"
        ask_for_recordings(self._page, title, start, self.add_files, several=True)

    def _count(self, files: list[Path]) -> None:
        self._uncounted += files
        if not self._is_counting:
            self._count_next()

    def _count_next(self) -> None:
        """Count the trials of the next file; one at a time, to save memory."""
        self._is_counting = bool(self._uncounted)
        if self._uncounted:
            assert self.choice is not None
            file = self._uncounted.pop(0)
            work = partial(count_trials, file, self.choice.profile)
            counted, failed = partial(self._on_counted, file), partial(self._on_unusable, file)
            self._counting.run(work, counted, failed)

    def _on_counted(self, file: Path, found: TrialCount) -> None:
        self._page.runs.show_trials(file, found.run.counts)
        if self._info is None and self.choice is not None:
            # Only the channels of a recording show which base models fit.
            self._info = found.info
            self._page.offer_decoders(_decoders_for(self.choice, self.models, found.info))
        self._count_next()

    def _on_unusable(self, file: Path, why: str) -> None:
        self._page.runs.show_none(file, why)
        self._count_next()

    def _train_or_cancel(self) -> None:
        if not self._page.is_training:
            self._train()
        elif self.process is not None:
            self.process.stop()

    def _train(self) -> None:
        assert self.choice is not None
        page, options = self._page, self._options
        if all(map(is_executed, page.files)):
            page.set_training(False, "Tick a run of imagined movements, too: they are scored.")
            return
        model = self.models / f"{self.choice.session.subject}-{datetime.now():%Y%m%d-%H%M%S}"
        if not self._has_profile:
            self.profile, self._has_profile = self.choice.profile_for(model), True
        files = sorted(page.files)
        process = TrainingProcess(options.bci, self.profile, files, page.decoder, model, self)
        process.counted.connect(page.runs.show_trials)
        process.reported.connect(page.show_event)
        process.logged.connect(self.reported)
        process.failed.connect(self._on_failed)
        process.finished.connect(self._on_finished)
        self.process = process
        page.set_training(True)
        process.start()

    def _on_failed(self, why: str) -> None:
        self.process = None
        self.failed.emit(why)

    def _on_finished(self, model: Path) -> None:
        self.process = None
        self._page.set_training(False)
        self.trained.emit(model)


def _find(
    choice: RunChoice, run: Path | None, recordings: Path, models: Path, info: StreamInfo | None
) -> tuple[RecordedRuns, Decoders]:
    return find_runs(choice.session, run, recordings), _decoders_for(choice, models, info)


def _decoders_for(choice: RunChoice, models: Path, info: StreamInfo | None) -> Decoders:
    return decoder_choices(choice.profile, models, info, choice.pictures)


class TrainingProcess(Child):
    """The process ``bci calibrate --json``, with signals for its runs and its model."""

    counted = Signal(object, str)  # Path of a run, and its trials in words
    finished = Signal(object)  # Path of the model
    failed = Signal(str)  # one sentence

    def __init__(
        self,
        bci: tuple[str, ...],
        profile: str,
        files: list[Path],
        choice: DecoderOffer,
        model: Path,
        parent: QObject | None = None,
    ) -> None:
        argv = (*bci, "calibrate", profile, *(str(f) for f in files if not is_executed(f)))
        argv += tuple(f"--executed={file}" for file in files if is_executed(file))
        argv += (f"--out={model}", f"--decoder={choice.decoder}", "--json")
        if choice.base is not None:
            argv += (f"--base={choice.base}",)
        if choice.curve:
            argv += ("--curve",)
        if choice.gallery is not None:
            argv += (f"--gallery={choice.gallery}",)
        super().__init__(Command("training", argv), parent)
        self._model: Path | None = None
        self.reported.connect(self._on_event)
        self.died.connect(self._on_end)
        self.running.connect(self._on_running)

    def _on_event(self, event: AnyEvent) -> None:
        if isinstance(event, RunEvent):
            fields = event.cues, event.broken_off, event.trials, event.rest, event.stream
            counts = RunCount(event.file, *fields, event.lost_frames).counts
            self.counted.emit(Path(event.file), counts)
            self.logged.emit(f"{self.command.name}: {event.file}: {counts}")
        elif isinstance(event, ModelEvent):
            self._model = Path(event.folder)

    def _on_running(self, running: bool) -> None:
        if not running and self.was_stopped:
            self.failed.emit("Cancelled.")

    def _on_end(self, why: str) -> None:
        if self._model is not None:
            self.finished.emit(self._model)
        else:
            self.failed.emit(self.end_reason or why)
