"""List of recordings, in which the user ticks those to train on."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from bci.recording.bids.runs import RecordedRun
from gui.widgets.labels import tip

_FILE = Qt.ItemDataRole.UserRole
_COUNTING = "counting trials ..."


class RunList(QListWidget):
    """One entry of two lines per recording: file name; time and number of trials."""

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
        """Replace the list by ``runs``, in reverse order; tick the files in ``ticked``."""
        self.clear()
        self._runs.clear()
        for run in reversed(runs):
            self._add(self.count(), run, run.file in ticked)

    def add(self, runs: list[RecordedRun]) -> list[Path]:
        """Add ``runs`` at the top and tick them; returns the files that are new."""
        new = [run for run in runs if run.file not in self._runs]
        for run in new:
            self._add(0, run, True)
        for run in runs:
            if (item := self._item(run.file)) is not None:
                item.setCheckState(Qt.CheckState.Checked)
        # Qt emits no itemChanged for an item that is ticked when it is inserted.
        self.ticked.emit()
        return [run.file for run in new]

    def show_trials(self, file: Path, text: str) -> None:
        """Show ``text``, the number of trials in ``file``."""
        if (item := self._item(file)) is not None:
            self._describe(item, self._runs[file], text)

    def show_none(self, file: Path, why: str) -> None:
        """Untick a recording that cannot be trained on, and show the reason ``why``."""
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
