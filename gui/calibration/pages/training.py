"""The fourth page: recordings, decoder, and the progress of the training."""

from pathlib import Path

from PySide6.QtWidgets import QLabel, QProgressBar, QRadioButton, QWidget

from bci.messages import AnyEvent, PointEvent, ProgressEvent, StepEvent
from bci.recording.bids.runs import RecordedRun
from bci.training.decoder_choices import DecoderOffer
from gui.calibration.keyed_buttons import keyed
from gui.calibration.pages.run_list import RunList
from gui.plots.line_with_band import CurveView
from gui.widgets.labels import Sentence
from gui.widgets.layouts import clear, column_of, inset, named, panel, row_of
from gui.widgets.themed import Themed


class TrainingPage(Themed, QWidget):
    """Recordings to tick, decoders to choose, a progress bar and a learning curve."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = named(Sentence(), "heading")
        self.runs = RunList()
        self.runs.ticked.connect(self._show)
        self.add = keyed("Add files ...", "Train on other recordings, too", "calibrate-files")
        self.offers: list[tuple[QRadioButton, DecoderOffer]] = []
        self._decoder_column = column_of()
        self.bar = QProgressBar(textVisible=False)
        self.bar.hide()
        self.doing = named(Sentence(), "dim")
        self.problem = named(Sentence(), "problem")
        self.problem.setProperty("wrong", True)
        self.curve = CurveView()
        self.again = keyed(
            "Record another run", "More trials make a better model",
            "calibrate-again", "calibrate-back",
        )  # fmt: skip
        self.train = keyed("Train", "Train on the ticked runs", "calibrate-next", name="go")
        self.is_training = False
        decoder = named(QLabel("Decoder"), "heading")
        decoder.setContentsMargins(0, 6, 0, 0)
        choices = column_of(
            row_of(named(QLabel("Recordings"), "heading"), None, self.add),
            (self.runs, 1),
            decoder,
            self._decoder_column,
        )
        progress = column_of((panel(self.curve), 1), self.doing, self.bar)
        foot = row_of(self.again, (self.problem, 1), self.train)
        middle = row_of((inset(choices), 1), (progress, 1))
        self.setLayout(column_of(self.heading, (middle, 1), foot))

    @property
    def files(self) -> list[Path]:
        """The ticked recordings."""
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
        """Offer recordings and decoders; ``heading`` is a sentence above them.

        The files in ``ticked`` are ticked.
        """
        self.heading.setText(heading)
        self.runs.offer(runs, ticked)
        self.offer_decoders(decoders)
        self.curve.show_training([], [])
        self._clear_progress()
        self.set_training(False)

    def set_training(self, training: bool, problem: str = "") -> None:
        """Show whether a training runs; ``problem`` is why the last one failed, or empty."""
        self.is_training = training
        self.problem.setText(problem)
        if training:
            self.curve.show_training([], [])
            self.doing.setText("Starting ...")
            self.bar.setRange(0, 0)
        elif problem:
            self._clear_progress()
        self._show()

    def show_event(self, event: AnyEvent) -> None:
        match event:
            case ProgressEvent():
                self.show_progress(event.doing, event.done, event.of)
            case PointEvent():
                self.curve.add_point(event)
            case StepEvent():
                self.curve.add_step(event)

    def show_progress(self, doing: str, done: int, of: int) -> None:
        self.bar.setRange(0, max(1, of))
        self.bar.setValue(done)
        self.doing.setText(f"{doing} ({min(done + 1, of)} of {of})" if of > 1 else doing)

    def offer_decoders(self, decoders: tuple[DecoderOffer, ...]) -> None:
        """Show one radio button per decoder; the first is chosen."""
        clear(self._decoder_column)
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

    def _clear_progress(self) -> None:
        self.doing.clear()
        self.bar.setRange(0, 1)
        self.bar.setValue(0)

    def _show(self) -> None:
        idle = not self.is_training
        self.train.setText("Train" if idle else "Cancel")
        self.bar.setVisible(self.is_training)
        self.train.setEnabled(self.is_training or bool(self.files))
        for widget in (self.again, self.runs, self.add):
            widget.setEnabled(idle)
        for radio, offer in self.offers:
            radio.setEnabled(idle and not offer.lacks)
