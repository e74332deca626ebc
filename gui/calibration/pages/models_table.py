"""Table of models, to compare their scores."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from bci.models.card import Card
from gui.calibration.model_result import ModelResult
from gui.widgets.labels import tip
from gui.widgets.units import percent

_COLUMNS = (
    "Model",
    "Trained",
    "Decoder",
    "Classes",
    "Score (95 %)",
    "Trials",
    "Chance",
    "Confidence\nerror",
)
_MAX_WIDTH = 260
NOTE = (
    "Each model was scored on its own runs. Where intervals overlap, neither is shown to be "
    "better. Double-click a model, or press Enter, to see it."
)


class ModelsTable(QTableWidget):
    """One row per model, newest first; the model shown on the page is in bold."""

    look_wanted = Signal(object)  # Path of a model

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Models")
        self._folders: list[Path] = []
        self.cellActivated.connect(lambda row, _: self.look_wanted.emit(self._folders[row]))
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        # The class names may be long. Their column gets the remaining width, so that no column
        # lies beyond the edge.
        header.setSectionResizeMode(_COLUMNS.index("Classes"), QHeaderView.ResizeMode.Stretch)
        header.setMaximumSectionSize(_MAX_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def set_result(self, result: ModelResult) -> None:
        models = [(result.folder, result.card), *result.earlier]
        models.sort(key=lambda model: model[1].created, reverse=True)
        self._folders = [folder for folder, _ in models]
        shown = self._folders.index(result.folder)
        self.setRowCount(len(models))
        for row, (folder, card) in enumerate(models):
            for column, text in enumerate((folder.name, *_cells(card))):
                item = QTableWidgetItem(text)
                item.setToolTip(tip(text))
                if row == shown:
                    font = QFont(self.font())
                    font.setBold(True)
                    item.setFont(font)
                self.setItem(row, column, item)
        self.setCurrentCell(shown, 0)


def _accuracy_and_chance(card: Card) -> tuple[str, str]:
    score = card.score
    if score.is_missing:
        return "not scored", "-"
    if (auc := card.flash_auc) is not None:
        return f"AUC {auc.value:.2f}", f"{auc.chance:.2f}"
    interval = f"({percent(score.low)} to {percent(score.high)})"
    return f"{percent(score.accuracy)} {interval}", percent(score.chance)


def _cells(card: Card) -> tuple[str, ...]:
    score, (accuracy, chance) = card.score, _accuracy_and_chance(card)
    classes = ", ".join(card.classes)
    base = f" from {card.base}" if card.base else ""
    together = " with other sites" if card.federation else ""
    simulated = ", simulated" if card.simulated else ""
    return (
        f"{card.created.astimezone():%Y-%m-%d %H:%M}{simulated}",
        card.decoder.name + base + together,
        classes if len(classes) <= 40 else f"{len(card.classes)} classes",
        accuracy,
        str(score.trials),
        chance,
        percent(card.confidence.error) if card.confidence else "-",
    )
