"""The fourth page: which recordings, which decoder, and the training as it goes."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from bci.messages import PointEvent, StepEvent
from gui.calibration.pages.run_list import RunList
from gui.calibration.training import Level
from gui.plots.curve import CurveView
from gui.record.run_file import Run
from gui.theme import Theme
from gui.widgets.pieces import button, named, panel
from gui.widgets.sentence import Sentence


class TrainingPage(QWidget):
    """Runs to tick, levels to choose, a bar and a curve."""

    train_wanted = Signal()
    cancel_wanted = Signal()
    again_wanted = Signal()
    files_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = named(Sentence(), "heading")
        self.runs = RunList()
        self.runs.ticked.connect(self._show)
        self.add = button("Add files ...", "Train on other recordings, too (Ctrl+O)")
        self.add.clicked.connect(self.files_wanted)
        self.levels: list[tuple[QRadioButton, Level]] = []
        self._level_column = QVBoxLayout()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        # A frame with nothing in it says nothing.
        self.bar.hide()
        self.doing = named(Sentence(), "dim")
        self.problem = named(Sentence(), "problem")
        self.problem.setProperty("wrong", True)
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
        head = QHBoxLayout()
        head.addWidget(named(QLabel("Recordings"), "heading"))
        head.addStretch()
        head.addWidget(self.add)
        column.addLayout(head)
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
        return self.runs.files

    @property
    def level(self) -> Level:
        return next(level for radio, level in self.levels if radio.isChecked())

    def offer(
        self, said: str, runs: list[Run], ticked: set[Path], levels: tuple[Level, ...]
    ) -> None:
        """What can be trained on and how; ``said`` tells how the recording went."""
        self.said.setText(said)
        self.runs.offer(runs, ticked)
        self.offer_levels(levels)
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

    def show_point(self, point: PointEvent) -> None:
        self.curve.add_point(point)

    def show_step(self, step: StepEvent) -> None:
        self.curve.add_step(step)

    def set_theme(self, theme: Theme) -> None:
        self.curve.theme = theme
        self.curve.update()

    def offer_levels(self, levels: tuple[Level, ...]) -> None:
        """Offer these decoders; the first is chosen."""
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
            told = named(Sentence(level.lacks or level.sentence), "dim")
            told.setContentsMargins(24, 0, 0, 4)
            self._level_column.addWidget(radio)
            self._level_column.addWidget(told)
            self.levels.append((radio, level))
        if self.levels:
            self.levels[0][0].setChecked(True)

    def _show(self) -> None:
        self.train.setText("Cancel" if self._training else "Train")
        self.bar.setVisible(self._training)
        self.train.setEnabled(self._training or bool(self.files))
        self.again.setEnabled(not self._training)
        self.runs.setEnabled(not self._training)
        self.add.setEnabled(not self._training)
        for radio, level in self.levels:
            radio.setEnabled(not self._training and not level.lacks)

    def _toggle(self) -> None:
        (self.cancel_wanted if self._training else self.train_wanted).emit()
