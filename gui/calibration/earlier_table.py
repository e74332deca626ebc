"""This model beside the earlier ones of the same subject."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from bci.bundle import Card
from gui.amounts import percent
from gui.calibration.result import Result

_COLUMNS = (
    "Trained",
    "Decoder",
    "Classes",
    "Accuracy (95 % interval)",
    "Trials",
    "Chance",
    "Probabilities off by",
)
TELLS = (
    "Each was scored on its own runs: where intervals overlap, figures do not tell models apart."
)


class EarlierTable(QTableWidget):
    """A row a model; the new one first and in bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def set_result(self, result: Result) -> None:
        cards = [result.card, *(card for _, card in result.earlier)]
        self.setRowCount(len(cards))
        for row, card in enumerate(cards):
            for column, text in enumerate(_cells(card)):
                item = QTableWidgetItem(text)
                if row == 0:
                    font = QFont(self.font())
                    font.setBold(True)
                    item.setFont(font)
                self.setItem(row, column, item)


def _cells(card: Card) -> tuple[str, ...]:
    score = card.score
    classes = ", ".join(card.classes)
    base = f" from {card.base}" if card.base else ""
    together = " with other sites" if card.federation else ""
    simulated = ", simulated" if card.simulated else ""
    return (
        f"{card.created.astimezone():%Y-%m-%d %H:%M}{simulated}",
        card.decoder.name + base + together,
        classes if len(classes) <= 40 else f"{len(card.classes)} classes",
        f"{percent(score.accuracy)} ({percent(score.low)} to {percent(score.high)})",
        str(score.trials),
        percent(score.chance),
        percent(card.confidence.error) if card.confidence else "-",
    )
