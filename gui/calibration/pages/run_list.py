"""The recordings that a model can be trained on, to tick."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from bci.recording.bids.runs import RecordedRun
from gui.widgets.labels import tip

_FILE = Qt.ItemDataRole.UserRole
_COUNTING = "counting trials ..."


class RunList(QListWidget):
    """Two lines a recording: its name; its time and trials."""

    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Recordings")
        self.itemChanged.connect(self.ticked)
        self._runs: dict[Path, RecordedRun] = {}

    @property
    def all_files(self) -> list[Path]:
        return list(self._runs)

    @property
    def files(self) -> list[Path]:
        """The ticked recordings."""
        items = [self.item(row) for row in range(self.count())]
        return [item.data(_FILE) for item in items if item.checkState() == Qt.CheckState.Checked]

    def offer(self, runs: list[RecordedRun], ticked: set[Path]) -> None:
        """List these, the newest first, in the place of what was listed."""
        self.clear()
        self._runs.clear()
        for run in reversed(runs):
            self._add(self.count(), run, run.file in ticked)

    def add(self, runs: list[RecordedRun]) -> list[Path]:
        """List and tick these on top; returns those that were not listed yet."""
        new = [run for run in runs if run.file not in self._runs]
        for run in new:
            self._add(0, run, True)
        for run in runs:
            if (item := self._item(run.file)) is not None:
                item.setCheckState(Qt.CheckState.Checked)
        # Qt reports no item that is ticked from the start.
        self.ticked.emit()
        return [run.file for run in new]

    def show_trials(self, file: Path, text: str) -> None:
        """Show the trials that were counted."""
        if (item := self._item(file)) is not None:
            self._describe(item, self._runs[file], text)

    def show_none(self, file: Path, why: str) -> None:
        """A recording that cannot be trained on: it is no longer ticked."""
        if (item := self._item(file)) is not None:
            # The reason often begins with the file, whose name is shown above.
            short = why.removeprefix(f"{file}: ")
            self._describe(item, self._runs[file], f"not usable: {short}")
            item.setToolTip(tip(f"{file}\n{why}"))
            item.setCheckState(Qt.CheckState.Unchecked)

    def _add(self, row: int, run: RecordedRun, is_ticked: bool) -> None:
        self._runs[run.file] = run
        item = QListWidgetItem()
        item.setData(_FILE, run.file)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
        item.setToolTip(tip(f"{run.file}, {run.megabytes:.1f} MB"))
        self._describe(item, run, _COUNTING)
        self.insertItem(row, item)

    def _describe(self, item: QListWidgetItem, run: RecordedRun, trials: str) -> None:
        item.setText(f"{run.file.name}\n{run.recorded:%Y-%m-%d %H:%M}, {trials}")

    def _item(self, file: Path) -> QListWidgetItem | None:
        items = (self.item(row) for row in range(self.count()))
        return next((item for item in items if item.data(_FILE) == file), None)
