"""Reading of trained models for the result page, in a thread."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bci.errors import ProfileError
from bci.models.card import Card
from bci.profiles.profile import check_agreement, load_profile
from bci.training.model_result import ModelResult, read_newest, read_result
from gui.workers.background import Background


class ModelReader(QObject):
    """Reads a model with those that it is compared with."""

    read = Signal(object)  # ModelResult

    def __init__(self, models: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trained: Path | None = None  # the model that was trained in this window
        self.subject: str | None = None  # whose models are compared; None: everybody's
        self._models = models
        self._background = Background(self)

    def read_trained(self, model: Path, subject: str, on_failed: Callable[[str], None]) -> None:
        self.trained, self.subject = model, subject
        self.read_model(model, on_failed)

    def read_model(self, model: Path, on_failed: Callable[[str], None]) -> None:
        work = partial(read_result, model, self._models, self.subject)
        self._background.run(work, self.read.emit, on_failed)

    def read_newest(self, on_failed: Callable[[str], None]) -> None:
        """Read the newest model of all subjects, wherever it was trained."""
        self._background.run(partial(read_newest, self._models), self._on_newest, on_failed)

    def check_usable(self, folder: Path, card: Card, profile: str) -> None:
        """Check that a model can be served with a profile; a new one fits the one it has.

        Raises
        ------
        BciError
            If it needs another profile; the message gives the reason.
        """
        if folder == self.trained:
            return
        loaded = load_profile(profile)
        if loaded.task != card.task:
            raise ProfileError(f"{card.name} is of the task {card.task}")
        check_agreement(loaded, card.pipeline, folder)

    def retire(self) -> None:
        self._background.retire()

    def _on_newest(self, result: ModelResult) -> None:
        self.subject = None
        self.read.emit(result)
