"""Table of the completed runs of a session."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem

from bci.messages import FeedbackRunEvent

_COLUMNS = ("run", "kind", "success", "rewards/min", "paused", "change", "given")
_TIPS = (
    "Number of the run in the session",
    "Feedback, or transfer: nothing is shown",
    "Share of the windows beyond the threshold",
    "Rewards a minute",
    "Share of the windows in which an artifact paused the feedback",
    "Change from the baseline, in its standard deviations",
    "Real or sham, known when the session is over",
)


class RunTable(QTableWidget):
    """One row per run; values that would unblind sham are added at the session's end."""

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        for column, (title, about) in enumerate(zip(_COLUMNS, _TIPS, strict=True)):
            titled = QTableWidgetItem(title)
            titled.setToolTip(about)
            self.setHorizontalHeaderItem(column, titled)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.setShowGrid(False)
        self._rows: dict[int, int] = {}

    def clear_runs(self) -> None:
        """Remove all runs, before a new session."""
        self.setRowCount(0)
        self._rows.clear()

    def show_run(self, run: FeedbackRunEvent) -> None:
        """Add the row of a run, or update it if it is already shown."""
        row = self._rows.get(run.run)
        if row is None:
            row = self._rows[run.run] = self.rowCount()
            self.insertRow(row)
        texts = (
            str(run.run),
            run.kind,
            _percent(run.success),
            "" if run.rewards_per_min is None else f"{run.rewards_per_min:.1f}",
            _percent(run.held),
            "" if run.change_sd is None else f"{run.change_sd:+.2f} SD",
            "" if run.kind == "transfer" else run.allocation or "",
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            self.setItem(row, column, item)
        self.scrollToBottom()


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
