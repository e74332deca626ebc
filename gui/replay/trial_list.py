"""The trials as a list: when, what was asked, what was decided, and whether that was right."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from bci.quality.channel_quality import State
from gui.replay.lanes import clock
from gui.replay.trials import ReplayTrial, describe
from gui.theme import DARK, Theme
from gui.widgets.class_names import brief
from gui.widgets.pieces import tip

_COLUMNS = ("", "at", "asked", "decided", "")
_OF_DECISIONS = (3, 4)
# The trial under way, one before and one after.
_LEAST_HEIGHT = 104


class TrialList(QTableWidget):
    """A click or Enter on a trial asks to go there."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.theme: Theme = DARK
        self.steps: tuple[ReplayTrial, ...] = ()
        self._current: int | None = None
        self.setHorizontalHeaderLabels(_COLUMNS)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 36), (1, 62), (4, 88)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        self.setShowGrid(False)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Trials")
        self.cellClicked.connect(lambda row, _column: self.chosen.emit(row))
        self.cellActivated.connect(lambda row, _column: self.chosen.emit(row))

    def set_steps(self, steps: tuple[ReplayTrial, ...]) -> None:
        self.steps = steps
        self._current = None
        self.setRowCount(len(steps))
        for row, step in enumerate(steps):
            verdict = {True: "\u2713 correct", False: "\u2717 wrong", None: ""}[step.is_right]
            asked, decided = brief(step.label), brief(step.decision or "")
            texts = (str(row + 1), clock(step.onset, 1), asked, decided, verdict)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                sure = "" if step.confidence is None else f", {100 * step.confidence:.0f} % sure"
                item.setToolTip(tip(describe(step) + sure))
                self.setItem(row, column, item)
        undecided = all(step.decision is None for step in steps)
        for column in _OF_DECISIONS:
            self.setColumnHidden(column, undecided)
        self._colour()

    def set_current(self, row: int | None) -> None:
        """The trial that is under way; None between trials."""
        if row == self._current:
            return
        self._current = row
        if row is None:
            self.clearSelection()
        else:
            self.selectRow(row)
            self.scrollTo(self.model().index(row, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if self._current is not None:
            self.scrollTo(self.model().index(self._current, 0))

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._colour()

    def _colour(self) -> None:
        dim = self.theme.colour("dim")
        for row, step in enumerate(self.steps):
            state = State.GOOD if step.is_right else State.BAD
            verdict = self.theme.quality_colour(state)
            for column, colour in ((0, dim), (1, dim), (4, verdict)):
                item = self.item(row, column)
                assert item is not None
                item.setForeground(colour)
