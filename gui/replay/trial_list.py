"""The table of trials: time, true class, decision, and verdict."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from bci.quality.channel_quality import State
from gui.decisions.headline import UNDECIDED
from gui.replay.trials import ReplayTrial, describe, describe_place, trial_at
from gui.widgets.labels import tip
from gui.widgets.themed import Themed
from gui.widgets.units import brief, clock

_COLUMNS = ("", "at", "asked", "decided", "")
_OF_DECISIONS = (3, 4)
# Height for the current trial, the one before and the one after.
_MIN_HEIGHT = 100


class TrialList(Themed, QTableWidget):
    """One row per trial; a click or Enter emits ``chosen`` with its index."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.trials: tuple[ReplayTrial, ...] = ()
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
        self.setMinimumHeight(_MIN_HEIGHT)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Trials")
        for picked in (self.cellClicked, self.cellActivated):
            picked.connect(lambda row, _column: self.chosen.emit(row))

    def set_trials(self, trials: tuple[ReplayTrial, ...]) -> None:
        self.trials = trials
        self._current = None
        self.setRowCount(len(trials))
        dim = self.theme.colour("dim")
        for row, trial in enumerate(trials):
            verdict = {True: "\u2713 correct", False: "\u2717 wrong", None: ""}[trial.is_right]
            asked, decided = brief(trial.label), brief(trial.decision or "")
            state = State.GOOD if trial.is_right else State.BAD
            inks = {0: dim, 1: dim, 4: self.theme.quality_colour(state)}
            if not trial.is_sure:
                # Below the threshold, the score still counts the likeliest class.
                decided, verdict = UNDECIDED, f"{verdict[0]} likeliest"
                inks |= {3: dim, 4: dim}
            texts = (str(row + 1), clock(trial.onset, 1), asked, decided, verdict)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                sure = "" if trial.confidence is None else f", {100 * trial.confidence:.0f} % sure"
                item.setToolTip(tip(describe(trial) + sure))
                if column in inks:
                    item.setForeground(inks[column])
                self.setItem(row, column, item)
        undecided = all(trial.decision is None for trial in trials)
        for column in _OF_DECISIONS:
            self.setColumnHidden(column, undecided)

    def show_at(self, position: float) -> str:
        """Select the trial at ``position``, if any; return the place in words."""
        row = trial_at(self.trials, position)
        if row != self._current:
            self._current = row
            self.clearSelection()
            self._reveal()
            if row is not None:
                self.selectRow(row)
        return describe_place(self.trials, row)

    def _reveal(self) -> None:
        if self._current is not None:
            self.scrollTo(self.model().index(self._current, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._reveal()

    def apply_theme(self) -> None:
        self.set_trials(self.trials)
