"""The list of the user's models, and the choice of one that fits the recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from bci.errors import BundleError, MismatchError
from bci.models.bundle import list_bundles
from bci.models.card import Card
from bci.models.fit import check_stream
from bci.signals import StreamInfo
from gui.actions import with_key
from gui.widgets.buttons import button
from gui.widgets.combo_box import ComboBox
from gui.widgets.labels import tip
from gui.widgets.layouts import named, row_of
from gui.widgets.units import counted


@dataclass(frozen=True)
class ListedModel:
    """A model; ``why_not`` is the reason why it does not fit, empty if it fits.

    ``card`` is None if it cannot be read.
    """

    folder: Path
    card: Card | None
    why_not: str


def list_models(folder: Path, info: StreamInfo) -> list[ListedModel]:
    """List the models below ``folder``; those that fit the stream ``info`` come first."""
    found = [_judge(path, card, info) for path, card in list_bundles(folder)]
    return sorted(found, key=lambda model: (bool(model.why_not), model.folder))


def _judge(folder: Path, card: Card | BundleError, info: StreamInfo) -> ListedModel:
    if isinstance(card, BundleError):
        return ListedModel(folder, None, str(card))
    try:
        check_stream(card, info)
    except MismatchError as problem:
        return ListedModel(folder, card, str(problem))
    return ListedModel(folder, card, "")


class ModelChoice(QWidget):
    """A list of models, a button that runs the chosen model, and its progress."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("plain")
        self._models: Sequence[ListedModel] = ()
        self._is_running = False
        self.list = ComboBox()
        self.list.setMinimumWidth(170)
        self.list.setMaxVisibleItems(20)
        self.list.currentIndexChanged.connect(self._on_chosen)
        self.run = button("Run", "")
        self.progress = QProgressBar(minimum=0, maximum=100)
        self.progress.setFixedWidth(90)
        self.progress.hide()
        title = named(QLabel("Model"), "heading")
        self.setLayout(row_of(title, self.list, self.progress, self.run))
        self._show()
        self.list.setPlaceholderText("open a recording first")

    @property
    def model(self) -> ListedModel | None:
        """The chosen model; None if none is chosen or it does not fit."""
        k = self.list.currentIndex()
        chosen = self._models[k] if 0 <= k < len(self._models) else None
        return chosen if chosen is not None and not chosen.why_not else None

    def set_models(self, models: Sequence[ListedModel]) -> None:
        """Replace the list by ``models``; the first is chosen if it fits."""
        self._models = models
        self.list.blockSignals(True)
        self.list.clear()
        items = self.list.model()
        assert isinstance(items, QStandardItemModel)
        for k, model in enumerate(models):
            self.list.addItem(_name(model))
            about = tip(model.why_not or _about(model))
            self.list.setItemData(k, about, Qt.ItemDataRole.ToolTipRole)
            items.item(k).setEnabled(not model.why_not)
        fits = bool(models) and not models[0].why_not
        self.list.setCurrentIndex(0 if fits else -1)
        self.list.setPlaceholderText("none fits this recording" if models else "no model yet")
        self.list.blockSignals(False)
        self._on_chosen()

    def set_running(self, running: bool) -> None:
        self._is_running = running
        self.progress.setValue(0)
        self.progress.setVisible(running)
        self._show()

    def _on_chosen(self) -> None:
        self._show()
        self.chosen.emit()

    def _show(self) -> None:
        model = self.model
        self.list.setEnabled(not self._is_running and bool(self._models))
        self.run.setText("Cancel" if self._is_running else "Run")
        self.run.setEnabled(self._is_running or model is not None)
        if self._is_running:
            why = with_key("Stop the run; the predictions so far stay", "replay-run")
        elif model is not None:
            why = with_key(
                "Run the model over the whole recording, as if it were live", "replay-run"
            )
        elif self._models:
            why = "No model fits this recording: the list has the reasons"
        else:
            why = "No model yet: bci calibrate makes one from labelled recordings"
        self.run.setToolTip(tip(why))
        self.list.setToolTip(tip(_about(model)) if model is not None else tip(why))


def _name(model: ListedModel) -> str:
    return model.folder.name + (" (simulated)" if model.card and model.card.simulated else "")


def _about(model: ListedModel) -> str:
    card = model.card
    if card is None:
        return str(model.folder)
    score, auc = card.score, card.flash_auc
    value, chance = f"{score.accuracy:.2f} ({score.low:.2f}-{score.high:.2f})", score.chance
    if auc is not None:
        value, chance = f"AUC {auc.value:.2f}", auc.chance
    scored = f"cross-validated {value}, n = {score.trials}, chance {chance:.2f}"
    return (
        f"{card.decoder.name}: {', '.join(card.classes)}\n"
        f"{counted(len(card.stream.channels), 'channel')} at {card.stream.sfreq:g} Hz\n"
        f"{'not scored: no training' if score.is_missing else scored}\n"
        f"{model.folder}"
    )
