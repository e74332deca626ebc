"""The fourth page: recordings, decoder, and the progress of the training."""

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
from bci.recording.bids.runs import RecordedRun
from bci.training.decoder_choices import DecoderOffer
from gui.actions import with_key
from gui.calibration.pages.run_list import RunList
from gui.plots.line_with_band import CurveView
from gui.theme import Theme
from gui.widgets.buttons import button
from gui.widgets.labels import Sentence
from gui.widgets.layouts import named, panel


class TrainingPage(QWidget):
    """Runs to tick, decoders to choose, a bar and a curve."""

    train_wanted = Signal()
    cancel_wanted = Signal()
    again_wanted = Signal()
    files_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = named(Sentence(), "heading")
        self.runs = RunList()
        self.runs.ticked.connect(self._show)
        self.add = button(
            "Add files ...", with_key("Train on other recordings, too", "calibrate-files")
        )
        self.add.clicked.connect(self.files_wanted)
        self.offers: list[tuple[QRadioButton, DecoderOffer]] = []
        self._decoder_column = QVBoxLayout()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.doing = named(Sentence(), "dim")
        self.problem = named(Sentence(), "problem")
        self.problem.setProperty("wrong", True)
        self.curve = CurveView()
        self.again = button(
            "Record another run", with_key("More trials make a better model", "calibrate-again")
        )
        self.again.clicked.connect(self.again_wanted)
        self.train = named(
            button("Train", with_key("Train on the ticked runs", "calibrate-next")), "go"
        )
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
        column.addLayout(self._decoder_column)
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
        whole.addWidget(self.heading)
        whole.addLayout(middle, 1)
        whole.addLayout(foot)

    @property
    def files(self) -> list[Path]:
        """The ticked runs."""
        return self.runs.files

    @property
    def decoder(self) -> DecoderOffer:
        return next(offer for radio, offer in self.offers if radio.isChecked())

    def offer(
        self,
        heading: str,
        runs: list[RecordedRun],
        ticked: set[Path],
        decoders: tuple[DecoderOffer, ...],
    ) -> None:
        """Offer runs and decoders; ``heading`` reports on the recording."""
        self.heading.setText(heading)
        self.runs.offer(runs, ticked)
        self.offer_decoders(decoders)
        self.curve.show_training([], [])
        self.doing.clear()
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.set_training(False)

    def set_training(self, training: bool, problem: str = "") -> None:
        """Show that a training runs; else why the last one failed."""
        self._training = training
        self.problem.setText(problem)
        if training:
            self.curve.show_training([], [])
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

    def offer_decoders(self, decoders: tuple[DecoderOffer, ...]) -> None:
        """Offer these decoders; the first is chosen."""
        while item := self._decoder_column.takeAt(0):
            if (widget := item.widget()) is not None:
                # It is deleted later only, and would be seen over the others until then.
                widget.hide()
                widget.deleteLater()
        self.offers = []
        for offer in decoders:
            radio = QRadioButton(f"{offer.name} (not available)" if offer.lacks else offer.name)
            radio.setEnabled(not offer.lacks)
            radio.setProperty("lacks", bool(offer.lacks))
            sentence = named(Sentence(offer.lacks or offer.sentence), "dim")
            sentence.setContentsMargins(24, 0, 0, 4)
            self._decoder_column.addWidget(radio)
            self._decoder_column.addWidget(sentence)
            self.offers.append((radio, offer))
        if self.offers:
            self.offers[0][0].setChecked(True)

    def _show(self) -> None:
        self.train.setText("Cancel" if self._training else "Train")
        self.bar.setVisible(self._training)
        self.train.setEnabled(self._training or bool(self.files))
        self.again.setEnabled(not self._training)
        self.runs.setEnabled(not self._training)
        self.add.setEnabled(not self._training)
        for radio, offer in self.offers:
            radio.setEnabled(not self._training and not offer.lacks)

    def _toggle(self) -> None:
        (self.cancel_wanted if self._training else self.train_wanted).emit()
