"""Training on a choice: its recordings, decoders and profile, and the training under way."""

from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.profiles.profile import Profile
from bci.recording.bids.runs import RecordedRuns, find_runs
from bci.signals import StreamInfo
from bci.training.decoder_choices import DecoderOffer, decoder_choices
from bci.training.run_counts import TrialCount, count_trials
from gui.calibration.run.run_choice import RunChoice
from gui.calibration.training_process import TrainingProcess
from gui.options import DashboardOptions
from gui.workers.background import Background

Decoders = tuple[DecoderOffer, ...]


class TrainingControl(QObject):
    """Finds what can be trained, counts its trials and trains it.

    Attributes
    ----------
    choice : RunChoice or None
    profile : str
        A file or a shipped name: the profile that a model is trained and served with.
    process : TrainingProcess or None
        The training under way.
    """

    found = Signal(str, object, object)  # heading, RecordedRuns, tuple of DecoderOffer
    not_found = Signal(str, str)  # heading, reason
    decoders_known = Signal(object)  # tuple of DecoderOffer
    trials_counted = Signal(object, str)  # Path, its trials
    unusable = Signal(object, str)  # Path, reason
    trained = Signal(object)  # Path of the model
    failed = Signal(str)
    reported = Signal(str)

    def __init__(self, options: DashboardOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice: RunChoice | None = None
        self.profile = options.profile
        self.process: TrainingProcess | None = None
        self.models = options.recordings / "models"
        self._options = options
        self._has_profile = False  # whether the profile is that of the choice
        self._info: StreamInfo | None = None  # the stream of the recordings
        self._finding = Background(self)
        self._counter = _TrialCounter(self)
        self._counter.counted.connect(self._on_counted)
        self._counter.failed.connect(self.unusable)

    def take(self, choice: RunChoice) -> None:
        self.choice, self._has_profile = choice, False

    def find(self, heading: str, info: StreamInfo | None, run: Path | None = None) -> None:
        """Find recordings and decoders, after a ``run`` that was recorded just now or without."""
        assert self.choice is not None
        self._info = info
        if run is not None and run.is_file():
            self.profile, self._has_profile = self.choice.profile_for(run), True
        recordings = self._options.recordings
        work = partial(_find, self.choice, run, recordings, self.models, info)
        self._finding.run(
            work,
            lambda found: self.found.emit(heading, *found),
            partial(self.not_found.emit, heading),
        )

    def count(self, files: list[Path]) -> None:
        if self.choice is not None:
            self._counter.count(files, self.choice.profile)

    def train(self, files: list[Path], decoder: DecoderOffer) -> TrainingProcess:
        """Make a training, which its owner connects and starts."""
        assert self.choice is not None
        name = f"{self.choice.session.subject}-{datetime.now():%Y%m%d-%H%M%S}"
        model = self.models / name
        if not self._has_profile:
            self.profile, self._has_profile = self.choice.profile_for(model), True
        process = TrainingProcess(
            self._options.bci, self.profile, sorted(files), decoder, model, self
        )
        process.counted.connect(self.trials_counted)
        process.reported.connect(self.reported)
        process.failed.connect(self._on_failed)
        process.finished.connect(self._on_finished)
        self.process = process
        return process

    def cancel(self) -> None:
        if self.process is not None:
            self.process.cancel()

    def retire(self) -> None:
        """End the looking, the counting and the training; returns at once."""
        self._finding.retire()
        self._counter.retire()
        self.cancel()

    def _on_counted(self, file: Path, found: TrialCount) -> None:
        self.trials_counted.emit(file, found.run.counts)
        if self._info is None and self.choice is not None:
            # Only now is it known which base models fit.
            self._info = found.info
            self.decoders_known.emit(_decoders_for(self.choice, self.models, found.info))

    def _on_failed(self, why: str) -> None:
        self.process = None
        self.failed.emit(why)

    def _on_finished(self, model: Path) -> None:
        self.process = None
        self.trained.emit(model)


class _TrialCounter(QObject):
    """Counts one file after the other."""

    counted = Signal(object, object)  # Path, TrialCount
    failed = Signal(object, str)  # Path, why it has none

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._waiting: list[Path] = []
        self._is_busy = False
        self._profile: Profile | None = None

    def count(self, files: list[Path], profile: Profile) -> None:
        """Count these after those that wait; those of another profile are given up."""
        waiting = self._waiting if profile == self._profile else []
        self._profile, self._waiting = profile, [*waiting, *files]
        if not self._is_busy:
            self._next()

    def retire(self) -> None:
        """Report nothing any more; returns at once."""
        self._background.retire()

    def _next(self) -> None:
        self._is_busy = bool(self._waiting)
        if not self._waiting or self._profile is None:
            return
        file = self._waiting.pop(0)
        work = partial(count_trials, file, self._profile)
        self._background.run(work, partial(self._on_counted, file), partial(self._on_failed, file))

    def _on_counted(self, file: Path, found: TrialCount) -> None:
        self.counted.emit(file, found)
        self._next()

    def _on_failed(self, file: Path, why: str) -> None:
        self.failed.emit(file, why)
        self._next()


def _find(
    choice: RunChoice, run: Path | None, recordings: Path, models: Path, info: StreamInfo | None
) -> tuple[RecordedRuns, Decoders]:
    return find_runs(choice.session, run, recordings), _decoders_for(choice, models, info)


def _decoders_for(choice: RunChoice, models: Path, info: StreamInfo | None) -> Decoders:
    return decoder_choices(choice.profile, models, info, choice.pictures)
