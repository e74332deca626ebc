"""The third page: which runs, which decoder, and the training as it goes."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gui.calibration.curve_view import CurveView
from gui.calibration.training import CurvePoint, Level, NetworkStep
from gui.pieces import button, named, panel, plain, tip
from gui.theme import Theme

_FILE = Qt.ItemDataRole.UserRole
_BEFORE_TRIALS = "\n    "


class Run(NamedTuple):
    """A recorded run: when it was recorded, and how large it is in MB."""

    file: Path
    recorded: datetime
    megabytes: float

    @classmethod
    def of(cls, file: Path) -> "Run":
        """What the file system says of it."""
        status = file.stat()
        return cls(file, datetime.fromtimestamp(status.st_mtime), status.st_size / 1e6)


class TrainingPage(QWidget):
    """Runs to tick, levels to choose, a bar and a curve."""

    train_wanted = Signal()
    cancel_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = named(plain(QLabel()), "heading")
        self.said.setWordWrap(True)
        self.runs = QListWidget()
        self.runs.itemChanged.connect(self._show)
        self.levels: list[tuple[QRadioButton, Level]] = []
        self._level_column = QVBoxLayout()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = named(plain(QLabel()), "dim")
        self.problem = named(plain(QLabel()), "problem")
        self.problem.setProperty("wrong", True)
        self.problem.setWordWrap(True)
        self.curve = CurveView()
        self.again = button("Record another run", "More trials make a surer model (Ctrl+R)")
        self.again.clicked.connect(self.again_wanted)
        self.train = named(button("Train", "Train on the ticked runs (Ctrl+Return)"), "go")
        self.train.clicked.connect(self._toggle)
        self._training = False
        self._build()

    def _build(self) -> None:
        what = QWidget()
        what.setObjectName("plain")
        column = QVBoxLayout(what)
        column.setContentsMargins(16, 14, 16, 14)
        column.addWidget(named(QLabel("Runs"), "heading"))
        column.addWidget(self.runs, 1)
        column.addSpacing(6)
        column.addWidget(named(QLabel("Decoder"), "heading"))
        column.addLayout(self._level_column)
        right = QVBoxLayout()
        right.addWidget(panel(self.curve), 1)
        right.addWidget(self.doing)
        right.addWidget(self.bar)
        middle = QHBoxLayout()
        middle.addWidget(panel(what), 1)
        middle.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.again)
        foot.addWidget(self.problem, 1)
        foot.addWidget(self.train)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.said)
        whole.addLayout(middle, 1)
        whole.addLayout(foot)

    @property
    def files(self) -> list[Path]:
        """The ticked runs."""
        items = [self.runs.item(row) for row in range(self.runs.count())]
        return [item.data(_FILE) for item in items if item.checkState() == Qt.CheckState.Checked]

    @property
    def level(self) -> Level:
        return next(level for radio, level in self.levels if radio.isChecked())

    def offer(
        self, said: str, runs: list[Run], ticked: set[Path], levels: tuple[Level, ...]
    ) -> None:
        """What can be trained on and how; ``said`` tells how the recording went."""
        self.said.setText(said)
        self.runs.clear()
        for run in reversed(runs):
            item = QListWidgetItem(f"{run.recorded:%Y-%m-%d %H:%M}  {run.file.name}")
            item.setToolTip(tip(f"{run.file}, {run.megabytes:.1f} MB"))
            item.setData(_FILE, run.file)
            ticks = Qt.CheckState.Checked if run.file in ticked else Qt.CheckState.Unchecked
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(ticks)
            self.runs.addItem(item)
        self._offer_levels(levels)
        self.curve.clear()
        self.doing.clear()
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.set_training(False)

    def set_training(self, training: bool, problem: str = "") -> None:
        """Whether a training runs; else why the last one did not end well."""
        self._training = training
        self.problem.setText(problem)
        if training:
            self.curve.clear()
            self.doing.setText("Starting ...")
            self.bar.setRange(0, 0)
        elif problem:
            self.doing.clear()
            self.bar.setRange(0, 1)
            self.bar.setValue(0)
        self._show()

    def show_progress(self, doing: str, done: int, of: int) -> None:
        self.bar.setRange(0, max(1, of))
        self.bar.setValue(done)
        self.doing.setText(f"{doing} ({min(done + 1, of)} of {of})" if of > 1 else doing)

    def show_point(self, point: CurvePoint) -> None:
        self.curve.add_point(point)

    def show_step(self, step: NetworkStep) -> None:
        self.curve.add_step(step)

    def show_trials(self, file: Path, told: str) -> None:
        """Say beside a run how many trials it has."""
        for row in range(self.runs.count()):
            item = self.runs.item(row)
            if item.data(_FILE) == file:
                item.setText(f"{item.text().partition(_BEFORE_TRIALS)[0]}{_BEFORE_TRIALS}{told}")

    def set_theme(self, theme: Theme) -> None:
        self.curve.theme = theme
        self.curve.update()

    def _offer_levels(self, levels: tuple[Level, ...]) -> None:
        while item := self._level_column.takeAt(0):
            if (widget := item.widget()) is not None:
                # It is deleted later only, and would be seen over the others until then.
                widget.hide()
                widget.deleteLater()
        self.levels = []
        for level in levels:
            radio = QRadioButton(level.name + " (not available)" * bool(level.lacks))
            radio.setEnabled(not level.lacks)
            radio.setProperty("lacks", bool(level.lacks))
            told = named(plain(QLabel(level.lacks or level.sentence)), "dim")
            told.setWordWrap(True)
            told.setContentsMargins(24, 0, 0, 4)
            self._level_column.addWidget(radio)
            self._level_column.addWidget(told)
            self.levels.append((radio, level))
        if self.levels:
            self.levels[0][0].setChecked(True)

    def _show(self) -> None:
        self.train.setText("Cancel" if self._training else "Train")
        self.train.setEnabled(self._training or bool(self.files))
        self.again.setEnabled(not self._training)
        self.runs.setEnabled(not self._training)
        for radio, level in self.levels:
            radio.setEnabled(not self._training and not level.lacks)

    def _toggle(self) -> None:
        (self.cancel_wanted if self._training else self.train_wanted).emit()
